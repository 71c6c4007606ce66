//! BENCHMARKS.md.

use super::ROUNDS;
use super::builds::{Build, Builds};
use super::calls::{Calls, LEAN, MEMORY_ROUNDS, Memory, OURS, PLAIN};
use super::growth::Growth;
use super::instructions::{BesideHand, Call, Instructions};
use super::network::{COMMAND_LINE, Outcome, ROUNDS as NETWORK_ROUNDS, Row};
use super::sdks::NODE_ITSELF;
use super::uploads::{ROUNDS as UPLOAD_ROUNDS, Upload};
use super::urls::{Built, ROUNDS as URL_ROUNDS};

/// Everything that was measured in one run.
pub(super) struct Measured {
    pub(super) machine: Vec<String>,
    pub(super) instructions: Instructions,
    pub(super) calls: Vec<Calls>,
    pub(super) network: Vec<Row>,
    pub(super) uploads: Vec<Upload>,
    pub(super) urls: Vec<Built>,
    pub(super) memory: Vec<Memory>,
    pub(super) builds: Builds,
    pub(super) growth: Growth,
}

/// What the client takes, as a multiple of what hand-written code takes.
struct Ratio {
    what: &'static str,
    plain: f64,
    lean: Option<f64>,
    /// Of the multiple of plain code.
    goal: Option<f64>,
}

const KIB: f64 = 1024.0;
const MIB: f64 = KIB * KIB;

pub(super) fn markdown(measured: &Measured) -> String {
    let ratios = ratios(measured);
    let sections = [
        "# Benchmarks\n\n\
         Written by `cargo xtask bench`. What a call of the generated client costs, with its ids \
         checked, retries, limits, throttle and traces ready, beside code by hand that has none of \
         them, and beside ImageKit's own SDKs.\n\n\
         ![Processor time, memory and time to the first response of all clients](docs/benchmarks.svg)\n"
            .to_owned(),
        ratio_table(&ratios),
        losses(&ratios),
        beside_sdks(&measured.calls),
        network(&measured.network),
        uploads(&measured.uploads),
        urls(&measured.urls),
        "## The figures\n".to_owned(),
        instructions(&measured.instructions),
        calls(&measured.calls),
        memory(&measured.memory),
        builds(&measured.builds),
        growth(&measured.growth),
        method(&measured.machine),
    ];
    sections.join("\n")
}

fn ratios(measured: &Measured) -> Vec<Ratio> {
    let Measured {
        instructions,
        calls,
        memory,
        builds: Builds { by_hand, ours },
        ..
    } = measured;
    let of = |ours: u64, theirs: u64| ours as f64 / theirs as f64;
    let among_calls =
        |value: fn(&Calls) -> f64, peer| beside(calls, peer, |calls| calls.peer, value);
    let among_memory =
        |value: fn(&Memory) -> f64, peer| beside(memory, peer, |memory| memory.peer, value);
    let timed = |what, goal, value: fn(&Calls) -> f64| Ratio {
        what,
        plain: among_calls(value, PLAIN),
        lean: Some(among_calls(value, LEAN)),
        goal,
    };
    let held = |what, value: fn(&Memory) -> f64| Ratio {
        what,
        plain: among_memory(value, PLAIN),
        lean: Some(among_memory(value, LEAN)),
        goal: None,
    };
    let built = |what, goal, value: fn(&Build) -> f64| Ratio {
        what,
        plain: value(ours) / value(by_hand),
        lean: None,
        goal,
    };
    let called = |what, call: &Call| Ratio {
        what,
        plain: of(call.ours, call.plain),
        lean: Some(of(call.ours, call.lean)),
        goal: Some(1.0),
    };
    vec![
        called("instructions a call, one at a time", &instructions.call),
        called(
            "instructions a call, 64 at once",
            &instructions.call_at_once,
        ),
        Ratio {
            what: "instructions to decode a version",
            plain: of(instructions.decode.ours, instructions.decode.by_hand),
            lean: None,
            goal: Some(1.1),
        },
        Ratio {
            what: "instructions to list a page of 1,000 files",
            plain: of(instructions.page.ours, instructions.page.by_hand),
            lean: None,
            goal: Some(1.05),
        },
        Ratio {
            what: "instructions to build a client",
            plain: of(instructions.client.ours, instructions.client.by_hand),
            lean: None,
            goal: Some(1.0),
        },
        timed("processor time a call, one at a time", None, |calls| {
            calls.micros_alone
        }),
        timed("processor time a call, 64 at once", Some(1.0), |calls| {
            calls.micros_at_once
        }),
        timed("peak memory, one call at a time", None, |calls| {
            calls.peak_alone
        }),
        timed("peak memory, 64 calls at once", None, |calls| {
            calls.peak_at_once
        }),
        held("memory of an idle client", |memory| memory.idle_client),
        held("memory of a call in flight", |memory| memory.call_in_flight),
        timed("time to the first response", None, |calls| {
            calls.first_response_millis
        }),
        built("crates", None, |build| build.crates as f64),
        built("processor time of a cold build, dev", Some(1.1), |build| {
            build.dev_seconds
        }),
        built(
            "processor time of a cold build, release",
            Some(1.1),
            |build| build.release_seconds,
        ),
        built("size of a minimal program", None, |build| {
            build.program_bytes as f64
        }),
    ]
}

