//! Tickets: who may upload what, until when, and what becomes of an upload.

use crate::ask::{self, Bound};
use crate::hub::Hub;
use crate::problem::Problem;
use crate::view::submission::announcement;
use crate::{limits, time::rfc3339};
use agon_port::records::Ticket;
use agon_port::sandbox::Role;
use agon_port::vault;
use agon_protocol::state::View;
use agon_protocol::{Reason, submission};
use agon_types::digest::Hasher;
use agon_types::manifest::Capabilities;
use agon_types::{Action, Announcement, Digest, PublicKey, Signed, SubmissionId, Verified};
use axum::body::Body;
use serde::Serialize;
use std::sync::Arc;

/// Where the bytes go.
#[derive(Debug, Serialize)]
pub(crate) struct Upload {
    pub method: &'static str,
    pub url: String,
    pub headers: serde_json::Map<String, serde_json::Value>,
    pub expires_at: String,
}

impl Upload {
    pub fn of(hub: &Hub, ticket: &Ticket) -> Self {
        Self {
            method: "PUT",
            url: format!("{}/v1/uploads/{}", hub.parts.public_url.trim_end_matches('/'), ticket.token),
            headers: [("content-type".to_owned(), "application/octet-stream".into())].into_iter().collect(),
            expires_at: rfc3339(ticket.expires_at),
        }
    }
}

/// Where an announced submission is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Standing {
    Announced,
    /// The same version, and another artifact.
    Taken,
    Unknown,
}

pub(crate) fn standing(hub: &Hub, id: SubmissionId, stated: &Announcement) -> Standing {
    hub.read(|state| match state.submission(id) {
        Some(known) if known.announcement == *stated => Standing::Announced,
        Some(_) => Standing::Taken,
        None => Standing::Unknown,
    })
}

/// What the protocol says of an announcement before anything is on the chain, so that no byte travels in vain.
pub(crate) fn check(hub: &Hub, action: &Verified<Action>, stated: &Announcement) -> Result<(), Reason> {
    let expires = action.body().expires_at_height;
    if !action.is_signed_by(PublicKey::Hotkey(stated.hotkey)) {
        return Err(Reason::NotSignedBy { hotkey: stated.hotkey });
    }
    hub.read(|state| {
        let height = state.now().ok_or(Reason::NoGenesis)?.height;
        if height > expires {
            return Err(Reason::Expired { expired: expires, height });
        }
        let latest = height.plus(agon_types::limits::EXPIRY_HEIGHTS_MAX);
        if expires > latest {
            return Err(Reason::ExpiresTooLate { latest });
        }
        submission::check_rules(state, stated).map(|_| ())
    })
}

/// The ticket of an announcement: the one that stands, or a new one. The flag says whether it is new.
pub(crate) async fn give(
    hub: &Hub,
    (id, stated): (SubmissionId, &Announcement),
    encoded: Vec<u8>,
) -> Result<(Ticket, bool), Problem> {
    let (records, now) = (&hub.parts.records, hub.now());
    let former = records.ticket(id).await.map_err(Problem::internal)?;
    // Another artifact under the same version: its bytes are not those that were uploaded.
    let former = former.filter(|former| announcement(former).is_some_and(|(_, known)| known == *stated));
    if let Some(former) = &former {
        let lives = former.uploaded_at.is_some() || former.expires_at > now;
        if lives && former.announcement == encoded {
            return Ok((former.clone(), false));
        }
    }
    let lives = former.as_ref().filter(|former| former.expires_at > now);
    let ticket = Ticket {
        submission: id,
        announcement: encoded,
        artifact: stated.artifact,
        size_bytes: stated.size_bytes,
        token: lives.map_or_else(|| hub.secret::<32>(), |former| former.token.clone()),
        created_at: now,
        expires_at: lives.map_or(now.plus(limits::TICKET_MS), |former| former.expires_at),
        uploaded_at: former.as_ref().and_then(|former| former.uploaded_at),
    };
    // Records keep a ticket with an upload for ever, and this one is signed anew or for other bytes.
    records.remove_ticket(id).await.map_err(Problem::internal)?;
    let ticket = records.put_ticket(ticket).await.map_err(Problem::internal)?;
    Ok((ticket, former.is_none()))
}

