//! Adds to the document what nobody would write on purpose: what `validate` accepts always generates and compiles.
//!
//! `XTASK_DOCUMENTS=500` tries so many additions instead of a few.

use std::fs;
use std::path::Path;
use std::process::Command;

use fastrand::Rng;
use heck::ToUpperCamelCase as _;
use serde_json::{Map, Value, json};

use crate::spec_change::copy;
use crate::{DOCUMENT, parsed, target, xtask};

/// Names that no gate lets through, as they stand.
const ODD: &[&str] = &[
    "",
    "_",
    "__",
    "r#x",
    "1st",
    "2",
    "a-b",
    "a.b",
    "a b",
    "a/b",
    "../x",
    "..",
    "$",
    "@id",
    "é",
    "名前",
    "😀",
    "\u{202e}x",
    "x\n",
    "x\"",
    "x\\",
    "{x}",
    "<x>",
    "[x]",
    "x#",
    "x?",
    "x&y=z",
    "%2e",
];

/// Names that are good ones, and mean something in Rust or to the generated client.
const TAKEN: &[&str] = &[
    "type",
    "self",
    "super",
    "crate",
    "async",
    "await",
    "dyn",
    "fn",
    "impl",
    "move",
    "ref",
    "match",
    "use",
    "where",
    "try",
    "gen",
    "yield",
    "macro",
    "union",
    "static",
    "fileId",
    "file_id",
    "client",
    "request",
    "body",
    "send",
    "clone",
    "new",
    "default",
    "builder",
    "error",
    "ok",
    "err",
    "some",
    "none",
    "option",
    "vec",
    "string",
    "box",
    "result",
    "response",
    "secret",
    "file",
    "types",
    "value",
    "values",
    "id",
    "name",
    "withTimeout",
    "options",
    "header",
    "unknown",
    "fmt",
    "from",
    "into",
    "asStr",
    "serde",
    "std",
    "core",
    "true",
    "false",
    "null",
    "bool",
    "str",
    "main",
    "test",
    "items",
    "pages",
    "limit",
    "skip",
    "size",
    "createdAt",
    "isNew",
    "HTTPServer",
    "operation",
    "context",
    "state",
    "inner",
    "raw",
    "headers",
    "status",
    "call",
    "this",
    "other",
    "f",
    "d",
    "k",
    "v",
    "t",
    "e",
    "args",
    "iter",
    "next",
    "poll",
    "start",
    "drop",
    "debug",
    "hash",
];

/// Texts that could be taken for something else.
const TEXTS: &[&str] = &[
    "Is a plain text.",
    "Shows `code` and <https://example.com/a?b=c>.",
    "Is \"##), (env!(stringify!(HOME))), r##\" to the compiler.",
    "Ends a comment: */ and begins one: /* here.",
    "Has [sale], <id>, Vec<String> and {braces}.",
    "Has a code block:\n\n```\nstd::process::exit(1);\n```\n",
    "Has an indented line:\n\n    panic!(\"ran\");\n\nand more.",
    "::error::Forges a line of a log.",
    "#![feature(x)] # Begins like a heading.",
    "//! Begins like a comment.",
    "Has a backslash \\ and \\u{0}.",
    "~~~rust\nlet x = 1;\n~~~",
    "Has | pipes | as | tables do.",
    "[`Client`]: http://example.com",
];

/// Texts that steer what prints them.
const STEERING: &[&str] = &[
    "Has a backslash \\ and a null \u{0} and an escape \u{1b}[31m.",
    "Turns \u{202e} around.",
    "Has a carriage\rreturn.",
    "Hides a \u{200b}space, a \u{e0041}tag and a \u{ad}hyphen.",
];

struct Addition {
    components: Map<String, Value>,
    path: String,
    operation: Value,
    method: &'static str,
}

fn pick<'a>(rng: &mut Rng, from: &[&'a str]) -> &'a str {
    from[rng.usize(..from.len())]
}

/// A name that is odd or taken now and then, in the case of its place.
fn name(rng: &mut Rng, plain: &str, index: usize) -> String {
    let is_upper = plain.starts_with(char::is_uppercase);
    let cased = |name: &str| match is_upper {
        true => name.to_upper_camel_case(),
        false => name.to_owned(),
    };
    match rng.u8(..60) {
        0 => pick(rng, ODD).to_owned(),
        1 => format!("{plain}{index}{}", pick(rng, ODD)),
        2..12 => cased(pick(rng, TAKEN)),
        12..15 => format!("{}{index}", cased(pick(rng, TAKEN))),
        _ => format!("{plain}{index}"),
    }
}

