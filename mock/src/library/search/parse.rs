use super::{Condition, Expression, Field, Operand, Operator, When};
use Operator::{
    Equal, Exists, Greater, GreaterOrEqual, Has, In, Less, LessOrEqual, NotEqual, NotExists, NotIn,
    StartsWith,
};

/// How deep parentheses may be nested.
const MAX_NESTING: usize = 50;

/// The values that a field is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Text,
    Number,
    /// A number, or a text such as `10kb`.
    Size,
    Time,
    Boolean,
    Any,
}

const SET: &[Operator] = &[Equal, In, NotEqual, NotIn];
const ORDERED: &[Operator] = &[
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotEqual,
    NotIn,
];
const EVERY: &[Operator] = &[
    Equal,
    NotEqual,
    StartsWith,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
    Has,
    Exists,
    NotExists,
];

impl Field {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "name" => Self::Name,
            "tags" => Self::Tags,
            "type" => Self::Type,
            "id" => Self::Id,
            "createdAt" => Self::CreatedAt,
            "updatedAt" => Self::UpdatedAt,
            "width" => Self::Width,
            "height" => Self::Height,
            "size" => Self::Size,
            "format" => Self::Format,
            "private" => Self::Private,
            "published" => Self::Published,
            "transparency" => Self::Transparency,
            "createdBy" => Self::CreatedBy,
            "path" => Self::Path,
            _ => return None,
        })
    }

    /// A fact about an upload, in its checks.
    fn parse_fact(name: &str) -> Option<Self> {
        let sources = ["request.", "file.", "mediaMetadata."];
        let is_known = sources.iter().any(|it| name.starts_with(it));
        is_known.then(|| Self::Fact(name.to_owned()))
    }

    fn parse_quoted(name: &str) -> Option<Self> {
        let custom = name.strip_prefix("customMetadata.");
        let embedded = name.strip_prefix("embeddedMetadata.");
        custom
            .map(|it| Self::CustomMetadata(it.to_owned()))
            .or_else(|| embedded.map(|it| Self::EmbeddedMetadata(it.to_owned())))
    }

    fn operators(&self) -> (&'static [Operator], Kind) {
        match self {
            Self::Name => (&[Equal, StartsWith, In, NotEqual, NotIn, Has], Kind::Text),
            Self::Tags => (&[In, NotIn, Has, Exists, NotExists], Kind::Text),
            Self::Type | Self::Id | Self::CreatedBy => (SET, Kind::Text),
            Self::CreatedAt | Self::UpdatedAt => (ORDERED, Kind::Time),
            Self::Width | Self::Height => (ORDERED, Kind::Number),
            Self::Size => (ORDERED, Kind::Size),
            Self::Format => (&[Equal, In], Kind::Text),
            Self::Private | Self::Published | Self::Transparency => (&[Equal], Kind::Boolean),
            Self::Path => (&[Equal, StartsWith, In, NotEqual, NotIn], Kind::Text),
            Self::EmbeddedMetadata(name) => match name.as_str() {
                "Keywords" => (&[In, NotIn, Exists, NotExists], Kind::Text),
                "DateTimeOriginal" => (ORDERED, Kind::Time),
                "LocationTaken" => (&[Exists, NotExists], Kind::Text),
                _ => (&[], Kind::Any),
            },
            Self::CustomMetadata(_) | Self::Fact(_) => (EVERY, Kind::Any),
        }
    }
}

impl Expression {
    /// Reads a search, or says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        Self::parse_with(text, Field::parse_quoted)
    }

    /// Reads the checks of an upload.
    pub(crate) fn parse_checks(text: &str) -> Result<Self, String> {
        Self::parse_with(&text.replace('\'', "\""), Field::parse_fact)
    }

    fn parse_with(text: &str, quoted_field: fn(&str) -> Option<Field>) -> Result<Self, String> {
        let mut parser = Parser {
            tokens: tokens(text)?,
            next: 0,
            nesting: 0,
            quoted_field,
        };
        let expression = parser.any()?;
        match parser.take() {
            None => Ok(expression),
            Some(token) => Err(format!("unexpected {token}")),
        }
    }

    /// Whether it says itself which types of assets it wants.
    pub(crate) fn mentions_versions(&self) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::mentions_versions),
            Self::Condition(condition) => {
                let is_version =
                    |it: &Operand| matches!(it, Operand::Text(text, _) if text == "file-version");
                condition.field == Field::Type && condition.operands.iter().any(is_version)
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// A field, a keyword, a bare number or boolean.
    Word(String),
    Text(String),
    /// An operator, a parenthesis, a bracket or a comma.
    Sign(&'static str),
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Word(word) => write!(f, "`{word}`"),
            Self::Text(text) => write!(f, "the text \"{text}\""),
            Self::Sign(sign) => write!(f, "`{sign}`"),
        }
    }
}

