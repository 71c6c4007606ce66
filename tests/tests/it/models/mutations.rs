//! Every property of the document in every way that it could come, predicted by the document.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use imagekit_tests::contract::{Shape, Step, path};
use imagekit_tests::wire::{Reply, Server};
use imagekit_tests::{call, example};
use serde_json::{Value, json};

use super::models;

/// A response with one thing changed.
struct Mutation {
    what: String,
    body: String,
}

/// Stands in a value for what JSON values cannot hold.
const RAW: &str = "\u{e000}";

/// What is put into each place, whatever is expected there.
fn values() -> Vec<Value> {
    let mut values = vec![
        Value::Null,
        json!(true),
        json!(false),
        // Numbers: small, large, whole, and not quite.
        json!(0),
        json!(-1),
        json!(94),
        json!(94.0),
        json!(93.33),
        json!(-0.0),
        json!(1e300),
        json!(f64::MAX),
        json!(f64::MIN_POSITIVE),
        json!(i32::MAX),
        json!(4_294_967_296_i64),
        json!(9_007_199_254_740_992_i64),
        json!(9_007_199_254_740_993_i64),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1e18),
        json!(1e19),
        json!(-9.3e18),
        // Collections.
        json!([]),
        json!([[]]),
        json!([null]),
        json!(["a", 1]),
        json!(["a", "b"]),
        json!([90.5, "Shirt", "x"]),
        json!(["text", "text", "text", "text", "text", "text"]),
        json!({}),
        json!({ "a": null }),
        json!({ "\u{1f600} \u{0}": { "b": [1.5, "c"] } }),
        nested(100),
    ];
    values.extend(texts().into_iter().map(Value::from));
    values
}

fn texts() -> Vec<String> {
    let texts = [
        "",
        " ",
        "a value that nobody has listed",
        "94",
        "true",
        "null",
        // Unicode: control, combining, right to left, outside of the first plane, at its end.
        "\u{0}",
        "\n\t\r\u{1b}\u{7f}\u{85}",
        "e\u{301} \u{202e}\u{5d0}\u{5d1}",
        "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
        "\u{fffd}\u{feff}\u{10ffff}",
        // Ids that are none, and ids that only look odd.
        ".",
        "..",
        "...",
        "a\\b",
        "a/../b",
        "%2e%2e",
        "a?b#c",
        // Times.
        "2026-02-17T15:20:33Z",
        "2026-02-17T15:20:33.906123456Z",
        "2026-02-17T15:20:33.906+05:30",
        "2026-02-17t15:20:33.906z",
        "2024-02-29T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "2016-12-31T23:59:60Z",
        "2026-02-17T24:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-02-17",
        "2026-02-17 15:20:33",
        "0000:00:00 00:00:00",
        // Times that are nearly right, which lenient parsers read.
        "2019-8-24T06:14:41Z",
        "2019-08-24 06:14:41Z",
        "2019-08-24T06:14:41+0200",
        "2019-08-24T06:14:41 UTC",
        " 2019-08-24T06:14:41Z",
        "2019-08-24T06:14Z",
        "2019-8-24",
        "24-08-2019",
    ];
    let long = "x".repeat(2_000);
    texts.into_iter().map(str::to_owned).chain([long]).collect()
}

/// Texts that are no JSON, or not within its usual limits.
const RAW_TEXTS: [&str; 6] = ["1e400", "-1e400", "NaN", "01", "\"\\ud800\"", "tru"];

fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(1), |inner, _| json!([inner]))
}

