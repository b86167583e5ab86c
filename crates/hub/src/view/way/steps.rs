//! The steps after the vault, each from what the state says of an epoch.

use super::{Outside, Step, StepState};
use crate::view::words;
use agon_protocol::State;
use agon_protocol::state::{Agreed, Job, Phase, Submission, Verdict, View};
use agon_types::{Epoch, JobId, Outcome};

pub(super) fn job(state: &State, epoch: Epoch, job: Option<(JobId, &Job)>) -> Step {
    let opened = state.opened(epoch);
    let detail = match job {
        Some((id, job)) if id.round > 0 => {
            format!("nobody could agree at first, so all {} validators were asked", job.assigned.len())
        }
        Some((_, job)) => format!("assigned to {} validators", job.assigned.len()),
        None => "done; its details have left the state".to_owned(),
    };
    Step::new("job", StepState::Done, detail)
        .at(opened.map(|opened| opened.time_ms), opened.map(|opened| opened.height))
        .in_epoch(epoch)
}

pub(super) fn report(state: &State, epoch: Epoch, job: Option<(JobId, &Job)>, agreed: bool) -> Step {
    let Some((id, job)) = job else {
        return Step::new("report", StepState::Done, "reports leave the state two epochs after their score")
            .in_epoch(epoch);
    };
    let count = |has: &dyn Fn(agon_types::Hotkey) -> bool| {
        job.assigned.iter().filter(|(hotkey, _)| has(*hotkey)).count()
    };
    let committed = count(&|hotkey| state.commit(id, hotkey).is_some());
    let revealed = count(&|hotkey| state.report(id, hotkey).is_some());
    let round = state.round(epoch, id.round);
    let detail = format!("{committed} of {} committed, {revealed} revealed", job.assigned.len());
    let ended = agreed || job.verdict != Verdict::Open;
    let step =
        Step::new("report", if ended { StepState::Done } else { StepState::Active }, detail).in_epoch(epoch);
    let step = step.at(round.map(|round| round.time_ms), round.map(|round| round.height));
    match round.map(|round| round.phase) {
        Some(phase @ (Phase::Commit | Phase::Reveal)) if !ended => step.because(words::phase(phase)),
        _ => step,
    }
}

pub(super) fn score(
    epoch: Epoch,
    job: Option<(JobId, &Job)>,
    agreed: Option<&Agreed>,
    outside: &Outside,
) -> Step {
    if let Some(agreed) = agreed {
        let (state, detail, reason) = match &agreed.outcome {
            Outcome::Scored(_) | Outcome::Weighed(_) => (StepState::Done, agreed.score.to_string(), None),
            Outcome::Failed(failure) => {
                (StepState::Failed, words::failure(failure.reason).to_owned(), Some(failure.reason.code()))
            }
        };
        let step =
            Step::new("score", state, detail).at(outside.scored_at, Some(agreed.height)).in_epoch(epoch);
        return Step { reason, ..step };
    }
    match job.map(|(_, job)| job.verdict) {
        Some(Verdict::Undecided) => {
            let detail =
                "validators with more than two thirds of the weight did not agree; a former score stands";
            Step::new("score", StepState::Failed, detail).because("undecided").in_epoch(epoch)
        }
        _ => Step::new("score", StepState::Waiting, "needs more than two thirds of the assigned weight")
            .in_epoch(epoch),
    }
}

pub(super) fn weights(state: &State, known: &Submission, epoch: Epoch) -> Step {
    let Some(seal) = state.seal(epoch) else {
        return Step::new(
            "weights",
            StepState::Waiting,
            format!("epoch {epoch} is sealed once all its jobs have ended"),
        )
        .in_epoch(epoch);
    };
    let hotkey = known.announcement.hotkey;
    let units = seal.weights.iter().find(|weight| weight.hotkey == hotkey).map_or(0, |weight| weight.units);
    let detail = format!("{} of the emission to its miner, over all challenges", words::percent(units));
    Step::new("weights", StepState::Done, detail).in_epoch(epoch)
}

pub(super) fn chain(state: &State, epoch: Epoch, outside: &Outside) -> Step {
    let step = match (outside.weights_block, state.seal(epoch)) {
        (Some(block), _) => {
            Step::new("chain", StepState::Done, format!("the weights stand in chain block {block}"))
        }
        (None, Some(_)) => Step::new("chain", StepState::Active, "validators set the sealed weights"),
        (None, None) => Step::new("chain", StepState::Waiting, ""),
    };
    step.in_epoch(epoch)
}
