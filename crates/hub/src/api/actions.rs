//! Signed actions on their way to the ledger, unchanged.

use crate::ask::{Document, Named, Unasked};
use crate::hub::Hub;
use crate::problem::Problem;
use crate::tickets;
use agon_types::{Action, ActionBody, ChallengeId, Signed, action};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// An action in its canonical encoding, in hexadecimal.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sent {
    action: String,
}

/// Reads an action; one of a later version is told from rubbish.
pub(crate) fn decode(text: &str) -> Result<Signed<Action>, Problem> {
    let malformed = |problem: String| {
        Problem::new("malformed_action", format!("not an encoded action in hexadecimal: {problem}"))
    };
    let bytes = hex::decode(text).map_err(|error| malformed(error.to_string()))?;
    Signed::<Action>::decode(&bytes).map_err(|error| match error {
        action::Error::Unknown(_) => Problem::new("unknown_action", error.to_string()),
        action::Error::Codec(error) => malformed(error.to_string()),
    })
}

/// Brings an action to its decision. What the ledger has already is no fault.
async fn decide(hub: &Hub, signed: Signed<Action>) -> Result<Json<Value>, Problem> {
    let verified = tickets::verify(hub, signed)?;
    match hub.submit(verified.into_signed()).await {
        Ok(height) => Ok(Json(json!({ "height": height }))),
        Err(problem) if problem.code() == "already_done" => Ok(Json(json!({ "already": true }))),
        Err(problem) => Err(problem),
    }
}

pub(crate) async fn post(
    State(hub): State<Arc<Hub>>,
    _: Unasked,
    Document(sent): Document<Sent>,
) -> Result<Json<Value>, Problem> {
    decide(&hub, decode(&sent.action)?).await
}

fn wrong(expected: &str) -> Problem {
    Problem::new("wrong_action", format!("this address takes only {expected}: send others to /v1/actions"))
}

pub(crate) async fn publish(
    State(hub): State<Arc<Hub>>,
    _: Unasked,
    Document(sent): Document<Sent>,
) -> Result<Json<Value>, Problem> {
    let signed = decode(&sent.action)?;
    match &signed.body.body {
        ActionBody::PublishChallenge(_) => decide(&hub, signed).await,
        _ => Err(wrong("the publication of a challenge")),
    }
}

pub(crate) async fn change(
    State(hub): State<Arc<Hub>>,
    Named(id): Named<ChallengeId>,
    _: Unasked,
    Document(sent): Document<Sent>,
) -> Result<Json<Value>, Problem> {
    let signed = decode(&sent.action)?;
    let about = match &signed.body.body {
        ActionBody::UpdateChallenge(manifest) => Some(&manifest.id),
        ActionBody::ShiftChallenge { challenge, .. } => Some(challenge),
        _ => None,
    };
    match about {
        Some(about) if *about == id => decide(&hub, signed).await,
        _ => Err(wrong(&format!("changes of {id}"))),
    }
}