fn mutations(shape: &Shape, base: &Value) -> Vec<Mutation> {
    let mut mutations = Vec::new();
    let values = values();
    for place in shape.places(base) {
        let name = path(&place);
        let mut add = |what: String, body: String| mutations.push(Mutation { what, body });
        for value in &values {
            let shown: String = value.to_string().chars().take(60).collect();
            let mut body = base.clone();
            *at(&mut body, &place) = value.clone();
            add(format!("{name} = {shown}"), body.to_string());
        }
        for text in RAW_TEXTS {
            let mut body = base.clone();
            *at(&mut body, &place) = RAW.into();
            add(
                format!("{name} = {text}"),
                body.to_string().replace(&format!("\"{RAW}\""), text),
            );
        }
        let (last, around) = place.split_last().unwrap();
        let mut absent = base.clone();
        match (at(&mut absent, around), last) {
            (Value::Object(entries), Step::Key(key)) => {
                entries.remove(key);
            }
            (Value::Array(items), Step::Index(index)) => {
                items.remove(*index);
            }
            _ => unreachable!("{name} is no place"),
        }
        add(format!("{name} is absent"), absent.to_string());
        for sibling in [json!(null), json!("new"), json!({ "id": ["new"] })] {
            let mut body = base.clone();
            if let Value::Object(entries) = at(&mut body, around) {
                entries.insert("notInTheDocument".to_owned(), sibling);
                add(format!("{name} has a sibling"), body.to_string());
            }
        }
    }
    mutations
}

fn at<'a>(value: &'a mut Value, steps: &[Step]) -> &'a mut Value {
    steps.iter().fold(value, |value, step| match step {
        Step::Key(key) => &mut value[key],
        Step::Index(index) => &mut value[index],
    })
}

/// Why the client may differ from the document, though neither is at fault.
fn reason(
    name: &str,
    shape: &Shape,
    value: &Value,
    faults: &[String],
    decodes: bool,
) -> Option<&'static str> {
    let all = |test: &dyn Fn(&str, &Value) -> bool| {
        !faults.is_empty()
            && faults
                .iter()
                .all(|path| find(value, path).is_some_and(|it| test(path, it)))
    };
    if !decodes {
        return None;
    }
    if all(&|_, it| it.is_null()) {
        return Some("null for an optional property reads as absent");
    }
    // The tag of a variant that stands alone; within its union, the tag decides which variant it is.
    if all(&|path, it| it.is_string() && is_tag(shape, path)) {
        return Some("a tag is read by its union");
    }
    if name.ends_with("Request") || is_sent_only(name) {
        return all(&|_, it| !it.is_object())
            .then_some("constraints of requests are checked by ImageKit");
    }
    None
}

/// Components that requests hold and responses do not, with what ImageKit holds them to.
fn is_sent_only(name: &str) -> bool {
    ["Extension", "Task", "Transformation"]
        .iter()
        .any(|suffix| name.contains(suffix))
}

fn is_tag(shape: &Shape, path: &str) -> bool {
    let name = path.rsplit('.').next().unwrap_or_default();
    shape
        .schema()
        .to_string()
        .contains(&format!("\"{name}\":{{\"description\":\"What tells"))
}

/// The value at a path as the client writes it.
fn find<'a>(value: &'a Value, at: &str) -> Option<&'a Value> {
    fn go<'a>(value: &'a Value, here: &mut Vec<Step>, at: &str) -> Option<&'a Value> {
        if path(here) == at {
            return Some(value);
        }
        let children: Vec<(Step, &Value)> = match value {
            Value::Object(entries) => entries
                .iter()
                .map(|(key, value)| (Step::Key(key.clone()), value))
                .collect(),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, value)| (Step::Index(index), value))
                .collect(),
            _ => Vec::new(),
        };
        children.into_iter().find_map(|(step, value)| {
            here.push(step);
            let found = go(value, here, at);
            here.pop();
            found
        })
    }
    go(value, &mut Vec::new(), at)
}

fn names_one_of(faults: &[String], path: &str) -> bool {
    faults.iter().any(|fault| {
        // Of an object that is cut short, or of one of several kinds, only the object itself can be named.
        fault == path
            || fault
                .strip_prefix(path)
                .is_some_and(|rest| rest.starts_with(['.', '[']) && path != "$")
    })
}

/// What has come out so far.
#[derive(Default)]
struct Tally {
    mutations: usize,
    counts: BTreeMap<&'static str, usize>,
    unexplained: Vec<String>,
}

