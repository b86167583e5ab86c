//! A submission as it is listed, and as its own page shows it.

use super::way::{self, Outside, Step};
use super::{List, words};
use crate::time::rfc3339;
use agon_port::records::Ticket;
use agon_protocol::state::{Key, Submission, Value, View};
use agon_protocol::{State, board, submission};
use agon_types::manifest::AgentKind;
use agon_types::report::Measured;
use agon_types::{
    Action, ActionBody, Announcement, ChainBlock, ChallengeId, Digest, Epoch, FailureReason, Height, Hotkey,
    Outcome, Score, Signed, SubmissionId, TimeMs,
};
use serde::Serialize;

/// A submission in a list.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Line {
    pub id: SubmissionId,
    pub challenge: ChallengeId,
    pub version: u32,
    pub hotkey: Hotkey,
    pub label: String,
    pub kind: AgentKind,
    pub status: &'static str,
    /// The last agreed score, and the epoch whose seed it is under.
    pub score: Option<Score>,
    pub score_epoch: Option<Epoch>,
    /// Why the agent failed, as a code and in words.
    pub reason: Option<&'static str>,
    pub explanation: Option<&'static str>,
    /// Named once the submission is announced, not before.
    pub artifact: Option<Digest>,
    pub announced_at: Option<String>,
    pub height: Option<Height>,
    pub announced_epoch: Option<Epoch>,
}

impl Line {
    /// What people call the agent.
    pub fn name(&self) -> String {
        if self.label.trim().is_empty() { self.id.short() } else { self.label.clone() }
    }
}

/// A submission with all that is known of it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Whole {
    #[serde(flatten)]
    pub line: Line,
    pub size_bytes: u64,
    /// The chain's block that has the commitment.
    pub committed_at: Option<ChainBlock>,
    pub duplicate_of: Option<SubmissionId>,
    pub barred: bool,
    /// A sentence about the reason, by the challenge.
    pub detail: Option<String>,
    pub benchmarks: Vec<Measured>,
    pub agreement: Option<Agreement>,
    pub steps: Vec<Step>,
}

/// How much weight stands behind a score.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Agreement {
    pub challenge_version: u32,
    pub weight: String,
    pub assigned_weight: String,
    pub outliers: u32,
}

/// What a list is narrowed to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Narrow {
    pub challenge: Option<ChallengeId>,
    pub hotkey: Option<Hotkey>,
    pub status: Option<String>,
}

/// Where a page of a list begins: after this height and id, newest first.
pub(crate) type After = (Height, SubmissionId);

pub(crate) fn line(state: &State, id: SubmissionId, known: &Submission) -> Line {
    let agreed = board::last_agreed(state, known, id);
    let stated = &known.announcement;
    let reason = agreed.and_then(|agreed| match &agreed.outcome {
        Outcome::Failed(failure) => Some(failure.reason),
        Outcome::Scored(_) | Outcome::Weighed(_) => None,
    });
    Line {
        id,
        challenge: stated.challenge.clone(),
        version: stated.version,
        hotkey: stated.hotkey,
        label: stated.label.clone(),
        kind: stated.kind,
        status: submission::status(state, id).map_or("announced", submission::Status::code),
        score: agreed.map(|agreed| agreed.score),
        score_epoch: known.last.map(|(_, epoch)| epoch),
        reason: reason.map(FailureReason::code),
        explanation: reason.map(words::failure),
        artifact: Some(stated.artifact),
        announced_at: Some(rfc3339(known.time_ms)),
        height: Some(known.height),
        announced_epoch: Some(known.epoch),
    }
}

/// Every announced submission, in the order of its id.
pub(crate) fn all(state: &State) -> impl Iterator<Item = (SubmissionId, &Submission)> {
    let edge = |byte| Key::Submission(SubmissionId(Digest([byte; 32])));
    state.range(&edge(0), &edge(0xff)).into_iter().filter_map(|(key, value)| match (key, value) {
        (Key::Submission(id), Value::Submission(known)) => Some((*id, &**known)),
        _ => None,
    })
}

