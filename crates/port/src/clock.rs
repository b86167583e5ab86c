//! The time of day, so that nobody else asks for it.

use agon_types::TimeMs;

/// Milliseconds since 1970, by this machine.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> TimeMs;
}

#[cfg(feature = "contract")]
pub mod contract {
    //! What every clock must do.
    use super::*;

    /// Corrections of a machine's clock may set it back by so much between two readings.
    const BACK_MS_MAX: u64 = 1_000;
    const APART_MS_MAX: u64 = 60_000;

    /// `now` is the time of day by the machine that runs the test.
    pub fn check(clock: &dyn Clock, now: TimeMs) {
        let mut last = clock.now();
        assert!(last.since(now).max(now.since(last)) < APART_MS_MAX, "{last} is a minute off {now}");
        for _ in 0..1_000 {
            let next = clock.now();
            assert!(last.since(next) <= BACK_MS_MAX, "{next} is long before {last}");
            last = next;
        }
    }
}
