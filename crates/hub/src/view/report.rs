//! What each assigned validator found of a submission, as long as the state has it.

use super::words;
use agon_protocol::State;
use agon_protocol::state::{Job, Verdict, View};
use agon_protocol::{limits, score};
use agon_types::{Digest, Epoch, Hotkey, JobId, Outcome, Score, SubmissionId};
use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    pub job: JobId,
    pub epoch: Epoch,
    pub round: u8,
    pub verdict: &'static str,
    /// Whether its weight's owner has hidden a report, shown it, or neither.
    pub state: &'static str,
    pub validator: Hotkey,
    pub weight: String,
    pub commit: Option<Digest>,
    pub score: Option<Score>,
    pub reason: Option<&'static str>,
    pub explanation: Option<&'static str>,
    pub outcome: Option<Outcome>,
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Open => "open",
        Verdict::Agreed => "agreed",
        Verdict::Disputed => "disputed",
        Verdict::Undecided => "undecided",
    }
}

/// Newest epoch first; none if there is no such submission.
pub(crate) fn all(state: &State, submission: SubmissionId) -> Option<Vec<Report>> {
    state.submission(submission)?;
    let epoch = state.now()?.epoch.0;
    let epochs = (epoch.saturating_sub(limits::REPORTS_KEPT_EPOCHS)..=epoch).rev();
    let ids = epochs.flat_map(|epoch| [1, 0].map(|round| JobId { epoch: Epoch(epoch), round, submission }));
    let jobs = ids.filter_map(|id| Some((id, state.job(id)?)));
    Some(
        jobs.flat_map(|(id, job)| job.assigned.iter().map(move |seat| of(state, (id, job), *seat))).collect(),
    )
}

fn of(state: &State, (id, job): (JobId, &Job), (validator, weight): (Hotkey, u64)) -> Report {
    let commit = state.commit(id, validator).map(|commit| commit.0);
    let outcome = state.report(id, validator).cloned();
    let failure = match &outcome {
        Some(Outcome::Failed(failure)) => Some(failure.reason),
        _ => None,
    };
    Report {
        job: id,
        epoch: id.epoch,
        round: id.round,
        verdict: verdict(job.verdict),
        state: match (&outcome, commit) {
            (Some(_), _) => "revealed",
            (None, Some(_)) => "committed",
            (None, None) => "waiting",
        },
        validator,
        weight: weight.to_string(),
        commit,
        score: outcome.as_ref().map(score::total),
        reason: failure.map(agon_types::FailureReason::code),
        explanation: failure.map(words::failure),
        outcome,
    }
}