/// A page of announced submissions, newest first.
pub(crate) fn list(state: &State, narrow: &Narrow, (after, limit): (Option<After>, usize)) -> List<Line> {
    let wanted = |known: &Submission| {
        let stated = &known.announcement;
        narrow.challenge.as_ref().is_none_or(|challenge| stated.challenge == *challenge)
            && narrow.hotkey.is_none_or(|hotkey| stated.hotkey == hotkey)
    };
    // Newest first, and of one height the larger id first: an order that nothing announced later changes.
    let mut found: Vec<(After, &Submission)> = all(state)
        .filter(|(_, known)| wanted(known))
        .map(|(id, known)| ((known.height, id), known))
        .filter(|(place, _)| after.is_none_or(|after| *place < after))
        .collect();
    found.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
    let mut items: Vec<Line> = Vec::new();
    for ((_, id), known) in found {
        let line = line(state, id, known);
        if narrow.status.as_deref().is_some_and(|status| status != line.status) {
            continue;
        }
        if items.len() == limit {
            let last = items.last().and_then(|last| Some((last.height?, last.id)));
            return List { items, next: last.map(cursor) };
        }
        items.push(line);
    }
    List::whole(items)
}

/// The text of a place in a list, which says nothing to anyone else.
fn cursor((height, id): After) -> String {
    format!("{:016x}{id}", height.0)
}

/// Reads a cursor back.
pub(crate) fn place(cursor: &str) -> Option<After> {
    let (height, id) = cursor.split_at_checked(16)?;
    Some((Height(u64::from_str_radix(height, 16).ok()?), id.parse().ok()?))
}

/// An announced submission, whole.
pub(crate) fn whole(state: &State, id: SubmissionId, outside: &Outside) -> Option<Whole> {
    let known = state.submission(id)?;
    let agreed = board::last_agreed(state, known, id);
    let (detail, benchmarks) = match agreed.map(|agreed| &agreed.outcome) {
        Some(Outcome::Failed(failure)) => (Some(failure.detail.clone()), Vec::new()),
        Some(Outcome::Scored(measured)) => (None, measured.clone()),
        Some(Outcome::Weighed(_)) | None => (None, Vec::new()),
    };
    let agreement = agreed.zip(known.last).map(|(agreed, (challenge_version, _))| Agreement {
        challenge_version,
        weight: agreed.weight.to_string(),
        assigned_weight: agreed.assigned_weight.to_string(),
        outliers: agreed.outliers,
    });
    Some(Whole {
        line: line(state, id, known),
        size_bytes: known.announcement.size_bytes,
        committed_at: Some(known.committed_at),
        duplicate_of: known.duplicate_of,
        barred: known.barred,
        detail,
        benchmarks,
        agreement,
        steps: way::of_submission(state, (id, known), outside),
    })
}

/// The announcement that a ticket is for.
pub(crate) fn announcement(ticket: &Ticket) -> Option<(Signed<Action>, Announcement)> {
    let signed = Signed::<Action>::decode(&ticket.announcement).ok()?;
    let ActionBody::Announce(stated) = &signed.body.body else { return None };
    let stated = stated.clone();
    Some((signed, stated))
}

/// What a ticket waits for.
pub(crate) fn ticket_status(ticket: &Ticket, now: TimeMs) -> &'static str {
    match ticket.uploaded_at {
        Some(_) => "awaiting_commitment",
        None if ticket.expires_at <= now => "expired",
        None => "awaiting_upload",
    }
}

/// A submission that has only a ticket yet. Its artifact stays unnamed: the commitment may not be on the chain.
pub(crate) fn of_ticket(ticket: &Ticket, now: TimeMs) -> Option<Whole> {
    let (_, stated) = announcement(ticket)?;
    let line = Line {
        id: ticket.submission,
        challenge: stated.challenge,
        version: stated.version,
        hotkey: stated.hotkey,
        label: stated.label,
        kind: stated.kind,
        status: ticket_status(ticket, now),
        score: None,
        score_epoch: None,
        reason: None,
        explanation: None,
        artifact: None,
        announced_at: None,
        height: None,
        announced_epoch: None,
    };
    Some(Whole {
        line,
        size_bytes: ticket.size_bytes,
        committed_at: None,
        duplicate_of: None,
        barred: false,
        detail: None,
        benchmarks: Vec::new(),
        agreement: None,
        steps: way::of_ticket(ticket, now),
    })
}
