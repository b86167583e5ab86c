//! The blocks that are put to the vote at one height. The core knows them by their digests only.

use crate::context::{Address, At, BlockId, Terms};
use crate::limits::{BLOCKS_MAX, BLOCKS_OF_ROUND_MAX};
use agon_types::{Block, Digest, Height, SessionKey};
use arc_malachitebft_core_consensus::ProposedValue;
use arc_malachitebft_core_types::{Round, Validity};
use std::collections::BTreeMap;

/// A block and where it was proposed first.
#[derive(Clone, Debug)]
pub struct Known {
    pub block: Block,
    pub origin: Origin,
    /// Nothing while the application executes it.
    pub is_valid: Option<bool>,
}

/// Who proposed a block, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    pub digest: Digest,
    pub round: u32,
    pub proposer: SessionKey,
}

impl Origin {
    /// What the core hears about the block.
    pub fn proposed(self, height: Height, validity: Validity) -> ProposedValue<Terms> {
        ProposedValue {
            height: At(height),
            round: Round::new(self.round),
            valid_round: Round::Nil,
            proposer: Address(self.proposer),
            value: BlockId(self.digest),
            validity,
        }
    }
}

/// The blocks of one height.
#[derive(Debug, Default)]
pub struct Blocks(BTreeMap<Digest, Known>);

impl Blocks {
    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn get(&self, digest: &Digest) -> Option<&Known> {
        self.0.get(digest)
    }

    /// Whether a block may come in: it is known, or its round has room.
    pub fn has_room(&self, origin: &Origin) -> bool {
        let of_round = self.0.values().filter(|known| known.origin.round == origin.round).count();
        self.0.contains_key(&origin.digest) || of_round < BLOCKS_OF_ROUND_MAX
    }

    /// Takes a block in; true if it was not here yet.
    pub fn insert(&mut self, origin: Origin, block: Block, is_valid: Option<bool>) -> bool {
        if let Some(known) = self.0.get_mut(&origin.digest) {
            known.is_valid = known.is_valid.or(is_valid);
            return false;
        }
        self.0.insert(origin.digest, Known { block, origin, is_valid });
        true
    }

    /// What the application says about a block that waits for it.
    pub fn judge(&mut self, digest: Digest, is_valid: bool) -> Option<Origin> {
        let known = self.0.get_mut(&digest).filter(|known| known.is_valid.is_none())?;
        known.is_valid = Some(is_valid);
        Some(known.origin)
    }

    /// Lets the blocks of the oldest rounds go when there are too many, but none that may still have to be proposed.
    pub fn prune(&mut self, lasting: &[Option<Digest>]) {
        while self.0.len() > BLOCKS_MAX {
            let may_go = |known: &&Known| !lasting.contains(&Some(known.origin.digest));
            let oldest = self.0.values().filter(may_go).min_by_key(|known| known.origin.round);
            let Some(digest) = oldest.map(|known| known.origin.digest) else { return };
            self.0.remove(&digest);
        }
    }
}

/// Whether the body is the one that the header names, so that a digest stands for the whole block.
pub fn is_whole(block: &Block) -> bool {
    let header = &block.header;
    Block::actions_root(block.anchor.as_ref(), &block.actions) == header.actions_root
        && Block::certificate_digest(block.last_certificate.as_ref()) == header.last_certificate
}
