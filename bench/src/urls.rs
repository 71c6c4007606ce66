//! Builds delivery URLs: one of them so many times, or all, and prints what each takes as one line of JSON.

use std::error::Error;
use std::hint::black_box;
use std::process::ExitCode;

use imagekit_bench::DeliveryUrls;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use serde_json::{Map, Value, json};

const TIMES: u32 = 1_000_000;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let urls = DeliveryUrls::new()?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [name, times] = &arguments[..] {
        for _ in 0..times.parse::<u32>()? {
            black_box(urls.build(name)?);
        }
        return Ok(());
    }
    let mut measured = Map::new();
    for name in DeliveryUrls::NAMES {
        measured.insert(name.to_owned(), measure(&urls, name)?);
    }
    println!("{}", Value::Object(measured));
    Ok(())
}

fn measure(urls: &DeliveryUrls, name: &str) -> Result<Value, Box<dyn Error>> {
    for _ in 0..TIMES / 10 {
        black_box(urls.build(name)?);
    }
    let start = processor_micros()?;
    for _ in 0..TIMES {
        black_box(urls.build(name)?);
    }
    let nanos = (processor_micros()? - start) as f64 * 1000.0 / f64::from(TIMES);
    Ok(json!({ "nanos": nanos, "url": urls.build(name)?.as_str() }))
}

fn processor_micros() -> nix::Result<i64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    Ok((usage.user_time() + usage.system_time()).num_microseconds())
}
