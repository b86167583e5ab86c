//! What foreign code asked of its host, kept for whoever wants to check it later. Each run has two lines: one before it,
//! and one after it, so that a run which was cut shows as begun and not ended.

use crate::sandbox::Calls;
use async_trait::async_trait;

/// What happened with a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub challenge: String,
    /// The job, or the route that was asked.
    pub job: String,
    pub phase: &'static str,
    pub event: Event,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It is about to begin.
    Begun,
    Ended {
        /// The number of the line in which it began; none if that line could not be written.
        begun: Option<u64>,
        /// How it ended: a code.
        how: String,
        /// The calls that went out of its cage, as the cage's keeper saw them.
        seen: Vec<Calls>,
        /// All calls, in the cage's own word.
        told: Vec<Calls>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the audit log cannot be written: {0}")]
pub struct Error(pub String);

/// A log that only grows.
#[async_trait]
pub trait Audit: Send + Sync + 'static {
    /// Appends durably: the number of the line.
    async fn append(&self, line: Line) -> Result<u64, Error>;
}

#[cfg(feature = "contract")]
pub mod contract;
