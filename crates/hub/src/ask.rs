//! What comes in with a request: bodies within their limit, signed or not, queries without unknown keys, names in paths.

use crate::limits;
use crate::problem::Problem;
use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

mod name;
mod query;
mod signed;

pub(crate) use name::{Name, Named};
pub(crate) use query::{Asked, Asking, Given, Unasked};
pub(crate) use signed::{SignedBy, SignedByOwner};

/// How much may come, and within what time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    pub bytes_max: usize,
    pub ms_max: u64,
}

/// Reads a whole body, piece by piece; `each` sees every piece as it comes.
pub(crate) async fn read(
    mut body: Body,
    bound: Bound,
    mut each: impl FnMut(&[u8]),
) -> Result<Vec<u8>, Problem> {
    let too_large = || Problem::new("too_large", format!("the body has more than {} bytes", bound.bytes_max));
    if body.size_hint().lower() > bound.bytes_max as u64 {
        return Err(too_large());
    }
    let collect = async {
        let mut bytes: Vec<u8> = Vec::new();
        while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            let frame = frame.map_err(|_| Problem::new("bad_body", "the body broke off: send it again"))?;
            let Ok(piece) = frame.into_data() else { continue };
            let piece: Bytes = piece;
            if bytes.len() + piece.len() > bound.bytes_max {
                return Err(too_large());
            }
            each(&piece);
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    };
    let late = |_| Problem::new("too_slow", format!("the body took longer than {} ms", bound.ms_max));
    tokio::time::timeout(Duration::from_millis(bound.ms_max), collect).await.map_err(late)?
}

/// A JSON document.
#[derive(Debug)]
pub(crate) struct Document<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Document<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        is_json(request.headers())?;
        let bound = Bound { bytes_max: limits::DOCUMENT_BYTES_MAX, ms_max: limits::DOCUMENT_MS_MAX };
        parse(&read(request.into_body(), bound, |_| ()).await?).map(Self)
    }
}

fn is_json(headers: &HeaderMap) -> Result<(), Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).map(str::trim);
    if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case("application/json")) {
        return Err(Problem::new("unsupported_media_type", "send `content-type: application/json`"));
    }
    Ok(())
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| match error.is_data() {
        true => Problem::field("body", error.to_string()),
        false => Problem::new("malformed_json", error.to_string()),
    })
}

/// What came from outside, to be repeated in an answer; what is long is only counted.
pub(crate) fn shown(text: &str) -> String {
    match text.len() <= limits::ECHO_BYTES_MAX {
        true => format!("{text:?}"),
        false => format!("a text of {} bytes", text.len()),
    }
}
