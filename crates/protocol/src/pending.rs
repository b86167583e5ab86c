//! What a validator has to do next, derived from the state alone: a restart knows as much as a node that never fell.

use crate::state::{Opened, Phase, View};
use crate::{job, limits, round, slots, voters, weigh};
use agon_types::manifest::Benchmark;
use agon_types::{Digest, Epoch, Hotkey, JobId, Manifest, Seal, SessionKey, SubmissionId};

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Duty {
    /// Register the node's session key, with this sequence at least.
    Register { sequence: u64 },
    /// Evaluate a submission, or weigh an epoch, and commit the report.
    Evaluate(JobId),
    /// Reveal the report that was committed.
    Reveal(JobId),
}

/// Everything that a job needs beside the bytes of artifacts, and what its challenge asks of the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    pub manifest: Manifest,
    pub epoch: Epoch,
    pub work: Work,
}

/// What a job is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    Score(Scoring),
    Weigh(Weighing),
}

/// A submission and those that it meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scoring {
    /// The digest of the submission's artifact.
    pub artifact: Digest,
    /// In the order of their seats, from the first on.
    pub opponents: Vec<(SubmissionId, Digest)>,
    /// Each benchmark with its seed.
    pub benchmarks: Vec<(Benchmark, [u8; 32])>,
}

/// The agreed scores of an epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weighing {
    pub seed: [u8; 32],
    /// The best first.
    pub rows: Vec<weigh::Row>,
    /// What the challenge's state takes before, keys and values together.
    pub state_bytes: u64,
}

/// The duties of a validator, the most urgent first. (S3.8)
pub fn duties(view: &impl View, validator: Hotkey, session: SessionKey) -> Vec<Duty> {
    let mut duties = Vec::new();
    let known = view.session(validator);
    let live = known.is_some_and(|known| known.key == session && !known.ended);
    let live = live && !voters::is_silenced(view, session);
    if !live && view.neuron(validator).is_some_and(|neuron| neuron.permit) {
        let sequence = known.map_or(1, |known| known.sequence.saturating_add(1));
        duties.push(Duty::Register { sequence });
    }
    if known.is_some_and(|known| known.key == session) {
        duties.extend(reports(view, validator));
    }
    duties
}

/// The sealed epochs, in order, whose weights a validator sees onto the chain; older ones are superseded. (S3.8)
pub fn weights_due(view: &impl View, validator: Hotkey) -> Vec<&Seal> {
    let permitted = view.neuron(validator).is_some_and(|neuron| neuron.permit);
    let end = view.now().filter(|_| permitted).map_or(0, |now| now.unsealed.0);
    let epochs = end.saturating_sub(limits::SEALS_DUE_MAX)..end;
    epochs.filter_map(|epoch| view.seal(Epoch(epoch))).collect()
}

fn reports(view: &impl View, validator: Hotkey) -> Vec<Duty> {
    let mut duties = Vec::new();
    for (epoch, number, open) in round::open_rounds(view) {
        for (id, job) in round::jobs(view, epoch, number) {
            if !job.assigned.iter().any(|(hotkey, _)| *hotkey == validator) {
                continue;
            }
            let committed = view.commit(id, validator).is_some();
            let revealed = view.report(id, validator).is_some();
            match open.phase {
                Phase::Commit if !committed => duties.push(Duty::Evaluate(id)),
                Phase::Reveal if committed && !revealed => duties.insert(0, Duty::Reveal(id)),
                _ => {}
            }
        }
    }
    duties
}

/// What a job is about: the manifest of its epoch, and every seed. (S3.9, S7.5)
///
/// `None` once it has left the state.
pub fn task(view: &impl View, id: JobId) -> Option<Task> {
    let known = view.job(id)?;
    let manifest = view.manifest(known.challenge.clone(), known.version)?.clone();
    let opened = view.opened(id.epoch)?;
    let work = if id.is_weigh() {
        let rows = weigh::rows(view, &manifest, id.epoch);
        let state_bytes = slots::held(view, &manifest.id);
        Work::Weigh(Weighing { seed: job::weigh_seed(opened, &manifest.id), rows, state_bytes })
    } else {
        Work::Score(scoring(view, opened, (id, &manifest))?)
    };
    Some(Task { epoch: id.epoch, work, manifest })
}

fn scoring(view: &impl View, opened: &Opened, (id, manifest): (JobId, &Manifest)) -> Option<Scoring> {
    let artifact =
        |submission| view.submission(submission).map(|known| (submission, known.announcement.artifact));
    let (_, own) = artifact(id.submission)?;
    let opponents = job::opponents(view, opened, (id, manifest)).into_iter().filter_map(artifact).collect();
    let seeded =
        |benchmark: &Benchmark| (benchmark.clone(), job::seed(opened, &manifest.id, &benchmark.name));
    let benchmarks = manifest.benchmarks.iter().map(seeded).collect();
    Some(Scoring { artifact: own, opponents, benchmarks })
}
