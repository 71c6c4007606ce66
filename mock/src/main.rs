//! The fake as a program: see `imagekit-mock --help`.

mod config;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use imagekit_mock::{Error, Fault, Library, RateLimit, RecordedRequest, Server};

/// A fake ImageKit to test against
#[derive(Parser)]
#[command(version, args_override_self = true)]
struct Arguments {
    /// JSON or YAML file of flags by their names, such as `job-time: 5s` and `fault: [503, reset]`; flags here win
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 4010)]
    port: u16,

    /// Address to listen on; with another one, other machines can reach it
    #[arg(long, value_name = "IP", default_value_t = IpAddr::from(Ipv4Addr::LOCALHOST))]
    host: IpAddr,

    /// URL by which others reach it, such as http://imagekit-mock:4010 from another container
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,

    /// JSON or YAML file of versions as in responses of ImageKit, or a snapshot of a library; without
    /// it, there is a small media library to look at
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// Folder of files to serve, each under its path in the folder
    #[arg(long, value_name = "FOLDER")]
    files: Option<PathBuf>,

    /// Folder to keep the bytes of uploads in, instead of memory
    #[arg(long, value_name = "FOLDER")]
    storage: Option<PathBuf>,

    /// MiB of uploads to keep at most
    #[arg(long, value_name = "MIB", default_value_t = 256)]
    storage_limit: u64,

    /// Respond the documented examples, after checking the request, and remember nothing
    #[arg(long)]
    stateless: bool,

    /// Make up the same ids and names each time
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,

    /// How long jobs, purges and slow extensions take, such as 5s
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "0s")]
    job_time: Duration,

    /// Delay of every response, such as 200ms
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    latency: Option<Duration>,

    /// Address to post all events to, signed by --webhook-secret
    #[arg(long, value_name = "URL")]
    webhook: Option<String>,

    /// Secret that events are signed by
    #[arg(
        long,
        value_name = "SECRET",
        default_value = "whsec_imagekitmockimagekitmockimagekitmo"
    )]
    webhook_secret: String,

    /// JSON file to respond to an operation, such as getUsage=usage.json; repeat it for several
    #[arg(long = "response", value_name = "OPERATION=FILE", value_parser = fixture)]
    responses: Vec<(String, PathBuf)>,

    /// Do not print requests
    #[arg(long)]
    quiet: bool,

    /// Private key to accept
    #[arg(long, value_name = "KEY", default_value = "private_imagekit_mock")]
    private_key: String,

    /// Public key of uploads that a client signs
    #[arg(long, value_name = "KEY", default_value = "public_imagekit_mock")]
    public_key: String,

    /// Requests to accept in an interval, such as 40/1s or 1000/15m; repeat it for several limits
    #[arg(long = "rate-limit", value_name = "LIMIT")]
    rate_limits: Vec<RateLimit>,

    /// What goes wrong, such as `503,times=2` or `latency=200ms`; repeat it for several faults
    #[arg(long = "fault", value_name = "FAULT", long_help = FAULTS)]
    faults: Vec<Fault>,
}

const FAULTS: &str = "\
What goes wrong, such as `503,times=2` or `latency=200ms`; repeat it for several faults.

  503                 responds this status
  429=40/1s           responds 429, with the headers of this limit
  html, html=503      responds a page of HTML, with 502 or another status
  content-type=TYPE   responds as usual, but with another content type
  latency=200ms       responds as usual, but so much later
  stall               sends half of the body, and then nothing more
  cut                 sends half of the body, and closes the connection
  reset               resets the connection

Each may be limited by ,times=N and ,id=ID (of a file or a version) and ,operation=ID (of the
OpenAPI document), as in `503,times=2,id=697821f849c0a938d57563ce`.";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let arguments = match &arguments.config {
        None => arguments,
        Some(file) => match with_config(file) {
            Ok(arguments) => arguments,
            Err(reason) => {
                let _ = writeln!(io::stderr(), "error: {reason}");
                return ExitCode::FAILURE;
            }
        },
    };
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}{}", advice(&error));
            ExitCode::FAILURE
        }
    }
}

