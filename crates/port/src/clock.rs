//! The time of day, so that nobody else asks for it.

use agon_types::TimeMs;

/// Milliseconds since 1970, by this machine.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> TimeMs;
}
