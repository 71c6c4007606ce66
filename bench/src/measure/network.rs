//! Calls over a network that is far away and has faults.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use imagekit_bench::{FILE_ID, VERSION_ID};

use super::calls::{OURS, PLAIN, Peer, median};
use super::harness::{Harness, Server, build, measured, number, on_core, output};
use super::sdks;

pub(super) const ROUNDS: usize = 5;
/// It is looked up nowhere.
const URL: &str = "https://imagekit.test";
pub(super) const COMMAND_LINE: &str = "the command line";

/// What happens, and how long it should take at most; without a time, no call should fail.
const SCENES: [(&str, &str, Scene); 10] = [
    ("the first call", "0.128 s", Scene::Calls(1, 1, Far::Own)),
    (
        "the first call, to a server on OpenSSL 3.5",
        "0.128 s",
        Scene::Calls(1, 1, Far::OpenSsl),
    ),
    (
        "640 calls, 64 at once, from nothing",
        "0.515 s",
        Scene::Calls(640, 64, Far::Own),
    ),
    (
        "3,200 calls, 64 at once, 1 % of packets lost",
        "",
        Scene::Calls(3200, 64, Far::Lossy),
    ),
    (
        "1,600 calls, 8 at once, 1 % of packets lost",
        "",
        Scene::Calls(1600, 8, Far::Lossy),
    ),
    (
        "the first of two addresses is dead",
        "6 s",
        Scene::Fault("dead-address"),
    ),
    (
        "all idle connections were cut in silence",
        "3 s",
        Scene::Fault("cut-while-idle"),
    ),
    (
        "the server has closed all idle connections, 64 calls at once",
        "",
        Scene::Fault("closed-while-idle"),
    ),
    (
        "the server is away for 0.7 s, 64 calls at once",
        "",
        Scene::Fault("server-away"),
    ),
    (
        "the server goes away for 0.7 s during 640 calls, 64 at once",
        "",
        Scene::Fault("server-restarted"),
    ),
];

#[derive(Clone, Copy)]
enum Scene {
    /// So many calls, and so many of them at once.
    Calls(usize, usize, Far),
    /// What the program that is measured does to a link of its own.
    Fault(&'static str),
}

/// What is at the other end of the link.
#[derive(Clone, Copy)]
enum Far {
    Own,
    /// The same server, over a link that loses packets.
    Lossy,
    OpenSsl,
}

/// What one scene costs each of the peers.
pub(super) struct Row {
    pub(super) what: &'static str,
    pub(super) goal: &'static str,
    pub(super) outcomes: Vec<(&'static str, Outcome)>,
}

/// How long the calls take, the median of all rounds, and how many of them fail in all rounds.
#[derive(Clone, Copy)]
pub(super) struct Outcome {
    pub(super) seconds: f64,
    pub(super) failed: f64,
    pub(super) calls: f64,
}

pub(super) fn measure(
    root: &Path,
    harness: &Harness,
    sdks: &[Peer],
) -> Result<Vec<Row>, Box<dyn Error>> {
    let network = Network::new(root, harness, sdks)?;
    let own = Peer::own(harness);
    let own = own.iter().filter(|peer| [OURS, PLAIN].contains(&peer.name));
    let peers: Vec<&Peer> = own.chain(sdks).collect();
    let mut rows = Vec::new();
    for (what, goal, scene) in SCENES {
        let mut outcomes = Vec::new();
        match scene {
            Scene::Calls(_, _, Far::OpenSsl) if network.openssl.is_none() => continue,
            Scene::Calls(calls, at_once, far) => {
                let outcome = network.by_command_line(calls, at_once, far)?;
                outcomes.push((COMMAND_LINE, outcome));
                for peer in &peers {
                    let outcome = network.by_peer(peer, calls, at_once, far)?;
                    outcomes.push((peer.name, outcome));
                }
            }
            Scene::Fault(fault) => {
                outcomes.push((OURS, network.fault("ours", fault)?));
                outcomes.push((PLAIN, network.fault("plain", fault)?));
            }
        }
        rows.push(Row {
            what,
            goal,
            outcomes,
        });
    }
    Ok(rows)
}

struct Network<'a> {
    harness: &'a Harness,
    command_line: PathBuf,
    openssl: Option<Server>,
    /// What all peers trust; its key is beside it.
    certificate: PathBuf,
}

impl<'a> Network<'a> {
    fn new(root: &Path, harness: &'a Harness, sdks: &[Peer]) -> Result<Self, Box<dyn Error>> {
        let certificate = certificate(&root.join("target/bench/tls"))?;
        let key = certificate.with_file_name("key.pem");
        let body = root.join("openapi/examples/file-version.json");
        let openssl = match sdks::openssl(root, sdks) {
            Some(mut command) => Some(Server::start(command.args([&certificate, &key, &body]))?),
            None => None,
        };
        Ok(Self {
            harness,
            command_line: build(root, "imagekit-cli", "imagekit")?,
            openssl,
            certificate,
        })
    }

