//! Search expressions that stay what they are, whatever a user typed into them.
//!
//! ```
//! use imagekit_client::search::{custom_metadata, field};
//!
//! # fn main() -> Result<(), imagekit_client::search::InvalidSearch> {
//! let typed = "winter coat"; // by a user
//! let query = field("name")
//!     .starts_with(typed)?
//!     .and(field("size").at_most("2mb")?)
//!     .and(custom_metadata("rating").more_than(4.3)?);
//! assert_eq!(
//!     query.to_string(),
//!     r#"name : "winter coat" AND size <= "2mb" AND "customMetadata.rating" > 4.3"#
//! );
//! # Ok(())
//! # }
//! ```
//!
//! A [`Condition`] is what [`search_query`](crate::operations::ListAssets::search_query) takes. ImageKit
//! documents neither an escape for quotes and backslashes within a text nor the precedence of AND and OR.
//! So a text with such a character is refused, and mixed conditions are always grouped by parentheses.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};

/// Starts a condition on a property of the asset, such as `name`, `tags`, `createdAt` or `size`.
pub fn field(name: impl Into<String>) -> Field {
    Field {
        name: name.into(),
        prefix: None,
    }
}

/// Starts a condition on a custom metadata field of the account, by its name.
pub fn custom_metadata(name: impl Into<String>) -> Field {
    Field {
        name: name.into(),
        prefix: Some("customMetadata"),
    }
}

/// Starts a condition on metadata embedded in the file, such as `Keywords` or `DateTimeOriginal`.
pub fn embedded_metadata(name: impl Into<String>) -> Field {
    Field {
        name: name.into(),
        prefix: Some("embeddedMetadata"),
    }
}

/// A field that a condition can be put on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a field becomes a condition by one of its methods"]
pub struct Field {
    name: String,
    prefix: Option<&'static str>,
}

/// A condition, or several joined by AND and OR.
///
/// Its `Display` is the search expression.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a condition does nothing until it is sent"]
pub struct Condition(Node);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Single(String),
    Group(Box<Node>),
    Joined(Joint, Vec<Node>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Joint {
    And,
    Or,
}

/// A value to compare with: a text, a number, a boolean or a point in time.
#[derive(Clone, Debug, PartialEq)]
pub struct Value(Literal);

#[derive(Clone, Debug, PartialEq)]
enum Literal {
    Text(String),
    Integer(i64),
    Number(f64),
    Boolean(bool),
}

/// The reason why a field name or a value cannot be part of a search expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidSearch {
    what: String,
    reason: &'static str,
}

impl Field {
    /// Requires exactly this value; texts are compared case-sensitively.
    ///
    /// # Errors
    ///
    /// If the name or the value cannot be written down safely, as in all methods of this type.
    pub fn equals(self, value: impl Into<Value>) -> Result<Condition, InvalidSearch> {
        self.compare("=", value)
    }

    /// Requires another value than this.
    ///
    /// # Errors
    ///
    /// As [`equals`](Self::equals).
    pub fn not_equals(self, value: impl Into<Value>) -> Result<Condition, InvalidSearch> {
        self.compare("NOT =", value)
    }

    /// Requires a text that begins with this one, case-sensitively. For `path`: the folder and all
    /// below it.
    ///
    /// # Errors
    ///
    /// As [`equals`](Self::equals).
    pub fn starts_with(self, value: impl Into<Value>) -> Result<Condition, InvalidSearch> {
        self.compare(":", value)
    }

    /// Requires all words of this text, in any case; the last one may be the beginning of a word.
    ///
    /// # Errors
    ///
    /// As [`equals`](Self::equals).
    pub fn has(self, words: impl Into<Value>) -> Result<Condition, InvalidSearch> {
        self.compare("HAS", words)
    }

    /// Requires less than this. A time may also be relative, such as `"7d"` for seven days ago; a size
    /// may have a unit, such as `"2mb"`.
    ///
    /// # Errors
    ///
    /// As [`equals`](Self::equals).
    pub fn less_than(self, value: impl Into<Value>) -> Result<Condition, InvalidSearch> {
        self.compare("<", value)
    }

    /// Requires this or less; see [`less_than`](Self::less_than) for units.
    ///
    /// # Errors
    ///
    /// As [`equals`](Self::equals).
    pub fn at_most(self, value: impl Into<Value>) -> Result<Condition, InvalidSearch> {
        self.compare("<=", value)
    }

    /// Requires more than this; see [`less_than`](Self::less_than) for units.
    ///
    /// # Errors
    ///
    /// As [`equals`](Self::equals).
    pub fn more_than(self, value: impl Into<Value>) -> Result<Condition, InvalidSearch> {
        self.compare(">", value)
    }

    /// Requires this or more; see [`less_than`](Self::less_than) for units.
    ///
    /// # Errors
    ///
    /// As [`equals`](Self::equals).
    pub fn at_least(self, value: impl Into<Value>) -> Result<Condition, InvalidSearch> {
        self.compare(">=", value)
    }

    /// Requires one of these values.
    ///
    /// # Errors
    ///
    /// As [`equals`](Self::equals), and if there are no values.
    pub fn is_in<V: Into<Value>>(
        self,
        values: impl IntoIterator<Item = V>,
    ) -> Result<Condition, InvalidSearch> {
        self.list("IN", values)
    }

