//! The clock of this machine.

use agon_port::Clock;
use agon_types::TimeMs;
use std::time::{SystemTime, UNIX_EPOCH};

/// The time of day as the operating system knows it.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> TimeMs {
        // A machine that believes in a time before 1970 gets 1970, and the ledger refuses its headers.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        TimeMs(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_keeps_the_contract() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        agon_port::clock::contract::check(&SystemClock, TimeMs(u64::try_from(now).unwrap()));
    }
}
