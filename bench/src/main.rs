//! The programs that `cargo xtask bench` runs and measures: a name and its arguments. Each prints one line of JSON, or
//! its address.

mod link;
mod network;
mod server;
mod uploads;

use std::env;
use std::future;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use imagekit_bench::{Failure, Hyper, Lean, Offline, Ours, Peer, Plain, Version, response, usage};
use imagekit_client::Client;
use imagekit_client::types::File;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use self::link::{Far, Link};

pub(crate) const KEY: &str = "your_private_api_key";

const IN_FLIGHT: u64 = 400;
const OFFLINE: u32 = 1_000_000;

/// Runs a generic function for the peer of that name.
macro_rules! for_peer {
    ($name:expr, $function:ident($($argument:expr),*)) => {
        match *$name {
            "hyper" => $function::<Hyper>($($argument),*).await,
            "lean" => $function::<Lean>($($argument),*).await,
            "plain" => $function::<Plain>($($argument),*).await,
            "ours" => $function::<Ours>($($argument),*).await,
            name => Err(format!("there is no peer `{name}`").into()),
        }
    };
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments).await {
        Ok(measured) => {
            println!("{measured}");
            // Whoever expects no failed call need not look for one.
            ExitCode::from(u8::from(measured["failed"].as_f64() > Some(0.0)))
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &[&str]) -> Result<Value, Failure> {
    match arguments {
        // Responds to every request after some milliseconds, with the documented version or a list of files.
        ["server", delay, files] => {
            server::run(Duration::from_millis(delay.parse()?), files.parse()?).await
        }
        ["call", peer, url, at_once, before, calls] => {
            let numbers = [at_once.parse()?, before.parse()?, calls.parse()?];
            for_peer!(peer, call(url, numbers))
        }
        ["in-flight", peer, url] => for_peer!(peer, in_flight(url)),
        ["clients", peer, count] => for_peer!(peer, clients(count.parse()?)),
        ["decode", peer, times] => decode(peer, times.parse()?),
        ["list", peer, url, times] => list(peer, url, times.parse()?).await,
        ["offline", name, times] => offline(name, times.parse()?),
        ["offline"] => all_offline(),
        ["upload-server"] => uploads::server().await,
        ["upload-large", peer, url, mib] => uploads::large(peer, url, mib.parse()?).await,
        ["upload-small", peer, url, count] => uploads::small(peer, url, count.parse()?).await,
        // A proxy, as far away as 40 ms there and back, to our own server over TLS or to another.
        ["link", options @ ..] => {
            let far = match options {
                ["to", address] => Far::Other(address.parse()?),
                ["lossy", seed] => Far::Lossy(seed.parse()?),
                ["limited"] => Far::Limited,
                _ => Far::Ours,
            };
            let link = Link::new(far)?;
            println!("http://{}", link.address);
            future::pending().await
        }
        ["network", "plain", fault] => network::measure::<Plain>(fault).await,
        ["network", "ours", fault] => network::measure::<Ours>(fault).await,
        _ => Err(format!("there is no program for {arguments:?}").into()),
    }
}

/// Makes calls whose processor time counts, after some for which only the time of the clock does.
async fn call<P: Peer>(url: &str, numbers: [usize; 3]) -> Result<Value, Failure> {
    let [at_once, before, calls] = numbers;
    let started = Instant::now();
    let peer = P::new(url, KEY)?;
    let mut failures = repeat(&peer, at_once, before).await;
    let used = usage::processor_seconds()?;
    failures.extend(repeat(&peer, at_once, calls).await);
    let mut measured = usage::since(used)?;
    measured["seconds"] = started.elapsed().as_secs_f64().into();
    measured["failed"] = (failures.len() as f64 / (before + calls) as f64).into();
    if let Some(failure) = failures.first() {
        eprintln!("error: {failure}");
    }
    Ok(measured)
}

/// Makes calls, and returns those failures that there were.
pub(crate) async fn repeat<P: Peer>(peer: &P, at_once: usize, calls: usize) -> Vec<Failure> {
    if at_once == 1 {
        return one_by_one(peer, calls).await;
    }
    let mut workers = JoinSet::new();
    for _ in 0..at_once {
        let peer = peer.clone();
        workers.spawn(async move { one_by_one(&peer, calls / at_once).await });
    }
    workers.join_all().await.into_iter().flatten().collect()
}

async fn one_by_one<P: Peer>(peer: &P, calls: usize) -> Vec<Failure> {
    let mut failures = Vec::new();
    for _ in 0..calls {
        match peer.get().await {
            Ok(name) => drop(black_box(name)),
            Err(failure) => failures.push(failure),
        }
    }
    failures
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

fn decode(peer: &str, times: usize) -> Result<Value, Failure> {
    let response = response()?;
    let response = response.as_bytes();
    for _ in 0..times {
        match peer {
            "ours" => drop(black_box(serde_json::from_slice::<File>(response)?)),
            _ => drop(black_box(serde_json::from_slice::<Version>(response)?)),
        }
    }
    Ok(Value::Null)
}

/// Lists a page of 1,000 files, as the server has them.
async fn list(peer: &str, url: &str, times: usize) -> Result<Value, Failure> {
    let client = Client::builder().private_key(KEY).base_url(url).build()?;
    let http = reqwest::Client::new();
    for _ in 0..times {
        let length = match peer {
            "ours" => {
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

/// Does something without a network so many times.
fn offline(name: &str, times: u32) -> Result<Value, Failure> {
    let offline = Offline::new()?;
    for _ in 0..times {
        offline.run(name)?;
    }
    Ok(Value::Null)
}

/// What each of it takes once.
fn all_offline() -> Result<Value, Failure> {
    let mut measured = Value::Null;
    for name in Offline::NAMES {
        offline(name, OFFLINE / 10)?;
        let before = usage::processor_seconds()?;
        offline(name, OFFLINE)?;
        let nanos = (usage::processor_seconds()? - before) * 1e9 / f64::from(OFFLINE);
        measured[name] = json!({ "nanos": nanos });
    }
    Ok(measured)
}
