//! A rate that somebody may keep up, with a burst.

use std::time::Instant;

/// Tokens that come back with time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    tokens: f64,
    burst: f64,
    per_s: f64,
    filled: Instant,
}

impl Bucket {
    pub fn new(burst: u32, per_s: u32, now: Instant) -> Self {
        Self { tokens: f64::from(burst), burst: f64::from(burst), per_s: f64::from(per_s), filled: now }
    }

    /// A rate whose burst is what two seconds allow.
    pub fn of_rate(per_s: u32, now: Instant) -> Self {
        Self::new(per_s.saturating_mul(2), per_s, now)
    }

    pub fn take(&mut self, now: Instant) -> bool {
        self.fill(now);
        let has = self.tokens >= 1.0;
        if has {
            self.tokens -= 1.0;
        }
        has
    }

    /// Whether nothing was taken for a while, so that nothing is lost by forgetting it.
    pub fn is_full(&mut self, now: Instant) -> bool {
        self.fill(now);
        self.tokens >= self.burst
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.filled).as_secs_f64();
        self.tokens = (self.tokens + passed * self.per_s).min(self.burst);
        self.filled = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_burst_is_let_through_and_then_only_the_rate() {
        let start = Instant::now();
        let mut bucket = Bucket::new(3, 2, start);
        let mut taken = |at_ms: u64| bucket.take(start + Duration::from_millis(at_ms));
        assert_eq!([taken(0), taken(0), taken(0), taken(0)], [true, true, true, false]);
        assert_eq!([taken(400), taken(500), taken(900), taken(1_000)], [false, true, false, true]);
    }

    #[test]
    fn rest_fills_it_to_the_burst_and_no_further() {
        let start = Instant::now();
        let mut bucket = Bucket::new(2, 1, start);
        let later = start + Duration::from_secs(60);
        assert!(bucket.take(start) && !bucket.is_full(start) && bucket.is_full(later));
        assert_eq!([bucket.take(later), bucket.take(later), bucket.take(later)], [true, true, false]);
    }
}
