//! Step 5: many reports become one score, or none. More than two thirds of the assigned weight decide, always.

use crate::draft::Draft;
use crate::state::{Agreed, Entrant, Job, Key, Submission, Verdict, View};
use crate::{job, limits, round};
use agon_types::event::Event;
use agon_types::manifest::Agreement;
use agon_types::report::{Failure, FailureReason, Measured};
use agon_types::{Epoch, JobId, Outcome, Power, Score};
use std::cmp::Reverse;
use std::collections::BTreeMap;

pub use crate::round::{jobs, open_rounds};

/// A revealed outcome with its weight.
pub(crate) type Heavy<'a> = (&'a Outcome, u64);

/// Decides what is still open; whatever has no quorum goes to all validators once, and is undecided then. (S5.5)
pub fn close_round(draft: &mut Draft<'_>, (epoch, round): (Epoch, u8)) -> bool {
    let mut again = false;
    for (id, job) in round::jobs(draft, epoch, round) {
        if job.verdict != Verdict::Open || agree(draft, id, &job) {
            continue;
        }
        if round == 0 {
            dispute(draft, id, &job);
            again = true;
        } else {
            undecide(draft, id, &job);
        }
    }
    again
}

fn dispute(draft: &mut Draft<'_>, id: JobId, job: &Job) {
    draft.put(Key::Job(id), Job { verdict: Verdict::Disputed, ..job.clone() });
    let assigned = draft.opened(id.epoch).map(job::everybody).unwrap_or_default();
    if let Some(manifest) = draft.manifest(job.challenge.clone(), job.version).cloned() {
        job::put(draft, JobId { round: 1, ..id }, (&manifest, assigned));
    }
    let (challenge, submission) = (job.challenge.clone(), id.submission);
    draft.tell(Event::ScoreDisputed { challenge, submission, epoch: id.epoch });
}

/// The former score stands; a newcomer without one is tried again, a few times. (S5.6)
fn undecide(draft: &mut Draft<'_>, id: JobId, job: &Job) {
    draft.put(Key::Job(id), Job { verdict: Verdict::Undecided, ..job.clone() });
    let (challenge, submission) = (job.challenge.clone(), id.submission);
    draft.tell(Event::SubmissionUndecided { challenge: challenge.clone(), submission, epoch: id.epoch });
    let Some(known) = draft.submission(submission).cloned() else { return };
    let attempts = known.attempts.saturating_add(1);
    let newcomer = known.last.is_none() && known.duplicate_of.is_none();
    if newcomer && attempts < limits::ATTEMPTS_MAX {
        draft.put(Key::Entrant(challenge, submission), Entrant(id.epoch));
    }
    draft.put(Key::Submission(submission), Submission { attempts, ..known });
}

/// Writes the score if a quorum gives one; false if there is none.
pub(crate) fn agree(draft: &mut Draft<'_>, id: JobId, job: &Job) -> bool {
    let manifest = draft.manifest(job.challenge.clone(), job.version);
    let Some(agreement) = manifest.map(|manifest| manifest.agreement.clone()) else { return false };
    let whole: u64 = job.assigned.iter().map(|(_, weight)| weight).sum();
    let found = {
        let reports = revealed(draft, id, job);
        match agreement {
            Agreement::Exact => exact(&reports, whole),
            Agreement::Median { outlier_bound } => median(&reports, whole, outlier_bound),
        }
    };
    let Some((outcome, weight, outliers)) = found else { return false };
    let score = total(&outcome);
    let height = draft.time().map_or(agon_types::Height(0), |now| now.height);
    tell(draft, id, (job, &outcome, score));
    let agreed = Agreed { score, outcome, weight, assigned_weight: whole, outliers, height };
    draft.put(Key::Score(job.challenge.clone(), job.version, id.epoch, id.submission), agreed);
    draft.put(Key::Job(id), Job { verdict: Verdict::Agreed, ..job.clone() });
    if let Some(known) = draft.submission(id.submission).cloned() {
        let last = known.last.max(Some((job.version, id.epoch)));
        draft.put(Key::Submission(id.submission), Submission { last, attempts: 0, ..known });
    }
    true
}

/// What was shown of a job, with its weight.
pub(crate) fn revealed<'d>(draft: &'d Draft<'_>, id: JobId, job: &Job) -> Vec<Heavy<'d>> {
    let shown = job.assigned.iter().filter_map(|(validator, weight)| {
        let outcome = draft.report(id, *validator)?;
        Some((outcome, *weight))
    });
    shown.collect()
}

fn tell(draft: &mut Draft<'_>, id: JobId, (job, outcome, score): (&Job, &Outcome, Score)) {
    let (challenge, submission, epoch) = (job.challenge.clone(), id.submission, id.epoch);
    draft.tell(match outcome {
        Outcome::Failed(failure) => {
            Event::SubmissionFailed { challenge, submission, epoch, reason: failure.reason }
        }
        Outcome::Scored(_) | Outcome::Weighed(_) => {
            Event::ScoreAgreed { challenge, submission, epoch, score }
        }
    });
}

