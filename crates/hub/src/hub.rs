//! What every route holds: the parts of the hub, its permits, and the sign that it stops.

use crate::limits;
use crate::metrics::Requests;
use crate::problem::Problem;
use crate::rate::Rates;
use crate::signature::Authorities;
use crate::stream;
use crate::turns::Turns;
use agon_node::Handle;
use agon_port::{Audit, Clock, Records, Sandbox, Vault};
use agon_protocol::State;
use agon_types::{Action, Block, Digest, Height, Signed, TimeMs, codec};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What a hub is made of.
#[derive(Clone)]
pub struct Parts {
    pub node: Handle,
    pub vault: Arc<dyn Vault>,
    pub records: Arc<dyn Records>,
    pub sandbox: Arc<dyn Sandbox>,
    pub audit: Arc<dyn Audit>,
    pub clock: Arc<dyn Clock>,
    /// Fills bytes that nobody can guess: the secrets of upload addresses.
    pub random: fn(&mut [u8]),
    /// How the outside reaches this hub, without a slash at the end: the base of upload addresses.
    pub public_url: String,
    /// The network is for development, and every page says so.
    pub development: bool,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts")
            .field("node", &self.node)
            .field("public_url", &self.public_url)
            .finish_non_exhaustive()
    }
}

/// The parts, with what bounds their use.
pub(crate) struct Hub {
    pub parts: Parts,
    /// The hosts under which this hub is asked.
    pub authorities: Authorities,
    pub stop: CancellationToken,
    /// What writes the live events runs here, so that a stop can wait for it.
    pub tasks: TaskTracker,
    pub feed: stream::Slot,
    pub uploads: Semaphore,
    pub streams: Arc<Semaphore>,
    /// Questions to the routes of challenges.
    pub routes: Arc<Semaphore>,
    pub rates: Rates,
    pub turns: Turns,
    pub requests: Requests,
}

impl Hub {
    pub fn new(parts: Parts, listener: Option<SocketAddr>, stop: CancellationToken) -> Arc<Self> {
        let turns = Turns::new(parts.sandbox.lanes());
        Arc::new(Self {
            authorities: Authorities::new(&parts.public_url, listener),
            parts,
            stop,
            tasks: TaskTracker::new(),
            feed: stream::Slot::default(),
            uploads: Semaphore::new(limits::UPLOADS_MAX),
            streams: Arc::new(Semaphore::new(limits::STREAMS_MAX)),
            routes: Arc::new(Semaphore::new(limits::ROUTES_AT_ONCE_MAX)),
            rates: Rates::default(),
            turns,
            requests: Requests::default(),
        })
    }

    /// Looks at the state, briefly.
    pub fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        self.parts.node.read(look)
    }

    pub fn now(&self) -> TimeMs {
        self.parts.clock.now()
    }

    /// So many unguessable bytes, in hexadecimal.
    pub fn secret<const BYTES: usize>(&self) -> String {
        let mut bytes = [0; BYTES];
        (self.parts.random)(&mut bytes);
        hex::encode(bytes)
    }

    /// Brings an action to its decision. Whoever waits too long learns that it may still be decided.
    pub async fn submit(&self, action: Signed<Action>) -> Result<Height, Problem> {
        let wait = Duration::from_millis(limits::DECISION_MS_MAX);
        let late = "the action waits for a block still: ask again, the same action counts once";
        tokio::select! {
            () = self.stop.cancelled() => Err(Problem::new("unavailable", "the hub is stopping: ask again, or ask another")),
            () = tokio::time::sleep(wait) => Err(Problem::new("not_decided", late)),
            decided = self.parts.node.submit(action) => Ok(decided?),
        }
    }

    /// The header time of a decided block, where it can be read.
    pub async fn time_of(&self, height: Height) -> Option<TimeMs> {
        let kept = self.parts.node.blocks(height, 1).await.ok()?;
        let block = kept.first().filter(|kept| kept.height == height)?;
        let block: Block = codec::decode(&block.block, agon_types::limits::BLOCK_BYTES_MAX).ok()?;
        Some(block.header.time_ms)
    }

    /// Whether the bytes of a digest are here.
    pub async fn holds(&self, digest: Digest) -> Result<bool, Problem> {
        self.parts.vault.size(digest).await.map(|size| size.is_some()).map_err(Problem::internal)
    }
}
