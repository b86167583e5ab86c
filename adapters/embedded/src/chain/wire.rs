//! The JSON that the development chain speaks, for its server and its client.

use agon_port::chain::{Commitment, Head};
use agon_types::anchor::Neuron;
use agon_types::{ChainBlock, Digest, Hotkey, TimeMs};
use serde::{Deserialize, Serialize};

/// Every answer says whose it is: nothing here is worth anything.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Answer<T> {
    pub development: bool,
    #[serde(flatten)]
    pub body: T,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct HeadBody {
    pub number: ChainBlock,
    pub hash: Digest,
    pub time_ms: TimeMs,
}

impl From<Head> for HeadBody {
    fn from(head: Head) -> Self {
        Self { number: head.number, hash: head.hash, time_ms: head.time_ms }
    }
}

impl From<HeadBody> for Head {
    fn from(body: HeadBody) -> Self {
        Self { number: body.number, hash: body.hash, time_ms: body.time_ms }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct NeuronBody {
    pub hotkey: Hotkey,
    #[serde(flatten)]
    pub neuron: Neuron,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SnapshotBody {
    #[serde(flatten)]
    pub head: HeadBody,
    pub neurons: Vec<NeuronBody>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CommitmentBody {
    pub hotkey: Hotkey,
    pub commitment: Digest,
    pub block: ChainBlock,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Items<T> {
    pub items: Vec<T>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RowBody {
    pub vector: Vec<(u16, u16)>,
    pub block: ChainBlock,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WeightsBody {
    pub weights: Option<RowBody>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct UidBody {
    pub uid: u16,
    pub hotkey: Hotkey,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct NonceBody {
    pub nonce: u64,
}

/// The block that includes what was asked for.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct IncludedBody {
    pub block: ChainBlock,
}

/// A call: canonical bytes in hexadecimal.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CallRequest {
    pub call: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeregisterRequest {
    pub hotkey: Hotkey,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AdvanceRequest {
    pub blocks: u64,
}

/// Why something is not answered.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Problem {
    pub code: String,
    pub detail: String,
    /// The block at which a call that came too fast can come again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_block: Option<ChainBlock>,
}

impl From<Commitment> for CommitmentBody {
    fn from(commitment: Commitment) -> Self {
        let Commitment { hotkey, commitment, block } = commitment;
        Self { hotkey, commitment, block }
    }
}

impl From<CommitmentBody> for Commitment {
    fn from(body: CommitmentBody) -> Self {
        Self { hotkey: body.hotkey, commitment: body.commitment, block: body.block }
    }
}
