//! What the API and the pages show, read from the state: the same numbers in both.

pub(crate) mod board;
pub(crate) mod challenge;
pub(crate) mod epoch;
pub(crate) mod keeping;
pub(crate) mod network;
pub(crate) mod report;
#[cfg(test)]
pub(crate) mod sample;
pub(crate) mod submission;
pub(crate) mod validator;
pub(crate) mod way;
pub(crate) mod words;

use serde::Serialize;

/// A list, with the cursor of what follows it.
#[derive(Debug, Serialize)]
pub(crate) struct List<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

impl<T> List<T> {
    /// A list that is whole.
    pub fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}
