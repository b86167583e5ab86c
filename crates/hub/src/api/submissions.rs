//! Submissions: the list, one with every step of its way, and the reports on it.

use crate::ask::{Asked, Asking, Given, Name as _, Named, Unasked, shown};
use crate::hub::Hub;
use crate::limits;
use crate::problem::Problem;
use crate::view::submission::{self as view, Line, Narrow, Whole};
use crate::view::way::{self, Outside};
use crate::view::{List, report, words};
use agon_protocol::Reason;
use agon_protocol::state::View;
use agon_types::{ChallengeId, Hotkey, SubmissionId};
use axum::Json;
use axum::extract::State;
use std::sync::Arc;

#[derive(Debug)]
pub(crate) struct Query {
    challenge: Option<ChallengeId>,
    hotkey: Option<Hotkey>,
    status: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

impl Asking for Query {
    const KEYS: &'static [&'static str] = &["challenge", "hotkey", "status", "limit", "cursor"];

    fn read(given: &mut Given) -> Self {
        Self {
            challenge: given.value("challenge", ChallengeId::EXPECTED),
            hotkey: given.value("hotkey", Hotkey::EXPECTED),
            status: given.text("status"),
            limit: given.within("limit", 1..=limits::PAGE_MAX),
            cursor: given.text("cursor"),
        }
    }
}

pub(crate) async fn list(
    State(hub): State<Arc<Hub>>,
    Asked(query): Asked<Query>,
) -> Result<Json<List<Line>>, Problem> {
    let limit = query.limit.unwrap_or(limits::PAGE_DEFAULT);
    if let Some(status) = query.status.as_deref().filter(|status| !words::STATUSES.contains(status)) {
        let all = words::STATUSES.join(", ");
        return Err(Problem::field("status", format!("{} is none of {all}", shown(status))));
    }
    let bad_cursor = || Problem::field("cursor", "use `next` of the page before, unchanged");
    let after =
        query.cursor.as_deref().map(|cursor| view::place(cursor).ok_or_else(bad_cursor)).transpose()?;
    let unknown = |challenge: &ChallengeId| hub.read(|state| state.challenge(challenge.clone()).is_none());
    if let Some(challenge) = query.challenge.clone().filter(unknown) {
        return Err(Reason::UnknownChallenge { challenge }.into());
    }
    let narrow = Narrow { challenge: query.challenge, hotkey: query.hotkey, status: query.status };
    Ok(Json(hub.read(|state| view::list(state, &narrow, (after, limit)))))
}

/// A submission, announced or with a ticket.
pub(crate) async fn whole(hub: &Hub, id: SubmissionId) -> Result<Option<Whole>, Problem> {
    let facts = hub.read(|state| {
        let artifact = state.submission(id)?.announcement.artifact;
        let epoch = way::epoch_of(state, id);
        let height = epoch.and_then(|epoch| way::agreed_in(state, id, epoch)).map(|agreed| agreed.height);
        Some((artifact, epoch, height))
    });
    let Some((artifact, epoch, height)) = facts else {
        let ticket = hub.parts.records.ticket(id).await.map_err(Problem::internal)?;
        return Ok(ticket.and_then(|ticket| view::of_ticket(&ticket, hub.now())));
    };
    let outside = Outside {
        in_vault: hub.holds(artifact).await?,
        scored_at: match height {
            Some(height) => hub.time_of(height).await,
            None => None,
        },
        weights_block: match epoch {
            Some(epoch) => super::epochs::weights_block(hub, epoch).await?,
            None => None,
        },
    };
    Ok(hub.read(|state| view::whole(state, id, &outside)))
}

pub(crate) async fn one(
    State(hub): State<Arc<Hub>>,
    Named(id): Named<SubmissionId>,
    _: Unasked,
) -> Result<Json<Whole>, Problem> {
    whole(&hub, id).await?.map(Json).ok_or_else(|| Reason::UnknownSubmission { submission: id }.into())
}

pub(crate) async fn reports(
    State(hub): State<Arc<Hub>>,
    Named(id): Named<SubmissionId>,
    _: Unasked,
) -> Result<Json<List<report::Report>>, Problem> {
    let found = hub.read(|state| report::all(state, id));
    found.map(|all| Json(List::whole(all))).ok_or_else(|| Reason::UnknownSubmission { submission: id }.into())
}