/// Our value divided by that of a peer.
fn beside<T>(rows: &[T], peer: &str, name: fn(&T) -> &'static str, value: fn(&T) -> f64) -> f64 {
    let of = |wanted: &str| rows.iter().find(|row| name(row) == wanted).map(value);
    match (of(OURS), of(peer)) {
        (Some(ours), Some(theirs)) => ours / theirs,
        _ => f64::NAN,
    }
}

fn ratio_table(ratios: &[Ratio]) -> String {
    let optional = |number: Option<f64>| number.map(|it| format!("{it:.2}")).unwrap_or_default();
    let rows = ratios.iter().map(|ratio| {
        let plain = format!("**{:.2}**", ratio.plain);
        let [lean, goal] = [optional(ratio.lean), optional(ratio.goal)];
        [ratio.what.to_owned(), plain, lean, goal]
    });
    let heading = [
        "of plain reqwest",
        "of the leanest reqwest",
        "goal, of plain",
    ];
    let table = table(&heading, rows);
    format!("## Ratios\n\nBelow 1.00, the generated client takes less.\n\n{table}")
}

fn losses(ratios: &[Ratio]) -> String {
    let mut text = "## Where it loses\n\n".to_owned();
    for Ratio {
        what, plain, lean, ..
    } in ratios
    {
        let peers = [(Some(*plain), "plain reqwest"), (*lean, "the leanest")];
        let more = peers.into_iter().filter_map(|(ratio, peer)| {
            let ratio = ratio.filter(|ratio| *ratio >= 1.01)?;
            Some(format!("{} more than {peer}", percent(ratio)))
        });
        let more: Vec<_> = more.collect();
        if !more.is_empty() {
            text.push_str(&format!("- {what}: {}\n", more.join(", ")));
        }
    }
    text.push_str(
        "\nWhat a call takes beyond the leanest reqwest goes into a timer for each attempt, the limiter, and moving \
         the typed response. What a build takes beyond is the models and the runtime; what a program takes, the \
         models and the code of failures.\n",
    );
    text
}

fn percent(ratio: f64) -> String {
    format!("{:.1} %", (ratio - 1.0) * 100.0)
}

fn beside_sdks(calls: &[Calls]) -> String {
    let Some(at) = calls.iter().position(|calls| calls.peer == OURS) else {
        return String::new();
    };
    let ours = figures(&calls[at]);
    let rows = calls[at + 1..].iter().map(|sdk| {
        let theirs = figures(sdk);
        row::<6>(
            sdk.peer,
            theirs.iter().zip(ours).map(|(theirs, ours)| theirs / ours),
        )
    });
    let heading = [
        "processor time, one at a time",
        "64 at once",
        "peak memory, one at a time",
        "64 at once",
        "first response",
    ];
    let table = table(&heading, rows);
    format!("## Beside the official SDKs\n\nHow many times what this client takes.\n\n{table}")
}

