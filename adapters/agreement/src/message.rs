//! What nodes say to each other. One encoding, bounded before it is read; what counts is signed inside.

use crate::context::{Address, Proposed, Terms, Vote, number};
use crate::limits;
use agon_types::signed::Purpose;
use agon_types::{
    Action, Block, Certificate, Digest, Height, NetworkId, SessionKey, Signature, Signed, codec, vote,
};
use arc_malachitebft_core_types as core;
use borsh::{BorshDeserialize, BorshSerialize};
use core::VoteType;

/// The version of this encoding.
const VERSION: u16 = 1;

/// Where a message belongs, so that each kind has its own size and its own queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Proposals with their blocks.
    Blocks,
    /// Votes, certificates of rounds, heights of peers.
    Votes,
    /// Actions on their way to whoever builds the next block.
    Actions,
}

impl Topic {
    pub const ALL: [Self; 3] = [Self::Blocks, Self::Votes, Self::Actions];

    pub fn name(self) -> &'static str {
        match self {
            Self::Blocks => "blocks",
            Self::Votes => "votes",
            Self::Actions => "actions",
        }
    }

    /// No message of this topic is longer.
    pub fn bytes_max(self) -> usize {
        match self {
            Self::Blocks => limits::PROPOSAL_BYTES_MAX,
            Self::Votes => limits::VOTE_BYTES_MAX,
            Self::Actions => limits::SUBMISSION_BYTES_MAX,
        }
    }
}

/// A document that one voter signed.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Ballot<T> {
    pub body: T,
    pub voter: SessionKey,
    pub signature: Signature,
}

impl<T: Purpose> Ballot<T> {
    /// The same as a signed document, which anyone can verify.
    pub fn into_signed(self) -> Signed<T> {
        let key = agon_types::PublicKey::Session(self.voter);
        let endorsement = agon_types::signed::Endorsement { key, signature: self.signature };
        Signed { body: self.body, endorsements: vec![endorsement] }
    }
}

/// Why a round may be left: votes of any kind for any block.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RoundVote {
    pub is_precommit: bool,
    pub block: Option<Digest>,
    pub voter: SessionKey,
    pub signature: Signature,
}

/// What a node says to all others.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Message {
    /// A proposal with its whole block.
    Proposal(Ballot<vote::Proposal>, Box<Block>),
    Prevote(Ballot<vote::Prevote>),
    Precommit(Ballot<vote::Precommit>),
    /// More than two thirds prevoted for this block.
    Polka {
        height: Height,
        round: u32,
        block: Digest,
        signatures: Vec<(SessionKey, Signature)>,
    },
    /// Enough voters have reached the end of a round, or (`is_skip`) a round itself.
    Round {
        height: Height,
        round: u32,
        is_skip: bool,
        votes: Vec<RoundVote>,
    },
    /// The sender has decided up to here.
    Tip(Height),
    /// An action for whoever builds the next block.
    Action(Box<Signed<Action>>),
}

#[derive(BorshSerialize, BorshDeserialize)]
struct Envelope<T> {
    version: u16,
    network: NetworkId,
    /// Tells repetitions apart, where equal bytes are passed on only once.
    attempt: u32,
    content: T,
}

/// Why bytes are no message for this node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error(transparent)]
    Malformed(#[from] codec::Error),
    #[error("it has version {0}, and {VERSION} was expected")]
    Version(u16),
    #[error("it is of the network {0}")]
    Network(NetworkId),
    #[error("it was sent under another topic")]
    Topic,
}

impl Message {
    pub fn topic(&self) -> Topic {
        match self {
            Self::Proposal(..) => Topic::Blocks,
            Self::Action(_) => Topic::Actions,
            _ => Topic::Votes,
        }
    }

    /// The height that it is about, if it is part of deciding one.
    pub fn height(&self) -> Option<Height> {
        match self {
            Self::Proposal(ballot, _) => Some(ballot.body.height),
            Self::Prevote(ballot) => Some(ballot.body.height),
            Self::Precommit(ballot) => Some(ballot.body.height),
            Self::Polka { height, .. } | Self::Round { height, .. } => Some(*height),
            Self::Tip(_) | Self::Action(_) => None,
        }
    }

