//! The blockchain that knows hotkeys and stakes, keeps commitments and pays by weights.

use agon_types::anchor::Neuron;
use agon_types::{ChainBlock, Digest, Epoch, Hotkey, HotkeyPair, TimeMs};
use async_trait::async_trait;

/// A block of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub number: ChainBlock,
    pub hash: Digest,
    pub time_ms: TimeMs,
}

/// All that a block says about the subnet, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub head: Head,
    /// By hotkey, in the order of their bytes.
    pub neurons: Vec<(Hotkey, Neuron)>,
}

/// A digest that a hotkey wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commitment {
    pub hotkey: Hotkey,
    pub commitment: Digest,
    pub block: ChainBlock,
}

/// The weights to set: sorted by uid, and the hotkeys that those uids must still have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub epoch: Epoch,
    pub vector: Vec<(u16, u16)>,
    pub hotkeys: Vec<(u16, Hotkey)>,
}

/// The weights that a hotkey has set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub vector: Vec<(u16, u16)>,
    pub block: ChainBlock,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the chain is not reachable: {0}")]
    Unreachable(String),
    #[error("the chain takes the next one at block {0}")]
    RateLimited(ChainBlock),
    #[error("the chain refuses: {0}")]
    Refused(String),
    #[error("block {0} is not known: it is not finalised yet, or too old")]
    UnknownBlock(ChainBlock),
    #[error("the fate of the call is not known: read the chain before trying again ({0})")]
    Unknown(String),
}

/// A chain. Every read names a finalised block, so that reads which belong together agree.
#[async_trait]
pub trait Chain: Send + Sync + 'static {
    /// The last finalised block.
    async fn finalised(&self) -> Result<Head, Error>;

    /// What a finalised block says.
    async fn snapshot(&self, at: ChainBlock) -> Result<Snapshot, Error>;

    /// Commitments written after one finalised block up to another, in the order of the chain.
    async fn commitments(&self, after: ChainBlock, up_to: ChainBlock) -> Result<Vec<Commitment>, Error>;

    /// Writes a digest under a registered hotkey; returns the block that has it. The same digest again is one call.
    async fn commit(&self, signer: &HotkeyPair, commitment: Digest) -> Result<ChainBlock, Error>;

    /// Sets weights. Returns the block that has them.
    async fn set_weights(&self, signer: &HotkeyPair, plan: Plan) -> Result<ChainBlock, Error>;

    /// What a hotkey has set, as the newest block says.
    async fn weights(&self, of: Hotkey) -> Result<Option<Row>, Error>;
}

#[cfg(feature = "contract")]
pub mod contract;
