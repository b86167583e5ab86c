//! Proof that a voter said two things where it may say one.

use crate::context::{Terms, Vote};
use crate::message::Ballot;
use agon_types::{SessionKey, Signed, vote};
use arc_malachitebft_core_consensus::MisbehaviorEvidence;
use arc_malachitebft_core_types as core;
use core::VoteType;

/// Two documents of one voter for the same height and round that exclude each other. Both signatures can be verified
/// by anyone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misbehaviour {
    Proposals(Box<(Signed<vote::Proposal>, Signed<vote::Proposal>)>),
    Prevotes(Box<(Signed<vote::Prevote>, Signed<vote::Prevote>)>),
    Precommits(Box<(Signed<vote::Precommit>, Signed<vote::Precommit>)>),
}

impl Misbehaviour {
    /// All that the core has found out about a height, with whom it is about.
    pub(crate) fn of(evidence: &MisbehaviorEvidence<Terms>) -> Vec<(SessionKey, Self)> {
        let proposals = evidence.proposals.iter().flat_map(|(voter, pairs)| {
            let pair = |pair: &core::DoubleProposal<Terms>| {
                let signed = |proposal| Ballot::of_proposal(proposal).into_signed();
                Self::Proposals(Box::new((signed(&pair.0), signed(&pair.1))))
            };
            pairs.iter().map(move |double| (voter.0, pair(double)))
        });
        let votes = evidence.votes.iter().flat_map(|(voter, pairs)| {
            pairs.iter().map(move |(first, second)| (voter.0, Self::of_votes(first, second)))
        });
        proposals.chain(votes).collect()
    }

    fn of_votes(first: &core::SignedVote<Terms>, second: &core::SignedVote<Terms>) -> Self {
        fn signed<T: agon_types::signed::Purpose>(
            vote: &core::SignedVote<Terms>,
            body: impl Fn(&Vote) -> T,
        ) -> Signed<T> {
            let ballot =
                Ballot { body: body(&vote.message), voter: vote.message.voter.0, signature: vote.signature };
            ballot.into_signed()
        }
        match first.message.kind {
            VoteType::Prevote => {
                Self::Prevotes(Box::new((signed(first, Vote::prevote), signed(second, Vote::prevote))))
            }
            VoteType::Precommit => {
                let pair = (signed(first, Vote::precommit), signed(second, Vote::precommit));
                Self::Precommits(Box::new(pair))
            }
        }
    }
}