    /// Makes calls by a program that prints how long they take.
    fn by_peer(
        &self,
        peer: &Peer,
        calls: usize,
        at_once: usize,
        far: Far,
    ) -> Result<Outcome, Box<dyn Error>> {
        rounds(|round| {
            let link = self.link(far, round)?;
            let program = peer.command()?;
            let mut command = on_core(0, program.get_program());
            command.args(program.get_args());
            // It makes one call for each at once before the others.
            let numbers = [at_once, calls - at_once].map(|number| number.to_string());
            command.arg(URL).args(numbers).env("HTTPS_PROXY", &link.url);
            let seconds = number(&measured(self.trust(&mut command))?, "seconds")?;
            Ok([seconds, 0.0, calls as f64])
        })
    }

    /// Fetches versions by the command line, from its start to its end.
    fn by_command_line(
        &self,
        calls: usize,
        at_once: usize,
        far: Far,
    ) -> Result<Outcome, Box<dyn Error>> {
        let pairs = self.certificate.with_file_name("pairs");
        fs::write(&pairs, format!("{FILE_ID} {VERSION_ID}\n").repeat(calls))?;
        rounds(|round| {
            let link = self.link(far, round)?;
            let mut command = on_core(0, &self.command_line);
            command.args(["versions", "get", "-", "--json", "--concurrency"]);
            command.arg(at_once.to_string());
            command.env("IMAGEKIT_PRIVATE_KEY", "your_private_api_key");
            command.env("IMAGEKIT_BASE_URL", URL);
            command.env("HTTPS_PROXY", &link.url);
            command.stdin(fs::File::open(&pairs)?);
            let started = Instant::now();
            output(self.trust(&mut command))?;
            Ok([started.elapsed().as_secs_f64(), 0.0, calls as f64])
        })
    }

    /// Makes calls by a program that has its link within itself.
    fn fault(&self, name: &str, fault: &str) -> Result<Outcome, Box<dyn Error>> {
        rounds(|_| {
            let mut command = Command::new(self.harness.program());
            let measured = measured(self.trust(command.args(["network", name, fault])))?;
            let number = |name| number(&measured, name);
            Ok([number("seconds")?, number("failed")?, number("calls")?])
        })
    }

    /// Starts a link that loses the same packets for all peers.
    fn link(&self, far: Far, round: usize) -> Result<Server, Box<dyn Error>> {
        let mut link = on_core(1, self.harness.program());
        link.arg("link");
        match (far, &self.openssl) {
            (Far::Lossy, _) => drop(link.args(["--loss", &round.to_string()])),
            (Far::OpenSsl, Some(server)) => drop(link.args(["--to", &server.url])),
            _ => {}
        }
        Server::start(self.trust(&mut link))
    }

    fn trust<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command
            .env("SSL_CERT_FILE", &self.certificate)
            .env("NODE_EXTRA_CA_CERTS", &self.certificate)
            .env("NODE_USE_ENV_PROXY", "1")
    }
}

fn rounds(
    mut round: impl FnMut(usize) -> Result<[f64; 3], Box<dyn Error>>,
) -> Result<Outcome, Box<dyn Error>> {
    let mut samples = Vec::new();
    let (mut failed, mut calls) = (0.0, 0.0);
    // What lasts until a timeout of half a minute lasts as long again.
    while samples.len() < ROUNDS && samples.iter().sum::<f64>() < 20.0 {
        let measured = round(samples.len())?;
        samples.push(measured[0]);
        failed += measured[1];
        calls += measured[2];
    }
    Ok(Outcome {
        seconds: median(&mut samples),
        failed,
        calls,
    })
}

/// Makes a certificate that is its own root, with its key beside it.
fn certificate(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    let mut openssl = Command::new("openssl");
    openssl.current_dir(folder);
    openssl.args(["req", "-x509", "-nodes", "-days", "30", "-newkey", "ec"]);
    openssl.args(["-pkeyopt", "ec_paramgen_curve:prime256v1"]);
    openssl.args(["-subj", "/CN=imagekit.test"]);
    openssl.args(["-addext", "subjectAltName=DNS:imagekit.test"]);
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    output(openssl.args(["-keyout", "key.pem", "-out", "certificate.pem"]))?;
    Ok(folder.join("certificate.pem"))
}
