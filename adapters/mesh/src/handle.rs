//! What the rest of a node does with the mesh. A handle is cheap to clone and never blocks.

use crate::artifacts;
use crate::figures::{Counters, Figures, count};
use crate::limits;
use crate::peers::{PeerInfo, Standing, Validators};
use crate::task::{Command, View};
use crate::topic::Topic;
use agon_port::vault::{self, Vault};
use agon_types::peer::{BlocksAnswer, BlocksAsk, ChunkAnswer, ChunkAsk};
use agon_types::{Binding, Digest, Height, Signed};
use libp2p::{Multiaddr, PeerId};
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

/// Why a message was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    #[error("{size} bytes are more than the {max} that a message of this topic may have")]
    TooLarge { size: usize, max: usize },
    #[error("too much waits to be sent: say it again later")]
    Busy,
    #[error("the mesh has stopped")]
    Stopped,
}

/// Why a peer gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    #[error("the peer is busy: ask another")]
    Busy,
    #[error("the peer did not answer: {0}")]
    Failed(String),
    #[error("the mesh has stopped")]
    Stopped,
}

/// Why an artifact did not come.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    #[error("none of {asked} peers gave the artifact {artifact}; the last one: {last}")]
    Nobody { artifact: Digest, asked: usize, last: String },
    #[error(transparent)]
    Vault(vault::Error),
}

/// Blocks from a peer, not checked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocks {
    /// How far the peer says that it is.
    pub tip: Height,
    pub blocks: Vec<Vec<u8>>,
}

/// The application's end of the mesh.
#[derive(Clone)]
pub struct Handle {
    pub(crate) peer: PeerId,
    pub(crate) commands: mpsc::Sender<Command>,
    pub(crate) view: watch::Receiver<View>,
    pub(crate) validators: Arc<watch::Sender<Validators>>,
    pub(crate) binding: Arc<watch::Sender<Option<Signed<Binding>>>>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) vault: Arc<dyn Vault>,
    pub(crate) fetches: Arc<Semaphore>,
}

impl Handle {
    pub fn peer(&self) -> PeerId {
        self.peer
    }

    /// Sends a message to all who listen to its topic. What cannot be sent at once is dropped: say it again.
    pub fn publish(&self, topic: Topic, bytes: Vec<u8>) -> Result<(), PublishError> {
        let (size, max) = (bytes.len(), topic.bytes_max());
        if size > max {
            return Err(PublishError::TooLarge { size, max });
        }
        self.commands.try_send(Command::Publish { topic, bytes }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                count(&self.counters.refused_commands);
                PublishError::Busy
            }
            mpsc::error::TrySendError::Closed(_) => PublishError::Stopped,
        })
    }

    /// Says who the validators are, with the session key that the ledger has for each.
    pub fn set_validators(&self, validators: Validators) {
        self.validators.send_replace(validators);
    }

    /// Shows another binding to all peers, those that come later too.
    pub fn set_binding(&self, binding: Option<Signed<Binding>>) {
        self.binding.send_replace(binding);
    }

    /// Dials a peer, and again whenever it is gone.
    pub async fn dial(&self, address: Multiaddr) -> Result<(), AskError> {
        self.commands.send(Command::Dial(address)).await.map_err(|_| AskError::Stopped)
    }

    /// Asks a peer for decided blocks from a height. Their certificates are the asker's to check.
    pub async fn blocks(&self, peer: PeerId, from: Height, blocks_max: u16) -> Result<Blocks, AskError> {
        let ask = BlocksAsk { from: from.0, count: blocks_max };
        let (answer, answered) = oneshot::channel();
        self.ask(Command::Blocks { peer, ask, answer }, answered).await.and_then(|answer| match answer {
            BlocksAnswer::Blocks { tip, blocks } => Ok(Blocks { tip: Height(tip), blocks }),
            BlocksAnswer::Busy => Err(AskError::Busy),
        })
    }

    /// Fetches an artifact into the vault, from the first of these peers that has its right bytes; without any, from
    /// whoever is connected and bound.
    pub async fn fetch(&self, artifact: Digest, bytes_max: u64, from: &[PeerId]) -> Result<(), FetchError> {
        artifacts::fetch(self, artifact, bytes_max, from).await
    }

    /// Who is connected.
    pub fn peers(&self) -> Vec<PeerInfo> {
        self.view.borrow().peers.clone()
    }

    /// Where this node listens.
    pub fn listening(&self) -> Vec<Multiaddr> {
        self.view.borrow().listening.clone()
    }

    /// The address under which a peer saw this node last.
    pub fn observed(&self) -> Option<Multiaddr> {
        self.view.borrow().observed.clone()
    }

    /// Waits until the mesh is as it is hoped to be; `None` if it has stopped before.
    pub async fn until(&self, mut hoped: impl FnMut(&[PeerInfo]) -> bool) -> Option<()> {
        self.view.clone().wait_for(|view| hoped(&view.peers)).await.ok().map(|_| ())
    }

    pub fn figures(&self) -> Figures {
        self.counters.figures()
    }

    pub(crate) fn bound_peers(&self) -> Vec<PeerId> {
        let mut bound: Vec<PeerInfo> =
            self.peers().into_iter().filter(|info| info.standing != Standing::Stranger).collect();
        bound.sort_by_key(|info| info.standing != Standing::Validator);
        bound.into_iter().map(|info| info.peer).collect()
    }

    pub(crate) async fn chunk(&self, peer: PeerId, ask: ChunkAsk) -> Result<ChunkAnswer, AskError> {
        let (answer, answered) = oneshot::channel();
        self.ask(Command::Chunk { peer, ask, answer }, answered).await
    }

    pub(crate) async fn blame(&self, peer: PeerId) {
        let _ = self.commands.send(Command::Blame { peer, faults: limits::FAULTS_MAX + 1 }).await;
    }

    async fn ask<A>(
        &self,
        command: Command,
        answered: oneshot::Receiver<Result<A, AskError>>,
    ) -> Result<A, AskError> {
        self.commands.send(command).await.map_err(|_| AskError::Stopped)?;
        answered.await.unwrap_or(Err(AskError::Stopped))
    }
}
