//! How often a thing may be asked: a bucket for each challenge, filled by time.

use crate::limits;
use agon_types::{ChallengeId, TimeMs};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Tokens in thousandths, and when they were counted.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: u64,
    at: TimeMs,
}

/// One bucket for each challenge that was asked; there are as many as challenges at most.
#[derive(Debug, Default)]
pub(crate) struct Rates(Mutex<BTreeMap<ChallengeId, Bucket>>);

const FULL: u64 = limits::ROUTE_BURST_MAX * 1000;

impl Rates {
    /// Takes a token of a challenge; false if it has none now.
    pub fn take(&self, challenge: &ChallengeId, now: TimeMs) -> bool {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(challenge.clone()).or_insert(Bucket { left: FULL, at: now });
        let grown = now.since(bucket.at).saturating_mul(limits::ROUTE_REQUESTS_PER_S_MAX);
        let left = bucket.left.saturating_add(grown).min(FULL);
        let taken = left.checked_sub(1000);
        *bucket = Bucket { left: taken.unwrap_or(left), at: now.max(bucket.at) };
        taken.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_taken_and_time_fills_the_bucket_again() {
        let (rates, challenge) = (Rates::default(), "duel".parse().unwrap());
        let taken = |at| (0..1000).filter(|_| rates.take(&challenge, TimeMs(at))).count() as u64;
        assert_eq!(taken(5_000), limits::ROUTE_BURST_MAX);
        assert_eq!(taken(4_000), 0, "a clock that goes back fills nothing");
        assert_eq!(taken(6_000), limits::ROUTE_REQUESTS_PER_S_MAX);
        assert_eq!(taken(1_000_000), limits::ROUTE_BURST_MAX, "no more than it holds");
        assert!(rates.take(&"route".parse().unwrap(), TimeMs(1_000_000)), "another challenge has its own");
    }
}