const SIGNS: [&str; 11] = ["<=", ">=", "<", ">", "=", ":", "(", ")", "[", "]", ","];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let end = quoted.find('"').ok_or("a quotation mark is missing")?;
            tokens.push(Token::Text(quoted[..end].to_owned()));
            rest = &quoted[end + 1..];
        } else if let Some(sign) = SIGNS.into_iter().find(|it| rest.starts_with(it)) {
            tokens.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else if is_word(first) {
            let end = rest.find(|it| !is_word(it)).unwrap_or(rest.len());
            tokens.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        } else {
            return Err(format!("unexpected `{first}`"));
        }
        rest = rest.trim_start();
    }
    Ok(tokens)
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || ['_', '-', '.', '+'].contains(&letter)
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    nesting: usize,
    quoted_field: fn(&str) -> Option<Field>,
}

impl Parser {
    fn take(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.next).cloned();
        self.next += usize::from(token.is_some());
        token
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.next), Some(Token::Word(it)) if it == word);
        self.next += usize::from(found);
        found
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.tokens.get(self.next), Some(Token::Sign(it)) if *it == sign);
        self.next += usize::from(found);
        found
    }

    fn any(&mut self) -> Result<Expression, String> {
        let mut parts = vec![self.all()?];
        while self.take_word("OR") {
            parts.push(self.all()?);
        }
        Ok(single(parts, Expression::Any))
    }

    fn all(&mut self) -> Result<Expression, String> {
        let mut parts = vec![self.term()?];
        while self.take_word("AND") {
            parts.push(self.term()?);
        }
        Ok(single(parts, Expression::All))
    }

    fn term(&mut self) -> Result<Expression, String> {
        if !self.take_sign("(") {
            return self.condition().map(Expression::Condition);
        }
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return Err("parentheses are nested too deep".to_owned());
        }
        let inner = self.any()?;
        if !self.take_sign(")") {
            return Err("a closing parenthesis is missing".to_owned());
        }
        self.nesting -= 1;
        Ok(inner)
    }

    fn condition(&mut self) -> Result<Condition, String> {
        let (field, name) = match self.take() {
            Some(Token::Word(name)) => (Field::parse(&name), name),
            Some(Token::Text(name)) => ((self.quoted_field)(&name), name),
            Some(token) => return Err(format!("{token} stands where a field is expected")),
            None => return Err("a condition is missing".to_owned()),
        };
        let field = field.ok_or_else(|| format!("unknown field `{name}`"))?;
        let operator = self.operator(&name)?;
        let (allowed, kind) = field.operators();
        if !allowed.contains(&operator) {
            return Err(format!(
                "the operator after `{name}` cannot be used with this field"
            ));
        }
        let operands = match operator {
            Exists | NotExists => Vec::new(),
            In | NotIn => self.list(&name, kind)?,
            _ => vec![self.operand(&name, kind)?],
        };
        Ok(Condition {
            field,
            operator,
            operands,
        })
    }

    fn operator(&mut self, field: &str) -> Result<Operator, String> {
        let negated = self.take_word("NOT");
        let operator = match self.take() {
            Some(Token::Sign("=")) if negated => NotEqual,
            Some(Token::Word(it)) if negated && it == "IN" => NotIn,
            Some(Token::Word(it)) if negated && it == "EXISTS" => NotExists,
            Some(Token::Sign("=")) if !negated => Equal,
            Some(Token::Sign(":")) if !negated => StartsWith,
            Some(Token::Sign("<")) if !negated => Less,
            Some(Token::Sign("<=")) if !negated => LessOrEqual,
            Some(Token::Sign(">")) if !negated => Greater,
            Some(Token::Sign(">=")) if !negated => GreaterOrEqual,
            Some(Token::Word(it)) if !negated && it == "IN" => In,
            Some(Token::Word(it)) if !negated && it == "HAS" => Has,
            Some(Token::Word(it)) if !negated && it == "EXISTS" => Exists,
            _ => return Err(format!("an operator is missing after `{field}`")),
        };
        Ok(operator)
    }

    fn list(&mut self, field: &str, kind: Kind) -> Result<Vec<Operand>, String> {
        if !self.take_sign("[") {
            return Err(format!("a list in brackets is missing after `{field}`"));
        }
        let mut operands = vec![self.operand(field, kind)?];
        while self.take_sign(",") {
            operands.push(self.operand(field, kind)?);
        }
        if self.take_sign("]") {
            Ok(operands)
        } else {
            Err("a closing bracket is missing".to_owned())
        }
    }

    fn operand(&mut self, field: &str, kind: Kind) -> Result<Operand, String> {
        let operand = match self.take() {
            Some(Token::Text(text)) => {
                let when = When::parse(&text);
                Operand::Text(text, when)
            }
            Some(Token::Word(word)) => match word.as_str() {
                "true" => Operand::Boolean(true),
                "false" => Operand::Boolean(false),
                _ => match word.parse() {
                    Ok(number) => Operand::Number(number),
                    Err(_) => return Err(format!("the value `{word}` has to be in double quotes")),
                },
            },
            _ => return Err(format!("a value is missing for `{field}`")),
        };
        match (kind, operand) {
            (Kind::Text, it @ Operand::Text(..))
            | (Kind::Time, it @ Operand::Text(_, Some(_)))
            | (Kind::Number | Kind::Size, it @ Operand::Number(_))
            | (Kind::Boolean, it @ Operand::Boolean(_))
            | (Kind::Any, it) => Ok(it),
            (Kind::Size, Operand::Text(text, _)) => size(&text)
                .map(Operand::Number)
                .ok_or_else(|| format!("`{text}` is not a size such as \"10kb\"")),
            (Kind::Text, _) => Err(format!("`{field}` takes texts in double quotes")),
            (Kind::Time, _) => Err(format!(
                "`{field}` takes times in double quotes, such as \"2020-01-01\" or \"7d\""
            )),
            (Kind::Number, _) => Err(format!("`{field}` takes numbers")),
            (Kind::Size, _) => Err(format!(
                "`{field}` takes a number of bytes or a text such as \"10kb\""
            )),
            (Kind::Boolean, _) => Err(format!("`{field}` takes true or false")),
        }
    }
}

