//! When things happen: the times of a round, and the wait between two heights.

use super::Timer;
use crate::context::number;
use agon_types::Height;
use arc_malachitebft_core_types as core;
use core::{Round, Timeout, TimeoutKind};

/// How often blocks come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The least time between two blocks, while there is something to do.
    pub busy_ms: u64,
    /// The time to the next block when nobody asks for anything.
    pub idle_ms: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { busy_ms: 200, idle_ms: 6_000 }
    }
}

/// How long a round waits for others. Each later round waits longer, so that in the end all wait together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// For the proposal.
    pub propose_ms: u64,
    /// For the other votes, once more than two thirds have come that differ.
    pub vote_ms: u64,
    /// What each round adds.
    pub round_ms: u64,
    /// No wait is longer.
    pub longest_ms: u64,
    /// Until a vote is said again.
    pub repeat_ms: u64,
    /// For the answer of a peer.
    pub reply_ms: u64,
    /// Until a peer that has decided one height more is asked for it; most often it comes by itself.
    pub behind_ms: u64,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            propose_ms: 3_000,
            vote_ms: 1_000,
            round_ms: 500,
            longest_ms: 60_000,
            repeat_ms: 5_000,
            reply_ms: 10_000,
            behind_ms: 500,
        }
    }
}

impl Timing {
    pub(super) fn after_ms(&self, timeout: Timeout) -> u64 {
        let longer = self.round_ms.saturating_mul(u64::from(number(timeout.round)));
        let first = match timeout.kind {
            TimeoutKind::Propose => self.propose_ms,
            TimeoutKind::Prevote | TimeoutKind::Precommit => self.vote_ms,
            TimeoutKind::Rebroadcast => self.repeat_ms,
            TimeoutKind::FinalizeHeight(_) => 0,
        };
        first.saturating_add(longer).min(self.longest_ms)
    }
}

/// The timer for a timeout of the core; it asks for no other than these, since no height has a target time.
pub(super) fn timer(height: Height, timeout: Timeout) -> Option<Timer> {
    let round = number(timeout.round);
    match timeout.kind {
        TimeoutKind::Propose => Some(Timer::Propose { height, round }),
        TimeoutKind::Prevote => Some(Timer::Prevote { height, round }),
        TimeoutKind::Precommit => Some(Timer::Precommit { height, round }),
        TimeoutKind::Rebroadcast => Some(Timer::Repeat { height, round }),
        TimeoutKind::FinalizeHeight(_) => None,
    }
}

/// The timeout of the core that a timer stands for.
pub(super) fn timeout(timer: Timer) -> Option<Timeout> {
    let (round, kind) = match timer {
        Timer::Propose { round, .. } => (round, TimeoutKind::Propose),
        Timer::Prevote { round, .. } => (round, TimeoutKind::Prevote),
        Timer::Precommit { round, .. } => (round, TimeoutKind::Precommit),
        Timer::Repeat { round, .. } => (round, TimeoutKind::Rebroadcast),
        Timer::Idle(_) | Timer::Busy(_) | Timer::Ask => return None,
    };
    Some(Timeout::new(Round::new(round), kind))
}
