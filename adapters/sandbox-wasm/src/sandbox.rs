//! The adapter: permits, blocking threads and deadlines around the runs.

use crate::cache::Cache;
use crate::challenge::{self, Table};
use crate::engine;
use crate::fault::Fault;
use crate::guest::Control;
use crate::limits::{MODULE_BYTES_KEPT_MAX, MODULES_KEPT_MAX};
use crate::load::{self, Code, World};
use agon_port::sandbox::{Error, Properties, Role, Run, Sandbox, Unloadable};
use agon_types::report::Measured;
use agon_types::{Failure, FailureReason};
use async_trait::async_trait;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::Engine;

/// The engine could not be started on this machine.
#[derive(Debug, thiserror::Error)]
#[error("the WASM engine cannot start: {0}")]
pub struct Start(String);

/// Runs component challenges and agents. Clones share modules and permits.
#[derive(Clone)]
pub struct WasmSandbox {
    shared: Arc<Shared>,
    permits: Arc<Semaphore>,
}

struct Shared {
    engine: Engine,
    properties: Properties,
    challenge_world: World<Table>,
    agent_world: World<()>,
    challenges: Cache<Code<Table>>,
    agents: Cache<Code<()>>,
}

impl fmt::Debug for WasmSandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WasmSandbox").field("profile", &engine::PROFILE).finish_non_exhaustive()
    }
}

impl WasmSandbox {
    /// A sandbox that does so many things at once, at least one; the others wait.
    pub fn new(runs: u32) -> Result<Self, Start> {
        let runs = runs.max(1);
        let start = |error: wasmtime::Error| Start(format!("{error:#}"));
        let engine = engine::new(runs).map_err(start)?;
        let profile = engine::PROFILE.parse().map_err(|error| Start(format!("{error}")))?;
        let properties = Properties {
            deterministic: true,
            metered: true,
            kernel_isolated: false,
            attested: false,
            profile,
        };
        let shared = Shared {
            challenge_world: load::challenge_world(&engine).map_err(start)?,
            agent_world: load::agent_world(&engine).map_err(start)?,
            challenges: Cache::new(MODULES_KEPT_MAX, MODULE_BYTES_KEPT_MAX),
            agents: Cache::new(MODULES_KEPT_MAX, MODULE_BYTES_KEPT_MAX),
            properties,
            engine,
        };
        Ok(Self { shared: Arc::new(shared), permits: Arc::new(Semaphore::new(runs as usize)) })
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, Error> {
        self.permits.clone().acquire_owned().await.map_err(|error| Error::Executor(error.to_string()))
    }

    /// Does work on a thread where it may block; the permit stays with the work, even if nobody waits any more.
    async fn block<T: Send + 'static>(
        &self,
        permit: OwnedSemaphorePermit,
        work: impl FnOnce(&Shared) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let shared = self.shared.clone();
        let span = tracing::Span::current();
        let work = move || {
            let done = span.in_scope(|| work(&shared));
            drop(permit);
            done
        };
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|error| Error::Executor(format!("the run did not end: {error}")))
    }
}

#[async_trait]
impl Sandbox for WasmSandbox {
    fn properties(&self) -> Properties {
        self.shared.properties.clone()
    }

    async fn inspect(&self, role: Role, bytes: Arc<[u8]>) -> Result<(), Unloadable> {
        let inspected = async {
            let permit = self.permit().await?;
            self.block(permit, move |shared| shared.inspect(role, &bytes)).await
        };
        inspected.await.unwrap_or_else(|error: Error| Err(Unloadable::Invalid(error.to_string())))
    }

    async fn run(&self, run: Run) -> Result<Result<Measured, Failure>, Error> {
        let permit = self.permit().await?;
        let wall_time_ms = run.limits.wall_time_ms;
        let stop = StopOnDrop { control: Control::new(), engine: self.shared.engine.clone() };
        let control = stop.control.clone();
        // The deadline counts from the permit on, and includes compiling: whatever takes too long here is no fault of
        // the agent's.
        let work = self.block(permit, move |shared| shared.run(run, &control));
        tokio::pin!(work);
        let ended = tokio::select! {
            ended = &mut work => ended,
            () = tokio::time::sleep(Duration::from_millis(wall_time_ms)) => {
                stop.stop();
                work.await
            }
        };
        ended?.map_err(|fault| match fault {
            Fault::Stopped => Error::WallTime(wall_time_ms),
            Fault::Host(what) => Error::Executor(what),
            Fault::Misuse(what) => Error::Challenge(what),
            Fault::Guest(failure) => Error::Challenge(failure.detail),
        })
    }
}

/// Stops the guests of a run at its deadline, and also when nobody waits for the run any more.
struct StopOnDrop {
    control: Arc<Control>,
    engine: Engine,
}

impl StopOnDrop {
    fn stop(&self) {
        self.control.stop(&self.engine);
    }
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn challenge(&self, bytes: &[u8]) -> Result<Arc<Code<Table>>, Unloadable> {
        self.challenges.get(bytes, |bytes| self.challenge_world.load(bytes))
    }

    fn agent(&self, bytes: &[u8]) -> Result<Arc<Code<()>>, Unloadable> {
        self.agents.get(bytes, |bytes| self.agent_world.load(bytes))
    }

    fn inspect(&self, role: Role, bytes: &[u8]) -> Result<(), Unloadable> {
        match role {
            Role::Challenge => self.challenge(bytes).map(|_| ()),
            Role::Agent => self.agent(bytes).map(|_| ()),
        }
    }

    fn run(&self, run: Run, control: &Arc<Control>) -> Result<Result<Measured, Failure>, Fault> {
        let challenge = self.challenge(&run.challenge).map_err(|error| Fault::Misuse(error.to_string()))?;
        let mut agents = Vec::with_capacity(run.agents.len());
        for (seat, bytes) in run.agents.iter().enumerate() {
            match self.agent(bytes) {
                Ok(agent) => agents.push(agent),
                Err(error) if seat == 0 => return Ok(Err(unloadable(&error))),
                Err(error) => return Err(Fault::Host(format!("the agent in seat {seat} is none: {error}"))),
            }
        }
        let table = Table::new(agents, run.limits);
        challenge::run(&challenge, table, control, &run.benchmark, &run.seed)
    }
}

/// The engine's own words stay here: they may change with a patch of it, and reports must not.
fn unloadable(error: &Unloadable) -> Failure {
    let detail = match error {
        Unloadable::Invalid(words) => {
            tracing::debug!(words, "an agent cannot be compiled");
            "the component cannot be compiled under this engine profile: inspect it locally to see why"
                .to_owned()
        }
        other => other.to_string(),
    };
    crate::fault::failure(FailureReason::Unloadable, &detail)
}
