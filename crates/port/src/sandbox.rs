//! Where foreign code runs: bytes in, a metered outcome out.

use agon_types::id::EngineProfile;
use agon_types::manifest::{Benchmark, Limits};
use agon_types::report::{Failure, Measured};
use async_trait::async_trait;
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Challenge,
    Agent,
}

/// Why bytes cannot run in a role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unloadable {
    #[error("these bytes are not a WebAssembly component: the examples in agents/ show how one is built")]
    NotAComponent,
    #[error("the component asks for {0:?}, which its world does not grant: remove that import")]
    ForbiddenImport(String),
    #[error("the component does not export {0:?}, which its world demands")]
    MissingExport(String),
    #[error("the component cannot be compiled: {0}")]
    Invalid(String),
}

/// One benchmark of one job.
#[derive(Clone, Debug)]
pub struct Run {
    /// The challenge's code.
    pub challenge: Arc<[u8]>,
    /// The agents by seat; seat 0 is judged.
    pub agents: Vec<Arc<[u8]>>,
    pub benchmark: Benchmark,
    pub seed: [u8; 32],
    pub limits: Limits,
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

/// An executor of foreign code.
#[async_trait]
pub trait Sandbox: Send + Sync + 'static {
    fn properties(&self) -> Properties;

    /// Whether these bytes can run in a role, by the executor's own rules.
    async fn inspect(&self, role: Role, bytes: Arc<[u8]>) -> Result<(), Unloadable>;

    /// Runs one benchmark. What the agent does wrong is an outcome; what we do wrong is an error.
    async fn run(&self, run: Run) -> Result<Result<Measured, Failure>, Error>;
}
