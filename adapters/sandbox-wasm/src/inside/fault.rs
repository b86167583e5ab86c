//! From what the engine says to whose fault it is. Details enter agreed reports, so they are texts of ours that
//! depend on nothing but what happened.

use super::guest::Bounds;
use agon_types::limits::DETAIL_BYTES_MAX;
use agon_types::{Failure, FailureReason};
use wasmtime::{PoolConcurrencyLimitError, Trap};

/// Why a guest stopped.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The guest's own fault.
    #[error("{}", .0.detail)]
    Guest(Failure),
    /// This machine could not do what the guest may ask for.
    #[error("{0}")]
    Host(String),
    /// A challenge broke the rules of its interface.
    #[error("{0}")]
    Misuse(String),
}

/// What the engine calls an answer above its allowance; it has no public type for it, and a test holds us to it.
const HANDOVER_REFUSED: &str = "too much data is being copied";

impl Fault {
    pub fn of(error: wasmtime::Error, bounds: &Bounds) -> Self {
        if let Some(host) = &bounds.host_failure {
            return Self::Host(host.clone());
        }
        if bounds.memory_refused {
            let detail = format!("it asked for more than {} bytes of memory", bounds.memory_bytes);
            return Self::guest(FailureReason::OutOfMemory, &detail);
        }
        if let Some(trap) = error.downcast_ref::<Trap>() {
            return Self::of_trap(*trap);
        }
        if error.downcast_ref::<PoolConcurrencyLimitError>().is_some() {
            return Self::Host("the pool of instances is full".to_owned());
        }
        match error.downcast::<Self>() {
            Ok(fault) => fault,
            Err(error) if error.to_string().starts_with(HANDOVER_REFUSED) => {
                let detail = format!("it handed over more than {} bytes at once", bounds.handover_bytes);
                Self::guest(FailureReason::OutputTooLarge, &detail)
            }
            Err(_) => Self::guest(FailureReason::Trapped, "it broke the rules of its interface"),
        }
    }

    fn of_trap(trap: Trap) -> Self {
        let detail = match trap {
            Trap::OutOfFuel => {
                return Self::guest(FailureReason::OutOfFuel, "it used all the fuel that it had");
            }
            Trap::UnreachableCodeReached => "it panicked",
            Trap::StackOverflow => "its stack overflowed",
            Trap::MemoryOutOfBounds => "it touched memory that it does not have",
            Trap::TableOutOfBounds | Trap::IndirectCallToNull | Trap::BadSignature => {
                "it called a function that is not there"
            }
            Trap::IntegerDivisionByZero => "it divided by zero",
            Trap::IntegerOverflow | Trap::BadConversionToInteger => "a number did not fit where it had to",
            _ => "it did what its machine forbids",
        };
        Self::guest(FailureReason::Trapped, detail)
    }

    pub fn guest(reason: FailureReason, detail: &str) -> Self {
        Self::Guest(failure(reason, detail))
    }
}

/// A failure with a detail that is one line within its maximum.
pub fn failure(reason: FailureReason, detail: &str) -> Failure {
    let cut = &detail[..detail.floor_char_boundary(DETAIL_BYTES_MAX)];
    Failure { reason, detail: cut.replace(is_invisible, " ") }
}

/// Characters that a reader does not see, and that turn, join or hide those around them.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_is_one_line_within_its_maximum_and_cut_between_characters() {
        let long = "ä".repeat(200);
        for (given, expected) in
            [("a\nb\u{1b}[2J", "a b [2J"), ("ok\u{202e}dab", "ok dab"), ("", ""), (&long, &"ä".repeat(128))]
        {
            assert_eq!(failure(FailureReason::GaveUp, given).detail, expected);
        }
        assert_eq!(failure(FailureReason::GaveUp, &format!("x{long}")).detail.len(), 255);
    }
}
