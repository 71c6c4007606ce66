//! What this process has used so far.

use std::fs;

use crate::Failure;
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use serde_json::{Value, json};

/// User and system time of this process, all threads.
pub fn processor_seconds() -> Result<f64, Failure> {
    Ok(seconds(&getrusage(UsageWho::RUSAGE_SELF)?))
}

/// The same for all processes that it has started and waited for, and theirs.
pub fn processor_seconds_of_children() -> Result<f64, Failure> {
    Ok(seconds(&getrusage(UsageWho::RUSAGE_CHILDREN)?))
}

/// The memory that is resident now.
pub fn resident_bytes() -> Result<u64, Failure> {
    status("VmRSS:")
}

/// What has been taken since there were so many processor seconds.
pub fn since(before: f64) -> Result<Value, Failure> {
    let seconds = processor_seconds()? - before;
    Ok(json!({ "processor_seconds": seconds, "peak_bytes": status("VmHWM:")? }))
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
