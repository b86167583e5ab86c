//! What an epoch gave, and what it pays.

use crate::{Metric, Score};

/// The agreed scores of an epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Weighing {
    pub epoch: u64,
    pub seed: [u8; 32],
    /// The best first.
    pub rows: Vec<Row>,
}

/// A submission with its agreed score.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    pub submission: String,
    /// The miner's hotkey (SS58).
    pub hotkey: String,
    pub label: String,
    pub score: Score,
    /// Whether it reaches every least score and is not barred.
    pub eligible: bool,
    pub benchmarks: Vec<Measured>,
}

/// What one benchmark gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    pub benchmark: String,
    pub score: Score,
    pub metrics: Vec<Metric>,
}

/// What a submission earns, relative to the others. No points earn nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Points {
    pub submission: String,
    pub points: u64,
}
