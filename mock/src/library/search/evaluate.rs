use std::borrow::Cow;
use std::cmp::Ordering;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::parse::size;
use super::{Condition, Expression, Field, Operand, Operator, parse_time};
use crate::library::listing::Asset;
use crate::library::paths;

/// What a field of an asset holds. A field with several values matches if one of them does.
enum Found<'a> {
    Texts(Vec<Cow<'a, str>>),
    Text(Cow<'a, str>),
    Number(f64),
    /// Milliseconds since 1970.
    Time(i64),
    Boolean(bool),
    Json(&'a Value),
    Nothing,
}

impl Expression {
    pub(crate) fn matches(&self, asset: &Asset<'_>, now: DateTime<Utc>) -> bool {
        self.holds(&|field| field.of(asset), now)
    }

    /// Whether the checks of an upload hold. A fact that is not there fails them.
    pub(crate) fn holds_for(&self, facts: &Map<String, Value>, now: DateTime<Utc>) -> bool {
        let find = |field: &Field| match field {
            Field::Fact(name) => facts.get(name),
            _ => None,
        };
        self.holds(&|field| json(find(field)), now)
    }

    fn holds<'a>(&self, find: &dyn Fn(&Field) -> Found<'a>, now: DateTime<Utc>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|it| it.holds(find, now)),
            Self::Any(parts) => parts.iter().any(|it| it.holds(find, now)),
            Self::Condition(condition) => condition.holds(&find(&condition.field), now),
        }
    }
}

impl Condition {
    fn holds(&self, found: &Found<'_>, now: DateTime<Utc>) -> bool {
        let any = |test: &dyn Fn(&Operand) -> bool| self.operands.iter().any(test);
        let compared = |wanted: &[Ordering]| {
            any(&|operand| {
                found
                    .compare(operand, now)
                    .is_some_and(|it| wanted.contains(&it))
            })
        };
        let is_path = self.field == Field::Path;
        let equals = |operand: &Operand| match (is_path, operand, found) {
            (true, Operand::Text(path, _), Found::Text(folder)) => {
                paths::normalize(path) == **folder
            }
            _ => found.equals(operand, now),
        };
        match self.operator {
            Operator::Equal | Operator::In => any(&equals),
            Operator::NotEqual | Operator::NotIn => !any(&equals),
            Operator::StartsWith => any(&|operand| match (operand, found) {
                (Operand::Text(path, _), Found::Text(folder)) if is_path => {
                    paths::is_within(folder, &paths::normalize(path))
                }
                (Operand::Text(start, _), _) => {
                    found.texts().iter().any(|it| it.starts_with(start))
                }
                _ => false,
            }),
            Operator::Less => compared(&[Ordering::Less]),
            Operator::LessOrEqual => compared(&[Ordering::Less, Ordering::Equal]),
            Operator::Greater => compared(&[Ordering::Greater]),
            Operator::GreaterOrEqual => compared(&[Ordering::Greater, Ordering::Equal]),
            Operator::Has => any(&|operand| match operand {
                Operand::Text(words, _) => found.texts().iter().any(|it| has(it, words)),
                _ => false,
            }),
            Operator::Exists => found.exists(),
            Operator::NotExists => !found.exists(),
        }
    }
}

impl Field {
    fn of<'a>(&self, asset: &Asset<'a>) -> Found<'a> {
        let version = asset.version();
        let number = |number: Option<f64>| number.map_or(Found::Nothing, Found::Number);
        let flag = |flag: Option<bool>| flag.map_or(Found::Nothing, Found::Boolean);
        match self {
            Self::Name => Found::Text(asset.name().into()),
            Self::Type => Found::Text(asset.kind().into()),
            Self::Id => Found::Text(asset.id().into()),
            Self::Path => Found::Text(asset.folder().into()),
            Self::CreatedAt => Found::Time(asset.created()),
            Self::UpdatedAt => Found::Time(asset.updated()),
            Self::Tags => {
                let tags = version
                    .and_then(|it| it.tags.as_deref())
                    .unwrap_or_default();
                let tags = tags.iter().map(|it| Cow::from(it.as_str()));
                let ai_tags = version
                    .and_then(|it| it.ai_tags.as_deref())
                    .unwrap_or_default();
                let ai_tags = ai_tags
                    .iter()
                    .filter_map(|it| it["name"].as_str().map(Cow::from));
                Found::Texts(tags.chain(ai_tags).collect())
            }
            Self::Width => number(version.and_then(|it| it.media.width.as_ref()?.as_f64())),
            Self::Height => number(version.and_then(|it| it.media.height.as_ref()?.as_f64())),
            Self::Size => number(version.and_then(|it| it.media.size.map(|size| size as f64))),
            Self::Private => flag(version.map(|it| it.is_private)),
            Self::Published => flag(version.map(|it| it.is_published)),
            Self::Transparency => flag(version.and_then(|it| it.media.has_alpha)),
            Self::Format => match version.and(asset.name().rsplit_once('.')) {
                Some((_, extension)) => {
                    let extension = extension.to_lowercase();
                    Found::Text(if extension == "jpeg" {
                        "jpg".into()
                    } else {
                        extension.into()
                    })
                }
                None => Found::Nothing,
            },
            Self::CreatedBy => match asset {
                Asset::Folder(_, folder) => {
                    let email = folder
                        .created_by
                        .as_ref()
                        .and_then(|it| it["email"].as_str());
                    email.map_or(Found::Nothing, |it| Found::Text(it.into()))
                }
                Asset::Version(..) => Found::Nothing,
            },
            Self::CustomMetadata(name) => match asset {
                Asset::Version(_, version) => json(version.custom_metadata.get(name)),
                Asset::Folder(_, folder) => json(folder.custom_metadata.get(name)),
            },
            Self::EmbeddedMetadata(name) => {
                json(version.and_then(|it| it.embedded_metadata.as_ref()?.get(name)))
            }
            Self::Fact(_) => Found::Nothing,
        }
    }
}