fn text(rng: &mut Rng) -> &'static str {
    match rng.u8(..100) {
        0 => pick(rng, STEERING),
        1..50 => pick(rng, TEXTS),
        _ => TEXTS[0],
    }
}

/// A schema for a property or a parameter, and a value of it.
fn schema(rng: &mut Rng, listed: &str) -> (Value, Value) {
    let description = text(rng);
    let (mut schema, value) = match rng.u8(..11) {
        0 => (json!({ "type": "string" }), json!("a")),
        1 => (json!({ "type": "integer", "format": "int64" }), json!(5)),
        2 => (json!({ "type": "integer" }), json!(5)),
        3 => (json!({ "type": "number", "format": "double" }), json!(1.5)),
        4 => (json!({ "type": "boolean" }), json!(true)),
        5 => (
            json!({ "type": "string", "format": "date-time" }),
            json!("2019-08-24T06:14:41.000Z"),
        ),
        6 => (
            json!({ "type": "string", "format": "date" }),
            json!("2019-08-24"),
        ),
        7 => (
            json!({ "type": "array", "items": { "type": "string" }, "nullable": true }),
            json!(["a"]),
        ),
        8 => (
            json!({ "type": "array", "items": { "$ref": format!("#/components/schemas/{listed}") }, "nullable": true }),
            json!([]),
        ),
        9 => (
            json!({ "allOf": [{ "$ref": format!("#/components/schemas/{listed}") }] }),
            json!("one"),
        ),
        _ => (json!({ "type": "string", "nullable": true }), json!(null)),
    };
    let is_number = matches!(schema["type"].as_str(), Some("integer" | "number"));
    schema["description"] = match is_number {
        true => format!("{description} The number of pixels.").into(),
        false => description.into(),
    };
    (schema, value)
}

fn addition(rng: &mut Rng, index: usize) -> Addition {
    let mut components = Map::new();
    let listed = name(rng, "Kind", index);
    let values: Vec<String> = (0..rng.usize(1..4))
        .map(|index| name(rng, "one", index))
        .collect();
    let described: Map<String, Value> = values
        .iter()
        .map(|value| (value.clone(), text(rng).into()))
        .collect();
    components.insert(
        listed.clone(),
        json!({
            "description": text(rng),
            "anyOf": [{ "type": "string", "enum": values }, { "type": "string" }],
            "x-enum-descriptions": described,
        }),
    );
    let mut object = |rng: &mut Rng, plain: &str| {
        let (mut properties, mut example, mut required) = (Map::new(), Map::new(), Vec::new());
        for index in 0..rng.usize(1..6) {
            let property = name(rng, "prop", index);
            let (schema, value) = schema(rng, &listed);
            if rng.u8(..4) == 0 {
                required.push(property.clone());
            }
            properties.insert(property.clone(), schema);
            example.insert(property, value);
        }
        let component = name(rng, plain, index);
        let mut schema =
            json!({ "type": "object", "description": text(rng), "properties": properties });
        if !required.is_empty() {
            schema["required"] = json!(required);
            schema["x-arguments"] = json!(required);
        }
        components.insert(component.clone(), schema);
        (component, Value::Object(example), required)
    };
    let (response, response_example, _) = object(rng, "Thing");
    let method = if rng.bool() { "get" } else { "post" };
    let mut parameters = Vec::new();
    let mut path = format!("/v1/things/{index}");
    if rng.bool() {
        path.push_str("/{fileId}");
        parameters.push(json!({ "$ref": "#/components/parameters/FileId" }));
    }
    if rng.u8(..20) == 0 {
        path = format!("{path}/{}", pick(rng, ODD));
    }
    for index in 0..rng.usize(..3) {
        let (mut schema, value) = schema(rng, &listed);
        let is_plain = value.is_string() || value.is_number() || value.is_boolean();
        if !is_plain || schema.get("allOf").is_some() {
            continue;
        }
        schema.as_object_mut().unwrap().remove("description");
        parameters.push(json!({
            "name": name(rng, "query", index), "in": "query", "required": rng.u8(..4) == 0,
            "description": format!("{} The number of pixels.", text(rng)), "schema": schema, "example": value,
        }));
    }
    let mut required: Vec<Value> = parameters
        .iter()
        .filter(|it| it["in"] == "query" && it["required"] == true)
        .map(|it| it["name"].clone())
        .collect();
    parameters.push(json!({
        "name": "kind", "in": "query", "description": text(rng), "example": values[0],
        "schema": { "$ref": format!("#/components/schemas/{listed}") },
    }));
    let mut operation = json!({
        "operationId": name(rng, "doThing", index),
        "tags": ["Files"],
        "summary": match rng.u8(..4) { 0 => text(rng), _ => "Does a thing" },
        "description": format!("{}\n\nNot idempotent: nobody knows.", text(rng)),
        "responses": {
            "200": {
                "description": text(rng),
                "content": { "application/json": {
                    "schema": { "$ref": format!("#/components/schemas/{response}") },
                    "example": response_example,
                } },
            },
            "4XX": { "$ref": "#/components/responses/ClientError" },
            "5XX": { "$ref": "#/components/responses/ServerError" },
        },
    });
    if method == "get" {
        operation["description"] = format!("{}\n\nIdempotent: it reads.", text(rng)).into();
    } else {
        let (body, example, names) = object(rng, "ThingRequest");
        required.extend(names.into_iter().map(Value::from));
        operation["requestBody"] = json!({
            "required": true,
            "content": { "application/json": {
                "schema": { "$ref": format!("#/components/schemas/{body}") },
                "example": example,
            } },
        });
    }
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if required.len() > 1 {
        operation["x-arguments"] = required.into();
    }
    Addition {
        components,
        path,
        operation,
        method,
    }
}

