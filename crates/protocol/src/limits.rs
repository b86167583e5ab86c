//! The maxima of the contest itself; those of documents are in `agon_types::limits`.

/// Jobs of one challenge in one epoch; further entrants wait for the next.
pub const JOBS_PER_CHALLENGE_MAX: usize = 1024;
/// Epochs in which an undecided newcomer is tried again.
pub const ATTEMPTS_MAX: u8 = 3;
/// Former champions that a board remembers, to fall back to.
pub const APPROVED_MAX: usize = 8;
/// Sealed epochs whose weights are still set when several are late.
pub const SEALS_DUE_MAX: u64 = 4;
/// Epochs after which commits, reports and jobs leave the state.
pub const REPORTS_KEPT_EPOCHS: u64 = 2;
/// Voting power that moves at one boundary: a third of 2^40, rounded down.
pub const MOVED_POWER_MAX: u64 = 366_503_875_925;
