//! The fake as a program: see `imagekit-mock --help`.

use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use imagekit_mock::{Error, Fault, Library, RateLimit, Server};

/// A fake ImageKit to test against
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 4010)]
    port: u16,

    /// Address to listen on; with another one, other machines can reach it
    #[arg(long, value_name = "IP", default_value_t = IpAddr::from(Ipv4Addr::LOCALHOST))]
    host: IpAddr,

    /// JSON or YAML file of one version or a list of them, as ImageKit answers them; without it,
    /// there is a small media library to look at
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// Private key to accept
    #[arg(long, value_name = "KEY", default_value = "private_imagekit_mock")]
    private_key: String,

    /// Requests to answer in an interval, such as 40/1s or 1000/15m; repeat it for several limits
    #[arg(long = "rate-limit", value_name = "LIMIT")]
    rate_limits: Vec<RateLimit>,

    /// What goes wrong, such as `503,times=2` or `latency=200ms`; repeat it for several faults
    #[arg(long = "fault", value_name = "FAULT", long_help = FAULTS)]
    faults: Vec<Fault>,
}

const FAULTS: &str = "\
What goes wrong, such as `503,times=2` or `latency=200ms`; repeat it for several faults.

  503                 answers this status
  429=40/1s           answers 429, with the headers of this limit
  html, html=503      answers a page of HTML, with 502 or another status
  content-type=TYPE   answers as usual, but with another content type
  latency=200ms       answers as usual, but so much later
  stall               sends half of the body, and then nothing more
  cut                 sends half of the body, and closes the connection
  reset               resets the connection

Each may be limited by ,times=N and ,id=ID (of a file or a version) and ,operation=ID (of the
OpenAPI document), as in `503,times=2,id=697821f849c0a938d57563ce`.";

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}{}", advice(&error));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Error> {
    let library = match &arguments.state {
        Some(path) => Library::read(path)?,
        None => Library::demo(),
    };
    let mut builder = Server::builder()
        .address(SocketAddr::new(arguments.host, arguments.port))
        .private_key(arguments.private_key)
        .library(library)
        .record(0);
    for limit in arguments.rate_limits {
        builder = builder.rate_limit(limit);
    }
    for fault in arguments.faults {
        builder = builder.fault(fault);
    }
    let server = builder.start().await?;
    // In this order, so that whoever reads the introduction can already press Ctrl-C.
    tokio::select! {
        biased;
        _ = tokio::signal::ctrl_c() => {}
        () = introduce(&server) => {}
    }
    let _ = writeln!(
        io::stdout(),
        "\nRequests answered: {}",
        server.request_count()
    );
    Ok(())
}

/// Prints the introduction, and then leaves the server alone for ever.
async fn introduce(server: &Server) {
    // Nobody has to read it.
    let _ = writeln!(io::stdout(), "{}", introduction(server));
    std::future::pending().await
}

/// Where the server is, and how to point clients at it.
fn introduction(server: &Server) -> String {
    let url = server.url();
    let key = server.private_key();
    let library = server.library();
    let version = match library.ids().next() {
        Some((file_id, version_id)) => server.version_url(file_id, version_id),
        None => url.to_owned(),
    };
    format!(
        "ImageKit's fake listens on {url} and knows {versions} versions. Ctrl-C stops it.

curl            curl -u {key}: '{version}'
Rust            Client::builder().base_url(\"{url}\").private_key(\"{key}\").build()?
Node.js         new ImageKit({{ baseURL: '{url}', privateKey: '{key}' }})
Python          ImageKit(base_url='{url}', private_key='{key}')
in all of them  export IMAGE_KIT_BASE_URL={url} IMAGEKIT_PRIVATE_KEY={key}",
        versions = library.ids().count(),
    )
}

fn advice(error: &Error) -> &'static str {
    match error {
        Error::Listen { .. } => "; choose another port by --port, or a free one by --port 0",
        _ => "",
    }
}
