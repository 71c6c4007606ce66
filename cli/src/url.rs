//! `url`: delivery addresses, built, signed and checked. Nothing is sent.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use imagekit_url::{
    Endpoint, Expiry, Position, PrivateKey, Transformation, UrlBuilder, VerifyError,
};
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::Context;
use crate::completion;
use crate::config::Session;
use crate::done::{Done, Lines};
use crate::exit::{Exit, Failure};
use crate::terminal::GOOD;
use crate::words;

#[derive(Subcommand)]
pub(crate) enum Url {
    /// Print the address of a file, transformed.
    Build(Build),

    /// Print the address of a file, transformed and signed by the private key.
    Sign {
        #[command(flatten)]
        build: Build,

        /// How long the address works, such as `30m` or `7d`; by default for ever.
        #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
        expires: Option<Duration>,
    },

    /// Say whether an address is signed by the private key and still works.
    Verify {
        /// The address.
        #[arg(value_name = "URL")]
        url: String,

        #[command(flatten)]
        endpoint: EndpointArgument,

        #[command(flatten)]
        lines: Lines,
    },
}

#[derive(Args)]
pub(crate) struct Build {
    /// The path of the file in the media library, or a whole address.
    #[arg(value_name = "PATH|URL", add = completion::paths())]
    source: String,

    /// A step of the transformation, such as `w-300,h-200`; given several times, one after the other.
    #[arg(long = "tr", value_name = "STEP")]
    steps: Vec<String>,

    /// Write the transformation into the path and not into the query.
    #[arg(long)]
    in_path: bool,

    /// Add a parameter to the query, such as `ik-attachment=true`.
    #[arg(long, short, value_name = "NAME=VALUE", value_parser = pair)]
    query: Vec<(String, String)>,

    #[command(flatten)]
    endpoint: EndpointArgument,
}

#[derive(Args)]
pub(crate) struct EndpointArgument {
    /// The URL endpoint of the account, such as https://ik.imagekit.io/demo.
    #[arg(long, value_name = "URL", env = "IMAGEKIT_URL_ENDPOINT")]
    endpoint: Option<String>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("not NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

pub(crate) async fn run(url: Url, mut context: Context) -> Result<Exit, Failure> {
    match url {
        Url::Build(build) => {
            // Only the demo knows an endpoint by itself.
            let session = match context.connection.demo {
                true => Some(Session::start(&mut context).await?),
                false => None,
            };
            let built = build.builder(session.as_ref())?.build().map_err(refused)?;
            context.output.write(format!("{}\n", built.as_str()))?;
        }
        Url::Sign { build, expires } => {
            let session = Session::start(&mut context).await?;
            let builder = build.builder(Some(&session))?;
            let now = SystemTime::from(context.now);
            let expiry = expires.map(|it| Expiry::after(now, it)).transpose();
            let signed = builder.sign(&key(&session)?, expiry.map_err(refused)?);
            let signed = signed.map_err(refused)?;
            context.output.write(format!("{}\n", signed.as_str()))?;
        }
        Url::Verify {
            url,
            endpoint,
            lines,
        } => {
            let session = Session::start(&mut context).await?;
            let endpoint = endpoint.find(Some(&session))?;
            let now = SystemTime::from(context.now);
            let expiry = endpoint
                .verify(&url, &key(&session)?, now)
                .map_err(|error| {
                    let exit = match error {
                        VerifyError::OutsideEndpoint => Exit::Usage,
                        _ => Exit::NotAuthorised,
                    };
                    Failure::new(exit, error.to_string())
                })?;
            let until = match expiry {
                None => "for ever".to_owned(),
                Some(expiry) => format!("until {}", moment(expiry)),
            };
            let json = json!({ "outcome": "signed", "expires": expiry.map(Expiry::as_unix) });
            let good = context.output.paint(GOOD, "ok");
            Done::new(&format!("signed, and works {until}"), json)
                .marked(&format!("{good}: "))
                .print(lines, &context.output)?;
        }
    }
    Ok(Exit::Fine)
}

fn moment(expiry: Expiry) -> String {
    let seconds = i64::try_from(expiry.as_unix()).unwrap_or(i64::MAX);
    let moment = DateTime::<Utc>::from_timestamp(seconds, 0);
    moment.map_or_else(|| expiry.as_unix().to_string(), |it| words::date_time(&it))
}

pub(crate) fn key(session: &Session) -> Result<PrivateKey, Failure> {
    PrivateKey::new(session.private_key.expose_secret()).map_err(refused)
}

pub(crate) fn refused(error: imagekit_url::Error) -> Failure {
    Failure::usage(error.to_string())
}

impl EndpointArgument {
    fn find(&self, session: Option<&Session>) -> Result<Endpoint, Failure> {
        let of_demo = session.and_then(Session::url_endpoint);
        let endpoint = self.endpoint.clone().or(of_demo).ok_or_else(|| {
            Failure::usage("there is no URL endpoint")
                .try_this("give it with --endpoint, or set IMAGEKIT_URL_ENDPOINT")
        })?;
        Endpoint::new(&endpoint).map_err(refused)
    }
}

impl Build {
    fn builder(&self, session: Option<&Session>) -> Result<UrlBuilder, Failure> {
        let builder = UrlBuilder::new(self.endpoint.find(session)?).map_err(refused)?;
        let mut builder = match self.source.contains("://") {
            true => builder.absolute(&self.source),
            false => builder.file_path(&self.source),
        };
        for step in &self.steps {
            builder = builder.transform(Transformation::new().raw(step));
        }
        if self.in_path {
            builder = builder.position(Position::Path);
        }
        for (name, value) in &self.query {
            builder = builder.query(name, value);
        }
        Ok(builder)
    }
}
