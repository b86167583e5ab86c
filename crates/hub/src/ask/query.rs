//! What a query says, key by key: whoever asks wrongly learns of every wrong key at once, and what was expected there.

use super::shown;
use crate::limits;
use crate::problem::{FieldError, Problem};
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// What a route takes from its query.
pub(crate) trait Asking: Sized {
    /// Every key that the route knows; none other is taken, so that no misspelt filter looks like an answer.
    const KEYS: &'static [&'static str];

    /// Reads the values. What is wrong with them is kept in `given`, and nothing that this returns is used then.
    fn read(given: &mut Given) -> Self;
}

/// The values of a query whose keys are known, and what is wrong with it.
#[derive(Debug)]
pub(crate) struct Given {
    pairs: Vec<(String, String)>,
    errors: Vec<FieldError>,
}

impl Given {
    fn new(pairs: Vec<(String, String)>, keys: &[&str]) -> Self {
        let mut given = Self { pairs: Vec::new(), errors: Vec::new() };
        for (key, value) in pairs {
            if !keys.contains(&key.as_str()) {
                given.wrong(&field(key), unknown(keys));
            } else if given.pairs.iter().any(|(known, _)| *known == key) {
                given.wrong(&key, "it is given twice: give it once".to_owned());
            } else {
                given.pairs.push((key, value));
            }
        }
        given
    }

    fn wrong(&mut self, field: &str, detail: String) {
        self.errors.push(FieldError { field: field.to_owned(), detail });
    }

    pub fn text(&mut self, key: &str) -> Option<String> {
        let at = self.pairs.iter().position(|(known, _)| known == key)?;
        Some(self.pairs.swap_remove(at).1)
    }

    /// A value that has to be such as is expected.
    pub fn value<T: FromStr>(&mut self, key: &str, expected: impl Display) -> Option<T> {
        let text = self.text(key)?;
        let value = text.parse().ok();
        if value.is_none() {
            self.wrong(key, format!("{} is not {expected}", shown(&text)));
        }
        value
    }

    /// A number within bounds.
    pub fn within<T>(&mut self, key: &str, range: RangeInclusive<T>) -> Option<T>
    where
        T: FromStr + PartialOrd + Display + Copy,
    {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        let value = self.value(key, &expected)?;
        if !range.contains(&value) {
            self.wrong(key, format!("{value} is not {expected}"));
        }
        Some(value)
    }

    /// Without this value there is no answer.
    pub fn needed<T: Default>(&mut self, key: &str, (value, expected): (Option<T>, &str)) -> T {
        if value.is_none() && self.errors.iter().all(|error| error.field != key) {
            self.wrong(key, format!("it is missing: give {expected}"));
        }
        value.unwrap_or_default()
    }
}

/// A field is named as it was sent, unless that is no name at all.
fn field(key: String) -> String {
    if key.len() <= limits::ECHO_BYTES_MAX { key } else { shown(&key) }
}

fn unknown(keys: &[&str]) -> String {
    match keys {
        [] => "this address takes no query".to_owned(),
        keys => format!("this address does not know it, but {}", keys.join(", ")),
    }
}

/// The query of a request.
#[derive(Debug)]
pub(crate) struct Asked<T>(pub T);

impl<T: Asking, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        // Any text is a list of pairs, so this cannot fail; were it to, it would be a fault of ours.
        let pairs = Query::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let Query(pairs) = pairs.map_err(Problem::internal)?;
        let mut given = Given::new(pairs, T::KEYS);
        let read = T::read(&mut given);
        match given.errors.is_empty() {
            true => Ok(Self(read)),
            false => Err(Problem::fields(given.errors)),
        }
    }
}

/// Of a route that takes nothing from its query.
#[derive(Debug)]
pub(crate) struct Nothing;

impl Asking for Nothing {
    const KEYS: &'static [&'static str] = &[];

    fn read(_: &mut Given) -> Self {
        Self
    }
}

pub(crate) type Unasked = Asked<Nothing>;
