//! A response in the form that was asked for.

use chrono::{DateTime, Utc};
use clap::Args;
use imagekit_client::Response;
use imagekit_client::types::File;
use imagekit_openapi::{Component, Operation, component};
use serde_json::Value;
use serde_json::value::RawValue;

use super::page::{self, Page};
use super::table::{Column, Table};
use super::template::Template;
use super::{file, record, secrets};
use crate::Context;
use crate::exit::{Exit, Failure};
use crate::json::{self, Field};
use crate::terminal::{Output, is_steering, say};

/// In which form to print a response; by default as a view for people.
#[derive(Args, Clone, Debug, Default)]
#[group(multiple = false)]
pub(crate) struct Format {
    /// Print the response as JSON: laid out on a terminal, in one line otherwise.
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,

    /// Print the bytes of the response as they came; several responses get a line break each.
    #[arg(long, help_heading = "Output")]
    pub(crate) raw: bool,

    /// Print a line of comma-separated values for each record, after a line of names.
    #[arg(long, help_heading = "Output")]
    pub(crate) csv: bool,

    /// Print one property, such as `versionInfo.name` or, as a JSON Pointer, `/AITags/0/name`. Given
    /// several times, the values are separated by tabs. Absent and null are empty. Of a list, each item
    /// has a line. Line breaks, tabs and backslashes of a value among others are escaped as in JSON; a
    /// single value is printed as it is.
    #[arg(long, value_name = "PATH", help_heading = "Output")]
    pub(crate) field: Vec<String>,

    /// Print this text for each record, with values for `{PATH}`, such as '{name}: {size}'. `{PATH:short}` is the
    /// value as a table for people has it; `{{` is a brace, and `\t` and `\n` are a tab and a line break.
    #[arg(long, value_name = "TEXT", value_parser = Template::parse, help_heading = "Output")]
    template: Option<Template>,
}

impl Format {
    /// Whether anything else than a view for people is asked for.
    pub(crate) fn is_for_programs(&self) -> bool {
        self.json || self.raw || self.csv || !self.field.is_empty() || self.template.is_some()
    }
}

/// In which form to print a list; by default as a table for people.
#[derive(Args, Clone, Debug, Default)]
#[group(multiple = false)]
pub(crate) struct ListFormat {
    /// Print each record as JSON, in a line of its own unless on a terminal.
    #[arg(long, help_heading = "Output")]
    json: bool,

    /// Print a line of comma-separated values for each record, after a line of names.
    #[arg(long, help_heading = "Output")]
    csv: bool,

    /// Print one property of each record, such as `name` or, as a JSON Pointer, `/AITags/0/name`. Given
    /// several times, the values are separated by tabs. Absent and null are empty. Line breaks, tabs and
    /// backslashes of a value are escaped as in JSON.
    #[arg(long, value_name = "PATH", help_heading = "Output")]
    field: Vec<String>,

    /// Print this text for each record, with values for `{PATH}`, such as '{name}: {size}'. `{PATH:short}` is the
    /// value as a table for people has it; `{{` is a brace, and `\t` and `\n` are a tab and a line break.
    #[arg(long, value_name = "TEXT", value_parser = Template::parse, help_heading = "Output")]
    template: Option<Template>,
}

impl ListFormat {
    /// Whether anything else than a view for people is asked for.
    pub(crate) fn is_for_programs(&self) -> bool {
        self.json || self.csv || !self.field.is_empty() || self.template.is_some()
    }

    pub(crate) fn rendering(&self, now: DateTime<Utc>) -> Rendering {
        let format = Format {
            json: self.json,
            raw: false,
            csv: self.csv,
            field: self.field.clone(),
            template: self.template.clone(),
        };
        Rendering::new(format, now)
    }

    /// Prints records.
    pub(crate) fn print<'a>(
        &self,
        mut rendering: Rendering,
        records: impl Iterator<Item = &'a RawValue>,
        shape: Shape,
        context: &Context,
    ) -> Result<Exit, Failure> {
        let output = &context.output;
        if self.json {
            for record in records {
                let rendered = rendering.of_json(record.get().as_bytes(), shape, &[], output)?;
                rendered.write(output)?;
            }
        } else {
            let records: Vec<_> = records.map(RawValue::get).collect();
            let list = format!("[{}]", records.join(","));
            let rendered = rendering.of_json(list.as_bytes(), shape, &[], output)?;
            rendered.write(output)?;
        }
        rendering.check_fields()?;
        Ok(Exit::Fine)
    }
}

