//! Keeps cages: starts them before they are needed, hands each its code, holds it to its deadline, and lets nothing
//! of it remain.

pub mod cache;
mod cgroup;
mod code;
pub mod compile;
mod level;
mod link;
mod pool;
mod process;
mod rights;
mod spares;
pub mod tally;

pub use cgroup::Version;
pub use code::Code;
pub use level::{Level, Row};
pub use pool::Loaded;
pub use process::{CageProgram, Reaper};

use crate::limits::{AGENTS_LIVE_MAX, CLOSINGS_MAX, ENGINE_BYTES, SPARES_TRIED_MAX};
use crate::room::{Finished, Order, Place};
use agon_port::sandbox::Outside;
use agon_types::manifest::Limits;
use cgroup::Root;
use link::{Broken, Link};
use pool::Pool;
use spares::Spares;
use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tally::Tally;

/// How long a first cage may take to show what this machine can do.
const TRIAL_WAIT: Duration = Duration::from_secs(20);

/// One run for a cage: what must be in it, and what is to be done.
pub struct Job<'j> {
    pub loaded: Loaded,
    /// The places in order, with code for each that is not vacant.
    pub places: &'j [(Place, Option<Arc<Code>>)],
    pub order: Order,
    pub outside: &'j dyn Outside,
    /// What the keeper itself saw being asked, also if the run comes to no end.
    pub tally: &'j Mutex<Tally>,
}

/// Cages, those with nothing to do included.
#[derive(Debug)]
pub struct Keeper {
    level: Level,
    pool: Pool,
    spares: Spares,
}

impl Keeper {
    /// Starts cages, and closes one to see what this machine can do. At most `count` run at once, which is for the
    /// caller to see to; as many wait, and as many keep their code.
    pub async fn start(count: usize, program: CageProgram, floor: &Floor) -> Result<Self, String> {
        let spares = Spares::start(count, program, floor.groups.clone(), floor.reaper.clone());
        let spares = spares.map_err(|error| format!("no thread can be started: {error}"))?;
        let trial = async {
            let mut link = fresh(&spares).await?;
            let lock = link.close(&[]).await;
            match lock {
                Ok(lock) => Ok(lock),
                Err(broken) => Err(explain(link, broken).await),
            }
        };
        let lock = tokio::time::timeout(TRIAL_WAIT, trial).await;
        let lock = lock.map_err(|_| "a first cage did not close in time".to_owned())??;
        let level = Level { lock, cgroup: floor.groups.as_ref().map(|groups| groups.version) };
        Ok(Self { level, pool: Pool::new(count), spares })
    }

    /// How well cages are closed here.
    pub fn level(&self) -> &Level {
        &self.level
    }

    /// Runs in a cage that has the code already, or in a fresh one. If this future is dropped, the cage dies.
    pub async fn run(&self, job: Job<'_>) -> Result<Finished, String> {
        let memory_bytes = memory_bytes(&job.order.limits);
        let mut link = match self.kept(&job.loaded, memory_bytes) {
            Some(link) => link,
            None => self.closed(job.places, memory_bytes).await?,
        };
        match link.run(job.order, job.outside, job.tally).await {
            Ok(finished) => {
                self.pool.put(job.loaded, link);
                Ok(finished)
            }
            Err(broken) => Err(explain(link, broken).await),
        }
    }

    /// One that has the code already. Those that somebody killed while they had nothing to do are passed over.
    fn kept(&self, loaded: &Loaded, memory_bytes: u64) -> Option<Link> {
        while let Some(mut link) = self.pool.take(loaded) {
            if link.process.is_alive() && limit(&link, memory_bytes).is_ok() {
                return Some(link);
            }
        }
        None
    }

    /// A fresh cage with this code. One that breaks off while it loads may have been killed before it was needed, which
    /// is no reason to fail a run.
    async fn closed(&self, places: &[(Place, Option<Arc<Code>>)], memory_bytes: u64) -> Result<Link, String> {
        let mut last = String::new();
        for _ in 0..CLOSINGS_MAX {
            let files = opened(places).map_err(|error| format!("compiled code cannot be opened: {error}"))?;
            let mut link = fresh(&self.spares).await?;
            limit(&link, memory_bytes)
                .map_err(|error| format!("the memory of a cage cannot be limited: {error}"))?;
            match link.close(&files).await {
                Ok(lock) if (Level { lock, cgroup: self.level.cgroup }).holds(&self.level) => {
                    return Ok(link);
                }
                Ok(_) => return Err("a cage did not close as well as those before it".to_owned()),
                Err(broken @ Broken::Wire(_)) => last = explain(link, broken).await,
                Err(broken) => return Err(explain(link, broken).await),
            }
        }
        Err(last)
    }
}

/// A file of its own for each cage, since cages that share one would share its position.
fn opened(places: &[(Place, Option<Arc<Code>>)]) -> io::Result<Vec<(Place, Option<File>)>> {
    let open = |(place, code): &(Place, Option<Arc<Code>>)| -> io::Result<(Place, Option<File>)> {
        Ok((*place, code.as_ref().map(|code| code.open()).transpose()?))
    };
    places.iter().map(open).collect()
}

/// What cages and compilers of one node stand on.
#[derive(Debug)]
pub struct Floor {
    pub groups: Option<Arc<Root>>,
    pub reaper: Arc<Reaper>,
}

impl Floor {
    pub fn find() -> io::Result<Self> {
        Ok(Self { groups: Root::find().map(Arc::new), reaper: Arc::new(Reaper::start()?) })
    }
}

/// The next that has started. Those that somebody killed while they waited are passed over.
async fn fresh(spares: &Spares) -> Result<Link, String> {
    let mut last = String::new();
    for _ in 0..SPARES_TRIED_MAX {
        let (process, stream) =
            spares.take().await.map_err(|error| format!("no cage can be started: {error}"))?;
        let mut link = Link::new(process, stream).map_err(|error| error.to_string())?;
        match link.ready().await {
            Ok(()) if link.process.is_alive() => return Ok(link),
            Ok(()) => last = "every cage that was started was killed before it was needed".to_owned(),
            Err(broken) => last = explain(link, broken).await,
        }
    }
    Err(last)
}

fn memory_bytes(limits: &Limits) -> u64 {
    let agents = limits.agent_memory_bytes.saturating_mul(u64::from(AGENTS_LIVE_MAX));
    limits.challenge_memory_bytes.saturating_add(agents).saturating_add(ENGINE_BYTES)
}

fn limit(link: &Link, bytes: u64) -> io::Result<()> {
    link.process.group().map_or(Ok(()), |group| group.limit_memory(bytes))
}

/// What became of a cage that is of no more use. It is dead after this.
async fn explain(link: Link, broken: Broken) -> String {
    let Broken::Wire(error) = broken else {
        return format!("a cage was ended: {broken}");
    };
    let process = link.process;
    let fate = tokio::task::spawn_blocking(move || process.autopsy()).await;
    let fate = fate.unwrap_or_else(|error| error.to_string());
    format!("a cage broke off ({error}): {fate}")
}
