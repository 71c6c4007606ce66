//! Lines of single values, for scripts: what `--field` and `--template` print.

use chrono::{DateTime, Utc};
use imagekit_openapi::Component;
use serde_json::Value;

use super::table::Column;
use crate::json::in_one_cell;
use crate::terminal::{Output, plain};

/// A text with places for values of a record.
#[derive(Clone, Debug, Default)]
pub(crate) struct Template {
    start: String,
    places: Vec<Place>,
}

/// A place for a value, and the text after it.
#[derive(Clone, Debug)]
struct Place {
    path: String,
    /// Whether the value is shown as in a table for people.
    is_short: bool,
    then: String,
}

const SHORT: &str = ":short";

impl Template {
    /// Separates the values of properties by tabs.
    pub(super) fn of_fields(paths: Vec<String>) -> Self {
        let mut places: Vec<_> = paths.into_iter().map(Place::of).collect();
        let count = places.len();
        for place in places.iter_mut().take(count.saturating_sub(1)) {
            place.then.push('\t');
        }
        Self {
            start: String::new(),
            places,
        }
    }

    /// Reads a text in which `{PATH}` is a place for a value.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut template = Self::default();
        let mut rest = text.chars().peekable();
        while let Some(character) = rest.next() {
            let literal = match (character, rest.peek()) {
                ('{', Some('{')) | ('}', Some('}')) => rest.next(),
                ('{', _) => {
                    let mut path = String::new();
                    loop {
                        match rest.next() {
                            Some('}') => break,
                            Some(character) => path.push(character),
                            None => return Err("a `{` has no `}`; write `{{` for a brace".into()),
                        }
                    }
                    if path.is_empty() {
                        return Err("`{}` has no name of a property in it".into());
                    }
                    template.places.push(Place::parse(path));
                    continue;
                }
                ('}', _) => return Err("a `}` has no `{`; write `}}` for a brace".into()),
                ('\\', Some('n')) => rest.next().map(|_| '\n'),
                ('\\', Some('t')) => rest.next().map(|_| '\t'),
                ('\\', Some('\\')) => rest.next(),
                (literal, _) => Some(literal),
            };
            let text = match template.places.last_mut() {
                Some(place) => &mut place.then,
                None => &mut template.start,
            };
            text.extend(literal);
        }
        match template.places.is_empty() {
            true => Err("it has no `{PATH}` in it".into()),
            false => Ok(template),
        }
    }

    /// The properties that it shows.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.places.iter().map(|it| it.path.as_str())
    }

    /// Whether it is nothing but the place for one value.
    pub(super) fn is_one_value(&self) -> bool {
        self.start.is_empty() && matches!(&self.places[..], [place] if place.then.is_empty())
    }

    /// Puts the values of a record in their places, and a line break at the end. A value among others, that is, one
    /// not alone in the output, must end neither its line nor its column. `seen` learns which of them it has.
    pub(super) fn line(
        &self,
        record: &Value,
        of: Option<&'static Component>,
        now: &DateTime<Utc>,
        is_alone: bool,
        output: &Output,
        seen: &mut [bool],
    ) -> String {
        let mut line = self.start.clone();
        for (place, seen) in self.places.iter().zip(seen) {
            let column = Column::of(of, &place.path);
            let value = column.value(record);
            *seen |= value.is_some();
            let value = match value {
                _ if place.is_short => column.cell(record, now),
                Some(Value::String(text)) if !is_alone => in_one_cell(text),
                _ => column.exact(record),
            };
            match output.is_terminal {
                true => line.push_str(&plain(&value)),
                false => line.push_str(&value),
            }
            line.push_str(&place.then);
        }
        line.push('\n');
        line
    }
}

impl Place {
    fn of(path: String) -> Self {
        Self {
            path,
            is_short: false,
            then: String::new(),
        }
    }

    fn parse(path: String) -> Self {
        match path.strip_suffix(SHORT) {
            Some(path) => Self {
                is_short: true,
                ..Self::of(path.to_owned())
            },
            None => Self::of(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(template: &str) -> Result<String, String> {
        let record = serde_json::json!({
            "name": "a.txt", "size": 83218, "tags": ["x"], "deep": { "er": null },
        });
        let template = Template::parse(template)?;
        let of = imagekit_openapi::component("File");
        let mut seen = vec![false; template.paths().count()];
        let output = Output::new();
        Ok(template.line(
            &record,
            of,
            &DateTime::UNIX_EPOCH,
            false,
            &output,
            &mut seen,
        ))
    }

    #[test]
    fn values_are_put_into_their_places() {
        let told = |template| line(template).unwrap();
        assert_eq!(told("{name} {size}"), "a.txt 83218\n");
        assert_eq!(told("{size:short}: {name}!"), "83.2 kB: a.txt!\n");
        assert_eq!(told("{/tags/0}{deep.er}{none}|{tags}"), "x|[\"x\"]\n");
        assert_eq!(told(r"{{{name}}}\t\n\\n\x"), "{a.txt}\t\n\\n\\x\n");
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for (template, problem) in [
            ("{name", "a `{` has no `}`"),
            ("name}", "a `}` has no `{`"),
            ("{}", "no name"),
            ("name", "no `{PATH}`"),
        ] {
            let refused = line(template).unwrap_err();
            assert!(refused.contains(problem), "{template}: {refused}");
        }
    }
}
