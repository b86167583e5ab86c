//! The words of Malachite's core, said in ours: who votes, on what, and who proposes.

use agon_types::Digest;
use arc_malachitebft_core_types as core;
use core::{LinearTimeouts, NilOrVal, Round, VoteType};

mod ballot;
mod voters;

pub use ballot::{Proposed, Vote, nil_or};
pub use voters::{Address, BadVoters, Voter, Voters};

/// A decided height, as the core counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At(pub agon_types::Height);

impl std::fmt::Display for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl core::Height for At {
    const ZERO: Self = Self(agon_types::Height(0));
    const INITIAL: Self = Self(agon_types::Height(1));

    fn increment_by(&self, count: u64) -> Self {
        Self(self.0.plus(count))
    }

    fn decrement_by(&self, count: u64) -> Option<Self> {
        self.0.0.checked_sub(count).map(|height| Self(agon_types::Height(height)))
    }

    fn as_u64(&self) -> u64 {
        self.0.0
    }
}

/// What the core decides on: a block by its header's digest. The block itself stays with the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlockId(pub Digest);

impl std::fmt::Display for BlockId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.short().fmt(f)
    }
}

impl core::Value for BlockId {
    type Id = Self;

    fn id(&self) -> Self {
        *self
    }
}

/// A block travels whole with its proposal, so there are no parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoPart {}

impl core::ProposalPart<Terms> for NoPart {
    fn is_first(&self) -> bool {
        match *self {}
    }

    fn is_last(&self) -> bool {
        match *self {}
    }
}

/// ed25519 with the session keys of voters. Nothing in the core encodes a key or a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionKeys;

impl core::SigningScheme for SessionKeys {
    type DecodingError = String;
    type Signature = agon_types::Signature;
    type PublicKey = agon_types::SessionKey;
    type PrivateKey = agon_types::SessionPair;

    fn decode_signature(bytes: &[u8]) -> Result<Self::Signature, String> {
        bytes.try_into().map(agon_types::Signature).map_err(|_| "a signature is 64 bytes".to_owned())
    }

    fn encode_signature(signature: &Self::Signature) -> Vec<u8> {
        signature.0.to_vec()
    }

    fn decode_public_key(bytes: &[u8]) -> Result<Self::PublicKey, String> {
        bytes.try_into().map(agon_types::SessionKey).map_err(|_| "a key is 32 bytes".to_owned())
    }

    fn encode_public_key(key: &Self::PublicKey) -> Vec<u8> {
        key.0.to_vec()
    }
}

/// The terms on which the core agrees.
#[derive(Clone, Copy, Debug)]
pub struct Terms;

impl core::Context for Terms {
    type Address = Address;
    type Height = At;
    type ProposalPart = NoPart;
    type Proposal = Proposed;
    type Validator = Voter;
    type ValidatorSet = Voters;
    type Timeouts = LinearTimeouts;
    type Value = BlockId;
    type Vote = Vote;
    type Extension = ();
    type SigningScheme = SessionKeys;

    fn select_proposer<'a>(&self, voters: &'a Voters, height: At, round: Round) -> &'a Voter {
        voters.proposer(height.0, number(round))
    }

    fn new_proposal(
        &self,
        height: At,
        round: Round,
        value: BlockId,
        pol_round: Round,
        address: Address,
    ) -> Proposed {
        Proposed { height, round, value, pol_round, voter: address }
    }

    fn new_prevote(&self, height: At, round: Round, value: NilOrVal<BlockId>, voter: Address) -> Vote {
        Vote { kind: VoteType::Prevote, height, round, value, voter }
    }

    fn new_precommit(&self, height: At, round: Round, value: NilOrVal<BlockId>, voter: Address) -> Vote {
        Vote { kind: VoteType::Precommit, height, round, value, voter }
    }
}

/// The number of a round that has begun.
pub fn number(round: Round) -> u32 {
    round.as_u32().unwrap_or_default()
}
