//! The only way in for facts of the chain: a statement of what a finalised block says.

use crate::{ChainBlock, Digest, Hotkey, Stake, TimeMs};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// What a finalised block of the chain says, as far as it changed since the anchor before.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Anchor {
    pub number: ChainBlock,
    pub hash: Digest,
    pub time_ms: TimeMs,
    pub facts: Vec<Fact>,
}

/// One changed fact.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// A hotkey is registered, or its numbers changed.
    Neuron { hotkey: Hotkey, neuron: Neuron },
    /// A hotkey is registered no longer.
    Deregistered { hotkey: Hotkey },
    /// A hotkey wrote a digest on the chain at a block.
    Commitment { hotkey: Hotkey, commitment: Digest, block: ChainBlock },
}

/// What the chain knows of a registered hotkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Neuron {
    pub coldkey: Hotkey,
    pub uid: u16,
    pub stake: Stake,
    /// Whether it may set weights, and so validate.
    pub permit: bool,
}
