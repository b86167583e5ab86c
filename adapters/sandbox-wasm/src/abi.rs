//! The records of `wit/agon.wit`, as the host reads and writes them.

use agon_types::report::FailureReason;
use wasmtime::component::{ComponentType, Lift, Lower};

/// The interface of a challenge to its agents.
pub const AGENTS: &str = "agon:challenge/agents@0.1.0";
/// The interface that both worlds write lines to.
pub const LOG: &str = "agon:challenge/log@0.1.0";
/// Only types; a world that uses them imports it.
pub const RULES: &str = "agon:challenge/rules@0.1.0";

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct Task<'a> {
    pub benchmark: &'a str,
    pub config: Vec<(&'a str, &'a str)>,
    pub seed: &'a [u8],
    pub seats: u32,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub struct Outcome {
    pub score: u32,
    pub metrics: Vec<Metric>,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub struct Metric {
    pub name: String,
    pub value: i64,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct Reply {
    pub output: Vec<u8>,
    pub fuel: u64,
}

#[derive(ComponentType, Lift, Lower)]
#[component(record)]
pub struct Failure {
    pub reason: Reason,
    pub detail: String,
}

#[derive(Clone, Copy, Debug, ComponentType, Lift, Lower)]
#[component(enum)]
#[repr(u8)]
pub enum Reason {
    #[component(name = "trapped")]
    Trapped,
    #[component(name = "out-of-fuel")]
    OutOfFuel,
    #[component(name = "out-of-memory")]
    OutOfMemory,
    #[component(name = "output-too-large")]
    OutputTooLarge,
    #[component(name = "calls-exhausted")]
    CallsExhausted,
    #[component(name = "gave-up")]
    GaveUp,
    #[component(name = "wrong-output")]
    WrongOutput,
}

impl From<FailureReason> for Reason {
    fn from(reason: FailureReason) -> Self {
        match reason {
            FailureReason::Trapped | FailureReason::Unloadable => Self::Trapped,
            FailureReason::OutOfFuel => Self::OutOfFuel,
            FailureReason::OutOfMemory => Self::OutOfMemory,
            FailureReason::OutputTooLarge => Self::OutputTooLarge,
            FailureReason::CallsExhausted => Self::CallsExhausted,
            FailureReason::GaveUp => Self::GaveUp,
            FailureReason::WrongOutput => Self::WrongOutput,
        }
    }
}

impl From<Reason> for FailureReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Trapped => Self::Trapped,
            Reason::OutOfFuel => Self::OutOfFuel,
            Reason::OutOfMemory => Self::OutOfMemory,
            Reason::OutputTooLarge => Self::OutputTooLarge,
            Reason::CallsExhausted => Self::CallsExhausted,
            Reason::GaveUp => Self::GaveUp,
            Reason::WrongOutput => Self::WrongOutput,
        }
    }
}

impl From<&agon_types::Failure> for Failure {
    fn from(failure: &agon_types::Failure) -> Self {
        Self { reason: failure.reason.into(), detail: failure.detail.clone() }
    }
}
