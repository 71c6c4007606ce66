use std::error::Error;

use super::harness::Harness;

/// Instructions as callgrind counts them, by what is done once.
pub(super) struct Instructions {
    pub(super) call: Call,
    pub(super) call_at_once: Call,
    pub(super) decode: BesideHand,
    pub(super) page: BesideHand,
    pub(super) client: BesideHand,
}

/// A call by each client.
pub(super) struct Call {
    pub(super) hyper: u64,
    pub(super) lean: u64,
    pub(super) plain: u64,
    pub(super) ours: u64,
}

pub(super) struct BesideHand {
    pub(super) by_hand: u64,
    pub(super) ours: u64,
}

const REPETITIONS: [u64; 2] = [200, 1200];
/// Of 64 at once.
const REPETITIONS_AT_ONCE: [u64; 2] = [640, 2560];
const PAGES: [u64; 2] = [2, 6];
/// A client costs as much as some hundred calls.
const CLIENTS: [u64; 2] = [2, 8];

impl Instructions {
    pub(super) fn count(harness: &Harness) -> Result<Self, Box<dyn Error>> {
        let server = harness.server(0)?;
        let call = |at_once, repetitions| {
            let of =
                |peer| harness.instructions(&["call", peer, &server.url, at_once], repetitions);
            Ok::<_, Box<dyn Error>>(Call {
                hyper: of("hyper")?,
                lean: of("lean")?,
                plain: of("plain")?,
                ours: of("ours")?,
            })
        };
        let decode = |peer| harness.instructions(&["decode", peer], REPETITIONS);
        let files = harness.spawn(&["server", "--files", "1000"])?;
        let page = |peer| harness.instructions(&["list", peer, &files.url], PAGES);
        let client = |peer| harness.instructions(&["clients", peer], CLIENTS);
        Ok(Self {
            call: call("1", REPETITIONS)?,
            call_at_once: call("64", REPETITIONS_AT_ONCE)?,
            decode: BesideHand {
                by_hand: decode("plain")?,
                ours: decode("ours")?,
            },
            page: BesideHand {
                by_hand: page("plain")?,
                ours: page("ours")?,
            },
            client: BesideHand {
                by_hand: client("plain")?,
                ours: client("ours")?,
            },
        })
    }
}
