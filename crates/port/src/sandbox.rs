//! Where foreign code runs: bytes in, a metered outcome out.

mod outside;

pub use outside::{Answer, Entry, Exchange, Outside, PostRow, Question, Recording};

use agon_types::id::EngineProfile;
use agon_types::manifest::{Benchmark, Capabilities, Limits};
use agon_types::report::{Failure, Measured, Weighed};
use agon_types::{Epoch, Hotkey, SubmissionId};
use async_trait::async_trait;
use borsh::{BorshDeserialize, BorshSerialize};
use std::sync::Arc;

/// What an executor promises of every run; a policy picks by these, never by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Properties {
    /// The same input gives the same output and fuel on every machine.
    pub deterministic: bool,
    /// Work is counted in fuel.
    pub metered: bool,
    /// A kernel boundary stands between foreign code and the node.
    pub kernel_isolated: bool,
    /// Hardware vouches for what runs.
    pub attested: bool,
    /// The engine, its settings and its ABI; manifests name the one they are scored under.
    pub profile: EngineProfile,
}

/// What a piece of foreign code claims to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub enum Role {
    Challenge,
    Agent,
}

/// Why bytes cannot run in a role. All but the last two follow from the bytes alone, and hold for ever.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, BorshSerialize, BorshDeserialize)]
pub enum Unloadable {
    #[error("these bytes are not a WebAssembly component: the examples in agents/ show how one is built")]
    NotAComponent,
    #[error(
        "the component asks for {0:?}, which neither its world nor its manifest grants: remove that import"
    )]
    ForbiddenImport(String),
    #[error("the component does not export {0:?}, which its world demands")]
    MissingExport(String),
    #[error("the component cannot be compiled: {0}")]
    Invalid(String),
    #[error("compiling the component took more than {0}")]
    TooCostly(String),
    /// A fault of this machine, which says nothing about the bytes.
    #[error("this machine could not find out whether the component can run ({0}): try again")]
    Unknown(String),
}

/// One phase of one job.
#[derive(Clone)]
pub struct Run {
    /// The challenge's code.
    pub challenge: Arc<[u8]>,
    /// The agents by seat; seat 0 is judged. Only `score` has any.
    pub agents: Vec<Arc<[u8]>>,
    pub grants: Capabilities,
    pub limits: Limits,
    pub phase: Phase,
    /// Who answers what the guest asks.
    pub outside: Arc<dyn Outside>,
}

/// What a challenge is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Phase {
    Describe,
    Observe(Task),
    Score { task: Task, recording: Vec<u8> },
    Weigh(Weighing),
    Serve(Request),
}

impl Phase {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Describe => "describe",
            Self::Observe(_) => "observe",
            Self::Score { .. } => "score",
            Self::Weigh(_) => "weigh",
            Self::Serve(_) => "serve",
        }
    }
}

/// A benchmark under the seed of an epoch.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Task {
    pub benchmark: Benchmark,
    pub seed: [u8; 32],
    pub epoch: Epoch,
}

/// An epoch's agreed scores, for the challenge's own weight rule.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Weighing {
    pub epoch: Epoch,
    pub seed: [u8; 32],
    /// The best first.
    pub rows: Vec<Row>,
    /// What the challenge's state takes before, keys and values together: what it sets is bounded from there on.
    pub state_bytes: u64,
}

/// A submission with its agreed score.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Row {
    pub submission: SubmissionId,
    pub hotkey: Hotkey,
    pub label: String,
    pub score: u32,
    pub eligible: bool,
    /// Benchmark by benchmark.
    pub measured: Vec<Measured>,
}

/// A question of the public.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Request {
    /// The route of the manifest that the path fits.
    pub route: String,
    pub path: String,
    pub parameters: Vec<(String, String)>,
    pub query: Vec<(String, String)>,
}

/// The challenge's answer to the public.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Response {
    pub status: u16,
    pub content_type: String,
    pub body: Vec<u8>,
}

/// What a challenge says of itself.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Description {
    pub title: String,
    pub summary: String,
}

/// What a phase gave.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Done {
    Described(Description),
    /// The recording: what was seen, and what the challenge made of it.
    Observed(Vec<u8>),
    Scored(Measured),
    Weighed(Weighed),
    Served(Response),
}

/// How a host call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub enum Verdict {
    Granted,
    /// Not in this phase, not granted, or against a rule of the grant.
    Denied,
    /// It was done and failed, as the guest was told.
    Failed,
    /// Above a bound.
    Exceeded,
}

/// Calls of one guest to the host that came one after another with one name and one verdict.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Calls {
    /// Interface and function, such as `web.fetch`.
    pub name: String,
    pub verdict: Verdict,
    pub count: u64,
    pub bytes_in: u64,
    pub bytes_out: u64,
}

/// A line that a guest wrote for its author.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Spoken {
    pub role: Role,
    pub line: String,
}

/// A fault that is not the agent's: the job is tried again, and else abstained from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the challenge cannot run: {0}")]
    Challenge(String),
    #[error("the run took longer than {0} ms of wall time")]
    WallTime(u64),
    #[error("the executor failed: {0}")]
    Executor(String),
}

/// A run that ended, every call to the host that it made, and what its guests wrote on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// What the agent does wrong is an outcome; what we do wrong is an error. In `weigh` and `serve`, which have no
    /// agent, the failure is the challenge's.
    pub result: Result<Result<Done, Failure>, Error>,
    /// The calls that went out of the cage, as the executor itself saw them: also of a run that broke off.
    pub seen: Vec<Calls>,
    /// All calls, those that stayed in the cage too, in the cage's own word. One that broke off says nothing.
    pub calls: Vec<Calls>,
    /// In the order in which it was written; nothing of it enters a report.
    pub log: Vec<Spoken>,
}

impl Ended {
    /// An end before anything was asked.
    pub fn at_once(result: Result<Result<Done, Failure>, Error>) -> Self {
        Self { result, seen: Vec::new(), calls: Vec::new(), log: Vec::new() }
    }
}

/// An executor of foreign code.
#[async_trait]
pub trait Sandbox: Send + Sync + 'static {
    fn properties(&self) -> Properties;

    /// Runs that it works on at once, at least one; further ones wait.
    fn lanes(&self) -> usize;

    /// Whether these bytes can run in a role, by the executor's own rules and these grants.
    async fn inspect(&self, role: Role, bytes: Arc<[u8]>, grants: &Capabilities) -> Result<(), Unloadable>;

    /// Runs one phase.
    async fn run(&self, run: Run) -> Ended;
}