/// What a response holds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shape {
    component: Option<&'static Component>,
}

impl Shape {
    /// A component, or a list of them.
    pub(crate) fn of(name: &str) -> Self {
        Self {
            component: component(name),
        }
    }

    /// What an operation returns with this status.
    pub(crate) fn of_operation(operation: &Operation, status: u16) -> Self {
        let component = operation
            .response(status)
            .and_then(|it| component(it.component?));
        Self { component }
    }
}

/// Renders responses, one after another.
pub(crate) struct Rendering {
    format: Format,
    /// The line of each record, if single values are asked for.
    line: Option<Template>,
    /// Which of its values any response had.
    seen: Vec<bool>,
    /// The columns of tables and CSV, if they are not those that say most.
    columns: Option<Columns>,
    include: bool,
    several: bool,
    show_secrets: bool,
    rendered: u64,
    /// What the latest response holds.
    component: Option<&'static Component>,
    now: DateTime<Utc>,
}

/// Chooses the columns of tables of a component.
type Columns = Box<dyn Fn(&'static Component) -> Vec<Column>>;

/// What to write of a response.
pub(crate) struct Rendered {
    standard_error: Option<String>,
    standard_output: Vec<u8>,
}

impl Rendering {
    pub(crate) fn new(mut format: Format, now: DateTime<Utc>) -> Self {
        let fields = std::mem::take(&mut format.field);
        let of_fields = (!fields.is_empty()).then(|| Template::of_fields(fields));
        let line = format.template.take().or(of_fields);
        Self {
            seen: vec![false; line.iter().flat_map(Template::paths).count()],
            line,
            format,
            columns: None,
            include: false,
            several: false,
            show_secrets: false,
            rendered: 0,
            component: None,
            now,
        }
    }

    /// Whether to show what came with a response as well.
    pub(crate) fn include(mut self, include: bool) -> Self {
        self.include = include;
        self
    }

    /// Whether there are several responses, so that each needs an end of its own.
    pub(crate) fn several(mut self, several: bool) -> Self {
        self.several = several;
        self
    }

    pub(crate) fn show_secrets(mut self, show: bool) -> Self {
        self.show_secrets = show;
        self
    }

    /// Sets the columns of tables of a component.
    pub(crate) fn columns(
        mut self,
        columns: impl Fn(&'static Component) -> Vec<Column> + 'static,
    ) -> Self {
        self.columns = Some(Box::new(columns));
        self
    }

    /// Renders a response.
    pub(crate) fn of<T>(
        &mut self,
        response: &Response<T>,
        shape: Shape,
        output: &Output,
    ) -> Result<Rendered, Failure> {
        let envelope = match self.include {
            true => page::envelope(response),
            false => Vec::new(),
        };
        self.of_json(response.raw_body(), shape, &envelope, output)
    }

    /// Renders JSON, and what came with it.
    pub(crate) fn of_json(
        &mut self,
        body: &[u8],
        shape: Shape,
        envelope: &[(&'static str, String)],
        output: &Output,
    ) -> Result<Rendered, Failure> {
        let body = match self.show_secrets {
            true => body.into(),
            false => secrets::hide(body, shape.component),
        };
        let mut standard_error = Some(in_a_line(envelope)).filter(|it| !it.is_empty());
        let value = || -> Result<Value, Failure> {
            if body.is_empty() {
                return Ok(Value::Null);
            }
            serde_json::from_slice(&body).map_err(|error| Failure::not_understood(&error, &body))
        };
        let standard_output = if self.format.raw {
            self.raw(&body, output)?
        } else if body.is_empty() && self.format.json {
            Vec::new()
        } else if self.format.json {
            value()?;
            json::lay_out(&body, output).into_bytes()
        } else if self.format.csv {
            self.csv(&value()?, shape).into_bytes()
        } else if let Some(line) = &self.line {
            let value = value()?;
            let is_alone = !self.several && !value.is_array() && line.is_one_value();
            let lines = items(&value).iter().map(|item| {
                let seen = &mut self.seen;
                line.line(item, shape.component, &self.now, is_alone, output, seen)
            });
            lines.collect::<String>().into_bytes()
        } else {
            // A person wants all of it in one place.
            standard_error = None;
            self.view(&value()?, shape, envelope, output).into_bytes()
        };
        self.rendered += 1;
        self.component = shape.component;
        Ok(Rendered {
            standard_error,
            standard_output,
        })
    }

    /// Lays out a response for people.
    fn view(
        &self,
        value: &Value,
        shape: Shape,
        envelope: &[(&'static str, String)],
        output: &Output,
    ) -> String {
        let mut page = Page::new(output);
        if self.rendered > 0 {
            page.gap();
        }
        match (value, shape.component) {
            (Value::Array(items), of) if items.iter().all(Value::is_object) => {
                self.table(of, items).lay_out(&mut page, &self.now);
            }
            (Value::Array(items), _) => {
                for item in items {
                    record(&mut page, None, item, &self.now);
                }
            }
            (value, Some(of)) if of.name == "File" => {
                match serde_json::from_value::<File>(value.clone()) {
                    Ok(version) => file::lay_out(&mut page, &version, value, &self.now),
                    Err(_) => record(&mut page, Some(of), value, &self.now),
                }
            }
            (value, of) => record(&mut page, of, value, &self.now),
        }
        if !envelope.is_empty() {
            page.gap();
            page.label_width = page::LABEL_WIDTH;
            page.envelope(envelope);
        }
        page.text
    }

    fn table<'a>(&self, of: Option<&'static Component>, items: &'a [Value]) -> Table<'a> {
        match (&self.columns, of) {
            (Some(columns), Some(of)) => Table {
                columns: columns(of),
                items,
            },
            _ => Table::of(of, items),
        }
    }

    fn csv(&self, value: &Value, shape: Shape) -> String {
        let items = items(value);
        self.table(shape.component, items).csv(self.rendered == 0)
    }

    /// What came although it was not understood, for those who want to see even that.
    pub(crate) fn of_failure(&self, failure: &Failure, output: &Output) -> Option<Rendered> {
        let body = failure.not_understood.as_deref()?;
        let raw = self.format.raw.then(|| self.raw(body, output).ok());
        raw.flatten().map(|standard_output| Rendered {
            standard_error: None,
            standard_output,
        })
    }

    /// The bytes as they came, which a terminal must not obey.
    fn raw(&self, body: &[u8], output: &Output) -> Result<Vec<u8>, Failure> {
        let steers = |c: char| is_steering(c) && !matches!(c, '\n' | '\r' | '\t');
        if output.is_terminal && str::from_utf8(body).map_or(true, |text| text.contains(steers)) {
            let failure = Failure::usage("the response holds what could steer this terminal");
            return Err(failure.try_this("see it with --json, or write it into a file"));
        }
        let end: &[u8] = if self.several { b"\n" } else { b"" };
        Ok([body, end].concat())
    }

    /// Fails if a property was asked for that no response has. What the document knows may be absent, as most is
    /// optional.
    pub(crate) fn check_fields(&self) -> Result<(), Failure> {
        let paths = self.line.iter().flat_map(Template::paths);
        let mut absent = paths.zip(&self.seen).filter(|(_, seen)| !**seen);
        let unknown = absent.find(|(path, _)| !Field::parse(path).is_property_of(self.component));
        match unknown {
            Some((path, _)) if self.rendered > 0 => {
                let failure = Failure::usage(format!("no response has a property {path:?}"));
                Err(failure.try_this("see the names with --json"))
            }
            _ => Ok(()),
        }
    }
}

/// The records of a response: the items of a list, or the one that it is.
fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        Value::Null => &[],
        record => std::slice::from_ref(record),
    }
}

impl Rendered {
    pub(crate) fn write(self, output: &Output) -> Result<(), Failure> {
        if let Some(text) = self.standard_error {
            say(text);
        }
        output.write(self.standard_output)
    }
}

/// What came with a response, in one line.
fn in_a_line(envelope: &[(&'static str, String)]) -> String {
    let parts: Vec<String> = envelope
        .iter()
        .map(|(label, text)| format!("{label}: {text}"))
        .collect();
    parts.join("; ")
}
