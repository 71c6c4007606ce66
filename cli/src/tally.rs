//! How many of several things came to which end.

use crate::done::{Done, Lines};
use crate::exit::{Exit, Failure};
use crate::terminal::{Output, plain, say};

/// So many failures are named again in the summary.
const SUMMED_UP: usize = 10;

#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) succeeded: u64,
    failed: u64,
    /// The first of those that failed.
    named: Vec<(String, Exit)>,
    exit: Option<Exit>,
}

impl Tally {
    pub(crate) fn fail(&mut self, name: String, exit: Exit) {
        self.failed += 1;
        self.exit = Some(match self.exit {
            Some(other) if other != exit => Exit::Other,
            _ => exit,
        });
        if self.named.len() < SUMMED_UP {
            self.named.push((name, exit));
        }
    }

    /// Says what was done with one of them, or tells of the failure.
    pub(crate) fn count(
        &mut self,
        name: String,
        outcome: Result<Done, Failure>,
        lines: Lines,
        output: &Output,
    ) -> Result<(), Failure> {
        match outcome {
            Ok(done) => {
                done.print(lines, output)?;
                self.succeeded += 1;
                Ok(())
            }
            Err(failure) => self.tell(name, failure),
        }
    }

    /// Tells of a failure now, unless it would befall all others as well.
    pub(crate) fn tell(&mut self, name: String, failure: Failure) -> Result<(), Failure> {
        let failure = failure.about(&name);
        if matches!(failure.exit, Exit::NotAuthorised | Exit::Fine) {
            return Err(failure);
        }
        crate::terminal::complain(&failure);
        self.fail(name, failure.exit);
        Ok(())
    }

    /// Names the failures, if there are any, after what was `done` to the others.
    pub(crate) fn sum_up(self, done: &str) -> Exit {
        let Some(exit) = self.exit else {
            return Exit::Fine;
        };
        let total = self.succeeded + self.failed;
        if total == 1 {
            return exit;
        }
        say(format_args!(
            "{} of {total} {done}, {} failed:",
            self.succeeded, self.failed
        ));
        for (name, exit) in &self.named {
            say(format_args!("  {}  {}", plain(name), exit.meaning()));
        }
        let unnamed = self.failed - self.named.len() as u64;
        if unnamed > 0 {
            say(format_args!("  and {unnamed} more"));
        }
        exit
    }
}
