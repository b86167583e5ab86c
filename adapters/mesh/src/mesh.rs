//! The start of a mesh, and its end.

use crate::artifacts;
use crate::config::Config;
use crate::dialer::Dialer;
use crate::figures::Counters;
use crate::handle::Handle;
use crate::inbox::Inbox;
use crate::key::NodeKey;
use crate::limits;
use crate::peers::Book;
use crate::swarm;
use crate::task::{Asks, Queues, Task, View};
use crate::topic::{Names, Topic};
use agon_port::clock::Clock;
use agon_port::vault::Vault;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Why a mesh does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the mesh cannot be set up: {0}")]
    Setup(String),
    #[error("the mesh cannot listen on {address}: {reason}")]
    Listen { address: String, reason: String },
}

/// A mesh that runs.
pub struct Mesh {
    pub handle: Handle,
    pub inbox: Inbox,
    /// Ends soon after the token that the mesh was started with.
    pub task: JoinHandle<()>,
}

/// Artifacts that are fetched at one time, each in memory as a whole.
const FETCHES: usize = 4;

impl Mesh {
    /// Listens, dials, and runs in a task of its own until it is told to stop.
    pub fn start(
        config: Config,
        key: NodeKey,
        vault: Arc<dyn Vault>,
        clock: Arc<dyn Clock>,
        stop: CancellationToken,
    ) -> Result<Self, StartError> {
        let names = Names::new(&config.network, config.genesis);
        let mut swarm = swarm::swarm(&key, &names).map_err(StartError::Setup)?;
        for address in &config.listen {
            swarm.listen_on(address.clone()).map_err(|error| StartError::Listen {
                address: address.to_string(),
                reason: error.to_string(),
            })?;
        }
        let mut dialer = Dialer::default();
        config.dial.into_iter().for_each(|address| dialer.add(address, Instant::now()));

        let (commands, commanded) = mpsc::channel(limits::COMMANDS_MAX);
        let (replies, replied) = mpsc::unbounded_channel();
        let (view, seen) = watch::channel(View::default());
        let (validators, validators_now) = watch::channel(Default::default());
        let (binding, binding_now) = watch::channel(config.binding);
        let (asked, asking) = mpsc::channel(limits::CHUNK_ASKS_MAX);
        let (queues, inbox) = queues();
        let counters = Arc::new(Counters::default());
        let server = tokio::spawn(artifacts::serve(vault.clone(), asking, replies.clone()));
        let handle = Handle {
            peer: key.peer(),
            commands,
            view: seen,
            validators: Arc::new(validators),
            binding: Arc::new(binding),
            counters: counters.clone(),
            vault,
            fetches: Arc::new(Semaphore::new(FETCHES)),
        };
        let task = Task {
            swarm,
            names,
            network: config.network,
            clock,
            book: Book::default(),
            dialer,
            queues,
            asked,
            replies,
            view,
            validators: validators_now,
            binding: binding_now,
            counters,
            waiting: Default::default(),
            answering: Default::default(),
            attempt: attempt(),
        };
        let task = tokio::spawn(async move {
            task.run(commanded, replied, stop).await;
            // Its questions have ended with the task above.
            let _ = server.await;
        });
        Ok(Self { handle, inbox, task })
    }
}

fn queues() -> (Queues, Inbox) {
    let room = |topic: Topic| Arc::new(Semaphore::new(topic.unjudged_bytes_max()));
    let (consensus, from_consensus) = mpsc::channel(limits::UNJUDGED_MAX);
    let (actions, from_actions) = mpsc::channel(limits::UNJUDGED_MAX);
    let (artifacts, from_artifacts) = mpsc::channel(limits::UNJUDGED_MAX);
    let (blocks, from_blocks) = mpsc::channel(limits::BLOCK_ASKS_MAX);
    let queues = Queues {
        topics: [consensus, actions, artifacts],
        room: Topic::ALL.map(room),
        blocks,
        asks: Asks::new(),
    };
    let inbox = Inbox {
        consensus: from_consensus,
        actions: from_actions,
        artifacts: from_artifacts,
        blocks: from_blocks,
    };
    (queues, inbox)
}

/// Where the numbers of repeated messages begin: elsewhere after each start, since others remember the former ones.
fn attempt() -> u32 {
    let mut bytes = [0; 4];
    // Without chance they begin at the same place, and a message said again within half a minute may be lost.
    let _ = getrandom::fill(&mut bytes);
    u32::from_le_bytes(bytes).max(1)
}
