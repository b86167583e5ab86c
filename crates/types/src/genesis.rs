//! What a network begins with; its digest is the network's identity.

use crate::{ChainBlock, Digest, Hotkey, NetworkId, Score, SessionKey, TimeMs, Voters, limits, voters};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The first document of a network.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    pub network: NetworkId,
    pub time_ms: TimeMs,
    pub owner: Owner,
    /// Who decides blocks: one key for ever, or a mesh that begins with these.
    pub voters: Voters,
    /// The hotkey that receives what nobody earned.
    pub burn: Hotkey,
    /// The first block of epoch 0 on the chain.
    pub chain_start: ChainBlock,
    pub parameters: Parameters,
}

/// `threshold` of these keys act as the owner.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    pub threshold: u8,
    pub keys: Vec<Hotkey>,
}

/// A time that has passed when so many heights and so many milliseconds have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    pub heights: u64,
    pub ms: u64,
}

/// The numbers of a network.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// Blocks of the chain in one epoch.
    pub epoch_blocks: u64,
    pub commit_window: Window,
    pub reveal_window: Window,
    /// The largest share of all power that one validator can have, unless there are too few of them.
    pub power_cap: Score,
    /// Epochs in a row without any report, after which a validator is assigned nothing.
    pub absences_max: u32,
    /// Certificates in a row without its signature, after which a voter votes no more.
    #[serde(default = "missed_max")]
    pub missed_max: u32,
}

/// What a genesis means that says nothing of missed certificates.
fn missed_max() -> u32 {
    Parameters::MISSED_MAX
}

impl Parameters {
    /// The usual number of missed certificates.
    pub const MISSED_MAX: u32 = 1_000;
}

/// Why a genesis starts nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    #[error("the owner has {keys} keys and a threshold of {threshold}: name 1 to {max} keys and a threshold among them", max = limits::OWNER_KEYS_MAX)]
    Owner { keys: usize, threshold: u8 },
    #[error("a key of the owner is there twice: one key counts once")]
    OwnerTwice,
    #[error("absences_max and missed_max are at least 1")]
    Absences,
    #[error(transparent)]
    Voters(#[from] voters::Invalid),
    #[error("an epoch needs at least one block of the chain")]
    EpochBlocks,
    #[error("a window needs at least one height and one millisecond")]
    Window,
}

impl Genesis {
    pub fn digest(&self) -> Digest {
        Digest::tagged("agon/genesis", self)
    }

    /// The first voting set: whoever decides the first block.
    pub fn first_voters(&self) -> Vec<(SessionKey, u64)> {
        self.voters.first().keys()
    }

    pub fn check(&self) -> Result<(), Invalid> {
        let (keys, threshold) = (self.owner.keys.len(), self.owner.threshold);
        if keys == 0 || keys > limits::OWNER_KEYS_MAX || threshold == 0 || usize::from(threshold) > keys {
            return Err(Invalid::Owner { keys, threshold });
        }
        let distinct: BTreeSet<_> = self.owner.keys.iter().collect();
        if distinct.len() != keys {
            return Err(Invalid::OwnerTwice);
        }
        self.voters.check()?;
        if self.parameters.absences_max == 0 || self.parameters.missed_max == 0 {
            return Err(Invalid::Absences);
        }
        if self.parameters.epoch_blocks == 0 {
            return Err(Invalid::EpochBlocks);
        }
        let windows = [self.parameters.commit_window, self.parameters.reveal_window];
        if windows.iter().any(|window| window.heights == 0 || window.ms == 0) {
            return Err(Invalid::Window);
        }
        Ok(())
    }
}
