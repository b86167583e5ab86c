//! The job that weighs an epoch: a challenge's own `weigh` makes points of the agreed scores, and changes its own
//! state. It is a job as others are, but that every validator has it and that reports must be equal.

use crate::draft::Draft;
use crate::state::{Job, Key, Verdict, View, Weighing};
use crate::{board, job, round, score, slots, standing};
use agon_types::event::Event;
use agon_types::manifest::WeightRule;
use agon_types::report::{Failure, FailureReason, Measured};
use agon_types::{
    ChallengeId, Epoch, Height, Hotkey, JobId, Manifest, Outcome, Score, SubmissionId, Weighed,
};

/// A submission with its agreed score, as `weigh` gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub submission: SubmissionId,
    pub hotkey: Hotkey,
    pub label: String,
    pub score: Score,
    /// Good enough in every benchmark, and not barred.
    pub eligible: bool,
    pub measured: Vec<Measured>,
}

/// Whether the epochs of a challenge are weighed: its own rule pays, or it has a state or an inbox. (S7.4)
fn is_due(manifest: &Manifest) -> bool {
    let reach = &manifest.capabilities;
    manifest.weight_rule == WeightRule::Weigh || reach.state_bytes_max > 0 || reach.posts_per_epoch > 0
}

/// Opens the jobs that weigh an epoch which is over, once; false if there are none, or none any more. (S7.4)
pub fn begin(draft: &mut Draft<'_>, epoch: Epoch) -> bool {
    let (Some(genesis), Some(opened)) = (draft.network(), draft.opened(epoch).cloned()) else { return false };
    if draft.round(epoch, JobId::WEIGH).is_some() {
        return false;
    }
    let mut any = false;
    for (challenge, version) in &opened.challenges {
        let manifest = draft.manifest(challenge.clone(), *version).cloned();
        let Some(manifest) = manifest.filter(is_due) else { continue };
        let submission = SubmissionId::weigh(&genesis.network, challenge);
        let id = JobId { epoch, round: JobId::WEIGH, submission };
        job::put(draft, id, (&manifest, job::everybody(&opened)));
        any = true;
    }
    if any {
        round::open(draft, (epoch, JobId::WEIGH));
    }
    any
}

/// What is weighed: every agreed score of the version and the epoch, the best first, without failures. What is decided
/// after the epoch's end changes nothing in it. (S7.5)
pub fn rows(view: &impl View, manifest: &Manifest, epoch: Epoch) -> Vec<Row> {
    let (challenge, version) = (&manifest.id, manifest.version);
    let spared = standing::paying(view, challenge, epoch).spared;
    let ranked = board::rows_of(view, challenge, ((version, epoch), &spared)).into_iter();
    let rows = ranked.filter_map(|row| {
        let agreed = view.agreed(challenge.clone(), version, epoch, row.submission)?;
        let Outcome::Scored(measured) = &agreed.outcome else { return None };
        Some(Row {
            submission: row.submission,
            hotkey: row.hotkey,
            label: view.submission(row.submission)?.announcement.label.clone(),
            score: row.score,
            eligible: row.eligible,
            measured: measured.clone(),
        })
    });
    rows.collect()
}

/// Whether a report about an epoch is one: points for submissions of the challenge, and changes only of a state that
/// there is. (S7.6)
pub(crate) fn fits(view: &impl View, manifest: &Manifest, outcome: &Outcome) -> bool {
    let ours = |id: SubmissionId| {
        view.submission(id).is_some_and(|known| known.announcement.challenge == manifest.id)
    };
    let sound = match outcome {
        Outcome::Scored(_) => false,
        Outcome::Failed(_) => true,
        Outcome::Weighed(weighed) => {
            (weighed.writes.is_empty() || manifest.capabilities.state_bytes_max > 0)
                && weighed.points.iter().all(|(id, _)| ours(*id))
        }
    };
    sound && outcome.is_bounded()
}

/// Decides what is still open; without a quorum all validators are asked once more, and then nobody is paid. (S7.6)
pub(crate) fn close_round(draft: &mut Draft<'_>, (epoch, number): (Epoch, u8)) -> bool {
    let mut again = false;
    for (id, known) in round::jobs(draft, epoch, number) {
        if known.verdict != Verdict::Open || agree(draft, id, &known) {
            continue;
        }
        if number == JobId::WEIGH {
            draft.put(Key::Job(id), Job { verdict: Verdict::Disputed, ..known.clone() });
            let next = JobId { round: number.saturating_add(1), ..id };
            draft.put(Key::Job(next), known);
            again = true;
        } else {
            draft.put(Key::Job(id), Job { verdict: Verdict::Undecided, ..known.clone() });
            let failure = Some("undecided: the validators did not agree in two rounds".to_owned());
            draft.tell(Event::ChallengeWeighed { challenge: known.challenge, epoch, failure });
        }
    }
    again
}

/// Writes what a quorum says to the last bit; false if there is none. (S7.6)
pub(crate) fn agree(draft: &mut Draft<'_>, id: JobId, known: &Job) -> bool {
    let assigned_weight: u64 = known.assigned.iter().map(|(_, weight)| weight).sum();
    let found = score::exact(&score::revealed(draft, id, known), assigned_weight);
    let Some((outcome, weight, _)) = found else { return false };
    let challenge = known.challenge.clone();
    let outcome = take(draft, known, outcome);
    let failure = match &outcome {
        Outcome::Failed(failure) => Some(format!("{}: {}", failure.reason.code(), failure.detail)),
        Outcome::Scored(_) | Outcome::Weighed(_) => None,
    };
    let height = draft.time().map_or(Height(0), |now| now.height);
    let weighing = Weighing { outcome, weight, assigned_weight, height };
    draft.put(Key::Weighed(id.epoch, challenge.clone()), weighing);
    draft.put(Key::Job(id), Job { verdict: Verdict::Agreed, ..known.clone() });
    draft.tell(Event::ChallengeWeighed { challenge, epoch: id.epoch, failure });
    true
}

/// Keeps the changes of the state; where they would exceed what is granted, all of the weighing fails. (S7.7)
fn take(draft: &mut Draft<'_>, known: &Job, outcome: Outcome) -> Outcome {
    let Outcome::Weighed(Weighed { writes, .. }) = &outcome else { return outcome };
    let manifest = draft.manifest(known.challenge.clone(), known.version);
    let bytes_max = manifest.map_or(0, |manifest| manifest.capabilities.state_bytes_max);
    match slots::keep(draft, &known.challenge, (writes, bytes_max)) {
        Ok(()) => outcome,
        Err(bytes) => {
            let detail = format!("the state would have {bytes} bytes, and {bytes_max} are granted");
            Outcome::Failed(Failure { reason: FailureReason::OutOfMemory, detail })
        }
    }
}

/// The points of an epoch by the challenge's own rule, as agreed; none if it was undecided or failed. (S6.13)
pub(crate) fn points(view: &impl View, challenge: &ChallengeId, epoch: Epoch) -> Vec<(SubmissionId, u64)> {
    match view.weighed(epoch, challenge.clone()).map(|weighing| &weighing.outcome) {
        Some(Outcome::Weighed(weighed)) => weighed.points.clone(),
        _ => Vec::new(),
    }
}
