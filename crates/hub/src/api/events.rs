//! The live events over SSE: history from the records, then what happens, without gap or doubling.

use crate::ask::{Asked, Asking, Given, Name as _};
use crate::hub::Hub;
use crate::problem::Problem;
use crate::stream::{self, Filter};
use agon_types::ChallengeId;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

#[derive(Debug)]
pub(crate) struct Query {
    after: Option<u64>,
    types: Option<String>,
    challenge: Option<ChallengeId>,
}

impl Asking for Query {
    const KEYS: &'static [&'static str] = &["after", "types", "challenge"];

    fn read(given: &mut Given) -> Self {
        Self {
            after: given.value("after", "the number of an event: a whole number from 0 on"),
            types: given.text("types"),
            challenge: given.value("challenge", ChallengeId::EXPECTED),
        }
    }
}

/// A browser that comes back says where it was in a header; the address it asks is the old one.
fn resume(headers: &HeaderMap, query: &Query) -> Result<Option<u64>, Problem> {
    let Some(last) = headers.get("last-event-id") else { return Ok(query.after) };
    let number = last.to_str().ok().and_then(|text| text.trim().parse().ok());
    number.map(Some).ok_or_else(|| Problem::field("Last-Event-ID", "use the number of an event"))
}

pub(crate) async fn listen(
    State(hub): State<Arc<Hub>>,
    headers: HeaderMap,
    Asked(query): Asked<Query>,
) -> Result<Response, Problem> {
    let after = resume(&headers, &query)?;
    let types = query.types.as_deref().map(str::to_owned);
    let filter = Filter::new(types.as_deref(), query.challenge)?;
    let full = |_| Problem::new("too_many_streams", "too many listen already: try again in a minute");
    let permit = hub.streams.clone().try_acquire_owned().map_err(full)?;
    let frames = stream::listen(hub, (filter, after), permit).await.map_err(Problem::internal)?;
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // Some proxies hold answers back otherwise.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::from_stream(frames)).into_response())
}
