//! `webhooks`: events received, checked and sent.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use clap::{Args, Subcommand};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use imagekit_client::bytes::Bytes;
use imagekit_client::http::{
    HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header,
};
use imagekit_client::webhooks::{WebhookError, WebhookErrorKind, WebhookVerifier};
use imagekit_openapi::WEBHOOKS;
use imagekit_openapi::validate::parse_json;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::Context;
use crate::exit::{Exit, Failure, innermost};
use crate::render::{Format, Rendering, Shape};
use crate::terminal::{GOOD, Input, plain, say, warn};

/// No event is as long as this, in bytes.
const LONGEST: usize = 1 << 20;
const PATIENCE: Duration = Duration::from_secs(30);
const SECRET: &str = "IMAGEKIT_WEBHOOK_SECRET";

#[derive(Subcommand)]
pub(crate) enum Webhooks {
    /// Check the signature of a stored delivery, and print its event.
    Verify(Verify),

    /// Receive deliveries, and print the events of those that are signed rightly.
    Listen(Listen),

    /// Post an example of an event, signed as ImageKit does, to try a receiver.
    Send(Send),
}

/// By what deliveries are signed.
#[derive(Args)]
struct Secret {
    /// Read the secret from this file; otherwise it is in IMAGEKIT_WEBHOOK_SECRET.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Verify {
    /// The body as it came, or `-` for standard input.
    #[arg(value_name = "FILE")]
    body: PathBuf,

    /// A header of the delivery, such as `webhook-signature: v1,…`.
    #[arg(long, short = 'H', value_name = "NAME: VALUE", value_parser = header_line, required = true)]
    header: Vec<(HeaderName, HeaderValue)>,

    /// Check it as if it had just come, however old it is.
    #[arg(long)]
    any_time: bool,

    #[command(flatten)]
    secret: Secret,

    #[command(flatten)]
    format: Format,
}

#[derive(Args)]
pub(crate) struct Listen {
    /// Where to listen; a port of 0 is any that is free.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8787")]
    address: SocketAddr,

    /// Stop after so many events.
    #[arg(long, short = 'n', value_name = "NUMBER")]
    limit: Option<u64>,

    #[command(flatten)]
    secret: Secret,

    #[command(flatten)]
    format: Format,
}

#[derive(Args)]
pub(crate) struct Send {
    /// The address of the receiver.
    #[arg(value_name = "URL")]
    url: String,

    /// The type of the event, such as `file.created`.
    #[arg(long, value_name = "TYPE", default_value = "file.created", value_parser = event_types())]
    event: String,

    /// Send this body instead of an example: a file, or `-` for standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "event")]
    body: Option<PathBuf>,

    #[command(flatten)]
    secret: Secret,
}

pub(crate) async fn run(webhooks: Webhooks, context: Context) -> Result<Exit, Failure> {
    match webhooks {
        Webhooks::Verify(it) => verify(it, context).await,
        Webhooks::Listen(it) => listen(it, context).await,
        Webhooks::Send(it) => send(it, context).await,
    }
}

impl Secret {
    fn verifier(&self) -> Result<WebhookVerifier, Failure> {
        let secret = match &self.secret_file {
            Some(file) => {
                std::fs::read_to_string(file).map_err(|error| cannot_read(file, &error))?
            }
            None => std::env::var(SECRET).unwrap_or_default(),
        };
        WebhookVerifier::new(secret.trim()).map_err(|error| {
            Failure::usage(error.to_string())
                .try_this(format!("set {SECRET}, or name a file with --secret-file"))
        })
    }
}

fn cannot_read(file: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("{} cannot be read: {error}", file.display()))
}

async fn read(file: &Path, input: &mut Input) -> Result<Vec<u8>, Failure> {
    if file == Path::new("-") {
        return input.all().await;
    }
    tokio::fs::read(file)
        .await
        .map_err(|error| cannot_read(file, &error))
}

fn header_line(line: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = line.split_once(':').ok_or("not NAME: VALUE")?;
    let name = name
        .trim()
        .parse()
        .map_err(|_| "not the name of a header")?;
    let value = value
        .trim()
        .parse()
        .map_err(|_| "not the value of a header")?;
    Ok((name, value))
}

/// The examples of events in the document, by their types.
fn examples() -> impl Iterator<Item = (String, &'static str)> {
    let examples = WEBHOOKS.iter().flat_map(|it| it.examples);
    let texts = examples.filter_map(|it| imagekit_openapi::example(it.file));
    texts.filter_map(|text| {
        let event: Value = serde_json::from_str(text).ok()?;
        Some((event["type"].as_str()?.to_owned(), text))
    })
}

fn event_types() -> clap::builder::PossibleValuesParser {
    let mut types: Vec<String> = examples().map(|(name, _)| name).collect();
    types.dedup();
    clap::builder::PossibleValuesParser::new(types)
}

fn refused(error: &WebhookError) -> Failure {
    let exit = match error.kind() {
        WebhookErrorKind::BadSecret => Exit::Usage,
        WebhookErrorKind::Undecodable => Exit::NotUnderstood,
        _ => Exit::NotAuthorised,
    };
    Failure::new(exit, error.to_string())
}