fn json(value: Option<&Value>) -> Found<'_> {
    value
        .filter(|it| !it.is_null())
        .map_or(Found::Nothing, Found::Json)
}

impl Found<'_> {
    fn exists(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Texts(texts) => !texts.is_empty(),
            _ => true,
        }
    }

    fn texts(&self) -> Vec<Cow<'_, str>> {
        match self {
            Self::Texts(texts) => texts.clone(),
            Self::Text(text) => vec![text.clone()],
            Self::Json(Value::String(text)) => vec![text.into()],
            Self::Json(Value::Array(items)) => items
                .iter()
                .filter_map(|it| it.as_str().map(Cow::from))
                .collect(),
            _ => Vec::new(),
        }
    }

    fn equals(&self, operand: &Operand, now: DateTime<Utc>) -> bool {
        match (self, operand) {
            (Self::Text(text), Operand::Text(wanted, _)) => text == wanted,
            (Self::Texts(texts), Operand::Text(wanted, _)) => texts.iter().any(|it| it == wanted),
            (Self::Boolean(flag), Operand::Boolean(wanted)) => flag == wanted,
            (Self::Json(Value::Array(items)), _) => {
                items.iter().any(|it| Found::Json(it).equals(operand, now))
            }
            (Self::Json(Value::Bool(flag)), Operand::Boolean(wanted)) => flag == wanted,
            (Self::Json(Value::String(text)), Operand::Text(wanted, _)) if text == wanted => true,
            _ => self.compare(operand, now) == Some(Ordering::Equal),
        }
    }

    fn compare(&self, operand: &Operand, now: DateTime<Utc>) -> Option<Ordering> {
        match (self, operand) {
            (Self::Number(number), Operand::Number(wanted)) => number.partial_cmp(wanted),
            (Self::Json(Value::Number(number)), Operand::Number(wanted)) => {
                number.as_f64()?.partial_cmp(wanted)
            }
            (Self::Time(millis), Operand::Text(_, Some(when))) => {
                Some(millis.cmp(&when.millis(now)))
            }
            // Such as `"10kb"`.
            (Self::Json(Value::Number(number)), Operand::Text(text, _)) => {
                number.as_f64()?.partial_cmp(&size(text)?)
            }
            (Self::Json(Value::String(text)), Operand::Text(_, Some(when))) => {
                Some(parse_time(text)?.cmp(&when.millis(now)))
            }
            _ => None,
        }
    }
}

/// Full-text search: all words occur, the last one as the beginning of one.
fn has(text: &str, wanted: &str) -> bool {
    let split = |text: &str| -> Vec<String> {
        let words = text.split(|it: char| !it.is_alphanumeric());
        words
            .filter(|it| !it.is_empty())
            .map(str::to_lowercase)
            .collect()
    };
    let (words, wanted) = (split(text), split(wanted));
    let Some((last, others)) = wanted.split_last() else {
        return false;
    };
    others.iter().all(|it| words.contains(it))
        && words.iter().any(|it| it.starts_with(last.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_any_case_and_the_last_one_by_its_beginning() {
        assert!(has("Winter-Coat_2025.jpg", "coat winter"));
        assert!(has("Winter-Coat_2025.jpg", "winter co"));
        assert!(!has("Winter-Coat_2025.jpg", "wint coat"));
        assert!(!has("Winter-Coat_2025.jpg", " "));
    }
}
