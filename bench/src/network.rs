//! What calls take over a network that is far away and has faults.

use std::time::{Duration, Instant};

use imagekit_bench::{Failure, Networked};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::link::{Far, Link, SilentAddress};
use super::{KEY, repeat};

const AT_ONCE: usize = 64;
const CALLS: usize = 640;
/// How long a server is away.
const AWAY: Duration = Duration::from_millis(700);
/// How many connections are idle when they are cut.
const IDLE: usize = 8;

/// Makes the calls, and returns how long they take in seconds and which part of them fails.
pub(crate) async fn measure<P: Networked>(fault: &str) -> Result<Value, Failure> {
    let link = Link::new(Far::Ours)?;
    let timeout = Duration::from_secs(if fault == "cut-while-idle" { 2 } else { 30 });
    let silent = SilentAddress::new().await?;
    let addresses = match fault {
        "dead-address" => vec![silent.address, link.address],
        _ => vec![link.address],
    };
    let mut started = Instant::now();
    let peer = P::at(&addresses, KEY, timeout)?;
    let (failures, calls) = match fault {
        // The first of two addresses is dead.
        "dead-address" => (repeat(&peer, 1, 1).await, 1),
        "server-restarted" => {
            let restarted = async {
                sleep(Duration::from_millis(300)).await;
                link.go_away(AWAY).await
            };
            let (failures, restarted) = tokio::join!(repeat(&peer, AT_ONCE, CALLS), restarted);
            restarted?;
            (failures, CALLS)
        }
        // The server closes all idle connections, and in the second case refuses new ones.
        "closed-while-idle" | "server-away" => {
            repeat(&peer, AT_ONCE, AT_ONCE).await;
            let is_away = fault == "server-away";
            link.go_away(if is_away { AWAY } else { Duration::ZERO })
                .await?;
            started = Instant::now();
            (repeat(&peer, AT_ONCE, AT_ONCE).await, AT_ONCE)
        }
        // The idle connections are cut without a word.
        "cut-while-idle" => {
            repeat(&peer, IDLE, IDLE).await;
            // Only what has been idle for a while is likely to be cut.
            sleep(Duration::from_secs(1)).await;
            link.cut()?;
            started = Instant::now();
            (repeat(&peer, 1, 1).await, 1)
        }
        _ => return Err(format!("there is no fault `{fault}`").into()),
    };
    let failed = failures.len() as f64 / calls as f64;
    Ok(json!({ "seconds": started.elapsed().as_secs_f64(), "failed": failed }))
}
