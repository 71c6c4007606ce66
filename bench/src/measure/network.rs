//! Calls over a network that is far away and has faults.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use imagekit_bench::{FILE_ID, VERSION_ID};

use super::calls::{OURS, PLAIN, Peer};
use super::harness::{Harness, Server, build, last_line, median, number, on_core, output};
use super::{Result, sdks};

pub(super) const ROUNDS: usize = 5;
/// It is looked up nowhere.
const URL: &str = "https://imagekit.test";
pub(super) const COMMAND_LINE: &str = "the command line";

/// What happens; how long it should take at most (without a time, no call should fail); and how many calls there are, how
/// many of them at once, and to whom, or what the program that is measured does to a link of its own.
const SCENES: &str = "\
the first call | 0.128 s | 1 1 own
the first call, to a server on OpenSSL 3.5 | 0.128 s | 1 1 openssl
640 calls, 64 at once, from nothing | 0.515 s | 640 64 own
640 calls, 64 at once, 100 allowed in each 0.5 s | | 640 64 limited
3,200 calls, 64 at once, 1 % of packets lost | | 3200 64 lossy
1,600 calls, 8 at once, 1 % of packets lost | | 1600 8 lossy
the first of two addresses is dead | 6 s | dead-address
all idle connections were cut in silence | 3 s | cut-while-idle
the server has closed all idle connections, 64 calls at once | | closed-while-idle
the server is away for 0.7 s, 64 calls at once | | server-away
the server goes away for 0.7 s during 640 calls, 64 at once | | server-restarted";

/// What the scenes cost the peers.
#[derive(Default)]
pub(super) struct Network {
    pub(super) peers: Vec<&'static str>,
    pub(super) rows: Vec<Scene>,
}

/// What one scene costs those peers that are in it.
pub(super) struct Scene {
    pub(super) what: &'static str,
    pub(super) goal: &'static str,
    outcomes: BTreeMap<&'static str, Outcome>,
}

/// How many seconds the calls take, the median of all rounds, and which part of them fails in all rounds.
type Outcome = [f64; 2];

impl Scene {
    /// How much one peer takes of what another takes, if no call of both has failed.
    pub(super) fn ratio(&self, one: &str, other: &str) -> f64 {
        match (self.outcomes.get(one), self.outcomes.get(other)) {
            (Some([one, 0.0]), Some([other, 0.0])) => one / other,
            _ => f64::NAN,
        }
    }

    pub(super) fn outcome(&self, peer: &str) -> String {
        match self.outcomes.get(peer) {
            Some([seconds, 0.0]) => format!("{seconds:.3} s"),
            Some([seconds, failed]) => {
                format!("{:.1} % fail, after {seconds:.2} s", failed * 100.0)
            }
            None => String::new(),
        }
    }
}

pub(super) fn measure(root: &Path, harness: &Harness, sdks: &[Peer]) -> Result<Network> {
    let setting = Setting::new(root, harness, sdks)?;
    let [.., plain, ours] = Peer::own(harness);
    let peers = [&[ours, plain], sdks].concat();
    if setting.openssl.is_some() {
        // A server in use has compiled its JavaScript.
        setting.by_peer(&peers[0], 64, 64, "openssl")?;
    }
    let mut rows = Vec::new();
    for scene in SCENES.lines() {
        let mut parts = scene.split('|').map(str::trim);
        let [what, goal, how] = std::array::from_fn(|_| parts.next().unwrap_or_default());
        let mut outcomes = BTreeMap::new();
        match how.split(' ').collect::<Vec<_>>()[..] {
            [_, _, "openssl"] if setting.openssl.is_none() => continue,
            [calls, at_once, far] => {
                let [calls, at_once] = [calls.parse()?, at_once.parse()?];
                outcomes.insert(COMMAND_LINE, setting.by_command_line(calls, at_once, far)?);
                for peer in &peers {
                    outcomes.insert(peer.name, setting.by_peer(peer, calls, at_once, far)?);
                }
            }
            _ => {
                outcomes.insert(OURS, setting.fault("ours", how)?);
                outcomes.insert(PLAIN, setting.fault("plain", how)?);
            }
        }
        rows.push(Scene {
            what,
            goal,
            outcomes,
        });
    }
    let sdks = sdks.iter().map(|sdk| sdk.name);
    let peers = [OURS, PLAIN, COMMAND_LINE]
        .into_iter()
        .chain(sdks)
        .collect();
    Ok(Network { peers, rows })
}

struct Setting<'a> {
    harness: &'a Harness,
    command_line: PathBuf,
    openssl: Option<Server>,
    /// What all peers trust; its key is beside it.
    certificate: PathBuf,
}

