//! What calls take over a network that is far away and has faults.

use std::time::{Duration, Instant};

use clap::ValueEnum;
use imagekit_bench::{Failure, Networked};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::KEY;
use super::link::{Link, SilentAddress};

const AT_ONCE: usize = 64;
const CALLS: usize = 640;
/// How long a server is away.
const AWAY: Duration = Duration::from_millis(700);
/// How many connections are idle when they are cut.
const IDLE: usize = 8;

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Fault {
    /// The server is away for 0.7 s when 64 calls begin.
    ServerAway,
    /// The server goes away for 0.7 s during 640 calls, 64 at once.
    ServerRestarted,
    /// The server closes all idle connections.
    ClosedWhileIdle,
    /// The first of two addresses is dead.
    DeadAddress,
    /// The idle connections were cut without a word.
    CutWhileIdle,
}

/// Makes the calls, and returns how long they take in seconds and how many of them fail.
pub(crate) async fn measure<P: Networked>(fault: Fault) -> Result<Value, Failure> {
    let link = Link::new(None, None)?;
    let timeout = Duration::from_secs(match fault {
        Fault::CutWhileIdle => 2,
        _ => 30,
    });
    let mut addresses = vec![link.address];
    let silent = SilentAddress::new().await?;
    if matches!(fault, Fault::DeadAddress) {
        addresses.insert(0, silent.address);
    }
    let started = Instant::now();
    let peer = P::at(&addresses, KEY, timeout)?;
    let (started, failed, calls) = match fault {
        Fault::DeadAddress => (started, call(&peer, 1, 1).await?, 1),
        Fault::ServerRestarted => {
            let restarted = async {
                tokio::time::sleep(Duration::from_millis(300)).await;
                link.go_away(AWAY).await
            };
            let calls = call(&peer, AT_ONCE, CALLS);
            (started, tokio::try_join!(calls, restarted)?.0, CALLS)
        }
        Fault::ClosedWhileIdle => {
            call(&peer, AT_ONCE, AT_ONCE).await?;
            link.go_away(Duration::ZERO).await?;
            let started = Instant::now();
            (started, call(&peer, AT_ONCE, AT_ONCE).await?, AT_ONCE)
        }
        Fault::ServerAway => {
            call(&peer, AT_ONCE, AT_ONCE).await?;
            link.go_away(AWAY).await?;
            let started = Instant::now();
            (started, call(&peer, AT_ONCE, AT_ONCE).await?, AT_ONCE)
        }
        Fault::CutWhileIdle => {
            call(&peer, IDLE, IDLE).await?;
            // Only what has been idle for a while is likely to be cut.
            tokio::time::sleep(Duration::from_secs(1)).await;
            link.cut()?;
            let started = Instant::now();
            (started, call(&peer, 1, 1).await?, 1)
        }
    };
    Ok(json!({ "seconds": started.elapsed().as_secs_f64(), "failed": failed, "calls": calls }))
}

/// Makes calls, and returns how many of them fail.
async fn call<P: Networked>(peer: &P, at_once: usize, calls: usize) -> Result<usize, Failure> {
    let mut workers = JoinSet::new();
    for _ in 0..at_once {
        let peer = peer.clone();
        workers.spawn(async move {
            let mut failed = 0;
            for _ in 0..calls / at_once {
                failed += usize::from(peer.get().await.is_err());
            }
            failed
        });
    }
    Ok(workers.join_all().await.into_iter().sum())
}
