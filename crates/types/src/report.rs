//! What a validator found: the outcome of one job, hidden in a commit first and revealed later; and what all agreed on.

use crate::{Digest, Height, Hotkey, JobId, NetworkId, Score, SubmissionId, limits};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// Why an agent scores nothing. These are the agent's own faults; ours never reach a report.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum FailureReason {
    /// It panicked or did what its machine forbids.
    Trapped = 0,
    /// It used all the fuel that the manifest grants.
    OutOfFuel = 1,
    /// It asked for more memory than the manifest grants.
    OutOfMemory = 2,
    /// It answered more bytes than the manifest grants.
    OutputTooLarge = 3,
    /// It was called as often as the manifest allows and was not done.
    CallsExhausted = 4,
    /// It said itself that it cannot do it.
    GaveUp = 5,
    /// Its answer breaks the rules of the challenge.
    WrongOutput = 6,
    /// Its bytes are not an agent: not a component, or one that asks for what it may not have.
    Unloadable = 7,
}

impl FailureReason {
    pub fn code(self) -> &'static str {
        match self {
            Self::Trapped => "trapped",
            Self::OutOfFuel => "out_of_fuel",
            Self::OutOfMemory => "out_of_memory",
            Self::OutputTooLarge => "output_too_large",
            Self::CallsExhausted => "calls_exhausted",
            Self::GaveUp => "gave_up",
            Self::WrongOutput => "wrong_output",
            Self::Unloadable => "unloadable",
        }
    }
}

/// The agent's fault and a sentence for its miner.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct Failure {
    pub reason: FailureReason,
    pub detail: String,
}

/// One measured number; it explains a score and never decides.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct Metric {
    pub name: String,
    pub value: i64,
}

/// What one benchmark of the manifest gave.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct Measured {
    pub benchmark: String,
    pub score: Score,
    /// Fuel of the agent and the challenge together.
    pub fuel: u64,
    pub metrics: Vec<Metric>,
    /// What `observe` saw, where there is one.
    pub recording: Option<Digest>,
    /// What the run left in the vault: games, logs.
    pub kept: Vec<Digest>,
}

/// What a challenge's own rule made of the agreed scores of an epoch.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct Weighed {
    /// In the order of the submissions, each once.
    pub points: Vec<(SubmissionId, u64)>,
    /// Changes of the challenge's state, in the order of the keys, each once; none removes.
    pub writes: Vec<(String, Option<Vec<u8>>)>,
    pub fuel: u64,
}

/// How a job ended.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// In the order of the manifest's benchmarks.
    Scored(Vec<Measured>),
    Failed(Failure),
    /// Of the job that weighs an epoch.
    Weighed(Weighed),
}

impl Outcome {
    /// Every text and list within its maximum.
    pub fn is_bounded(&self) -> bool {
        match self {
            Self::Failed(failure) => failure.detail.len() <= limits::DETAIL_BYTES_MAX,
            Self::Weighed(weighed) => weighed.is_bounded(),
            Self::Scored(all) => all.len() <= limits::BENCHMARKS_MAX && all.iter().all(Measured::is_bounded),
        }
    }
}

impl Measured {
    fn is_bounded(&self) -> bool {
        self.benchmark.len() <= limits::NAME_BYTES_MAX
            && self.metrics.len() <= limits::METRICS_MAX
            && self.metrics.iter().all(|metric| metric.name.len() <= limits::NAME_BYTES_MAX)
            && self.kept.len() <= limits::KEPT_MAX
    }
}

impl Weighed {
    fn is_bounded(&self) -> bool {
        let size = |(key, value): &(String, Option<Vec<u8>>)| key.len() + value.as_ref().map_or(0, Vec::len);
        let key = |key: &str| (1..=limits::STATE_KEY_BYTES_MAX).contains(&key.len());
        let value =
            |value: &Option<Vec<u8>>| value.as_ref().is_none_or(|v| v.len() <= limits::STATE_VALUE_BYTES_MAX);
        self.points.len() <= limits::POINTS_MAX
            && self.points.is_sorted_by(|(a, _), (b, _)| a < b)
            && self.writes.len() <= limits::STATE_WRITES_MAX
            && self.writes.is_sorted_by(|(a, _), (b, _)| a < b)
            && self.writes.iter().all(|(k, v)| key(k) && value(v))
            && self.writes.iter().map(size).sum::<usize>() <= limits::STATE_WRITES_BYTES_MAX
    }
}

/// A validator's outcome of one job.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Report {
    pub job: JobId,
    pub validator: Hotkey,
    pub outcome: Outcome,
}

impl Report {
    /// The hidden form: binds network, job, validator and outcome, and tells nothing without the salt.
    pub fn commit(&self, network: &NetworkId, salt: &[u8; 32]) -> Digest {
        Digest::tagged("agon/commit", &(network, self, salt))
    }
}

/// What the validators agreed on about a submission in an epoch.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Agreed {
    pub score: Score,
    pub outcome: Outcome,
    /// Weight behind the outcome, of all that was assigned.
    pub weight: u64,
    pub assigned_weight: u64,
    /// Reports that were too far from it.
    pub outliers: u32,
    pub height: Height,
}
