//! What a challenge keeps: its state, page by page, and how far a hotkey has posted to it.

use crate::ask::{Asked, Asking, Given, Named, Unasked};
use crate::hub::Hub;
use crate::limits;
use crate::problem::Problem;
use crate::view::keeping::{self as view, Poster, Slots};
use agon_protocol::Reason;
use agon_types::{ChallengeId, Hotkey};
use axum::Json;
use axum::extract::State;
use std::sync::Arc;

#[derive(Debug)]
pub(crate) struct Query {
    limit: Option<usize>,
    cursor: Option<String>,
}

impl Asking for Query {
    const KEYS: &'static [&'static str] = &["limit", "cursor"];

    fn read(given: &mut Given) -> Self {
        Self { limit: given.within("limit", 1..=limits::PAGE_MAX), cursor: given.text("cursor") }
    }
}

pub(crate) async fn slots(
    State(hub): State<Arc<Hub>>,
    Named(id): Named<ChallengeId>,
    Asked(query): Asked<Query>,
) -> Result<Json<Slots>, Problem> {
    let bad_cursor = || Problem::field("cursor", "use `next` of the page before, unchanged");
    let after =
        query.cursor.as_deref().map(|cursor| view::place(cursor).ok_or_else(bad_cursor)).transpose()?;
    let page = (after.as_deref().unwrap_or_default(), query.limit.unwrap_or(limits::PAGE_DEFAULT));
    let found = hub.read(|state| view::slots(state, &id, page));
    found.map(Json).ok_or_else(|| Reason::UnknownChallenge { challenge: id }.into())
}

pub(crate) async fn poster(
    State(hub): State<Arc<Hub>>,
    Named((id, hotkey)): Named<(ChallengeId, Hotkey)>,
    _: Unasked,
) -> Result<Json<Poster>, Problem> {
    let found = hub.read(|state| view::poster(state, &id, hotkey));
    found.map(Json).ok_or_else(|| Reason::UnknownChallenge { challenge: id }.into())
}
