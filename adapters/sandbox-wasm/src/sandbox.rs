//! The adapter itself: permits and deadlines, code for every place, and a cage for every run.

use crate::keeper::cache::{Cache, Found, Parts};
use crate::keeper::compile::{Allowance, Compilers};
use crate::keeper::tally::Tally;
use crate::keeper::{CageProgram, Floor, Job, Keeper, Level};
use crate::limits::{DISK_BYTES_MAX, SHELF_BYTES_MAX};
use crate::names::Names;
use crate::room::{Finished, Order, Place, Trouble};
use agon_port::sandbox::{Ended, Error, Phase, Properties, Role, Run, Sandbox, Unloadable};
use agon_types::id::EngineProfile;
use agon_types::manifest::Capabilities;
use agon_types::{Digest, Failure, FailureReason};
use async_trait::async_trait;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Cages cannot be kept on this machine.
#[derive(Debug, thiserror::Error)]
#[error("the WASM sandbox cannot start: {0}")]
pub struct Start(pub(crate) String);

/// Whether a component that imports these names may do so under these grants.
pub type Granted = fn(&[String], &Capabilities) -> Result<(), Unloadable>;

/// What a sandbox is made of.
#[derive(Clone, Debug)]
pub struct Config {
    /// Runs at the same time, at least one: the number of cores.
    pub cages: usize,
    pub cage: CageProgram,
    pub compiler: CageProgram,
    pub allowance: Allowance,
    /// Compiled code, shared by the nodes of one machine.
    pub cache: PathBuf,
    pub disk_bytes_max: u64,
    pub memory_bytes_max: u64,
    pub engine: EngineFacts,
}

/// What the keeper must know of the engine that its cages have.
#[derive(Clone, Debug)]
pub struct EngineFacts {
    pub profile: EngineProfile,
    /// Changes with whatever would make the same bytes compile to other code.
    pub compatibility: Digest,
    pub granted: Granted,
}

impl Config {
    /// The usual bounds.
    pub fn new(
        cages: usize,
        cage: CageProgram,
        compiler: CageProgram,
        cache: PathBuf,
        engine: EngineFacts,
    ) -> Self {
        Self {
            cages,
            cage,
            compiler,
            allowance: Allowance::default(),
            cache,
            disk_bytes_max: DISK_BYTES_MAX,
            memory_bytes_max: SHELF_BYTES_MAX,
            engine,
        }
    }
}

/// Runs component challenges and agents in cages. Clones share cages, code and permits.
#[derive(Clone)]
pub struct WasmSandbox(Arc<Shared>);

struct Shared {
    properties: Properties,
    granted: Granted,
    /// As many as cages.
    lanes: usize,
    permits: Arc<Semaphore>,
    names: Names,
    cache: Cache,
    compilers: Arc<Compilers>,
    keeper: Keeper,
}

impl fmt::Debug for WasmSandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WasmSandbox").field("properties", &self.0.properties).finish_non_exhaustive()
    }
}

impl WasmSandbox {
    /// Starts the first cages, and closes one to see what this machine can do.
    pub async fn start(config: Config) -> Result<Self, Start> {
        let refused = |what: &str, error: std::io::Error| Start(format!("{what}: {error}"));
        let cages = config.cages.max(1);
        let floor = Floor::find().map_err(|error| refused("no thread can be started", error))?;
        let compilers = Arc::new(Compilers::new(config.compiler, config.allowance, &floor));
        let parts = Parts {
            folder: &config.cache,
            disk_bytes_max: config.disk_bytes_max,
            memory_bytes_max: config.memory_bytes_max,
            compilers_max: cages.div_ceil(2),
            compatibility: config.engine.compatibility,
        };
        let cache = Cache::open(&parts, compilers.clone());
        let cache = cache.map_err(|error| refused(&format!("its cache {:?}", config.cache), error))?;
        let keeper = Keeper::start(cages, config.cage, &floor).await.map_err(Start)?;
        let properties = Properties {
            deterministic: true,
            metered: true,
            kernel_isolated: keeper.level().is_isolated(),
            attested: false,
            profile: config.engine.profile,
        };
        let permits = Arc::new(Semaphore::new(cages));
        let granted = config.engine.granted;
        Ok(Self(Arc::new(Shared {
            properties,
            granted,
            lanes: cages,
            permits,
            names: Names::new(),
            cache,
            compilers,
            keeper,
        })))
    }

    /// How well cages are closed on this machine.
    pub fn level(&self) -> &Level {
        self.0.keeper.level()
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, Error> {
        self.0.permits.clone().acquire_owned().await.map_err(|error| Error::Executor(error.to_string()))
    }
}

#[async_trait]
impl Sandbox for WasmSandbox {
    fn properties(&self) -> Properties {
        self.0.properties.clone()
    }

    fn lanes(&self) -> usize {
        self.0.lanes
    }

