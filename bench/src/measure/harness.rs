//! Running the programs of the crate `imagekit-bench`, and what cargo does.

use std::env;
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use imagekit_bench::usage;
use serde_json::Value;

use super::Result;

pub(super) const KIB: f64 = 1024.0;
pub(super) const MIB: f64 = KIB * KIB;

/// Builds a program of this workspace, with no other package whose features would change it.
pub(super) fn build(root: &Path, name: &str, options: &[&str]) -> Result<PathBuf> {
    let mut build = cargo();
    build
        .current_dir(root)
        .args(["build", "--quiet", "--locked", "--message-format=json"]);
    let messages = output(build.args(["--bin", name]).args(options))?;
    let program = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == name)
        .find_map(|message| Some(PathBuf::from(message["executable"].as_str()?)));
    Ok(program.ok_or_else(|| format!("cargo built no program `{name}`"))?)
}

/// The program that is measured.
pub(super) struct Harness(PathBuf);

/// A server that responds until it is dropped.
pub(super) struct Server {
    pub(super) url: String,
    process: Child,
}

/// The cargo that runs us.
pub(super) fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")))
}

impl Harness {
    pub(super) fn build(root: &Path) -> Result<Self> {
        let options = [
            "--package=imagekit-bench",
            "--no-default-features",
            "--release",
        ];
        build(root, "imagekit-bench", &options).map(Self)
    }

    /// The command of the program, on one core.
    pub(super) fn on_core(&self, core: usize) -> Command {
        on_core(core, Command::new(&self.0))
    }

    pub(super) fn program(&self) -> &Path {
        &self.0
    }

    /// Starts our server, on the second core; each response waits for `delay` milliseconds, and lists so many files.
    pub(super) fn server(&self, delay: u64, files: u64) -> Result<Server> {
        let numbers = [delay, files].map(|number| number.to_string());
        Server::start(self.on_core(1).arg("server").args(numbers))
    }

    /// Runs a program, and gives what it has measured.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<Value> {
        measured(Command::new(&self.0).args(arguments))
    }

    /// The instructions of one repetition of what a program does `[…]` times.
    ///
    /// Two runs of different length are subtracted, so that what happens once does not count.
    pub(super) fn instructions(&self, arguments: &[&str], [fewer, more]: [u32; 2]) -> Result<f64> {
        let count = |times| self.callgrind(arguments, times);
        Ok(((count(more)? - count(fewer)?) / f64::from(more - fewer)).floor())
    }

    fn callgrind(&self, arguments: &[&str], times: u32) -> Result<f64> {
        let run = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(&self.0)
            .args(arguments)
            .arg(times.to_string())
            .output()
            .map_err(|error| {
                format!("valgrind, which counts instructions, cannot be run: {error}")
            })?;
        let said = String::from_utf8_lossy(&run.stderr);
        let counted = said
            .lines()
            .find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok())
            .filter(|_| run.status.success());
        Ok(counted.ok_or_else(|| format!("valgrind counted nothing: {said}"))?)
    }
}

/// A command on one core and on no other; where there are not so many, on the last.
pub(super) fn on_core(core: usize, command: Command) -> Command {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let mut pinned = Command::new("taskset");
    pinned.args(["--cpu-list", &core.min(cores - 1).to_string()]);
    pinned.arg(command.get_program()).args(command.get_args());
    pinned
}

impl Server {
    /// Starts a program that prints its address.
    pub(super) fn start(command: &mut Command) -> Result<Self> {
        let mut process = command.stdout(Stdio::piped()).spawn()?;
        let mut url = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut url)?;
        }
        let url = url.trim_end().to_owned();
        Ok(Self { url, process })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Measures some peers, which take turns, and gives the median of each of their figures.
pub(super) fn turns<T>(
    rounds: usize,
    peers: &[T],
    mut measure: impl FnMut(&T) -> Result<Vec<f64>>,
) -> Result<Vec<Vec<f64>>> {
    let mut samples: Vec<Vec<Vec<f64>>> = vec![Vec::new(); peers.len()];
    for _ in 0..rounds {
        for (peer, samples) in peers.iter().zip(&mut samples) {
            let figures = measure(peer)?;
            samples.resize(figures.len(), Vec::new());
            for (samples, figure) in samples.iter_mut().zip(figures) {
                samples.push(figure);
            }
        }
    }
    let medians = |samples: Vec<Vec<f64>>| samples.into_iter().map(median).collect();
    Ok(samples.into_iter().map(medians).collect())
}

pub(super) fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or(f64::NAN)
}

/// What a program prints last, unless it fails.
pub(super) fn measured(command: &mut Command) -> Result<Value> {
    last_line(&output(command)?)
}

/// What a program has printed last: one line of JSON.
pub(super) fn last_line(output: &str) -> Result<Value> {
    let line = output.lines().next_back().unwrap_or_default();
    Ok(serde_json::from_str(line).map_err(|_| format!("not what a benchmark prints: {line}"))?)
}

pub(super) fn number(measured: &Value, name: &str) -> Result<f64> {
    let number = measured[name].as_f64();
    Ok(number.ok_or_else(|| format!("nothing was measured as `{name}`: {measured}"))?)
}

/// Runs a command to its end, and gives its output and the processor seconds that it took, its children included.
pub(super) fn timed(command: &mut Command) -> Result<(String, f64)> {
    let before = usage::processor_seconds_of_children()?;
    let output = output(command)?;
    Ok((output, usage::processor_seconds_of_children()? - before))
}

/// What a command prints, unless it fails.
pub(super) fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{name} cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(format!("{name} failed: {}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
