//! What the journal says about a height: one record for each thing that the core must hear again after a crash.

use super::blocks::{Blocks, Origin};
use super::shell::CoreInput;
use crate::context::{Address, At, BlockId, Terms, Vote, number};
use crate::limits::RECORD_BYTES_MAX;
use crate::message::{Ballot, Message};
use agon_types::{Block, Digest, Height, SessionKey, Signature, codec, vote};
use arc_malachitebft_core_types as core;
use borsh::{BorshDeserialize, BorshSerialize};
use core::{
    PolkaCertificate, PolkaSignature, Round, SignedMessage, Timeout, TimeoutKind, Validity, ValueOrigin,
};

/// One thing that was said, heard, or waited for in vain.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Entry {
    Prevote(Ballot<vote::Prevote>),
    Precommit(Ballot<vote::Precommit>),
    Proposal(Ballot<vote::Proposal>),
    Polka {
        round: u32,
        block: Digest,
        signatures: Vec<(SessionKey, Signature)>,
    },
    ProposeTimeout(u32),
    PrevoteTimeout(u32),
    PrecommitTimeout(u32),
    /// A block that this node has built or executed; an invalid one is not needed any more.
    Value {
        digest: Digest,
        round: u32,
        proposer: SessionKey,
        is_valid: bool,
        block: Option<Box<Block>>,
    },
}

/// A record as the journal holds it.
pub fn encode(height: Height, entry: &Entry) -> Vec<u8> {
    codec::encode(&(height, entry))
}

pub fn decode(bytes: &[u8]) -> Result<(Height, Entry), codec::Error> {
    codec::decode(bytes, RECORD_BYTES_MAX)
}

impl Entry {
    /// What the core wants to find again; nothing for inputs that it never records.
    pub fn of(input: &CoreInput, blocks: &Blocks) -> Option<Self> {
        Some(match input {
            CoreInput::Vote(vote) => match Message::of_vote(&vote.message, vote.signature) {
                Message::Prevote(ballot) => Self::Prevote(ballot),
                Message::Precommit(ballot) => Self::Precommit(ballot),
                _ => return None,
            },
            CoreInput::Proposal(proposal) => Self::Proposal(Ballot::of_proposal(proposal)),
            CoreInput::PolkaCertificate(polka) => Self::Polka {
                round: number(polka.round),
                block: polka.value_id.0,
                signatures: polka
                    .polka_signatures
                    .iter()
                    .map(|part| (part.address.0, part.signature))
                    .collect(),
            },
            CoreInput::TimeoutElapsed(timeout) => {
                let round = number(timeout.round);
                match timeout.kind {
                    TimeoutKind::Propose => Self::ProposeTimeout(round),
                    TimeoutKind::Prevote => Self::PrevoteTimeout(round),
                    TimeoutKind::Precommit => Self::PrecommitTimeout(round),
                    TimeoutKind::Rebroadcast | TimeoutKind::FinalizeHeight(_) => return None,
                }
            }
            CoreInput::ProposedValue(value, _) => {
                let (digest, is_valid) = (value.value.0, value.validity.is_valid());
                let block =
                    blocks.get(&digest).filter(|_| is_valid).map(|known| Box::new(known.block.clone()));
                Self::Value {
                    digest,
                    round: number(value.round),
                    proposer: value.proposer.0,
                    is_valid,
                    block,
                }
            }
            _ => return None,
        })
    }

    /// What the core hears again. A block is put back among those of its height.
    pub fn replay(self, height: Height, blocks: &mut Blocks) -> CoreInput {
        let timeout = |kind, round| CoreInput::TimeoutElapsed(Timeout::new(Round::new(round), kind));
        match self {
            Self::Prevote(ballot) => {
                vote(Vote::of_prevote(&ballot.body, Address(ballot.voter)), ballot.signature)
            }
            Self::Precommit(ballot) => {
                vote(Vote::of_precommit(&ballot.body, Address(ballot.voter)), ballot.signature)
            }
            Self::Proposal(ballot) => CoreInput::Proposal(ballot.into_core()),
            Self::Polka { round, block, signatures } => {
                CoreInput::PolkaCertificate(polka(height, round, block, signatures))
            }
            Self::ProposeTimeout(round) => timeout(TimeoutKind::Propose, round),
            Self::PrevoteTimeout(round) => timeout(TimeoutKind::Prevote, round),
            Self::PrecommitTimeout(round) => timeout(TimeoutKind::Precommit, round),
            Self::Value { digest, round, proposer, is_valid, block } => {
                let origin = Origin { digest, round, proposer };
                if let Some(block) = block {
                    blocks.insert(origin, *block, Some(is_valid));
                }
                let value = origin.proposed(height, Validity::from_bool(is_valid));
                CoreInput::ProposedValue(value, ValueOrigin::Consensus)
            }
        }
    }
}

fn vote(vote: Vote, signature: Signature) -> CoreInput {
    CoreInput::Vote(SignedMessage::new(vote, signature))
}

/// A certificate of prevotes in the core's form.
pub fn polka(
    height: Height,
    round: u32,
    block: Digest,
    signatures: Vec<(SessionKey, Signature)>,
) -> PolkaCertificate<Terms> {
    let part = |(key, signature)| PolkaSignature::new(Address(key), signature);
    PolkaCertificate {
        height: At(height),
        round: Round::new(round),
        value_id: BlockId(block),
        polka_signatures: signatures.into_iter().map(part).collect(),
    }
}