fn single(mut parts: Vec<Expression>, several: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            several(parts)
        }
    }
}

/// Reads a number of bytes such as `10kb`.
pub(crate) fn size(text: &str) -> Option<f64> {
    let text = text.to_ascii_lowercase();
    let units = [
        ("kb", 1024.0),
        ("mb", 1048576.0),
        ("gb", 1073741824.0),
        ("b", 1.0),
        ("", 1.0),
    ];
    let (unit, factor) = units.into_iter().find(|(unit, _)| text.ends_with(unit))?;
    let number: f64 = text.strip_suffix(unit)?.trim().parse().ok()?;
    Some(number * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_documentation_shows_is_understood() {
        for text in [
            r#"createdAt > "7d" AND name : "file-name""#,
            r#"(size < "1mb" AND width > 500) OR (tags IN ["summer-sale","banner"])"#,
            r#"path : "/sales-banner/" AND format = "png""#,
            r#""customMetadata.rating" > 4.3"#,
            "tags NOT EXISTS",
            r#"type NOT = "folder" AND ((private = true))"#,
            r#"updatedAt>="2020-01-01T12:12:12""#,
            r#""embeddedMetadata.Keywords" IN ["a"]"#,
        ] {
            Expression::parse(text).unwrap();
        }
    }

    #[test]
    fn what_cannot_be_understood_is_explained() {
        for (text, expected) in [
            ("", "a condition is missing"),
            ("name", "an operator is missing"),
            ("name =", "a value is missing"),
            ("name = coat", "double quotes"),
            ("name = \"coat", "quotation mark"),
            ("name < \"a\"", "cannot be used with this field"),
            ("folder = \"/\"", "unknown field `folder`"),
            ("createdAt > 2020-01-01", "double quotes"),
            ("createdAt > \"soon\"", "takes times"),
            ("width > \"500\"", "takes numbers"),
            ("tags IN \"a\"", "a list in brackets"),
            ("tags IN [\"a\"", "bracket is missing"),
            ("(name = \"a\"", "parenthesis is missing"),
            ("name = \"a\" name = \"b\"", "unexpected `name`"),
            ("name = \"a\" and name = \"b\"", "unexpected `and`"),
            (
                "\"embeddedMetadata.LocationTaken\" = \"1,1 5km\"",
                "cannot be used",
            ),
        ] {
            let error = Expression::parse(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
        let nested = "(".repeat(100_000);
        assert!(Expression::parse(&nested).unwrap_err().contains("too deep"));
    }

    #[test]
    fn a_size_has_a_unit_or_is_in_bytes() {
        assert_eq!(size("10kb"), Some(10240.0));
        assert_eq!(size("1.5 MB"), Some(1572864.0));
        assert_eq!(size("7"), Some(7.0));
        assert_eq!(size("kb"), None);
    }
}
