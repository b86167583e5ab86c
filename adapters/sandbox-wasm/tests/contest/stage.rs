//! Finds the committed components, and runs them as a validator would.

use agon_port::sandbox::{Error, Run, Sandbox};
use agon_sandbox_wasm::WasmSandbox;
use agon_types::manifest::Limits;
use agon_types::report::Measured;
use agon_types::{Failure, FailureReason, Manifest};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub const SEED: [u8; 32] = [7; 32];

pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn component(workspace: &str, name: &str) -> Arc<[u8]> {
    let path = repository().join(workspace).join(name).join(format!("dist/{name}.wasm"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).into()
}

pub fn challenge(name: &str) -> Arc<[u8]> {
    component("challenges", name)
}

pub fn agent(name: &str) -> Arc<[u8]> {
    component("agents", name)
}

pub fn manifest(challenge: &str) -> Manifest {
    let path = repository().join("challenges").join(challenge).join("manifest.toml");
    toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A sandbox for one run at a time.
pub fn sandbox() -> WasmSandbox {
    WasmSandbox::new(1).unwrap()
}

/// What the first benchmark of a challenge asks of these bytes.
pub fn run_of(challenge_name: &str, agent: Arc<[u8]>, seed: [u8; 32]) -> Run {
    let manifest = manifest(challenge_name);
    Run {
        challenge: challenge(challenge_name),
        agents: vec![agent],
        benchmark: manifest.benchmarks[0].clone(),
        seed,
        limits: manifest.limits,
    }
}

/// The outcome of an example agent in the challenge that its name begins with.
pub async fn outcome(sandbox: &WasmSandbox, name: &str) -> Result<Measured, Failure> {
    let (challenge, _) = name.split_once('-').unwrap();
    sandbox.run(run_of(challenge, agent(name), SEED)).await.unwrap()
}

/// A component written by hand, whose text stands beside it.
pub fn written(name: &str) -> Arc<[u8]> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/contest/written/{name}.wasm"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).into()
}

/// What the challenge and the agent that are written by hand do in a run.
#[derive(Debug, Clone, Copy)]
pub struct Orders {
    /// The seat that the challenge asks.
    pub seat: u32,
    pub score: u32,
    /// How many metrics it measures; each has an empty name.
    pub metrics: u32,
    /// Whether it loops instead of returning.
    pub loops: bool,
    pub deed: Deed,
}

/// What the agent does.
#[derive(Debug, Clone, Copy)]
pub enum Deed {
    /// With this many bytes from this place in its memory of two pages.
    Answers {
        at: u32,
        bytes: u32,
    },
    GivesUp,
    Loops,
    /// By 1000 pages, and then traps.
    Grows,
    Recurses,
}

impl Default for Orders {
    fn default() -> Self {
        Self { seat: 0, score: 1, metrics: 0, loops: false, deed: Deed::Answers { at: 0, bytes: 0 } }
    }
}

impl Orders {
    /// The seed that says so.
    fn seed(self) -> [u8; 32] {
        let deed = match self.deed {
            Deed::Answers { at, bytes } => [0, 0, at, bytes],
            Deed::GivesUp => [0, 1, 512, 9],
            Deed::Loops => [1, 0, 0, 0],
            Deed::Grows => [2, 0, 0, 0],
            Deed::Recurses => [3, 0, 0, 0],
        };
        let numbers = [[self.seat, self.score, self.metrics, self.loops.into()], deed];
        let mut seed = [0; 32];
        for (four, number) in seed.chunks_exact_mut(4).zip(numbers.as_flattened()) {
            four.copy_from_slice(&number.to_le_bytes());
        }
        seed
    }
}

impl From<Deed> for Orders {
    fn from(deed: Deed) -> Self {
        Self { deed, ..Self::default() }
    }
}

/// Runs the obedient agent in the obedient challenge.
pub async fn obey(
    orders: impl Into<Orders>,
    change: impl FnOnce(&mut Limits),
) -> Result<Result<Measured, Failure>, Error> {
    ask("obeys", orders, change).await
}

/// Runs an agent written by hand in the obedient challenge.
pub async fn ask(
    agent: &str,
    orders: impl Into<Orders>,
    change: impl FnOnce(&mut Limits),
) -> Result<Result<Measured, Failure>, Error> {
    let mut run = run_of("route", written(agent), orders.into().seed());
    run.challenge = written("asks_once");
    change(&mut run.limits);
    sandbox().run(run).await
}

/// The reason for which the obedient agent fails.
pub async fn reason(deed: Deed, change: impl FnOnce(&mut Limits)) -> FailureReason {
    obey(deed, change).await.unwrap().unwrap_err().reason
}
