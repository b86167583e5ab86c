//! The canonical encoding: borsh, decoded strictly (no trailing bytes, ordered maps, a stated maximum).

use borsh::{BorshDeserialize, BorshSerialize};

/// Why bytes are not a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("{size} bytes are more than the {max} that are allowed")]
    TooLarge { size: usize, max: usize },
    #[error("not a canonical encoding: {0}")]
    Malformed(String),
}

/// The one encoding of a value.
pub fn encode<T: BorshSerialize + ?Sized>(value: &T) -> Vec<u8> {
    borsh::to_vec(value).expect("writing to memory cannot fail")
}

/// Reads exactly one value of at most `max` bytes.
pub fn decode<T: BorshDeserialize>(bytes: &[u8], max: usize) -> Result<T, Error> {
    if bytes.len() > max {
        return Err(Error::TooLarge { size: bytes.len(), max });
    }
    T::try_from_slice(bytes).map_err(|error| Error::Malformed(error.to_string()))
}

/// Gives a newtype over a text-like value its serde form: the same text that people see.
macro_rules! serde_as_text {
    ($type:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use serde_as_text;
