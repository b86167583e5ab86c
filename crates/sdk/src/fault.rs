//! Whose fault it is that there is no score, and why a host refused.

use std::fmt;

/// Why an agent scores nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    Trapped,
    OutOfFuel,
    OutOfMemory,
    OutputTooLarge,
    CallsExhausted,
    GaveUp,
    WrongOutput,
    Unloadable,
}

impl Reason {
    /// The word that reports and golden scores use.
    pub fn code(self) -> &'static str {
        match self {
            Self::Trapped => "trapped",
            Self::OutOfFuel => "out_of_fuel",
            Self::OutOfMemory => "out_of_memory",
            Self::OutputTooLarge => "output_too_large",
            Self::CallsExhausted => "calls_exhausted",
            Self::GaveUp => "gave_up",
            Self::WrongOutput => "wrong_output",
            Self::Unloadable => "unloadable",
        }
    }
}

/// An agent's fault, with a sentence for its miner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub reason: Reason,
    pub detail: String,
    /// Who failed.
    pub(crate) seat: u32,
}

impl Failure {
    /// The judged agent's answer breaks the rules.
    pub fn wrong_output(detail: impl Into<String>) -> Self {
        Self { reason: Reason::WrongOutput, detail: detail.into(), seat: 0 }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason.code(), self.detail)
    }
}

/// Why a task has no score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The judged agent's: it fails with this reason.
    Agent(Failure),
    /// The challenge's own: no agent suffers, and the job is tried again, else abstained from.
    Challenge(String),
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        match failure.seat {
            0 => Self::Agent(failure),
            seat => Self::Challenge(format!("the opponent in seat {seat} failed, unjudged: {failure}")),
        }
    }
}

/// A benchmark that lacks a value, or has one that is not of its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misconfigured(pub(crate) String);

/// Why the host did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Not in this phase, or against a rule of the grant; the rule.
    Denied(String),
    /// Tried, and it did not work.
    Failed(String),
    /// Above a bound; the bound.
    Exceeded(String),
}

impl fmt::Display for Misconfigured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(rule) => write!(f, "denied: {rule}"),
            Self::Failed(why) => write!(f, "failed: {why}"),
            Self::Exceeded(bound) => write!(f, "exceeded: {bound}"),
        }
    }
}

impl From<Misconfigured> for Fault {
    fn from(problem: Misconfigured) -> Self {
        Self::Challenge(problem.0)
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::Challenge(refusal.to_string())
    }
}

impl From<Misconfigured> for String {
    fn from(problem: Misconfigured) -> Self {
        problem.0
    }
}

impl From<Refusal> for String {
    fn from(refusal: Refusal) -> Self {
        refusal.to_string()
    }
}
