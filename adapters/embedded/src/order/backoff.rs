//! Waits that grow while something stays out of reach, with jitter so that many nodes do not knock at once.

use std::time::Duration;

const FIRST_MS: u64 = 250;
const LONGEST_MS: u64 = 10_000;

/// How long to wait before the next attempt.
#[derive(Debug)]
pub(super) struct Backoff {
    ceiling_ms: u64,
}

impl Backoff {
    pub(super) fn new() -> Self {
        Self { ceiling_ms: FIRST_MS }
    }

    /// Between half and all of a time that doubles with each call.
    pub(super) fn next(&mut self) -> Duration {
        let half = self.ceiling_ms / 2;
        // Without randomness the wait is only less well spread.
        let jitter = getrandom::u64().unwrap_or_default() % (half + 1);
        self.ceiling_ms = (self.ceiling_ms * 2).min(LONGEST_MS);
        Duration::from_millis(half + jitter)
    }

    pub(super) fn reset(&mut self) {
        *self = Self::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_maximum_and_begin_anew_after_a_success() {
        let mut backoff = Backoff::new();
        let waits: Vec<_> = (0..20).map(|_| backoff.next()).collect();
        assert!(waits[0] <= Duration::from_millis(FIRST_MS));
        assert!(waits.iter().all(|wait| *wait <= Duration::from_millis(LONGEST_MS)));
        assert!(waits[19] >= Duration::from_millis(LONGEST_MS / 2));
        backoff.reset();
        assert!(backoff.next() <= Duration::from_millis(FIRST_MS));
    }
}
