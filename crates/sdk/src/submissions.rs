//! The submissions of the challenge, for its routes. Needs `capabilities.submissions` in the manifest.

use crate::{Refusal, Score, host};

/// A submission, as routes see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub submission: String,
    pub hotkey: String,
    pub label: String,
    pub status: String,
    /// The last agreed score, and its epoch.
    pub score: Option<(Score, u64)>,
}

/// In the order of their ids, after one of them; at most 256 at once. In `serve` only.
pub fn read(after: Option<&str>, limit: u32) -> Result<Vec<Entry>, Refusal> {
    host::submissions_read(after, limit)
}
