//! The programs that `cargo xtask bench` runs and measures. Each prints one line of JSON.

mod link;
mod network;
mod server;
mod uploads;
mod usage;

use std::future;
use std::hint::black_box;
use std::net::SocketAddr;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use clap::{Parser, Subcommand, ValueEnum};
use imagekit_bench::{Failure, Hyper, Lean, Ours, Peer, Plain, Version, response};
use imagekit_client::Client;
use imagekit_client::types::File;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use self::link::Link;
use self::network::Fault;

pub(crate) const KEY: &str = "your_private_api_key";

const IN_FLIGHT: u64 = 400;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    program: Program,
}

#[derive(Subcommand)]
enum Program {
    /// Respond to every request with the documented version, and print the address.
    Server {
        /// Milliseconds to wait before each response.
        #[arg(long, default_value_t = 0)]
        delay: u64,
        /// Respond with a list of so many files instead.
        #[arg(long)]
        files: Option<usize>,
    },
    /// Make calls, and print what they took.
    Call {
        peer: Name,
        url: String,
        at_once: usize,
        calls: usize,
    },
    /// Start calls that get no response soon, and print the memory that each of them holds.
    InFlight { peer: Name, url: String },
    /// Build clients, and print what each of them takes.
    Clients { peer: Name, count: usize },
    /// Decode the documented version.
    Decode { peer: Name, times: usize },
    /// List a page of 1,000 files.
    List {
        peer: Name,
        url: String,
        times: usize,
    },
    /// Read uploads and print the address.
    UploadServer,
    /// Upload a file of so many MiB.
    UploadLarge { peer: Name, url: String, mib: u64 },
    /// Upload so many files of 20 KiB.
    UploadSmall {
        peer: Name,
        url: String,
        count: usize,
    },
    /// Be a link of 40 ms there and back to a server over TLS, as a proxy, and print its address.
    Link {
        /// The address of a server, if not our own.
        #[arg(long)]
        to: Option<SocketAddr>,
        /// Lose 1 % of all packets, chosen by this number.
        #[arg(long)]
        loss: Option<u64>,
    },
    /// Make calls over such a link that has a fault, and print how long they take in seconds.
    Network { peer: Name, fault: Fault },
    /// Run a command, and print the processor time that it and its children took.
    Time {
        #[arg(required = true, trailing_var_arg = true)]
        command: Vec<String>,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Name {
    Hyper,
    Lean,
    Plain,
    Ours,
}

/// Runs a generic function for the peer of that name.
macro_rules! for_peer {
    ($name:expr, $function:ident($($argument:expr),*)) => {
        match $name {
            Name::Hyper => $function::<Hyper>($($argument),*).await,
            Name::Lean => $function::<Lean>($($argument),*).await,
            Name::Plain => $function::<Plain>($($argument),*).await,
            Name::Ours => $function::<Ours>($($argument),*).await,
        }
    };
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Arguments::parse().program).await {
        Ok(measured) => {
            println!("{measured}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(program: Program) -> Result<Value, Failure> {
    match program {
        Program::Server { delay, files } => server::run(Duration::from_millis(delay), files).await,
        Program::Call {
            peer,
            url,
            at_once,
            calls,
        } => for_peer!(peer, call(&url, at_once, calls)),
        Program::InFlight { peer, url } => for_peer!(peer, in_flight(&url)),
        Program::Clients { peer, count } => for_peer!(peer, clients(count)),
        Program::Decode { peer, times } => decode(peer, times),
        Program::List { peer, url, times } => list(peer, &url, times).await,
        Program::UploadServer => uploads::server().await,
        Program::UploadLarge { peer, url, mib } => uploads::large(peer, &url, mib).await,
        Program::UploadSmall { peer, url, count } => uploads::small(peer, &url, count).await,
        Program::Link { to, loss } => {
            let link = Link::new(to, loss)?;
            println!("http://{}", link.address);
            future::pending().await
        }
        Program::Network { peer, fault } => match peer {
            Name::Plain => network::measure::<Plain>(fault).await,
            Name::Ours => network::measure::<Ours>(fault).await,
            Name::Hyper | Name::Lean => Err("measured are `plain` and `ours`".into()),
        },
        Program::Time { command } => time(&command),
    }
}

async fn call<P: Peer>(url: &str, at_once: usize, calls: usize) -> Result<Value, Failure> {
    let started = Instant::now();
    let peer = P::new(url, KEY)?;
    repeat(&peer, at_once, at_once).await?;
    let before = usage::processor_seconds()?;
    repeat(&peer, at_once, calls).await?;
    Ok(json!({
        "seconds": started.elapsed().as_secs_f64(),
        "processor_seconds": usage::processor_seconds()? - before,
        "peak_bytes": usage::peak_bytes()?,
    }))
}

async fn repeat<P: Peer>(peer: &P, at_once: usize, calls: usize) -> Result<(), Failure> {
    if at_once == 1 {
        for _ in 0..calls {
            black_box(peer.get().await?);
        }
        return Ok(());
    }
    let mut workers = JoinSet::new();
    for _ in 0..at_once {
        let peer = peer.clone();
        workers.spawn(async move {
            for _ in 0..calls / at_once {
                black_box(peer.get().await?);
            }
            Ok::<_, Failure>(())
        });
    }
    while let Some(worker) = workers.join_next().await {
        worker??;
    }
    Ok(())
}

async fn in_flight<P: Peer>(url: &str) -> Result<Value, Failure> {
    let peer = P::new(url, KEY)?;
    peer.get().await?;
    let before = usage::resident_bytes()?;
    let mut pending = JoinSet::new();
    for _ in 0..IN_FLIGHT {
        let peer = peer.clone();
        pending.spawn(async move { peer.get().await });
    }
    // By the half of the server's delay, all requests are sent, and none has its response.
    tokio::time::sleep(Duration::from_secs(1)).await;
    if pending.try_join_next().is_some() {
        return Err("a response came too early".into());
    }
    let after = usage::resident_bytes()?;
    while let Some(answered) = pending.join_next().await {
        answered??;
    }
    Ok(json!({ "bytes_each": after.saturating_sub(before) / IN_FLIGHT }))
}

async fn clients<P: Peer>(count: usize) -> Result<Value, Failure> {
    let url = "https://localhost";
    let mut clients = vec![P::new(url, KEY)?];
    let before = usage::resident_bytes()?;
    let started = usage::processor_seconds()?;
    for _ in 0..count {
        clients.push(P::new(url, KEY)?);
    }
    let each = (usage::processor_seconds()? - started) / count as f64;
    let bytes = usage::resident_bytes()?.saturating_sub(before) / count as u64;
    Ok(json!({ "processor_seconds_each": each, "bytes_each": bytes }))
}

fn decode(peer: Name, times: usize) -> Result<Value, Failure> {
    let response = response()?;
    let response = response.as_bytes();
    for _ in 0..times {
        match peer {
            Name::Ours => drop(black_box(serde_json::from_slice::<File>(response)?)),
            _ => drop(black_box(serde_json::from_slice::<Version>(response)?)),
        }
    }
    Ok(Value::Null)
}

/// Lists a page of 1,000 files, as the server has them.
async fn list(peer: Name, url: &str, times: usize) -> Result<Value, Failure> {
    let client = Client::builder().private_key(KEY).base_url(url).build()?;
    let http = reqwest::Client::new();
    for _ in 0..times {
        let length = match peer {
            Name::Ours => {
                let page = black_box(client.list_assets().limit(1000).send().await?);
                page.into_iter().filter_map(Result::ok).count()
            }
            _ => {
                let request = http.get(format!("{url}/v1/files?limit=1000"));
                let response = request.basic_auth(KEY, Some("")).send().await?;
                let page: Vec<Version> = response.error_for_status()?.json().await?;
                black_box(page).len()
            }
        };
        if length != 1000 {
            return Err(format!("a page of {length} files").into());
        }
    }
    Ok(Value::Null)
}

fn time(command: &[String]) -> Result<Value, Failure> {
    let (program, arguments) = command.split_first().ok_or("there is no command")?;
    let status = Command::new(program).args(arguments).status()?;
    if !status.success() {
        return Err(format!("`{program}` failed: {status}").into());
    }
    Ok(json!({ "processor_seconds": usage::processor_seconds_of_children()? }))
}
