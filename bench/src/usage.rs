//! What this process has used so far.

use std::fs;

use imagekit_bench::Failure;
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

/// User and system time of this process, all threads.
pub(crate) fn processor_seconds() -> Result<f64, Failure> {
    Ok(seconds(&getrusage(UsageWho::RUSAGE_SELF)?))
}

/// The same for all processes that it has started and waited for, and theirs.
pub(crate) fn processor_seconds_of_children() -> Result<f64, Failure> {
    Ok(seconds(&getrusage(UsageWho::RUSAGE_CHILDREN)?))
}

/// The most memory that was resident at any time.
pub(crate) fn peak_bytes() -> Result<u64, Failure> {
    status("VmHWM:")
}

/// The memory that is resident now.
pub(crate) fn resident_bytes() -> Result<u64, Failure> {
    status("VmRSS:")
}

fn seconds(usage: &Usage) -> f64 {
    let time = usage.user_time() + usage.system_time();
    time.num_microseconds() as f64 / 1e6
}

/// A line of Linux's account of this process, in kilobytes there.
fn status(name: &str) -> Result<u64, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.split_whitespace().next())
        .ok_or_else(|| format!("/proc/self/status has no {name}"))?;
    Ok(kilobytes.parse::<u64>()? * 1024)
}
