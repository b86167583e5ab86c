//! How actions become decided blocks. An `Order` decides; the `Application` it drives builds, checks and executes.

use agon_types::{Action, Block, Certificate, Digest, Height, SessionKey, Signed, Verified};
use async_trait::async_trait;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// A proposal that voters may vote for, with the root that they computed themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Valid {
    pub root: Digest,
}

/// Why a block is not voted for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the block is refused: {0}")]
pub struct Refused(pub String);

/// A fault of the world that stops a node from deciding.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Fault(pub String);

/// What an order drives. The node implements it.
#[async_trait]
pub trait Application: Send + Sync + 'static {
    /// The last decided height.
    async fn tip(&self) -> Result<Height, Fault>;

    /// Builds a block for a height, of at most so many bytes. Its header names this node as proposer.
    async fn build(&self, height: Height, bytes_max: usize) -> Result<Block, Fault>;

    /// Executes a proposal without keeping its effects.
    async fn check(&self, block: Block) -> Result<Result<Valid, Refused>, Fault>;

    /// Executes and keeps a decided block. Returns only once it is durable.
    async fn decided(&self, block: Block, certificate: Certificate) -> Result<(), Fault>;

    /// Who decides a height, with their power.
    async fn voters(&self, height: Height) -> Result<Vec<(SessionKey, u64)>, Fault>;

    /// In how many milliseconds a block is due though nobody asks for one, such as at the end of a window.
    async fn due_ms(&self) -> Result<Option<u64>, Fault> {
        Ok(None)
    }

    /// An action that reached this node and waits to be built into a block.
    async fn pool(&self, action: Verified<Action>) -> Result<(), Fault>;
}

/// An engine that decides blocks.
#[async_trait]
pub trait Order: Send + Sync + 'static {
    /// Decides until the token is cancelled. An error means that this node can decide no longer.
    async fn run(&self, application: Arc<dyn Application>, stop: CancellationToken) -> Result<(), Fault>;

    /// Brings an action to whoever builds the next block.
    async fn submit(&self, action: Signed<Action>) -> Result<(), Fault>;
}

#[cfg(feature = "contract")]
pub mod contract;