/// Puts the flags of a file before those of the command line, of which the last one counts.
fn with_config(file: &Path) -> Result<Arguments, String> {
    let program = "imagekit-mock".to_owned();
    let flags: Vec<_> = [program].into_iter().chain(config::flags(file)?).collect();
    match Arguments::try_parse_from(&flags) {
        Ok(it) if it.config.is_none() => {}
        Ok(_) => return Err(format!("{}: `config` names another file", file.display())),
        Err(error) => {
            let text = error.to_string();
            let reason = text.trim_start_matches("error: ");
            return Err(format!("{}: {reason}", file.display()));
        }
    }
    let given = std::env::args_os().skip(1);
    let all = flags.into_iter().map(OsString::from).chain(given);
    Arguments::try_parse_from(all).map_err(|error| error.to_string())
}

async fn run(arguments: Arguments) -> Result<(), Error> {
    let mut library = match (&arguments.state, &arguments.files) {
        (Some(path), _) => Library::read(path)?,
        (None, Some(_)) => Library::new(),
        (None, None) => Library::demo(),
    };
    if let Some(seed) = arguments.seed {
        library = library.seed(seed);
    }
    if let Some(folder) = &arguments.files {
        library = library.files_from(folder)?;
    }
    if let Some(address) = &arguments.webhook {
        library = library.webhook(address, &[], &arguments.webhook_secret);
    }
    let time = arguments.job_time;
    library = library.job_time(time).purge_time(time).extension_time(time);
    let mut builder = Server::builder()
        .address(SocketAddr::new(arguments.host, arguments.port))
        .private_key(arguments.private_key)
        .public_key(arguments.public_key)
        .stateless(arguments.stateless)
        .storage_limit(arguments.storage_limit << 20)
        .library(library);
    if let Some(url) = arguments.public_url {
        builder = builder.public_url(url);
    }
    if let Some(folder) = arguments.storage {
        builder = builder.storage(folder);
    }
    if !arguments.quiet {
        builder = builder.on_request(print);
    }
    for (operation, path) in arguments.responses {
        builder = builder.fault(Fault::json_file(&path)?.on_operation(operation));
    }
    if let Some(latency) = arguments.latency {
        builder = builder.fault(Fault::latency(latency));
    }
    for limit in arguments.rate_limits {
        builder = builder.rate_limit(limit);
    }
    for fault in arguments.faults {
        builder = builder.fault(fault);
    }
    let server = builder.start().await?;
    // In this order, so that it can be stopped as soon as the introduction is read.
    tokio::select! {
        biased;
        () = stopped() => {}
        () = introduce(&server) => {}
    }
    let _ = writeln!(io::stdout(), "\nRequests: {}", server.request_count());
    Ok(())
}

/// Reads a fixture such as `getUsage=usage.json`.
fn fixture(text: &str) -> Result<(String, PathBuf), &'static str> {
    let (operation, path) = text
        .split_once('=')
        .ok_or("it should be like getUsage=usage.json")?;
    Ok((operation.to_owned(), path.into()))
}

/// Prints a request in one line.
fn print(request: &RecordedRequest) {
    let status = request.status().map(|it| it.as_u16()).unwrap_or_default();
    let operation = request.operation().unwrap_or("-");
    let _ = writeln!(
        io::stdout(),
        "{status} {} {} ({operation})",
        request.method(),
        request.path()
    );
}

/// Waits for Ctrl-C, or for the signal that ends a container: as its first process, nothing else would heed that.
async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// Prints the introduction, and then leaves the server alone for ever.
async fn introduce(server: &Server) {
    // It need not be read.
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
In the browser: {url}/_mock

curl            curl -u {key}: '{version}'
Rust            Client::builder().base_url(\"{url}\"){allow}.private_key(\"{key}\").build()?
Node.js         new ImageKit({{ baseURL: '{url}', privateKey: '{key}' }})
Python          ImageKit(base_url='{url}', private_key='{key}')
in all of them  export IMAGE_KIT_BASE_URL={url} IMAGEKIT_PRIVATE_KEY={key}",
        versions = library.ids().count(),
        // The client wants that to be said, unless the mock is on the same machine.
        allow = if is_local(url) {
            ""
        } else {
            ".allow_http(true)"
        },
    )
}

fn is_local(url: &str) -> bool {
    ["http://127.0.0.1:", "http://[::1]:", "http://localhost:"]
        .iter()
        .any(|it| url.starts_with(it))
}

fn advice(error: &Error) -> &'static str {
    match error {
        Error::Listen { .. } => "; choose another port by --port, or a free one by --port 0",
        _ => "",
    }
}
