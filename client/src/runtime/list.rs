use std::slice;
use std::vec;

use bytes::Bytes;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::error::Error;
use super::raw_response::RawResponse;

/// A list of the API, whose items are decoded one by one: an item that this client does not understand is
/// one error, which names its path, and the others are there.
///
/// ```no_run
/// # async fn example(client: imagekit_client::Client) -> Result<(), imagekit_client::Error> {
/// for version in client.list_file_versions("598821f949c0a938d57563bd").send().await? {
///     match version {
///         Ok(version) => println!("{}", version.name),
///         Err(error) => eprintln!("{error}"),
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct List<T> {
    items: Vec<Result<T, Error>>,
}

impl<T> List<T> {
    /// Returns how many items the list has, those included that could not be decoded.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Returns `true` if the list has no items.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Returns the items one after the other.
    pub fn iter(&self) -> slice::Iter<'_, Result<T, Error>> {
        self.items.iter()
    }

    /// Returns all items, for callers that need every one of them.
    ///
    /// # Errors
    ///
    /// The error of the first item that could not be decoded.
    pub fn into_result(self) -> Result<Vec<T>, Error> {
        self.items.into_iter().collect()
    }
}

impl<T: DeserializeOwned> List<T> {
    pub(super) fn decode(response: &RawResponse) -> Result<Self, Error> {
        let body = &response.received.body;
        // Nearly always all items are well formed, and reading them twice would cost as much again.
        if let Ok(Straight(items)) = serde_json::from_slice(body) {
            return Ok(Self { items });
        }
        let items: Vec<&RawValue> = serde_json::from_slice(body)
            .map_err(|error| response.undecodable().at("$", body, &error))?;
        let undecodable = response.undecodable();
        let items = items.into_iter().enumerate().map(|(index, item)| {
            serde_json::from_str(item.get()).map_err(|error| {
                let item = Bytes::copy_from_slice(item.get().as_bytes());
                undecodable.at(&format!("$[{index}]"), &item, &error)
            })
        });
        Ok(Self {
            items: items.collect(),
        })
    }
}

impl<T> IntoIterator for List<T> {
    type Item = Result<T, Error>;
    type IntoIter = vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a List<T> {
    type Item = &'a Result<T, Error>;
    type IntoIter = slice::Iter<'a, Result<T, Error>>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

impl<T> From<Vec<Result<T, Error>>> for List<T> {
    fn from(items: Vec<Result<T, Error>>) -> Self {
        Self { items }
    }
}

/// Items that were all read without an error.
struct Straight<T>(Vec<Result<T, Error>>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Straight<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Items<T> {
            type Value = Straight<T>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                let mut read = Vec::new();
                while let Some(item) = items.next_element()? {
                    read.push(Ok(item));
                }
                Ok(Straight(read))
            }
        }

        deserializer.deserialize_seq(Items(std::marker::PhantomData))
    }
}
