//! What voters sign, between the core's form and the documents of `agon_types::vote`.

use super::{Address, At, BlockId, Terms, number};
use agon_types::signed::signing_bytes;
use agon_types::{Digest, NetworkId, vote};
use arc_malachitebft_core_types as core;
use core::{NilOrVal, Round, SignedExtension, VoteType};

/// A vote of either kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vote {
    pub kind: VoteType,
    pub height: At,
    pub round: Round,
    pub value: NilOrVal<BlockId>,
    pub voter: Address,
}

impl Vote {
    /// The block that is voted for, or none.
    pub fn block(&self) -> Option<Digest> {
        match self.value {
            NilOrVal::Nil => None,
            NilOrVal::Val(BlockId(digest)) => Some(digest),
        }
    }

    pub fn prevote(&self) -> vote::Prevote {
        vote::Prevote { height: self.height.0, round: number(self.round), block: self.block() }
    }

    pub fn precommit(&self) -> vote::Precommit {
        vote::Precommit { height: self.height.0, round: number(self.round), block: self.block() }
    }

    pub fn of_prevote(body: &vote::Prevote, voter: Address) -> Self {
        let (height, round) = (At(body.height), Round::new(body.round));
        Self { kind: VoteType::Prevote, height, round, value: nil_or(body.block), voter }
    }

    pub fn of_precommit(body: &vote::Precommit, voter: Address) -> Self {
        let (height, round) = (At(body.height), Round::new(body.round));
        Self { kind: VoteType::Precommit, height, round, value: nil_or(body.block), voter }
    }

    /// What the voter signs.
    pub fn signing_bytes(&self, network: &NetworkId) -> Vec<u8> {
        match self.kind {
            VoteType::Prevote => signing_bytes(network, &self.prevote()),
            VoteType::Precommit => signing_bytes(network, &self.precommit()),
        }
    }
}

/// A vote for a block, or for none.
pub fn nil_or(block: Option<Digest>) -> NilOrVal<BlockId> {
    block.map_or(NilOrVal::Nil, |digest| NilOrVal::Val(BlockId(digest)))
}

impl core::Vote<Terms> for Vote {
    fn height(&self) -> At {
        self.height
    }

    fn round(&self) -> Round {
        self.round
    }

    fn value(&self) -> &NilOrVal<BlockId> {
        &self.value
    }

    fn take_value(self) -> NilOrVal<BlockId> {
        self.value
    }

    fn vote_type(&self) -> VoteType {
        self.kind
    }

    fn validator_address(&self) -> &Address {
        &self.voter
    }

    fn extension(&self) -> Option<&SignedExtension<Terms>> {
        None
    }

    fn take_extension(&mut self) -> Option<SignedExtension<Terms>> {
        None
    }

    fn extend(self, _extension: SignedExtension<Terms>) -> Self {
        self
    }
}

/// A block that the proposer of a round puts to the vote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposed {
    pub height: At,
    pub round: Round,
    pub value: BlockId,
    pub pol_round: Round,
    pub voter: Address,
}

impl Proposed {
    pub fn body(&self) -> vote::Proposal {
        let polka_round = self.pol_round.as_u32();
        vote::Proposal { height: self.height.0, round: number(self.round), block: self.value.0, polka_round }
    }

    pub fn of_body(body: &vote::Proposal, voter: Address) -> Self {
        Self {
            height: At(body.height),
            round: Round::new(body.round),
            value: BlockId(body.block),
            pol_round: Round::from(body.polka_round),
            voter,
        }
    }

    /// What the proposer signs.
    pub fn signing_bytes(&self, network: &NetworkId) -> Vec<u8> {
        signing_bytes(network, &self.body())
    }
}

impl core::Proposal<Terms> for Proposed {
    fn height(&self) -> At {
        self.height
    }

    fn round(&self) -> Round {
        self.round
    }

    fn value(&self) -> &BlockId {
        &self.value
    }

    fn take_value(self) -> BlockId {
        self.value
    }

    fn pol_round(&self) -> Round {
        self.pol_round
    }

    fn validator_address(&self) -> &Address {
        &self.voter
    }
}
