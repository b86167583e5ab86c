//! Step 5: many reports become one score, or none. More than two thirds of the assigned weight decide, always.

use crate::draft::Draft;
use crate::state::{Agreed, Entrant, Job, Key, Opened, Phase, Round, Submission, Value, Verdict, View};
use crate::{job, limits, validator};
use agon_types::event::Event;
use agon_types::genesis::Window;
use agon_types::manifest::Agreement;
use agon_types::report::{Failure, FailureReason, Measured};
use agon_types::{Digest, Epoch, Hotkey, JobId, Outcome, Power, Score, SubmissionId};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// A revealed outcome with its weight.
type Weighed<'a> = (&'a Outcome, u64);

/// Ends every window that has passed, and what follows from that. (S4.6)
pub fn end_windows(draft: &mut Draft<'_>) {
    let (Some(now), Some(genesis)) = (draft.time(), draft.network()) else { return };
    let parameters = &genesis.parameters;
    for (epoch, number, round) in open_rounds(draft) {
        let passed = |window: &Window| {
            now.height.since(round.height) >= window.heights && now.time_ms.since(round.time_ms) >= window.ms
        };
        let next = |phase| Round { phase, height: now.height, time_ms: now.time_ms };
        match round.phase {
            Phase::Commit if passed(&parameters.commit_window) => {
                draft.put(Key::Round(epoch, number), next(Phase::Reveal));
            }
            Phase::Reveal if passed(&parameters.reveal_window) => {
                draft.put(Key::Round(epoch, number), next(Phase::Closed));
                close_round(draft, (epoch, number), parameters.absences_max);
            }
            _ => {}
        }
    }
}

/// Rounds that are not closed, of all epochs that have any.
pub fn open_rounds(view: &impl View) -> Vec<(Epoch, u8, Round)> {
    let (first, last) = (Key::Round(Epoch(0), 0), Key::Round(Epoch(u64::MAX), u8::MAX));
    let rounds = view.range(&first, &last).into_iter().filter_map(|(key, value)| match (key, value) {
        (Key::Round(epoch, number), Value::Round(round)) => Some((*epoch, *number, (**round).clone())),
        _ => None,
    });
    rounds.filter(|(_, _, round)| round.phase != Phase::Closed).collect()
}

/// Jobs of a round, in the order of their submissions.
pub fn jobs(view: &impl View, epoch: Epoch, round: u8) -> Vec<(JobId, Job)> {
    let edge = |byte| Key::Job(JobId { epoch, round, submission: SubmissionId(Digest([byte; 32])) });
    let entries = view.range(&edge(0), &edge(0xff)).into_iter();
    let jobs = entries.filter_map(|(key, value)| match (key, value) {
        (Key::Job(id), Value::Job(job)) => Some((*id, (**job).clone())),
        _ => None,
    });
    jobs.collect()
}

/// Decides what is still open; whatever has no quorum goes to all validators once, and is undecided then. (S5.5)
fn close_round(draft: &mut Draft<'_>, (epoch, round): (Epoch, u8), absences_max: u32) {
    let jobs = jobs(draft, epoch, round);
    let mut again = false;
    for (id, job) in &jobs {
        if job.verdict != Verdict::Open || agree(draft, *id, job) {
            continue;
        }
        if round == 0 {
            dispute(draft, *id, job);
            again = true;
        } else {
            undecide(draft, *id, job);
        }
    }
    match draft.time() {
        Some(now) if again => {
            let next = Round { phase: Phase::Commit, height: now.height, time_ms: now.time_ms };
            draft.put(Key::Round(epoch, 1), next);
        }
        _ => count_absences(draft, epoch, absences_max),
    }
}

fn dispute(draft: &mut Draft<'_>, id: JobId, job: &Job) {
    draft.put(Key::Job(id), Job { verdict: Verdict::Disputed, ..job.clone() });
    let opened = draft.opened(id.epoch).cloned();
    let all =
        |opened: Opened| opened.validators.into_iter().map(|(hotkey, power)| (hotkey, power.0)).collect();
    let assigned = opened.map(all).unwrap_or_default();
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

/// Who was assigned in an epoch and revealed nothing in it. Where nothing was agreed, it is not proven who was away, so
/// that counts against nobody. (S3.4)
fn count_absences(draft: &mut Draft<'_>, epoch: Epoch, absences_max: u32) {
    let mut assigned: BTreeSet<Hotkey> = BTreeSet::new();
    let mut present: BTreeSet<Hotkey> = BTreeSet::new();
    let jobs: Vec<(JobId, Job)> = [0, 1].into_iter().flat_map(|round| jobs(draft, epoch, round)).collect();
    let agreed = jobs.iter().any(|(_, job)| job.verdict == Verdict::Agreed);
    for (id, job) in &jobs {
        for (validator, _) in &job.assigned {
            assigned.insert(*validator);
            if draft.report(*id, *validator).is_some() {
                present.insert(*validator);
            }
        }
    }
    for validator in assigned {
        let absent = !present.contains(&validator);
        if agreed || !absent {
            validator::count_absence(draft, validator, absent, absences_max);
        }
    }
}

/// Exact reports agree as soon as a quorum says the same: nothing later could change that. (S5.2)
pub fn agree_early(draft: &mut Draft<'_>, id: JobId, job: &Job) {
    let manifest = draft.manifest(job.challenge.clone(), job.version);
    let exact = manifest.is_some_and(|manifest| manifest.agreement == Agreement::Exact);
    if exact && job.verdict == Verdict::Open {
        agree(draft, id, job);
    }
}

/// Writes the score if a quorum gives one; false if there is none.
fn agree(draft: &mut Draft<'_>, id: JobId, job: &Job) -> bool {
    let manifest = draft.manifest(job.challenge.clone(), job.version);
    let Some(agreement) = manifest.map(|manifest| manifest.agreement.clone()) else { return false };
    let whole: u64 = job.assigned.iter().map(|(_, weight)| weight).sum();
    let found = {
        let reports: Vec<Weighed<'_>> = job
            .assigned
            .iter()
            .filter_map(|(validator, weight)| Some((draft.report(id, *validator)?, *weight)))
            .collect();
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

fn tell(draft: &mut Draft<'_>, id: JobId, (job, outcome, score): (&Job, &Outcome, Score)) {
    let (challenge, submission, epoch) = (job.challenge.clone(), id.submission, id.epoch);
    draft.tell(match outcome {
        Outcome::Failed(failure) => {
            Event::SubmissionFailed { challenge, submission, epoch, reason: failure.reason }
        }
        Outcome::Scored(_) => Event::ScoreAgreed { challenge, submission, epoch, score },
    });
}

/// The score of a submission: the mean of its benchmarks, rounded down; nothing for a failure. (S5.4)
pub fn total(outcome: &Outcome) -> Score {
    match outcome {
        Outcome::Failed(_) => Score::ZERO,
        Outcome::Scored(measured) => {
            let sum: u64 = measured.iter().map(|measured| u64::from(measured.score.billionths())).sum();
            let mean = sum.checked_div(measured.len() as u64).unwrap_or(0);
            u32::try_from(mean).ok().and_then(Score::new).unwrap_or(Score::ZERO)
        }
    }
}

/// The outcome that more than two thirds of the assigned weight report to the last bit. (S5.1, S5.2)
fn exact(reports: &[Weighed<'_>], whole: u64) -> Option<(Outcome, u64, u32)> {
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
fn median(reports: &[Weighed<'_>], whole: u64, bound: Score) -> Option<(Outcome, u64, u32)> {
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
