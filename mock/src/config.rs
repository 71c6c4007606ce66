//! Flags of the program from a file: each key is the long name of a flag.

use std::path::Path;

use serde_json::{Map, Value};

/// Reads a file in JSON or YAML as the flags that it stands for.
///
/// The error names the file, and the key if it is about one.
pub(crate) fn flags(path: &Path) -> Result<Vec<String>, String> {
    let refused = |reason: &dyn std::fmt::Display| format!("{}: {reason}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| refused(&error))?;
    let settings: Map<String, Value> =
        serde_saphyr::from_str(&text).map_err(|error| refused(&error))?;
    let mut flags = Vec::new();
    for (name, value) in settings {
        let values = match value {
            Value::Array(values) => values,
            value => vec![value],
        };
        for value in values {
            match value {
                Value::Bool(true) => flags.push(format!("--{name}")),
                Value::Bool(false) => {}
                Value::String(text) => flags.push(format!("--{name}={text}")),
                Value::Number(number) => flags.push(format!("--{name}={number}")),
                _ => {
                    return Err(refused(&format!(
                        "`{name}` is no text, number or list of them"
                    )));
                }
            }
        }
    }
    Ok(flags)
}
