//! Ids that cannot leave their place in a path.

use std::fmt;

/// Why a text cannot be the id of anything.
///
/// An id fills one segment of a request's path. What would change the path itself is refused before
/// anything is sent; every other text is percent-encoded into its segment.
///
/// ```
/// use imagekit_client::types::FileId;
///
/// let refused = "..".parse::<FileId>().unwrap_err();
/// assert_eq!(refused.to_string(), "an id may not be `..`, which has a meaning of its own in a path");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidId {
    /// The id is empty, and its segment would vanish.
    Empty,
    /// The id is `.` or `..`, which stand for this and the parent segment.
    DotSegment(&'static str),
    /// The id holds a backslash, which URL parsers read as a slash.
    Backslash,
    /// The id holds this control character.
    ControlCharacter(char),
}

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("an id may not be empty"),
            Self::DotSegment(segment) => write!(
                f,
                "an id may not be `{segment}`, which has a meaning of its own in a path"
            ),
            Self::Backslash => {
                f.write_str("an id may not hold a backslash, which URLs read as a slash")
            }
            Self::ControlCharacter(character) => write!(
                f,
                "an id may not hold a control character (U+{:04X})",
                u32::from(*character)
            ),
        }
    }
}

impl std::error::Error for InvalidId {}

/// Refuses what would not stay within one segment of a path.
pub(crate) fn check(id: &str) -> Result<(), InvalidId> {
    match id {
        "" => return Err(InvalidId::Empty),
        "." => return Err(InvalidId::DotSegment(".")),
        ".." => return Err(InvalidId::DotSegment("..")),
        _ => {}
    }
    let unfit = |byte: &u8| *byte == b'\\' || byte.is_ascii_control();
    // Without an early end, the compiler looks at many bytes at once.
    if id.bytes().fold(false, |found, byte| found | unfit(&byte)) {
        return Err(match id.bytes().find(unfit) {
            Some(b'\\') | None => InvalidId::Backslash,
            Some(control) => InvalidId::ControlCharacter(char::from(control)),
        });
    }
    Ok(())
}

/// Makes an id of a generated newtype of `String`.
macro_rules! id {
    ($name:ident) => {
        impl $name {
            /// Takes an id, unless it could not stay within its segment of a path.
            ///
            /// # Errors
            ///
            /// [`InvalidId`](crate::InvalidId) says what an id may not be.
            pub fn new(
                id: impl ::std::convert::Into<::std::string::String>,
            ) -> ::std::result::Result<Self, crate::InvalidId> {
                let id = id.into();
                crate::id::check(&id)?;
                Ok(Self(id))
            }

            /// The id as it stands in answers, not percent-encoded.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Debug::fmt(&self.0, f)
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl ::std::convert::AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl ::std::convert::From<$name> for ::std::string::String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl ::std::convert::From<&$name> for $name {
            fn from(id: &$name) -> Self {
                id.clone()
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = crate::InvalidId;

            fn from_str(id: &str) -> ::std::result::Result<Self, Self::Err> {
                Self::new(id)
            }
        }

        impl ::std::convert::TryFrom<&str> for $name {
            type Error = crate::InvalidId;

            fn try_from(id: &str) -> ::std::result::Result<Self, Self::Error> {
                Self::new(id)
            }
        }

        impl ::std::convert::TryFrom<::std::string::String> for $name {
            type Error = crate::InvalidId;

            fn try_from(id: ::std::string::String) -> ::std::result::Result<Self, Self::Error> {
                Self::new(id)
            }
        }

        impl ::std::convert::TryFrom<&::std::string::String> for $name {
            type Error = crate::InvalidId;

            fn try_from(id: &::std::string::String) -> ::std::result::Result<Self, Self::Error> {
                Self::new(id.as_str())
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                let id = ::std::string::String::deserialize(deserializer)?;
                Self::new(id).map_err(::serde::de::Error::custom)
            }
        }

        #[cfg(feature = "schemars")]
        impl ::schemars::JsonSchema for $name {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                ::std::stringify!($name).into()
            }

            fn json_schema(_: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                ::schemars::json_schema!({ "type": "string", "minLength": 1 })
            }
        }
    };
}
pub(crate) use id;