    pub fn encode(&self, network: &NetworkId, attempt: u32) -> Vec<u8> {
        codec::encode(&(VERSION, network, attempt, self))
    }

    /// Reads a message of a topic; nothing longer than the topic allows is looked at.
    pub fn decode(bytes: &[u8], topic: Topic, network: &NetworkId) -> Result<Self, Unreadable> {
        let message: Self = open(bytes, topic.bytes_max(), network)?;
        if message.topic() == topic { Ok(message) } else { Err(Unreadable::Topic) }
    }

    pub fn of_vote(vote: &Vote, signature: Signature) -> Self {
        let voter = vote.voter.0;
        match vote.kind {
            VoteType::Prevote => Self::Prevote(Ballot { body: vote.prevote(), voter, signature }),
            VoteType::Precommit => Self::Precommit(Ballot { body: vote.precommit(), voter, signature }),
        }
    }

    pub fn of_polka(certificate: &core::PolkaCertificate<Terms>) -> Self {
        let parts = certificate.polka_signatures.iter();
        Self::Polka {
            height: certificate.height.0,
            round: number(certificate.round),
            block: certificate.value_id.0,
            signatures: parts.map(|part| (part.address.0, part.signature)).collect(),
        }
    }

    pub fn of_round(certificate: &core::RoundCertificate<Terms>) -> Self {
        let vote = |part: &core::RoundSignature<Terms>| RoundVote {
            is_precommit: part.vote_type == VoteType::Precommit,
            block: match part.value_id {
                core::NilOrVal::Nil => None,
                core::NilOrVal::Val(block) => Some(block.0),
            },
            voter: part.address.0,
            signature: part.signature,
        };
        Self::Round {
            height: certificate.height.0,
            round: number(certificate.round),
            is_skip: certificate.cert_type == core::RoundCertificateType::Skip,
            votes: certificate.round_signatures.iter().map(vote).collect(),
        }
    }
}

impl Ballot<vote::Proposal> {
    pub fn of_proposal(proposal: &core::SignedProposal<Terms>) -> Self {
        let voter = proposal.message.voter.0;
        Self { body: proposal.message.body(), voter, signature: proposal.signature }
    }

    pub fn into_core(self) -> core::SignedProposal<Terms> {
        core::SignedMessage::new(Proposed::of_body(&self.body, Address(self.voter)), self.signature)
    }
}

/// A question for decided blocks, from a height on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Request {
    pub from: Height,
}

impl Request {
    pub fn encode(&self, network: &NetworkId) -> Vec<u8> {
        codec::encode(&(VERSION, network, 0u32, self))
    }

    pub fn decode(bytes: &[u8], network: &NetworkId) -> Result<Self, Unreadable> {
        open(bytes, limits::REQUEST_BYTES_MAX, network)
    }
}

/// Decided blocks in order, each with what proves it.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Reply {
    pub blocks: Vec<(Block, Certificate)>,
}

impl Reply {
    /// As many of the blocks as one answer may have.
    pub fn encode(mut self, network: &NetworkId) -> Vec<u8> {
        self.blocks.truncate(limits::REPLY_BLOCKS_MAX);
        loop {
            let bytes = codec::encode(&(VERSION, network, 0u32, &self));
            if bytes.len() <= limits::REPLY_BYTES_MAX || self.blocks.is_empty() {
                return bytes;
            }
            self.blocks.truncate(self.blocks.len() / 2);
        }
    }

    pub fn decode(bytes: &[u8], network: &NetworkId) -> Result<Self, Unreadable> {
        let reply: Self = open(bytes, limits::REPLY_BYTES_MAX, network)?;
        let (size, max) = (reply.blocks.len(), limits::REPLY_BLOCKS_MAX);
        if size > max { Err(codec::Error::TooLarge { size, max }.into()) } else { Ok(reply) }
    }
}

fn open<T: BorshDeserialize>(bytes: &[u8], max: usize, network: &NetworkId) -> Result<T, Unreadable> {
    let envelope: Envelope<T> = codec::decode(bytes, max)?;
    if envelope.version != VERSION {
        return Err(Unreadable::Version(envelope.version));
    }
    if envelope.network != *network {
        return Err(Unreadable::Network(envelope.network));
    }
    Ok(envelope.content)
}