impl Addition {
    /// Adds it, unless something would be replaced.
    fn apply(&self, document: &mut Value) -> bool {
        let schemas = document["components"]["schemas"].as_object_mut().unwrap();
        if self
            .components
            .keys()
            .any(|name| schemas.contains_key(name))
        {
            return false;
        }
        schemas.extend(self.components.clone());
        document["paths"][&self.path][self.method] = self.operation.clone();
        true
    }
}

/// What `validate` says; a crash is no verdict.
fn is_valid(root: &Path, document: &Value) -> bool {
    fs::write(root.join(DOCUMENT), document.to_string()).unwrap();
    let output = xtask(root, &["validate"]);
    let code = output.status.code();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        matches!(code, Some(0 | 1)),
        "validate ends with {code:?}: {stderr}"
    );
    let said = String::from_utf8_lossy(&output.stdout);
    for line in said.lines() {
        assert!(
            !line.starts_with("::"),
            "a line of a log is forged: {said:?}"
        );
        assert!(
            !line.contains(['\u{ad}', '\u{200b}', '\u{202e}', '\u{e0041}'])
                && !line.contains(char::is_control),
            "steers a terminal: {line:?}"
        );
    }
    code == Some(0)
}

#[test]
fn what_is_accepted_generates_and_compiles() {
    let count: usize = std::env::var("XTASK_DOCUMENTS").map_or(40, |it| it.parse().unwrap());
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let workspace = source.join("target/random-documents");
    let _ = fs::remove_dir_all(&workspace);
    copy(source, &workspace);
    let document = parsed(source);

    let (mut accepted, mut merged) = (0, document.clone());
    let mut compiled = 0;
    for seed in 0..count {
        let mut rng = Rng::with_seed(seed as u64);
        let addition = addition(&mut rng, seed);
        let mut alone = document.clone();
        if !addition.apply(&mut alone) || !is_valid(&workspace, &alone) {
            continue;
        }
        accepted += 1;
        // Those that collide with each other are refused together, and accepted alone.
        let mut with_others = merged.clone();
        if !addition.apply(&mut with_others) || !is_valid(&workspace, &with_others) {
            compile(&workspace, &merged);
            compiled += 1;
            with_others = alone;
        }
        merged = with_others;
    }
    compile(&workspace, &merged);
    println!(
        "{count} documents, {accepted} accepted, all compile in {} builds",
        compiled + 1
    );
    assert!(accepted * 5 > count, "{accepted} of {count} were accepted");
}

fn compile(workspace: &Path, document: &Value) {
    assert!(is_valid(workspace, document));
    let output = xtask(workspace, &["generate"]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let output = Command::new(env!("CARGO"))
        .args([
            "check",
            "--quiet",
            "--locked",
            "--package",
            "imagekit-client",
        ])
        .args([
            "--no-default-features",
            "--features",
            "beta,stream,webhooks",
        ])
        .current_dir(workspace)
        .env("CARGO_TARGET_DIR", target())
        .env_remove("CARGO_MANIFEST_DIR")
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert!(!stderr.contains("warning"), "{stderr}");
}
