//! The commands of `imagekit api`, built from the table of operations.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser, ValueParser};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, Subcommand, ValueHint};
use heck::ToKebabCase as _;
use imagekit_openapi::{Choice, Field, OPERATIONS, Operation, Place, Type};

use crate::render::Format;

/// Flags that an operation's own parameters leave alone.
const TAKEN: [&str; 17] = [
    "all-pages",
    "base-url",
    "body",
    "color",
    "config",
    "csv",
    "deadline",
    "demo",
    "field",
    "include",
    "json",
    "key-stdin",
    "now",
    "profile",
    "raw",
    "show-secrets",
    "template",
];

const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

const BODY: &str = "body";
const ALL_PAGES: &str = "all-pages";

/// What to call, and with what.
pub(crate) enum Call {
    Operation {
        operation: &'static Operation,
        /// The parameters that are given, as texts.
        given: Vec<(&'static Field, Vec<String>)>,
        body: Option<String>,
        all_pages: bool,
        options: Options,
    },
    Path {
        method: String,
        request: PathRequest,
        options: Options,
    },
}

// What every call has; a comment for rustdoc would become the help text of all commands.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) format: Format,

    /// Show status, request id and rate limit as well; except in the view for people, they go to
    /// standard error.
    #[arg(long, short, help_heading = "Output")]
    pub(crate) include: bool,

    /// Show what the API keeps secret, such as the secrets of webhooks.
    #[arg(long, help_heading = "Output")]
    pub(crate) show_secrets: bool,
}

// A request to a path that no operation need have.
#[derive(Args)]
pub(crate) struct PathRequest {
    /// The path, percent-encoded, and a query if there is one: `/v1/files?limit=1`.
    pub(crate) path: String,

    /// Add a parameter to the query.
    #[arg(long, short, value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) query: Vec<(String, String)>,

    /// Set a header.
    #[arg(long, short = 'H', value_name = "NAME: VALUE", value_parser = header)]
    pub(crate) header: Vec<(String, String)>,

    /// Send this JSON: the text itself, `@FILE`, or `-` for standard input.
    #[arg(long, value_name = "JSON")]
    pub(crate) body: Option<String>,
}

impl Subcommand for Call {
    fn augment_subcommands(command: Command) -> Command {
        let command = OPERATIONS.iter().fold(command, |command, operation| {
            command.subcommand(
                Command::new(operation.command)
                    .alias(operation.id)
                    .about(about(operation))
                    .defer(arguments),
            )
        });
        METHODS.iter().fold(command, |command, method| {
            let about = format!("Send a {method} request to any path");
            let path = Options::augment_args(PathRequest::augment_args(Command::new(*method)));
            command.subcommand(
                path.alias(method.to_ascii_lowercase())
                    .about(about.clone())
                    .long_about(about),
            )
        })
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        find(name).is_some() || METHODS.contains(&name)
    }
}