    async fn inspect(&self, role: Role, bytes: Arc<[u8]>, grants: &Capabilities) -> Result<(), Unloadable> {
        let (_, found) = self.0.code(role, &bytes, grants).await.map_err(Unloadable::Unknown)?;
        found.map(|_| ())
    }

    async fn run(&self, run: Run) -> Ended {
        let wall_time_ms = run.limits.wall_time_ms;
        let tally = Mutex::new(Tally::default());
        let permit = match self.permit().await {
            Ok(permit) => permit,
            Err(error) => return Ended::at_once(Err(error)),
        };
        // The public waits no longer for a compiler than for an answer.
        let is_public = matches!(run.phase, Phase::Serve(_));
        let work = self.0.run(run, &tally);
        let ended = match is_public {
            true => within(wall_time_ms, work).await,
            false => work.await,
        };
        drop(permit);
        let ended = match ended {
            Ok(Outcome::Finished(finished)) => ended_of(finished),
            Ok(Outcome::Refused(failure)) => Ended::at_once(Ok(Err(failure))),
            Err(error) => Ended::at_once(Err(error)),
        };
        let tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ended { seen: tally.into_calls(), ..ended }
    }
}

/// Whatever takes longer is this machine's fault.
async fn within<T>(wall_time_ms: u64, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let work = tokio::time::timeout(Duration::from_millis(wall_time_ms), work);
    work.await.unwrap_or(Err(Error::WallTime(wall_time_ms)))
}

enum Outcome {
    Finished(Finished),
    /// The judged agent is none.
    Refused(Failure),
}

impl Shared {
    async fn run(&self, run: Run, tally: &Mutex<Tally>) -> Result<Outcome, Error> {
        let (name, found) =
            self.code(Role::Challenge, &run.challenge, &run.grants).await.map_err(Error::Executor)?;
        let challenge = found.map_err(|unloadable| match unloadable {
            Unloadable::TooCostly(_) => Error::Executor(unloadable.to_string()),
            other => Error::Challenge(other.to_string()),
        })?;
        let mut loaded = vec![Some(name)];
        let mut places = vec![(Place::Code(Role::Challenge), Some(challenge))];
        for (seat, bytes) in run.agents.iter().enumerate() {
            let (name, found) = self.code(Role::Agent, bytes, &run.grants).await.map_err(Error::Executor)?;
            match found {
                Ok(agent) => {
                    loaded.push(Some(name));
                    places.push((Place::Code(Role::Agent), Some(agent)));
                }
                // How much a machine takes for it is that machine's, so it is no outcome.
                Err(costly @ Unloadable::TooCostly(_)) => return Err(Error::Executor(costly.to_string())),
                Err(unloadable) if seat == 0 => return Ok(Outcome::Refused(failure(&unloadable))),
                Err(_) => {
                    loaded.push(None);
                    places.push((Place::Vacant, None));
                }
            }
        }
        // From here on: compilers have a limit of their own, and no fuel pays for them.
        let wall_time_ms = run.limits.wall_time_ms;
        let order = Order { grants: run.grants, limits: run.limits, phase: run.phase };
        let job = Job { loaded, places: &places, order, outside: &*run.outside, tally };
        let work = async { self.keeper.run(job).await.map_err(Error::Executor) };
        within(wall_time_ms, work).await.map(Outcome::Finished)
    }

    async fn code(
        &self,
        role: Role,
        bytes: &Arc<[u8]>,
        grants: &Capabilities,
    ) -> Result<(Digest, Found), String> {
        let digest = self.names.digest(bytes).await;
        let found = self.cache.get(role, digest, bytes).await?;
        let granted = found.and_then(|code| {
            // What is granted to a challenge is no agent's.
            match role {
                Role::Challenge => (self.granted)(&code.imports, grants)?,
                Role::Agent => (self.granted)(&code.imports, &Capabilities::default())?,
            }
            Ok(code)
        });
        Ok((digest, granted))
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.compilers.stop();
    }
}

/// A run whose cage told no end of it.
fn ended_of(finished: Finished) -> Ended {
    for spoken in &finished.log {
        tracing::debug!(role = ?spoken.role, line = spoken.line, "guest");
    }
    let result = finished.result.map_err(|trouble| match trouble {
        Trouble::Misuse(what) => Error::Challenge(what),
        Trouble::Host(what) => Error::Executor(what),
    });
    Ended { calls: finished.calls, log: finished.log, ..Ended::at_once(result) }
}

/// The engine's own words stay here: they may change with a patch of it, and reports must not.
fn failure(unloadable: &Unloadable) -> Failure {
    let detail = match unloadable {
        Unloadable::Invalid(words) => {
            tracing::debug!(words, "an agent cannot be compiled");
            "the component cannot be compiled under this engine profile: inspect it locally to see why"
                .to_owned()
        }
        other => other.to_string(),
    };
    Failure { reason: FailureReason::Unloadable, detail }
}
