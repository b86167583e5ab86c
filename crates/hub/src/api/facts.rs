//! What is simply read: the network, challenges, boards, candidates, validators, numbers, health.

use crate::ask::{Named, Unasked};
use crate::hub::Hub;
use crate::problem::Problem;
use crate::view::{List, board, challenge, network, validator};
use crate::{metrics, openapi};
use agon_protocol::Reason;
use agon_types::{ChallengeId, Hotkey};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde_json::{Value, json};
use std::sync::Arc;

type Held = State<Arc<Hub>>;

/// What the pages and the network document say beyond the state.
pub(crate) fn setting(hub: &Hub) -> network::Setting {
    network::Setting { genesis_digest: hub.parts.node.genesis_digest(), development: hub.parts.development }
}

fn no_genesis() -> Problem {
    Reason::NoGenesis.into()
}

pub(crate) async fn healthz(_: Unasked) -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// Ready is who can read its records and does not stop.
pub(crate) async fn readyz(State(hub): Held, _: Unasked) -> Result<Json<Value>, Problem> {
    if hub.stop.is_cancelled() {
        return Err(Problem::new("unavailable", "the hub is stopping"));
    }
    let unreadable = |error: agon_port::records::Error| Problem::new("unavailable", error.to_string());
    hub.parts.records.last_event().await.map_err(unreadable)?;
    let height = *hub.parts.node.tip().borrow();
    Ok(Json(json!({ "status": "ready", "height": height })))
}

pub(crate) async fn metrics(State(hub): Held, _: Unasked) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, metrics::KIND)], metrics::text(&hub))
}

/// This interface as programs read it.
pub(crate) async fn description(_: Unasked) -> Json<Value> {
    Json(openapi::document())
}

pub(crate) async fn network(State(hub): Held, _: Unasked) -> Result<Json<network::Network>, Problem> {
    let setting = setting(&hub);
    hub.read(|state| network::of(state, setting)).map(Json).ok_or_else(no_genesis)
}

pub(crate) async fn stats(State(hub): Held, _: Unasked) -> Result<Json<network::Stats>, Problem> {
    hub.read(network::stats).map(Json).ok_or_else(no_genesis)
}

pub(crate) async fn challenges(State(hub): Held, _: Unasked) -> Json<List<challenge::Line>> {
    Json(List::whole(hub.read(challenge::all)))
}

pub(crate) async fn challenge(
    State(hub): Held,
    Named(id): Named<ChallengeId>,
    _: Unasked,
) -> Result<Json<challenge::Whole>, Problem> {
    let found = hub.read(|state| challenge::one(state, &id));
    found.map(Json).ok_or_else(|| Reason::UnknownChallenge { challenge: id }.into())
}

pub(crate) async fn board(
    State(hub): Held,
    Named(id): Named<ChallengeId>,
    _: Unasked,
) -> Result<Json<board::Board>, Problem> {
    let found = hub.read(|state| board::of(state, &id));
    found.map(Json).ok_or_else(|| Reason::UnknownChallenge { challenge: id }.into())
}

pub(crate) async fn candidates(State(hub): Held, _: Unasked) -> Json<List<board::Candidate>> {
    Json(List::whole(hub.read(board::candidates)))
}

pub(crate) async fn validators(State(hub): Held, _: Unasked) -> Json<List<validator::Validator>> {
    Json(List::whole(hub.read(validator::all)))
}

pub(crate) async fn validator(
    State(hub): Held,
    Named(hotkey): Named<Hotkey>,
    _: Unasked,
) -> Result<Json<validator::Validator>, Problem> {
    let unknown = || Problem::new("unknown_validator", format!("{hotkey} has registered no session key"));
    hub.read(|state| validator::one(state, hotkey)).map(Json).ok_or_else(unknown)
}
