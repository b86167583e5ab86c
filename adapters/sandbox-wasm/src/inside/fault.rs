//! From what the engine says to whose fault it is. Only what is named here is the guest's; whatever else goes wrong is
//! this machine's, so that no bug of an engine and no full disk ever costs a miner a score. Details enter agreed
//! reports, so they are texts of ours that depend on nothing but what happened.

#[cfg(test)]
mod tests;

use super::guest::Bounds;
use agon_types::limits::DETAIL_BYTES_MAX;
use agon_types::{Failure, FailureReason};
use std::char::CharTryFromError;
use std::str::Utf8Error;
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

/// What the engine says of a guest that hands over what its interface does not allow. It has no public types for these
/// either.
const BREACHES: [&str; 18] = [
    "return pointer not aligned",
    "pointer not aligned",
    "pointer out of bounds",
    "string pointer/length out of bounds of memory",
    "list pointer/length out of bounds of memory",
    "list pointer is not aligned",
    "realloc return: result not aligned",
    "realloc return: beyond end of memory",
    "invalid option discriminant",
    "invalid expected discriminant",
    "unexpected discriminant: ",
    "invalid utf8 encoding",
    "unknown handle index ",
    "handle index ",
    "cannot lift own resource from a borrow",
    "cannot lend resource: ",
    "cannot allocate another handle: ",
    "borrow handles still remain at the end of the call",
];

impl Fault {
    pub fn of(error: wasmtime::Error, bounds: &Bounds) -> Self {
        if let Some(host) = &bounds.host_failure {
            return Self::Host(host.clone());
        }
        let error = match error.downcast::<Self>() {
            Ok(fault) => return fault,
            Err(error) => error,
        };
        if bounds.memory_refused {
            let detail = format!("it asked for more than {} bytes of memory", bounds.memory_bytes);
            return Self::guest(FailureReason::OutOfMemory, &detail);
        }
        if let Some(trap) = error.downcast_ref::<Trap>() {
            return Self::of_trap(*trap);
        }
        if error.is::<PoolConcurrencyLimitError>() {
            return Self::Host("the pool of instances is full".to_owned());
        }
        let words = error.root_cause().to_string();
        if words.starts_with(HANDOVER_REFUSED) {
            let detail = format!("it handed over more than {} bytes at once", bounds.handover_bytes);
            return Self::guest(FailureReason::OutputTooLarge, &detail);
        }
        let is_no_text = error.is::<Utf8Error>() || error.is::<CharTryFromError>();
        if is_no_text || BREACHES.iter().any(|breach| words.starts_with(breach)) {
            return Self::guest(FailureReason::Trapped, "it broke the rules of its interface");
        }
        Self::Host(format!("the engine failed: {error:#}"))
    }

    /// Each trap that code of this engine profile can run into, by its name.
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
            Trap::HeapMisaligned
            | Trap::AtomicWaitNonSharedMemory
            | Trap::CannotEnterComponent
            | Trap::CannotLeaveComponent
            | Trap::InvalidChar
            | Trap::InvalidDiscriminant
            | Trap::StringOutOfBounds
            | Trap::ListOutOfBounds
            | Trap::UnalignedPointer => "it did what its machine forbids",
            other => {
                return Self::Host(format!("the engine stopped a guest for no fault of its own: {other}"));
            }
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
