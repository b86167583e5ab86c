//! The windows of jobs: all jobs of a round of an epoch share them. Rounds 0 and 1 score, rounds 2 and 3 weigh.

use crate::draft::Draft;
use crate::state::{Job, Key, Phase, Round, Value, Verdict, View};
use crate::{score, validator, weigh};
use agon_types::genesis::Window;
use agon_types::{Digest, Epoch, Hotkey, JobId, SubmissionId};
use std::collections::BTreeSet;

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
                close(draft, (epoch, number), parameters.absences_max);
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

/// Opens the commit window of a round.
pub fn open(draft: &mut Draft<'_>, (epoch, number): (Epoch, u8)) {
    if let Some(now) = draft.time() {
        let round = Round { phase: Phase::Commit, height: now.height, time_ms: now.time_ms };
        draft.put(Key::Round(epoch, number), round);
    }
}

/// Ends a round, and opens the next one where its jobs go to all validators. (S5.5, S7.6)
fn close(draft: &mut Draft<'_>, (epoch, number): (Epoch, u8), absences_max: u32) {
    let weighs = number >= JobId::WEIGH;
    let again = match weighs {
        true => weigh::close_round(draft, (epoch, number)),
        false => score::close_round(draft, (epoch, number)),
    };
    if again {
        open(draft, (epoch, number.saturating_add(1)));
    } else if !weighs {
        count_absences(draft, epoch, absences_max);
    }
}

/// Who was assigned to any score of an epoch and revealed nothing about them; weighing counts neither way. Where nothing
/// was agreed, it is not proven who was away, so that counts against nobody. (S3.4)
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