pub(super) fn network(rows: &[Row]) -> String {
    let shown = |outcome: Outcome| {
        let Outcome {
            seconds,
            failed,
            calls,
        } = outcome;
        match failed {
            0.0 => format!("{seconds:.3} s"),
            _ => format!("{:.0} % fail, after {seconds:.2} s", failed / calls * 100.0),
        }
    };
    let mut peers = vec![OURS, PLAIN, COMMAND_LINE];
    let others = rows.iter().flat_map(|row| &row.outcomes);
    let others: Vec<_> = others.map(|(peer, _)| *peer).collect();
    for peer in others {
        if !peers.contains(&peer) {
            peers.push(peer);
        }
    }
    let mut heading = vec!["goal", "of plain reqwest", "command line, of the client"];
    heading.extend(&peers);
    let mut text = format!(
        "| | {} |\n| ---{} |\n",
        heading.join(" | "),
        " | ---:".repeat(heading.len())
    );
    for row in rows {
        let of = |wanted| {
            let mut outcomes = row.outcomes.iter();
            outcomes.find_map(|(peer, outcome)| (*peer == wanted).then_some(*outcome))
        };
        let ratio = |one, other| match (of(one), of(other)) {
            (Some(one), Some(other)) if one.failed + other.failed == 0.0 => {
                format!("**{:.2}**", one.seconds / other.seconds)
            }
            _ => String::new(),
        };
        let mut cells = vec![row.what.to_owned(), row.goal.to_owned()];
        cells.extend([ratio(OURS, PLAIN), ratio(COMMAND_LINE, OURS)]);
        cells.extend(
            peers
                .iter()
                .map(|peer| of(peer).map(shown).unwrap_or_default()),
        );
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    format!(
        "## A real network\n\nTLS 1.3 over a link of 40 ms there and back, until all calls are over. All have the same \
         timeout of an attempt where faults need one: 2 s where connections were cut, else 30 s. All else is as each has \
         it by default; the goal without a time is that no call fails. The command line is timed from its start to its \
         end, the others from building the client.\n\n{text}"
    )
}

pub(super) fn uploads(uploads: &[Upload]) -> String {
    let rows = uploads.iter().map(|upload| {
        let [plain, ours] = upload.instructions;
        let ratio = |[plain, ours]: [f64; 2]| format!("**{:.2}**", ours / plain);
        let [seconds, ours_seconds] = upload.seconds;
        let [peak, ours_peak] = upload.peak;
        [
            upload.what.to_owned(),
            format!("**{:.2}**", ours as f64 / plain as f64),
            ratio(upload.seconds),
            format!("{ours_seconds:.2} s beside {seconds:.2} s"),
            format!("{:.1} MiB beside {:.1}", ours_peak / MIB, peak / MIB),
        ]
    });
    let table = table(
        &[
            "instructions",
            "processor time",
            "processor time",
            "peak memory",
        ],
        rows,
    );
    format!(
        "## Uploads\n\nFrom files, beside plain reqwest with the same form. Medians of {UPLOAD_ROUNDS} rounds; instructions \
         those of a further MiB, and of a further file.\n\n{table}"
    )
}

pub(super) fn urls(urls: &[Built]) -> String {
    let rows = urls.iter().map(|built| {
        let times = |sdk: f64| format!("**{:.1}**", sdk / built.nanos);
        let nanos = |nanos: f64| format!("{nanos:.0}");
        [
            built.what.to_owned(),
            nanos(built.nanos),
            built.instructions.to_string(),
            built.allocations.to_string(),
            built.sdk_nanos.map(nanos).unwrap_or_default(),
            built.sdk_nanos.map(times).unwrap_or_default(),
        ]
    });
    let heading = [
        "imagekit-url, ns",
        "instructions",
        "allocations",
        "@imagekit/nodejs, ns",
        "times",
    ];
    let table = table(&heading, rows);
    format!(
        "## Delivery URLs\n\nProcessor time and instructions of one URL, in Rust and in JavaScript that has been \
         compiled by then; medians of {URL_ROUNDS} turns of both. The endpoint is parsed once in Rust; the SDK parses \
         it for each URL, on `{NODE_ITSELF}`. `cargo xtask bench --urls` repeats these alone.\n\n{table}\nThe loop \
         of the SDK is compiled and allocates by moving a pointer, while each allocation here is a call of the \
         system's allocator.\n"
    )
}

pub(super) fn instructions(instructions: &Instructions) -> String {
    let called = |what: &str, call: &Call| {
        let Call {
            hyper,
            lean,
            plain,
            ours,
        } = call;
        [
            what.to_owned(),
            hyper.to_string(),
            lean.to_string(),
            plain.to_string(),
            ours.to_string(),
        ]
    };
    let beside = |what: &str, BesideHand { by_hand, ours }: &BesideHand| {
        [
            what.to_owned(),
            String::new(),
            String::new(),
            by_hand.to_string(),
            ours.to_string(),
        ]
    };
    let rows = [
        called("a call, one at a time", &instructions.call),
        called("a call, 64 at once", &instructions.call_at_once),
        beside("decoding a version", &instructions.decode),
        beside("listing a page of 1,000 files", &instructions.page),
        beside("building a client", &instructions.client),
    ];
    let heading = ["hyper by hand", "reqwest, leanest", "reqwest, plain", OURS];
    format!("### Instructions\n\n{}", table(&heading, rows))
}

pub(super) fn calls(calls: &[Calls]) -> String {
    let heading = [
        "processor µs a call, one at a time",
        "64 at once",
        "peak MiB, one at a time",
        "64 at once",
        "first response, ms",
    ];
    let rows = calls
        .iter()
        .map(|calls| row::<6>(calls.peer, figures(calls)));
    format!("### Calls\n\n{}", table(&heading, rows))
}

/// Processor time, peak memory, and time to the first response.
fn figures(calls: &Calls) -> [f64; 5] {
    [
        calls.micros_alone,
        calls.micros_at_once,
        calls.peak_alone / MIB,
        calls.peak_at_once / MIB,
        calls.first_response_millis,
    ]
}

fn memory(memory: &[Memory]) -> String {
    let heading = [
        "KiB of an idle client",
        "KiB of a call in flight",
        "processor ms to build a client",
    ];
    let rows = memory.iter().map(|memory| {
        let figures = [
            memory.idle_client / KIB,
            memory.call_in_flight / KIB,
            memory.client_millis,
        ];
        row::<4>(memory.peer, figures)
    });
    let table = table(&heading, rows);
    format!(
        "### Clients\n\nA clone of a client costs nothing worth measuring; build one, and share it.\n\n{table}"
    )
}

fn builds(Builds { by_hand, ours }: &Builds) -> String {
    let rows = [("by hand", by_hand), (OURS, ours)].map(|(name, build)| {
        [
            name.to_owned(),
            build.crates.to_string(),
            format!("{:.1}", build.dev_seconds),
            format!("{:.1}", build.release_seconds),
            format!("{:.2}", build.program_bytes as f64 / MIB),
        ]
    });
    let heading = [
        "crates",
        "cold build, dev, processor s",
        "release",
        "stripped program, MiB",
    ];
    let table = table(&heading, rows);
    format!(
        "### Builds\n\nA program that makes the call and prints two properties: by hand on `reqwest` \
         (`json`, `rustls`), `serde`, `serde_json` and `tokio`, with a struct of those two; and on \
         this client and `tokio`.\n\n{table}"
    )
}

fn growth(growth: &Growth) -> String {
    let Growth {
        size,
        generate_seconds,
        compile_seconds,
    } = growth;
    format!(
        "### Growth\n\nThe whole document: {size} `cargo xtask generate --check` takes {generate_seconds:.2} s once \
         xtask is built, from reading the document to comparing the files. Compiling the client alone, with what is \
         written by hand in it, takes {compile_seconds:.1} s of processor time in the profile dev. The goals are under \
         1 s and under 5 s.\n"
    )
}

fn method(machine: &[String]) -> String {
    let mut text = format!(
        "## How it is measured, and how to repeat it\n\n\
         ```console\n\
         $ cargo xtask bench            # all of this page; needs Linux and valgrind, and takes a while\n\
         $ cargo xtask bench --quick    # instructions and the time of calls alone\n\
         $ cargo xtask bench --network  # the calls over a network that has faults alone\n\
         $ cargo xtask bench --check    # fails if a call or a decode takes 5 % more than recorded\n\
         $ cargo bench -p imagekit-bench\n\
         ```\n\n\
         Every client makes the same call, `getFileVersionDetails`, over HTTP/1.1 on this machine, to \
         a server in a process of its own that does next to nothing but send the documented response. \
         The clients in Rust run on one thread. \"Plain\" is reqwest as its documentation shows it; \
         \"leanest\" has parsed its URL and made its headers beforehand, and redirects, retries and \
         proxies turned off. Both decode into a struct by hand with the same properties, its ids \
         and enums plain texts.\n\n\
         - Instructions are counted by callgrind. Two runs of different length are subtracted, so that \
         starting up does not count. They are steady where times are not.\n\
         - Processor time is user and system time of the client's process, memory what is resident. \
         The client runs on one core and the server on another. The clients take turns, and each \
         figure is the median of {ROUNDS} turns; the times are as steady as the machine is: read \
         their ratios, and take a difference of a few hundredths for none.\n\
         - The first response counts from starting the program to its end after one call, on any core.\n\
         - The link of a real network is a proxy on this machine that holds all bytes, and the handshake of TCP, for \
         20 ms in each direction. Where it loses packets, each of up to 1,448 bytes is lost with a probability of 1 %; \
         it and all that follows it on its connection then arrive 240 ms later, what Linux waits for at least, and twice \
         as long each time it is lost again; while connecting, a second. The same packets are lost for all clients. The \
         server is rustls or that of Node; its certificate is of P-256 and its own root. Figures are medians of \
         {NETWORK_ROUNDS} turns, of fewer where a turn lasts for long. Plain reqwest is in one program with the client, and gets its \
         post-quantum key share too.\n\
         - The memory of a call in flight is that of 400 calls, each on a connection of its own; it and \
         that of an idle client are medians of {MEMORY_ROUNDS} turns.\n\
         - A cold build is user and system time of cargo and all that it starts, dependencies \
         included and downloads not. What both programs depend on is timed once and counts the same \
         for both; what is in one of them only, with the program itself, is timed apart.\n\
         - ImageKit's SDKs are called as their documentation shows it; the one for Python makes \
         calls at once by its asynchronous client.\n\n\
         Measured on:\n\n"
    );
    for item in machine {
        text.push_str(&format!("- {item}\n"));
    }
    text
}

/// A table whose first column is text and has no heading.
fn table<const N: usize>(heading: &[&str], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let rows = rows.into_iter().map(|row| row.join(" | "));
    let rows: String = rows.map(|row| format!("| {row} |\n")).collect();
    let rule = "| ---: ".repeat(heading.len());
    format!("| | {} |\n| --- {rule}|\n{rows}", heading.join(" | "))
}

/// A row of figures with one decimal.
fn row<const N: usize>(name: &str, figures: impl IntoIterator<Item = f64>) -> [String; N] {
    let mut cells = figures.into_iter().map(|figure| format!("{figure:.1}"));
    std::array::from_fn(|index| match index {
        0 => name.to_owned(),
        _ => cells.next().unwrap_or_default(),
    })
}