#[test]
fn each_mutation_decodes_or_fails_as_the_document_says() {
    let models: Vec<_> = models().collect();
    let next = AtomicUsize::new(0);
    let tally = Mutex::new(Tally::default());
    let work = || {
        while let Some((name, shape)) = models.get(next.fetch_add(1, Ordering::Relaxed)) {
            mutate(name, shape, &tally);
        }
    };
    let threads = thread::available_parallelism().map_or(1, Into::into);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    let tally = tally.into_inner().unwrap();
    let components = models.len();
    println!(
        "{} mutations of {components} components: {:#?}",
        tally.mutations, tally.counts
    );
    let shown = tally.unexplained.iter().take(40);
    let shown: Vec<String> = shown.map(|it| it.chars().take(300).collect()).collect();
    assert!(
        shown.is_empty(),
        "{} unexplained:\n{}",
        tally.unexplained.len(),
        shown.join("\n")
    );
    assert!(tally.mutations > 13_056, "{} mutations", tally.mutations);
}

fn mutate(name: &str, shape: &Shape, tally: &Mutex<Tally>) {
    let mut bases = vec![shape.full()];
    if name == "File" {
        for file in [
            "file-version.json",
            "file-version-recent.json",
            "file-version-video.json",
        ] {
            bases.push(serde_json::from_str(&example(file)).unwrap());
        }
    }
    let all = bases.iter().flat_map(|base| mutations(shape, base));
    for (index, mutation) in all.enumerate() {
        let body = written((index, &mutation));
        let parsed: Option<Value> = serde_json::from_str(&body).ok();
        let faults = parsed.as_ref().map(|value| shape.faults(value));
        let outcome = imagekit_client::models::round_trip(name, body.as_bytes()).unwrap();
        let verdict = match (faults.as_deref(), &outcome) {
            (Some([]), Ok(encoded)) => {
                let encoded: Value = serde_json::from_str(encoded).unwrap();
                let same = shape.held(&encoded) == shape.held(parsed.as_ref().unwrap());
                same.then_some("decodes to what was sent")
            }
            (Some(faults), Err((path, _))) if names_one_of(faults, path) => {
                Some("fails, naming the path that the schema finds")
            }
            (None, Err(_)) => Some("fails, not being JSON"),
            (Some(faults), outcome) => reason(
                name,
                shape,
                parsed.as_ref().unwrap(),
                faults,
                outcome.is_ok(),
            ),
            (None, Ok(_)) => None,
        };
        let mut tally = tally.lock().unwrap();
        tally.mutations += 1;
        match verdict {
            Some(verdict) => *tally.counts.entry(verdict).or_default() += 1,
            None => tally.unexplained.push(format!(
                "{name}: {}: the schema finds {faults:?}, the client: {outcome:?}",
                mutation.what
            )),
        }
    }
}

/// Every second one on many lines, so that places are counted in both ways.
fn written((index, mutation): (usize, &Mutation)) -> String {
    match serde_json::from_str::<Value>(&mutation.body) {
        Ok(value) if index % 2 == 1 => format!("{value:#}"),
        _ => mutation.body.clone(),
    }
}

#[tokio::test]
async fn each_mutation_of_an_error_leaves_its_status_and_what_it_says() {
    let shape = Shape::of("ApiError");
    let all = mutations(&shape, &shape.full());
    let bodies: Vec<String> = all.iter().map(|mutation| mutation.body.clone()).collect();
    let sent = bodies.clone();
    let server = Server::script(move |index, _| Reply::json("404 Not Found", &sent[index])).await;
    let client = server.client().build().unwrap();
    for (Mutation { what, body }, _) in all.iter().zip(bodies) {
        let error = call(&client).await.unwrap_err();
        assert!(error.is_not_found(), "{what}: {error}");
        let parsed: Value = serde_json::from_str(body).unwrap_or_default();
        let faults = shape.faults(&parsed);
        match error.api_error() {
            Some(details) => {
                let held = serde_json::to_value(details).unwrap();
                assert_eq!(shape.held(&held), shape.held(&parsed), "{what}");
                let explained = faults.is_empty()
                    || reason("ApiError", &shape, &parsed, &faults, true).is_some();
                assert!(explained, "{what}: {faults:?}");
            }
            None => assert!(!faults.is_empty(), "{what}: {error}"),
        }
    }
    println!("{} mutations of an error", all.len());
    assert!(all.len() > 500);
}