impl FromArgMatches for Call {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let missing = || clap::Error::new(ErrorKind::MissingSubcommand);
        let (name, matches) = matches.subcommand().ok_or_else(missing)?;
        let options = Options::from_arg_matches(matches)?;
        let Some(operation) = find(name) else {
            return Ok(Self::Path {
                method: name.to_owned(),
                request: PathRequest::from_arg_matches(matches)?,
                options,
            });
        };
        let given = operation.fields().filter_map(|field| {
            let texts = matches.get_many::<String>(&id(field))?;
            Some((field, texts.cloned().collect()))
        });
        let has = |id: &str| matches.try_contains_id(id).is_ok();
        let body = has(BODY).then(|| matches.get_one::<String>(BODY).cloned());
        Ok(Self::Operation {
            operation,
            given: given.collect(),
            body: body.flatten(),
            all_pages: has(ALL_PAGES) && matches.get_flag(ALL_PAGES),
            options,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn find(name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|it| it.command == name)
}

fn id(field: &Field) -> String {
    format!("param:{}", field.name)
}

fn about(operation: &Operation) -> String {
    let notes = match (operation.beta, operation.deprecated) {
        (_, true) => " (deprecated)",
        (true, _) => " (beta)",
        _ => "",
    };
    format!("{}{notes}", operation.summary)
}

/// Adds what an operation takes. The command knows its operation by its name.
fn arguments(command: Command) -> Command {
    let Some(operation) = find(command.get_name()) else {
        return command;
    };
    let takes_json = operation
        .body
        .as_ref()
        .is_some_and(|it| it.media_type == "application/json");
    let request = format!("{} {}", operation.method, operation.path);
    // The groups of arguments come first: they would replace these texts by their own.
    let mut command = Options::augment_args(command)
        .about(about(operation))
        .long_about(format!(
            "{}\n\n{}",
            about(operation),
            plain(operation.description)
        ))
        .after_help(format!("Request: {request}"));
    for field in operation.fields() {
        command = command.arg(argument(field, takes_json));
    }
    if takes_json {
        let needs_body = operation
            .body
            .as_ref()
            .is_some_and(|it| it.required && it.properties.is_empty());
        command = command.arg(
            Arg::new(BODY)
                .long(BODY)
                .value_name("JSON")
                .required(needs_body)
                .help("The body: JSON, `@FILE`, or `-` for standard input; other parameters go on top of it"),
        );
    }
    if operation.pages.is_some() {
        command = command.arg(
            Arg::new(ALL_PAGES)
                .long(ALL_PAGES)
                .action(ArgAction::SetTrue)
                .help("Get one page after the other, until the last"),
        );
    }
    command
}

fn argument(field: &'static Field, takes_json: bool) -> Arg {
    let name = field.name.to_kebab_case();
    let name = match TAKEN.contains(&&*name) {
        true => format!("param-{name}"),
        false => name,
    };
    let (short, _) = field
        .description
        .split_once("\n\n")
        .unwrap_or((field.description, ""));
    let arg = Arg::new(id(field))
        .help(plain(short))
        .long_help(plain(field.description));
    let arg = if name == field.name || TAKEN.contains(&field.name) {
        arg
    } else {
        arg.alias(field.name)
    };
    let arg = arg.long(name);
    let arg = match (field.required, field.place == Place::Body && takes_json) {
        (true, true) => arg.required_unless_present(BODY),
        (required, _) => arg.required(required),
    };
    let (item, is_list) = match field.ty {
        Type::Array(item) => (*item, true),
        item => (item, false),
    };
    let is_nested = matches!(item, Type::Object | Type::Any | Type::Array(_));
    let (arg, is_list) = match (is_list, is_nested) {
        // Objects hold commas of their own.
        (_, true) => (
            arg.value_name("JSON").value_parser(ValueParser::string()),
            false,
        ),
        _ if field.format == Some("binary") => {
            let arg = arg.value_name("@FILE|URL").value_hint(ValueHint::FilePath);
            (arg.value_parser(ValueParser::string()), false)
        }
        (is_list, false) => (
            arg.value_name(value_name(item, field))
                .value_parser(parser(item, field)),
            is_list,
        ),
    };
    if is_list {
        arg.action(ArgAction::Append).value_delimiter(',')
    } else {
        arg
    }
}

fn value_name(ty: Type, field: &Field) -> &'static str {
    match (ty, field.format) {
        (Type::Integer | Type::Number, _) => "NUMBER",
        (Type::Boolean, _) => "BOOLEAN",
        (_, Some("date")) => "DATE",
        (_, Some("date-time")) => "TIME",
        _ => "TEXT",
    }
}

fn parser(ty: Type, field: &'static Field) -> ValueParser {
    match ty {
        Type::Boolean => PossibleValuesParser::new(["true", "false"]).into(),
        Type::Integer => ValueParser::new(integer),
        Type::Number => ValueParser::new(number),
        _ if field.values.is_empty() => ValueParser::string(),
        _ if field.open => OpenValues(field.values).into(),
        _ => PossibleValuesParser::new(field.values.iter().map(possible)).into(),
    }
}

fn possible(choice: &'static Choice) -> PossibleValue {
    PossibleValue::new(choice.value).help(plain(choice.description))
}

/// The values that are known of a set to which others may belong.
#[derive(Clone)]
struct OpenValues(&'static [Choice]);

impl TypedValueParser for OpenValues {
    type Value = String;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, clap::Error> {
        clap::builder::StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().map(possible)))
    }
}

fn integer(text: &str) -> Result<String, String> {
    match text.parse::<i64>() {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("not an integer".to_owned()),
    }
}

fn number(text: &str) -> Result<String, String> {
    match serde_json::from_str::<serde_json::Number>(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("not a number".to_owned()),
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("not NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("not NAME: VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// Markdown without what a terminal does not show.
fn plain(markdown: &str) -> String {
    markdown.replace("**", "")
}
