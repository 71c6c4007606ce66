use std::ffi::OsStr;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use imagekit_mock::{Server, ServerBuilder};
use tokio::runtime::Runtime;

pub(crate) const FILE: &str = "598821f949c0a938d57563bd";
pub(crate) const VERSION: &str = "697821f849c0a938d57563ce";
pub(crate) const NOW: &str = "2026-03-01T12:00:00Z";

/// A fake ImageKit, running beside the test.
pub(crate) struct Mock {
    pub(crate) server: Server,
    _runtime: Runtime,
}

impl Mock {
    pub(crate) fn start(builder: ServerBuilder) -> Self {
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(builder.start()).unwrap();
        Self {
            server,
            _runtime: runtime,
        }
    }

    /// The program, set up to talk to this fake.
    pub(crate) fn imagekit<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Imagekit {
        imagekit(args)
            .env("IMAGEKIT_BASE_URL", self.server.url())
            .env("IMAGEKIT_PRIVATE_KEY", self.server.private_key())
    }
}

/// The program with these arguments, knowing nothing of the configuration of whoever runs the tests.
pub(crate) fn imagekit<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Imagekit {
    let mut command = Command::new(env!("CARGO_BIN_EXE_imagekit"));
    command.args(args).env_clear().env("IMAGEKIT_NOW", NOW);
    // A key of a test has no place in the keyring of whoever runs it.
    command.env("IMAGEKIT_KEYRING", "off");
    Imagekit {
        command,
        input: Vec::new(),
    }
}

pub(crate) struct Imagekit {
    pub(crate) command: Command,
    input: Vec<u8>,
}

impl Imagekit {
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// What is on standard input.
    pub(crate) fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    pub(crate) fn run(mut self) -> Outcome {
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = self.input;
        // A program that has failed already need not read its input.
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Outcome::of(output)
    }
}

#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    pub(crate) fn of(output: Output) -> Self {
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(!stderr.contains("panicked"), "{stderr}");
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr,
        }
    }

    /// What was printed, if nothing failed.
    #[track_caller]
    pub(crate) fn fine(self) -> String {
        assert_eq!((self.code, &*self.stderr), (Some(0), ""), "{self:?}");
        self.stdout
    }
}
