//! The end of an epoch: all that anyone needs to compute its weights again.

use crate::{ChainBlock, ChallengeId, Digest, Epoch, Hotkey, Score, SubmissionId};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// One epoch's bundle. `weights` and `vector` follow from the rest by the protocol's own function.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Seal {
    pub epoch: Epoch,
    /// The chain block whose facts gave the uids.
    pub anchor: ChainBlock,
    pub burn: Hotkey,
    pub challenges: Vec<ChallengeSeal>,
    /// The uid of every hotkey that earned, and of the burn hotkey, where it is registered.
    pub uids: Vec<(Hotkey, u16)>,
    pub weights: Vec<Weight>,
    /// What validators set on the chain: uids in order, the largest value 65535.
    pub vector: Vec<(u16, u16)>,
}

/// What one challenge pays in an epoch.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct ChallengeSeal {
    pub challenge: ChallengeId,
    pub version: u32,
    pub emission_share: Score,
    /// How much of the share decay leaves; the rest is burned.
    pub undecayed: Score,
    /// Each earning submission with its miner and points.
    pub points: Vec<Points>,
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Points {
    pub submission: SubmissionId,
    pub hotkey: Hotkey,
    pub points: u64,
}

/// What a hotkey earns: billionths of the whole emission.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Weight {
    pub hotkey: Hotkey,
    pub units: u64,
}

/// The units of all weights of an epoch together.
pub const UNITS_TOTAL: u64 = 1_000_000_000;

impl Seal {
    pub fn digest(&self) -> Digest {
        Digest::tagged("agon/seal", self)
    }
}
