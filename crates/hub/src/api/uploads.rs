//! The way in: announce what will come, upload it, say that it is complete.

use super::actions;
use crate::ask::{Named, SignedBy, Unasked, shown};
use crate::hub::Hub;
use crate::problem::{FieldError, Problem};
use crate::tickets::{self, Progress, Standing, Upload};
use crate::view::submission as view;
use agon_types::{Action, ActionBody, Announcement, Signed, SubmissionId, codec};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt::Display;
use std::sync::Arc;

/// What a miner says in plain words, beside the announcement that it has signed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sent {
    challenge: String,
    version: u32,
    kind: String,
    sha256: String,
    size_bytes: u64,
    announcement: String,
}

impl Sent {
    /// Reads the announcement, and checks that the plain fields say the same.
    fn open(&self) -> Result<(Signed<Action>, Announcement), Problem> {
        let signed = actions::decode(&self.announcement)?;
        let ActionBody::Announce(stated) = &signed.body.body else {
            return Err(Problem::field(
                "announcement",
                "this action announces nothing: sign an announcement",
            ));
        };
        let kind = serde_json::to_value(stated.kind).map_err(Problem::internal)?;
        let kind = kind.as_str().unwrap_or_default();
        let mut errors = Vec::new();
        let mut compare = |field: &str, said: &dyn Display, signed: &dyn Display| {
            let (said, signed) = (said.to_string(), signed.to_string());
            if said != signed {
                let detail = format!("{} is not what was signed: {signed}", shown(&said));
                errors.push(FieldError { field: field.to_owned(), detail });
            }
        };
        compare("challenge", &self.challenge, &stated.challenge);
        compare("version", &self.version, &stated.version);
        compare("kind", &self.kind, &kind);
        compare("sha256", &self.sha256.to_ascii_lowercase(), &stated.artifact);
        compare("size_bytes", &self.size_bytes, &stated.size_bytes);
        if !errors.is_empty() {
            return Err(Problem::fields(errors));
        }
        let stated = stated.clone();
        Ok((signed, stated))
    }
}

/// Where an announced submission stands.
fn announced(hub: &Hub, id: SubmissionId) -> Json<Value> {
    let line = hub.read(|state| {
        use agon_protocol::state::View;
        state.submission(id).map(|known| view::line(state, id, known))
    });
    let (status, height) = line.map_or(("announced", None), |line| (line.status, line.height));
    Json(json!({ "id": id, "status": status, "height": height }))
}

pub(crate) async fn post(State(hub): State<Arc<Hub>>, by: SignedBy) -> Result<Response, Problem> {
    let (signed, stated) = by.document::<Sent>()?.open()?;
    by.must_be(stated.hotkey)?;
    let verified = tickets::verify(&hub, signed)?;
    let id = stated.submission(&hub.parts.node.genesis().network);
    match tickets::standing(&hub, id, &stated) {
        Standing::Announced => return Ok(announced(&hub, id).into_response()),
        Standing::Taken => return Err(agon_protocol::Reason::VersionTaken { submission: id }.into()),
        Standing::Unknown => {}
    }
    tickets::check(&hub, &verified, &stated)?;
    let encoded = codec::encode(verified.signed());
    let (ticket, new) = tickets::give(&hub, (id, &stated), encoded).await?;
    let status = view::ticket_status(&ticket, hub.now());
    let answer = json!({ "id": id, "status": status, "upload": Upload::of(&hub, &ticket) });
    let code = if new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((code, Json(answer)).into_response())
}

pub(crate) async fn put(
    State(hub): State<Arc<Hub>>,
    Named(token): Named<String>,
    _: Unasked,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let ticket = tickets::upload(&hub, token, body).await?;
    Ok(Json(json!({ "id": ticket.submission, "status": view::ticket_status(&ticket, hub.now()) })))
}

pub(crate) async fn complete(
    State(hub): State<Arc<Hub>>,
    Named(id): Named<SubmissionId>,
    by: SignedBy,
) -> Result<Response, Problem> {
    use agon_protocol::state::View;
    if let Some(owner) = hub.read(|state| state.submission(id).map(|known| known.announcement.hotkey)) {
        by.must_be(owner)?;
        return Ok(announced(&hub, id).into_response());
    }
    let unknown =
        || Problem::new("unknown_ticket", format!("there is no ticket for {id}: announce it first"));
    let ticket = hub.parts.records.ticket(id).await.map_err(Problem::internal)?.ok_or_else(unknown)?;
    let (_, stated) = view::announcement(&ticket).ok_or_else(unknown)?;
    by.must_be(stated.hotkey)?;
    match view::ticket_status(&ticket, hub.now()) {
        "expired" => {
            return Err(Problem::new("ticket_expired", "nothing was uploaded in time: submit again"));
        }
        "awaiting_upload" => return Err(Problem::new("awaiting_upload", "the artifact is not uploaded yet")),
        _ => {}
    }
    match tickets::announce(&hub, &ticket).await? {
        Progress::Announced => Ok(announced(&hub, id).into_response()),
        Progress::AwaitingCommitment => {
            let answer = Json(json!({ "id": id, "status": "awaiting_commitment" }));
            Ok((StatusCode::ACCEPTED, [(header::RETRY_AFTER, "1")], answer).into_response())
        }
    }
}