async fn verify(verify: Verify, mut context: Context) -> Result<Exit, Failure> {
    let mut verifier = verify.secret.verifier()?;
    if verify.any_time {
        verifier = verifier.tolerance(Duration::MAX);
    }
    let body = read(&verify.body, &mut context.input).await?;
    let headers: HeaderMap = verify.header.into_iter().collect();
    let now = context
        .fixed_now
        .map_or_else(SystemTime::now, SystemTime::from);
    verifier
        .verify_at(&headers, &body, now)
        .map_err(|error| refused(&error))?;
    let mut rendering = Rendering::new(verify.format, context.now);
    let rendered = rendering.of_json(&body, Shape::of("Event"), &[], &context.output)?;
    rendered.write(&context.output)?;
    rendering.check_fields()?;
    Ok(Exit::Fine)
}

async fn listen(listen: Listen, context: Context) -> Result<Exit, Failure> {
    let verifier = Arc::new(listen.secret.verifier()?);
    let cannot = |error: std::io::Error| {
        Failure::new(
            Exit::Other,
            format!("cannot listen on {}: {error}", listen.address),
        )
    };
    let listener = TcpListener::bind(listen.address).await.map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    say(format_args!("listening on http://{address}"));
    let (events, mut received) = mpsc::channel(16);
    let accepting = tokio::spawn(accept(listener, verifier, events));
    let mut rendering = Rendering::new(listen.format, context.now).several(true);
    let mut left = listen.limit.unwrap_or(u64::MAX);
    while left > 0
        && let Some(delivery) = received.recv().await
    {
        match delivery {
            Ok(body) => {
                let rendered =
                    rendering.of_json(&body, Shape::of("Event"), &[], &context.output)?;
                rendered.write(&context.output)?;
                left -= 1;
            }
            Err(error) => warn(&format!("a delivery was refused: {error}")),
        }
    }
    drop(received);
    // Whoever posted the last event is told so, but not waited for without end.
    let _ = tokio::time::timeout(PATIENCE, accepting).await;
    Ok(Exit::Fine)
}

type Delivery = Result<Bytes, WebhookError>;

async fn accept(
    listener: TcpListener,
    verifier: Arc<WebhookVerifier>,
    events: mpsc::Sender<Delivery>,
) {
    let connections = GracefulShutdown::new();
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(_) => break,
            },
            () = events.closed() => break,
        };
        let (verifier, events) = (verifier.clone(), events.clone());
        let service = hyper::service::service_fn(move |request| {
            let (verifier, events) = (verifier.clone(), events.clone());
            async move { Ok::<_, Infallible>(respond(request, &verifier, &events).await) }
        });
        let connection = hyper::server::conn::http1::Builder::new();
        let connection = connection.serve_connection(TokioIo::new(stream), service);
        // Whoever leaves in the middle is not worth a word.
        tokio::spawn(connections.watch(connection));
    }
    connections.shutdown().await;
}

async fn respond(
    request: Request<Incoming>,
    verifier: &WebhookVerifier,
    events: &mpsc::Sender<Delivery>,
) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let status = match Limited::new(body, LONGEST).collect().await {
        Err(_) => StatusCode::PAYLOAD_TOO_LARGE,
        Ok(body) => {
            let body = body.to_bytes();
            let delivery = verifier.verify(&parts.headers, &body).map(|_| body);
            let status = match &delivery {
                Ok(_) => StatusCode::OK,
                Err(_) => StatusCode::BAD_REQUEST,
            };
            // Nobody receives any more only when the program ends.
            match events.send(delivery).await {
                Ok(()) => status,
                Err(_) => StatusCode::SERVICE_UNAVAILABLE,
            }
        }
    };
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

async fn send(send: Send, mut context: Context) -> Result<Exit, Failure> {
    let verifier = send.secret.verifier()?;
    let body = match &send.body {
        Some(file) => read(file, &mut context.input).await?,
        None => {
            let example = examples().find(|(name, _)| *name == send.event);
            example
                .map(|(_, text)| text.as_bytes().to_vec())
                .unwrap_or_default()
        }
    };
    let event = parse_json(&body)
        .map_err(|error| Failure::usage(format!("the body is not JSON: {error}")))?;
    let id = event["id"].as_str().unwrap_or("msg_imagekit_cli");
    let headers = verifier.sign_for_test(id, &body, SystemTime::now());
    let failed = |error: reqwest::Error| {
        let exit = if error.is_builder() {
            Exit::Usage
        } else {
            Exit::Unreachable
        };
        Failure::new(exit, format!("it was not delivered: {}", innermost(&error)))
            .try_this("check the address of the receiver")
    };
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(failed)?;
    let request = client.post(&send.url).headers(headers).body(body);
    let request = request.header(header::CONTENT_TYPE, "application/json");
    let status = request.send().await.map_err(failed)?.status();
    let name = event["type"].as_str().unwrap_or_default();
    let name = plain(name);
    if !status.is_success() {
        let message = format!("the receiver responded {status} to {name}");
        return Err(Failure::new(Exit::Other, message));
    }
    let good = context.output.paint(GOOD, "ok");
    context.output.write(format!(
        "{good}: the receiver responded {status} to {name}\n"
    ))?;
    Ok(Exit::Fine)
}