    /// Requires none of these values.
    ///
    /// # Errors
    ///
    /// As [`equals`](Self::equals), and if there are no values.
    pub fn not_in<V: Into<Value>>(
        self,
        values: impl IntoIterator<Item = V>,
    ) -> Result<Condition, InvalidSearch> {
        self.list("NOT IN", values)
    }

    /// Requires that the asset has a value for the field.
    ///
    /// # Errors
    ///
    /// If the name cannot be written down safely.
    pub fn exists(self) -> Result<Condition, InvalidSearch> {
        Ok(Condition(Node::Single(format!("{} EXISTS", self.text()?))))
    }

    /// Requires that the asset has no value for the field.
    ///
    /// # Errors
    ///
    /// If the name cannot be written down safely.
    pub fn not_exists(self) -> Result<Condition, InvalidSearch> {
        Ok(Condition(Node::Single(format!(
            "{} NOT EXISTS",
            self.text()?
        ))))
    }

    fn compare(self, operator: &str, value: impl Into<Value>) -> Result<Condition, InvalidSearch> {
        let value = value.into().text()?;
        Ok(Condition(Node::Single(format!(
            "{} {operator} {value}",
            self.text()?
        ))))
    }

    fn list<V: Into<Value>>(
        self,
        operator: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Result<Condition, InvalidSearch> {
        let values: Vec<_> = values
            .into_iter()
            .map(|value| value.into().text())
            .collect::<Result<_, _>>()?;
        if values.is_empty() {
            return Err(InvalidSearch {
                what: format!("the list for {}", self.name),
                reason: "is empty, which ImageKit gives no meaning",
            });
        }
        Ok(Condition(Node::Single(format!(
            "{} {operator} [{}]",
            self.text()?,
            values.join(",")
        ))))
    }

    fn text(&self) -> Result<String, InvalidSearch> {
        if let Some(prefix) = self.prefix {
            return quoted(&format!("{prefix}.{}", self.name));
        }
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if self.name.is_empty() || !self.name.chars().all(is_word) {
            return Err(InvalidSearch {
                what: format!("the field name {:?}", self.name),
                reason: "is not a plain word; use `custom_metadata` for fields of the account",
            });
        }
        Ok(self.name.clone())
    }
}

impl Condition {
    /// Requires this condition and another one.
    pub fn and(self, other: Self) -> Self {
        Self(self.0.join(Joint::And, other.0))
    }

    /// Requires this condition or another one.
    pub fn or(self, other: Self) -> Self {
        Self(self.0.join(Joint::Or, other.0))
    }

    /// Puts the condition into parentheses, where they are not needed.
    pub fn grouped(self) -> Self {
        Self(Node::Group(Box::new(self.0)))
    }
}

impl Node {
    fn join(self, joint: Joint, other: Self) -> Self {
        let mut parts = Vec::new();
        for node in [self, other] {
            match node {
                Self::Joined(same, nodes) if same == joint => parts.extend(nodes),
                Self::Joined(..) => parts.push(Self::Group(Box::new(node))),
                node => parts.push(node),
            }
        }
        Self::Joined(joint, parts)
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Single(text) => f.write_str(text),
            Self::Group(node) => write!(f, "({node})"),
            Self::Joined(joint, nodes) => {
                let joint = match joint {
                    Joint::And => " AND ",
                    Joint::Or => " OR ",
                };
                for (index, node) in nodes.iter().enumerate() {
                    if index > 0 {
                        f.write_str(joint)?;
                    }
                    node.fmt(f)?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Condition> for String {
    fn from(condition: Condition) -> Self {
        condition.to_string()
    }
}

impl Value {
    fn text(&self) -> Result<String, InvalidSearch> {
        match &self.0 {
            Literal::Text(text) => quoted(text),
            Literal::Integer(number) => Ok(number.to_string()),
            Literal::Number(number) if number.is_finite() => Ok(number.to_string()),
            Literal::Number(number) => Err(InvalidSearch {
                what: format!("the number {number}"),
                reason: "is not finite",
            }),
            Literal::Boolean(value) => Ok(value.to_string()),
        }
    }
}

fn quoted(text: &str) -> Result<String, InvalidSearch> {
    let refused = |c: char| matches!(c, '"' | '\\') || c.is_control();
    if text.contains(refused) {
        return Err(InvalidSearch {
            what: format!("the text {text:?}"),
            reason: "holds a double quote, a backslash or a control character, for which ImageKit \
                     documents no escape",
        });
    }
    Ok(format!("\"{text}\""))
}

macro_rules! values {
    ($($from:ty => $literal:ident),* $(,)?) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self(Literal::$literal(value.into()))
            }
        }
    )*};
}

values! {
    &str => Text,
    String => Text,
    &String => Text,
    i64 => Integer,
    i32 => Integer,
    u32 => Integer,
    f64 => Number,
    bool => Boolean,
}

impl From<DateTime<Utc>> for Value {
    fn from(time: DateTime<Utc>) -> Self {
        Self(Literal::Text(
            time.to_rfc3339_opts(SecondsFormat::Secs, true)
                .trim_end_matches('Z')
                .to_owned(),
        ))
    }
}

impl fmt::Display for InvalidSearch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.what, self.reason)
    }
}

impl std::error::Error for InvalidSearch {}