/// The score of a submission: the mean of its benchmarks, rounded down; nothing for a failure. (S5.4)
pub fn total(outcome: &Outcome) -> Score {
    match outcome {
        Outcome::Failed(_) | Outcome::Weighed(_) => Score::ZERO,
        Outcome::Scored(measured) => {
            let sum: u64 = measured.iter().map(|measured| u64::from(measured.score.billionths())).sum();
            let mean = sum.checked_div(measured.len() as u64).unwrap_or(0);
            u32::try_from(mean).ok().and_then(Score::new).unwrap_or(Score::ZERO)
        }
    }
}

/// The outcome that more than two thirds of the assigned weight report to the last bit. (S5.1, S5.2)
pub(crate) fn exact(reports: &[Heavy<'_>], whole: u64) -> Option<(Outcome, u64, u32)> {
    let mut weights: BTreeMap<&Outcome, u64> = BTreeMap::new();
    for (outcome, weight) in reports {
        *weights.entry(outcome).or_default() += weight;
    }
    let (outcome, weight) =
        weights.into_iter().find(|(_, weight)| Power(*weight).is_quorum_of(Power(whole)))?;
    let outliers = reports.iter().filter(|(other, _)| *other != outcome).count();
    Some((outcome.clone(), weight, u32::try_from(outliers).unwrap_or(u32::MAX)))
}

/// The median of every benchmark by weight, once more than two thirds of the assigned weight has reported. Where
/// more than half of that says that the agent failed, it failed, for the reason with the most weight. (S5.1, S5.3)
fn median(reports: &[Heavy<'_>], whole: u64, bound: Score) -> Option<(Outcome, u64, u32)> {
    let reported: u64 = reports.iter().map(|(_, weight)| weight).sum();
    if !Power(reported).is_quorum_of(Power(whole)) {
        return None;
    }
    let mut failures: Vec<(&Failure, u64)> = Vec::new();
    let mut measured: Vec<(&Vec<Measured>, u64)> = Vec::new();
    for (outcome, weight) in reports {
        match outcome {
            Outcome::Failed(failure) => failures.push((failure, *weight)),
            Outcome::Scored(all) => measured.push((all, *weight)),
            // No report of a score is admitted with it.
            Outcome::Weighed(_) => {}
        }
    }
    let failed: u64 = failures.iter().map(|(_, weight)| weight).sum();
    if failed * 2 > reported || measured.is_empty() {
        let outliers = u32::try_from(measured.len()).unwrap_or(u32::MAX);
        return Some((Outcome::Failed(main_failure(&failures)?.clone()), reported, outliers));
    }
    let benchmarks = measured.first().map_or(0, |(all, _)| all.len());
    let middle: Vec<Measured> = (0..benchmarks)
        .filter_map(|index| {
            let scores = measured.iter().filter_map(|(all, weight)| Some((all.get(index)?, *weight)));
            middle_of(scores.collect())
        })
        .collect();
    let outcome = Outcome::Scored(middle);
    let score = total(&outcome).billionths();
    let is_far = |all: &Vec<Measured>| {
        total(&Outcome::Scored(all.clone())).billionths().abs_diff(score) > bound.billionths()
    };
    let far = measured.iter().filter(|(all, _)| is_far(all)).count();
    let outliers = far + reports.len() - measured.len();
    Some((outcome, reported, u32::try_from(outliers).unwrap_or(u32::MAX)))
}

/// The reason with the most weight, in the words with the most weight of those who name it. (S5.3)
fn main_failure<'a>(failures: &[(&'a Failure, u64)]) -> Option<&'a Failure> {
    let mut reasons: BTreeMap<FailureReason, u64> = BTreeMap::new();
    let mut words: BTreeMap<&Failure, u64> = BTreeMap::new();
    for (failure, weight) in failures {
        *reasons.entry(failure.reason).or_default() += weight;
        *words.entry(failure).or_default() += weight;
    }
    let rank = |(failure, weight): &(&'a Failure, u64)| {
        let reason = reasons.get(&failure.reason).copied().unwrap_or(0);
        (reason, Reverse(failure.reason), *weight, Reverse(*failure))
    };
    words.into_iter().max_by_key(rank).map(|(failure, _)| failure)
}

/// The lowest score such that at least half of the weight is at or below it.
fn middle_of(mut scores: Vec<(&Measured, u64)>) -> Option<Measured> {
    scores.sort_by_key(|(measured, _)| (measured.score, *measured));
    let whole: u64 = scores.iter().map(|(_, weight)| weight).sum();
    let mut below = 0u64;
    scores.into_iter().find_map(|(measured, weight)| {
        below += weight;
        (below * 2 >= whole).then(|| measured.clone())
    })
}
