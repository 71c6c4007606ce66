//! Running the programs of the crate `imagekit-bench`.

use std::env;
use std::error::Error;
use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead as _, BufReader};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::Value;

/// Builds a program of this workspace, with no other package whose features would change it.
pub(super) fn build(root: &Path, package: &str, name: &str) -> Result<PathBuf, Box<dyn Error>> {
    let mut build = cargo();
    build.current_dir(root);
    build.args(["build", "--release", "--locked", "--message-format=json"]);
    let messages = output(build.args(["--quiet", "--package", package, "--bin", name]))?;
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == name)
        .find_map(|message| Some(PathBuf::from(message["executable"].as_str()?)))
        .ok_or_else(|| format!("cargo built no program `{name}`").into())
}

/// The built programs.
pub(super) struct Harness {
    program: PathBuf,
    urls: PathBuf,
}

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
    pub(super) fn build(root: &Path) -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            program: build(root, "imagekit-bench", "imagekit-bench")?,
            urls: build(root, "imagekit-bench", "urls")?,
        })
    }

    pub(super) fn urls(&self) -> &Path {
        &self.urls
    }

    pub(super) fn program(&self) -> &Path {
        &self.program
    }

    /// Starts our server, on the second core; each response waits for `delay` milliseconds.
    pub(super) fn server(&self, delay: u64) -> Result<Server, Box<dyn Error>> {
        self.spawn(&["server", "--delay", &delay.to_string()])
    }

    /// Starts a program that prints its address, on the second core.
    pub(super) fn spawn(&self, arguments: &[&str]) -> Result<Server, Box<dyn Error>> {
        Server::start(on_core(1, &self.program).args(arguments))
    }

    /// Runs a program, and gives what it has measured.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<Value, Box<dyn Error>> {
        measured(Command::new(&self.program).args(arguments))
    }

    /// Runs a command to its end, and gives its output and the processor seconds that it took, its
    /// children included.
    pub(super) fn time(&self, command: &Command) -> Result<(String, f64), Box<dyn Error>> {
        let mut timed = Command::new(&self.program);
        timed.arg("time").arg(command.get_program());
        timed.args(command.get_args());
        if let Some(directory) = command.get_current_dir() {
            timed.current_dir(directory);
        }
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                timed.env(name, value);
            }
        }
        let output = output(&mut timed)?;
        let seconds = number(&last_line(&output)?, "processor_seconds")?;
        Ok((output, seconds))
    }

    /// The instructions of one repetition of what a program does `[…]` times.
    ///
    /// Two runs of different length are subtracted, so that what happens once does not count.
    pub(super) fn instructions(
        &self,
        arguments: &[&str],
        [fewer, more]: [u64; 2],
    ) -> Result<u64, Box<dyn Error>> {
        instructions_of(&self.program, arguments, [fewer, more])
    }
}

/// The instructions of one repetition of what a program does `[…]` times, as [`Harness::instructions`].
pub(super) fn instructions_of(
    program: &Path,
    arguments: &[&str],
    [fewer, more]: [u64; 2],
) -> Result<u64, Box<dyn Error>> {
    let count = |times| callgrind(program, arguments, times);
    Ok(count(more)?.saturating_sub(count(fewer)?) / (more - fewer))
}

fn callgrind(program: &Path, arguments: &[&str], times: u64) -> Result<u64, Box<dyn Error>> {
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(arguments)
        .arg(times.to_string())
        .output()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                "valgrind is not installed, and instructions are counted by it: \
                 install it with the system's packages, such as `apt install valgrind`"
                    .to_owned()
            }
            _ => format!("valgrind cannot be run: {error}"),
        })?;
    let said = String::from_utf8_lossy(&run.stderr);
    said.lines()
        .find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok())
        .filter(|_| run.status.success())
        .ok_or_else(|| format!("valgrind counted nothing: {said}").into())
}

/// A command that runs a program on one core and on no other; where there are not so many, on the
/// last.
pub(super) fn on_core(core: usize, program: impl AsRef<OsStr>) -> Command {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", &core.min(cores - 1).to_string()]);
    command.arg(program);
    command
}

impl Server {
    /// Starts a program that prints its address.
    pub(super) fn start(command: &mut Command) -> Result<Self, Box<dyn Error>> {
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

/// What a program prints last: one line of JSON.
pub(super) fn measured(command: &mut Command) -> Result<Value, Box<dyn Error>> {
    last_line(&output(command)?)
}

pub(super) fn number(measured: &Value, name: &str) -> Result<f64, Box<dyn Error>> {
    measured[name]
        .as_f64()
        .ok_or_else(|| format!("nothing was measured as `{name}`: {measured}").into())
}

/// What a command prints, unless it fails.
pub(super) fn output(command: &mut Command) -> Result<String, Box<dyn Error>> {
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

fn last_line(output: &str) -> Result<Value, Box<dyn Error>> {
    let line = output.lines().next_back().unwrap_or_default();
    serde_json::from_str(line).map_err(|_| format!("not what a benchmark prints: {line}").into())
}
