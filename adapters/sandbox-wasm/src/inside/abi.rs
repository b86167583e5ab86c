//! The records of `wit/agon.wit`, as the host reads and writes them.

use agon_types::report::FailureReason;
use wasmtime::component::{ComponentType, Lift, Lower};

/// An interface of the WIT, at the one version that this engine profile has.
macro_rules! interface {
    ($name:literal) => {
        concat!("agon:challenge/", $name, "@0.2.0")
    };
}

/// Only types; a world that uses them imports it.
pub const RULES: &str = interface!("rules");
/// The interface that both worlds write lines to.
pub const LOG: &str = interface!("log");
pub const RANDOM: &str = interface!("random");
/// The interface of a challenge to its agents.
pub const AGENTS: &str = interface!("agents");
pub const STATE: &str = interface!("state");
pub const INBOX: &str = interface!("inbox");
pub const SUBMISSIONS: &str = interface!("submissions");
pub const WEB: &str = interface!("web");
pub const ARTIFACTS: &str = interface!("artifacts");

/// Names and values in the order of whoever made them.
pub type Pairs<'a> = Vec<(&'a str, &'a str)>;

#[derive(ComponentType, Lift)]
#[component(record)]
pub struct Description {
    pub title: String,
    pub summary: String,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct Task<'a> {
    pub benchmark: &'a str,
    pub config: Pairs<'a>,
    pub seed: &'a [u8],
    pub epoch: u64,
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
pub struct Row<'a> {
    pub submission: String,
    pub hotkey: String,
    pub label: &'a str,
    pub score: u32,
    pub eligible: bool,
    pub benchmarks: Vec<Measured<'a>>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct Measured<'a> {
    pub benchmark: &'a str,
    pub score: u32,
    pub metrics: Vec<ShownMetric<'a>>,
}

/// A metric on its way into a guest.
#[derive(ComponentType, Lower)]
#[component(record)]
pub struct ShownMetric<'a> {
    pub name: &'a str,
    pub value: i64,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct Weighing<'a> {
    pub epoch: u64,
    pub seed: &'a [u8],
    pub rows: Vec<Row<'a>>,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub struct Points {
    pub submission: String,
    pub points: u64,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct Request<'a> {
    pub route: &'a str,
    pub path: &'a str,
    pub parameters: Pairs<'a>,
    pub query: Pairs<'a>,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub struct Response {
    pub status: u16,
    #[component(name = "content-type")]
    pub content_type: String,
    pub body: Vec<u8>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct Reply {
    pub output: Vec<u8>,
    pub fuel: u64,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct Post {
    pub hotkey: String,
    pub sequence: u64,
    pub message: Vec<u8>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct Entry {
    pub submission: String,
    pub hotkey: String,
    pub label: String,
    pub status: String,
    pub score: Option<(u32, u64)>,
}

/// What a guest sends to a host.
#[derive(ComponentType, Lift)]
#[component(record)]
pub struct WebRequest {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct WebResponse {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// Why the host did not do what it was asked.
#[derive(ComponentType, Lower)]
#[component(variant)]
pub enum Refusal {
    #[component(name = "denied")]
    Denied(String),
    #[component(name = "failed")]
    Failed(String),
    #[component(name = "exceeded")]
    Exceeded(String),
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
    #[component(name = "unloadable")]
    Unloadable,
}

impl From<FailureReason> for Reason {
    fn from(reason: FailureReason) -> Self {
        match reason {
            FailureReason::Trapped => Self::Trapped,
            FailureReason::OutOfFuel => Self::OutOfFuel,
            FailureReason::OutOfMemory => Self::OutOfMemory,
            FailureReason::OutputTooLarge => Self::OutputTooLarge,
            FailureReason::CallsExhausted => Self::CallsExhausted,
            FailureReason::GaveUp => Self::GaveUp,
            FailureReason::WrongOutput => Self::WrongOutput,
            FailureReason::Unloadable => Self::Unloadable,
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
            Reason::Unloadable => Self::Unloadable,
        }
    }
}

impl From<&agon_types::Failure> for Failure {
    fn from(failure: &agon_types::Failure) -> Self {
        Self { reason: failure.reason.into(), detail: failure.detail.clone() }
    }
}