/// Takes the bytes of a ticket: length and digest first, then whether they can run, and only then the vault.
pub(crate) async fn upload(hub: &Hub, token: String, body: Body) -> Result<Ticket, Problem> {
    let records = &hub.parts.records;
    let unknown = || Problem::new("unknown_ticket", "there is no ticket with this address: ask for one anew");
    let ticket = records.ticket_by_token(token).await.map_err(Problem::internal)?.ok_or_else(unknown)?;
    if ticket.uploaded_at.is_none() && ticket.expires_at <= hub.now() {
        return Err(Problem::new("ticket_expired", "the ticket has expired: submit again for a new one"));
    }
    let full = |_| Problem::new("too_many_uploads", "other uploads run now: try again in a few seconds");
    let _permit = hub.uploads.try_acquire().map_err(full)?;
    let bytes = receive(&ticket, body).await?;
    let bytes: Arc<[u8]> = bytes.into();
    hub.parts.sandbox.inspect(Role::Agent, bytes.clone(), &Capabilities::default()).await?;
    hub.parts.vault.put(ticket.artifact, &bytes).await.map_err(|error| match error {
        vault::Error::WrongDigest { .. } => Problem::new("wrong_digest", error.to_string()),
        vault::Error::TooLarge { .. } => Problem::new("too_large", error.to_string()),
        other => Problem::internal(other),
    })?;
    let now = hub.now();
    records.mark_uploaded(ticket.submission, now).await.map_err(Problem::internal)?;
    Ok(Ticket { uploaded_at: ticket.uploaded_at.or(Some(now)), ..ticket })
}

async fn receive(ticket: &Ticket, body: Body) -> Result<Vec<u8>, Problem> {
    let announced = ticket.size_bytes;
    let wrong_size = |got: String| {
        let detail = format!("{got} bytes came, and {announced} were announced: send exactly those");
        Problem::new("wrong_size", detail).unprocessable()
    };
    let bytes_max = usize::try_from(announced).map_err(|_| wrong_size("no".to_owned()))?;
    let mut hasher = Hasher::default();
    let bound = Bound { bytes_max, ms_max: limits::UPLOAD_MS_MAX };
    let bytes = ask::read(body, bound, |piece| hasher.update(piece)).await;
    let bytes = bytes.map_err(|problem| match problem.code() {
        "too_large" => wrong_size("more".to_owned()),
        _ => problem,
    })?;
    if bytes.len() as u64 != announced {
        return Err(wrong_size(bytes.len().to_string()));
    }
    let got: Digest = hasher.finish();
    if got != ticket.artifact {
        let detail = format!("the bytes have the digest {got}, and {} was announced", ticket.artifact);
        return Err(Problem::new("wrong_digest", detail));
    }
    Ok(bytes)
}

/// What became of an uploaded ticket.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Progress {
    /// The chain has no commitment to it that this ledger knows.
    AwaitingCommitment,
    Announced,
}

/// Announces what is uploaded, as soon as the chain has its commitment.
pub(crate) async fn announce(hub: &Hub, ticket: &Ticket) -> Result<Progress, Problem> {
    let damaged = || Problem::internal(format!("the ticket of {} has no announcement", ticket.submission));
    let (signed, stated) = announcement(ticket).ok_or_else(damaged)?;
    if let Standing::Unknown = standing(hub, ticket.submission, &stated) {
        let verified = verify(hub, signed)?;
        check(hub, &verified, &stated)?;
        if hub.read(|state| submission::open_commitment(state, &stated)).is_none() {
            return Ok(Progress::AwaitingCommitment);
        }
        match hub.submit(verified.into_signed()).await {
            Err(problem) if problem.code() == "already_done" => {}
            other => drop(other?),
        }
    }
    hub.parts.records.remove_ticket(ticket.submission).await.map_err(Problem::internal)?;
    Ok(Progress::Announced)
}

/// Checks the signatures of an action for this network.
pub(crate) fn verify(hub: &Hub, signed: Signed<Action>) -> Result<Verified<Action>, Problem> {
    let network = &hub.parts.node.genesis().network;
    signed.verify(network).map_err(|error| Problem::new("bad_signature", error.to_string()))
}

/// One round over the tickets: announces what was uploaded by a miner that did not stay, and forgets what is over.
pub(crate) async fn round(hub: &Hub) {
    let now = hub.now();
    let open = match hub.parts.records.open_tickets(now, limits::OPEN_TICKETS_MAX).await {
        Ok(open) => open,
        Err(error) => return tracing::error!("the tickets cannot be read: {error}"),
    };
    for ticket in open.iter().filter(|ticket| ticket.uploaded_at.is_some()) {
        if hub.stop.is_cancelled() {
            return;
        }
        if let Err(problem) = announce(hub, ticket).await {
            tracing::debug!(submission.id = %ticket.submission, code = problem.code(), "an upload is not announced");
        }
    }
    let before = agon_types::TimeMs(now.0.saturating_sub(limits::TICKET_KEPT_MS));
    if let Err(error) = hub.parts.records.remove_expired_tickets(before).await {
        tracing::error!("expired tickets cannot be removed: {error}");
    }
}
