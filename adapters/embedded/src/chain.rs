//! The development chain: a simulator of the subnet's chain, in one process and one file. It pays nobody, anyone may
//! register, and every answer of it says that it is one.
//!
//! ```text
//!   DevelopmentChainClient -- HTTP --> server -- requests --> producer -- a durable block --> store
//!                                        '------- reads -------> history of states <-- extends --'
//! ```

use crate::limits::PENDING_MAX;
use agon_port::Clock;
use agon_types::NetworkId;
use std::future::IntoFuture as _;
use std::path::Path;
use std::sync::{Arc, RwLock};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

mod call;
mod client;
mod history;
mod producer;
mod server;
mod state;
mod store;
mod wire;

pub use call::{Call, CallBody, Refusal, Registration};
pub use client::DevelopmentChainClient;

use history::History;
use producer::Producer;
use store::Store;

/// How long open connections may take to end once the chain stops.
const GRACE_MS: u64 = 2_000;

/// What a chain is made with, for as long as its file lives.
#[derive(Clone, Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)]
pub struct Rules {
    /// The network that signed calls are for.
    pub network: NetworkId,
    /// How many blocks the finalised one is behind the newest.
    pub finality_lag: u64,
    /// Blocks between a registration or a setting of weights, and the next setting by that hotkey.
    pub rate_limit_blocks: u64,
    /// Uids of the subnet.
    pub neurons_max: u16,
    /// How many of the last blocks can be asked for what they said.
    pub history_blocks: u64,
}

impl Rules {
    pub fn new(network: NetworkId) -> Self {
        Self { network, finality_lag: 2, rate_limit_blocks: 1, neurons_max: 256, history_blocks: 4096 }
    }
}

/// When blocks are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockClock {
    /// One after each so many milliseconds.
    Every { ms: u64 },
    /// Only when somebody asks for them, for tests.
    Manual,
}

/// What a chain is opened with.
#[derive(Clone, Debug)]
pub struct Settings {
    pub rules: Rules,
    pub clock: BlockClock,
    /// What the hashes of a new chain begin with; a random one if there is none.
    pub seed: Option<[u8; 32]>,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the development chain cannot be read or written: {0}")]
    Storage(String),
    #[error("the file of the development chain is damaged: {0}; remove it to begin a new chain")]
    Damaged(String),
    #[error("the development chain was made with other rules ({0}): keep those, or remove its file")]
    OtherRules(String),
    #[error("the development chain cannot be served: {0}")]
    Server(#[from] std::io::Error),
}

/// A simulated chain, open but not yet served.
pub struct DevelopmentChain {
    history: History,
    store: Store,
    clock: BlockClock,
    time: Arc<dyn Clock>,
}

impl std::fmt::Debug for DevelopmentChain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DevelopmentChain({}, {:?})", self.history.head().number, self.clock)
    }
}

impl DevelopmentChain {
    /// Opens the file of a chain, which is begun if it is missing. Its blocks go on where they ended.
    pub fn open(path: &Path, settings: Settings, time: Arc<dyn Clock>) -> Result<Self, Error> {
        let (store, history) = store::open(path, settings.rules, settings.seed, time.now())?;
        Ok(Self { history, store, clock: settings.clock, time })
    }

    /// Makes blocks and answers on this listener until the token is cancelled.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) -> Result<(), Error> {
        let network = self.history.rules().network.clone();
        let is_manual = self.clock == BlockClock::Manual;
        let history = Arc::new(RwLock::new(self.history));
        let (requests, received) = mpsc::channel(PENDING_MAX);
        let routes =
            server::routes(server::Shared { history: history.clone(), requests, network, is_manual });
        let ended = CancellationToken::new();
        let shutdown = ended.clone().cancelled_owned();
        let serving = axum::serve(listener, routes).with_graceful_shutdown(shutdown).into_future();
        let mut serving = std::pin::pin!(serving);
        let producer = Producer::new(history, self.store, self.time);
        tokio::select! {
            produced = producer.run(self.clock, received, stop) => produced?,
            served = &mut serving => return Ok(served?),
        }
        // Whoever still waits for a block hears that there will be none.
        ended.cancel();
        let _ = tokio::time::timeout(Duration::from_millis(GRACE_MS), serving).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