impl<'a> Setting<'a> {
    fn new(root: &Path, harness: &'a Harness, sdks: &[Peer]) -> Result<Self> {
        let certificate = certificate(&root.join("target/bench/tls"))?;
        let key = certificate.with_file_name("key.pem");
        let body = root.join("openapi/examples/file-version.json");
        let openssl = match sdks::openssl(root, sdks) {
            Some(mut command) => Some(Server::start(command.args([&certificate, &key, &body]))?),
            None => None,
        };
        Ok(Self {
            harness,
            command_line: build(root, "imagekit", &["--package=imagekit-cli", "--release"])?,
            openssl,
            certificate,
        })
    }

    /// Makes calls by a program that prints how long they take.
    fn by_peer(&self, peer: &Peer, calls: usize, at_once: usize, far: &str) -> Result<Outcome> {
        rounds(|round| {
            let link = self.link(far, round)?;
            let mut command = on_core(0, peer.command());
            let numbers = [at_once, 0, calls].map(|number| number.to_string());
            command.arg(URL).args(numbers).env("HTTPS_PROXY", &link.url);
            outcome(self.trust(&mut command))
        })
    }

    /// Fetches versions by the command line, from its start to its end.
    fn by_command_line(&self, calls: usize, at_once: usize, far: &str) -> Result<Outcome> {
        let pairs = self.certificate.with_file_name("pairs");
        fs::write(&pairs, format!("{FILE_ID} {VERSION_ID}\n").repeat(calls))?;
        rounds(|round| {
            let link = self.link(far, round)?;
            let mut command = on_core(0, Command::new(&self.command_line));
            command.args(["versions", "get", "-", "--json", "--concurrency"]);
            command.arg(at_once.to_string());
            command.env("IMAGEKIT_PRIVATE_KEY", "your_private_api_key");
            command.env("IMAGEKIT_BASE_URL", URL);
            command.env("HTTPS_PROXY", &link.url);
            command.stdin(fs::File::open(&pairs)?);
            let started = Instant::now();
            output(self.trust(&mut command))?;
            Ok([started.elapsed().as_secs_f64(), 0.0])
        })
    }

    /// Makes calls by a program that has its link within itself.
    fn fault(&self, name: &str, fault: &str) -> Result<Outcome> {
        rounds(|_| {
            let mut command = Command::new(self.harness.program());
            outcome(self.trust(command.args(["network", name, fault])))
        })
    }

    /// Starts a link that loses the same packets for all peers.
    fn link(&self, far: &str, round: usize) -> Result<Server> {
        let mut link = self.harness.on_core(1);
        link.arg("link");
        match (far, &self.openssl) {
            ("lossy", _) => link.args(["lossy", &round.to_string()]),
            ("limited", _) => link.arg("limited"),
            ("openssl", Some(server)) => link.args(["to", &server.url]),
            _ => &mut link,
        };
        Server::start(self.trust(&mut link))
    }

    fn trust<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command
            .env("SSL_CERT_FILE", &self.certificate)
            .env("NODE_EXTRA_CA_CERTS", &self.certificate)
            .env("NODE_USE_ENV_PROXY", "1")
    }
}

/// What calls have taken, of which some may have failed, and with them the program.
fn outcome(command: &mut Command) -> Result<Outcome> {
    let output = command.stderr(Stdio::inherit()).output()?;
    let measured = last_line(&String::from_utf8(output.stdout)?)?;
    Ok([number(&measured, "seconds")?, number(&measured, "failed")?])
}

fn rounds(mut round: impl FnMut(usize) -> Result<[f64; 2]>) -> Result<Outcome> {
    let mut samples = Vec::new();
    let mut failed = 0.0;
    // What lasts until a timeout of half a minute lasts as long again.
    while samples.len() < ROUNDS && samples.iter().sum::<f64>() < 20.0 {
        let measured = round(samples.len())?;
        samples.push(measured[0]);
        failed += measured[1];
    }
    let failed = failed / samples.len() as f64;
    Ok([median(samples), failed])
}

/// Makes a certificate that is its own root, with its key beside it.
fn certificate(folder: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let mut openssl = Command::new("openssl");
    openssl.current_dir(folder);
    openssl.args(["req", "-x509", "-nodes", "-days", "30", "-newkey", "ec"]);
    openssl.args([
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-subj",
        "/CN=imagekit.test",
    ]);
    openssl.args(["-addext", "subjectAltName=DNS:imagekit.test"]);
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    output(openssl.args(["-keyout", "key.pem", "-out", "certificate.pem"]))?;
    Ok(folder.join("certificate.pem"))
}
