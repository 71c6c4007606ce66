//! Ids that cannot leave their place in a path.

use std::fmt;

/// The reason why a text cannot be a parameter of a path.
///
/// An id fills one segment of a request's path. What would change the path itself is refused before anything is
/// sent, by the error of the call; every other text is percent-encoded into its segment. Responses are not
/// checked: an odd id in one of them costs nothing until it is used.
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

/// What fills a segment of a path.
pub(crate) trait Id {
    fn as_str(&self) -> &str;
}

/// Makes an id of a generated newtype of `String`.
macro_rules! id {
    ($name:ident) => {
        impl $name {
            /// Returns the id as it stands in responses, not percent-encoded.
            #[inline]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl crate::id::Id for $name {
            #[inline]
            fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::std::fmt::Debug for $name {
            #[inline]
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Debug::fmt(&self.0, f)
            }
        }

        impl ::std::fmt::Display for $name {
            #[inline]
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl ::std::convert::AsRef<str> for $name {
            #[inline]
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl ::std::convert::From<&str> for $name {
            #[inline]
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }

        impl ::std::convert::From<::std::string::String> for $name {
            #[inline]
            fn from(id: ::std::string::String) -> Self {
                Self(id)
            }
        }

        impl ::std::convert::From<&::std::string::String> for $name {
            #[inline]
            fn from(id: &::std::string::String) -> Self {
                Self(id.clone())
            }
        }

        impl ::std::convert::From<&$name> for $name {
            #[inline]
            fn from(id: &$name) -> Self {
                id.clone()
            }
        }

        impl ::std::convert::From<$name> for ::std::string::String {
            #[inline]
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::std::convert::Infallible;

            #[inline]
            fn from_str(id: &str) -> ::std::result::Result<Self, Self::Err> {
                ::std::result::Result::Ok(Self::from(id))
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
                <::std::string::String as ::serde::Deserialize>::deserialize(deserializer).map(Self)
            }
        }

        #[cfg(feature = "schemars")]
        impl ::schemars::JsonSchema for $name {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                ::std::stringify!($name).into()
            }

            fn json_schema(_: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                ::schemars::json_schema!({ "type": "string" })
            }
        }
    };
}
pub(crate) use id;
