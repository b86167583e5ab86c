//! What foreign code asked of its host, kept for whoever wants to check it later.

use crate::sandbox::Calls;
use async_trait::async_trait;

/// A run and the calls that it made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub challenge: String,
    /// The job, or the route that was asked.
    pub job: String,
    pub phase: &'static str,
    pub calls: Vec<Calls>,
    /// How the run ended: a code.
    pub ended: String,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the audit log cannot be written: {0}")]
pub struct Error(pub String);

/// A log that only grows.
#[async_trait]
pub trait Audit: Send + Sync + 'static {
    /// Appends durably.
    async fn append(&self, line: Line) -> Result<(), Error>;
}

#[cfg(feature = "contract")]
pub mod contract;
