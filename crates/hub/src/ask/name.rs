//! The names in a path.

use super::shown;
use crate::problem::Problem;
use agon_types::{ChallengeId, Digest, Hotkey, SubmissionId};
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use std::str::FromStr;

/// What a path can name.
pub(crate) trait Name: FromStr {
    /// What such a name looks like, for those who wrote another.
    const EXPECTED: &'static str;
}

impl Name for ChallengeId {
    const EXPECTED: &'static str =
        "the id of a challenge: 1 to 32 characters of a-z, 0-9 and '-', beginning with a letter";
}

impl Name for SubmissionId {
    const EXPECTED: &'static str = "the id of a submission: 64 hexadecimal characters";
}

impl Name for Digest {
    const EXPECTED: &'static str = "a digest: 64 hexadecimal characters";
}

impl Name for Hotkey {
    const EXPECTED: &'static str = "a hotkey: an SS58 address of 48 characters that begins with 5";
}

/// Of an epoch.
impl Name for u64 {
    const EXPECTED: &'static str = "the number of an epoch: a whole number from 0 on";
}

/// Of an upload. Every text can be one, and none is repeated: it would be a secret.
impl Name for String {
    const EXPECTED: &'static str = "the address of an upload, as the answer to an announcement has it";
}

/// The name in the path of a request. A name that cannot be one names nothing.
#[derive(Debug)]
pub(crate) struct Named<T>(pub T);

impl<T: Name, S: Send + Sync> FromRequestParts<S> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        let Path(text) = text.map_err(|_| wrong::<T>("what this path names"))?;
        text.parse().map(Self).map_err(|_| wrong::<T>(&shown(&text)))
    }
}

/// Two names, in the order of the path.
impl<T: Name, U: Name, S: Send + Sync> FromRequestParts<S> for Named<(T, U)> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let texts = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((first, second)) = texts.map_err(|_| wrong::<T>("what this path names"))?;
        let parsed = first.parse().map_err(|_| wrong::<T>(&shown(&first)))?;
        Ok(Self((parsed, second.parse().map_err(|_| wrong::<U>(&shown(&second)))?)))
    }
}

fn wrong<T: Name>(what: &str) -> Problem {
    Problem::new("not_found", format!("{what} is not {}", T::EXPECTED))
}
