//! Unions that ImageKit may extend at any time.

use std::fmt;
use std::vec;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeSeed, Error, IntoDeserializer, MapAccess};
use serde::ser::{Serialize, Serializer};
use serde_json::{Map, Value};

/// Separates, in the message of an error, the property that it is about. See [`Entries`].
pub(crate) const MARK: char = '\u{1f}';

/// A variant of a union that this client does not know, with its JSON as it came.
///
/// Its `Debug` output names the properties but shows no values, since some of them may be secret.
#[derive(Clone, PartialEq)]
pub struct UnknownVariant {
    discriminator: &'static str,
    properties: Map<String, Value>,
}

impl UnknownVariant {
    pub(crate) fn new(discriminator: &'static str, properties: Map<String, Value>) -> Self {
        Self {
            discriminator,
            properties,
        }
    }

    /// Returns what tells the variants of the union apart, if it is there and a text.
    pub fn tag(&self) -> Option<&str> {
        self.properties.get(self.discriminator)?.as_str()
    }

    /// Returns all properties, the tag included.
    pub fn json(&self) -> &Map<String, Value> {
        &self.properties
    }
}

impl fmt::Debug for UnknownVariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.properties.keys().collect();
        f.debug_struct("UnknownVariant")
            .field("tag", &self.tag())
            .field("properties", &names)
            .finish()
    }
}

impl Serialize for UnknownVariant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.properties.serialize(serializer)
    }
}

/// An object whose discriminator has been read, with what was read before it.
pub(crate) struct Tagged<A> {
    pub(crate) tag: Option<String>,
    discriminator: &'static str,
    read: Vec<(String, Value)>,
    rest: A,
}

impl<'de, A: MapAccess<'de>> Tagged<A> {
    /// Reads up to the discriminator, which mostly comes first.
    pub(crate) fn read(discriminator: &'static str, mut rest: A) -> Result<Self, A::Error> {
        let mut read = Vec::new();
        let mut tag = None;
        while let Some(name) = rest.next_key::<String>()? {
            let value: Value = rest.next_value()?;
            let found = name == discriminator;
            if found {
                tag = value.as_str().map(str::to_owned);
            }
            read.push((name, value));
            if found {
                break;
            }
        }
        Ok(Self {
            tag,
            discriminator,
            read,
            rest,
        })
    }

    /// Decodes the object as the variant that its tag names.
    pub(crate) fn variant<T: Deserialize<'de>>(self) -> Result<Box<T>, A::Error> {
        let entries = Entries {
            discriminator: self.discriminator,
            read: self.read.into_iter(),
            next: None,
            rest: self.rest,
        };
        T::deserialize(MapAccessDeserializer::new(entries)).map(Box::new)
    }

    /// Keeps the object as it is.
    pub(crate) fn unknown(mut self) -> Result<UnknownVariant, A::Error> {
        // Collecting would sort first, in code that programs would have to compile.
        let mut properties = Map::new();
        properties.extend(self.read);
        while let Some((name, value)) = self.rest.next_entry()? {
            properties.insert(name, value);
        }
        Ok(UnknownVariant::new(self.discriminator, properties))
    }
}

/// The entries of an object, of which the first have been read already.
///
/// An error about one of those comes when the reader is past it, so that it has to name its property itself.
struct Entries<A> {
    discriminator: &'static str,
    read: vec::IntoIter<(String, Value)>,
    next: Option<(String, Value)>,
    rest: A,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Entries<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        match self.read.next() {
            Some((name, value)) => {
                let (name, _) = self.next.insert((name, value));
                seed.deserialize(name.as_str().into_deserializer())
                    .map(Some)
            }
            None => self.rest.next_key_seed(seed),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        match self.next.take() {
            Some((name, value)) => seed.deserialize(value).map_err(|error| {
                let discriminator = self.discriminator;
                A::Error::custom(format!("{MARK}{discriminator}{MARK}{name}{MARK}{error}"))
            }),
            None => self.rest.next_value_seed(seed),
        }
    }
}

/// Makes an open union of a generated enum: the discriminator alone decides which variant an object is, and one
/// that the document does not list is kept as it is.
macro_rules! open_union {
    ($name:ident, $discriminator:literal { $($variant:ident($type:ty) = $($tag:literal)|+,)+ }) => {
        impl $name {
            /// The tags that the document lists.
            pub const KNOWN: &'static [&'static str] = &[$($($tag),+),+];

            /// Creates a variant from JSON; one that this client does not know is sent as it is.
            ///
            /// # Errors
            ///
            /// If the value is not an object, or not what its tag promises.
            // It would read all variants from a tree of JSON once more, compiled for programs that mostly never do.
            #[inline]
            pub fn from_json(
                value: ::serde_json::Value,
            ) -> ::std::result::Result<Self, ::serde_json::Error> {
                ::serde_json::from_value(value)
            }
        }

        $(
            impl ::std::convert::From<$type> for $name {
                #[inline]
                fn from(variant: $type) -> Self {
                    Self::$variant(::std::boxed::Box::new(variant))
                }
            }
        )+

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                match self {
                    $(Self::$variant(variant) => ::serde::Serialize::serialize(variant, serializer),)+
                    Self::Unknown(variant) => ::serde::Serialize::serialize(variant, serializer),
                }
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                struct Union;

                impl<'de> ::serde::de::Visitor<'de> for Union {
                    type Value = $name;

                    fn expecting(
                        &self,
                        f: &mut ::std::fmt::Formatter<'_>,
                    ) -> ::std::fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: ::serde::de::MapAccess<'de>>(
                        self,
                        map: A,
                    ) -> ::std::result::Result<$name, A::Error> {
                        let object = crate::open_union::Tagged::read($discriminator, map)?;
                        match object.tag.as_deref() {
                            $($(::std::option::Option::Some($tag))|+ => {
                                object.variant().map($name::$variant)
                            })+
                            _ => object.unknown().map($name::Unknown),
                        }
                    }
                }

                deserializer.deserialize_map(Union)
            }
        }

        #[cfg(feature = "schemars")]
        impl ::schemars::JsonSchema for $name {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                ::std::stringify!($name).into()
            }

            fn json_schema(generator: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                let mut variants = ::std::vec![$(generator.subschema_for::<$type>()),+];
                variants.push(::schemars::json_schema!({ "type": "object" }));
                ::schemars::json_schema!({
                    "type": "object",
                    "anyOf": variants
                })
            }
        }
    };
}
pub(crate) use open_union;
