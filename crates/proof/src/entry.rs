//! The one kind of entry that a proof shows, as the state has it. The numbers are fixed by `docs/spec.md`; a test of
//! `crates/protocol` holds them against the state itself.

use agon_types::{Agreed, ChallengeId, Epoch, SubmissionId, codec};
use borsh::{BorshDeserialize, BorshSerialize};

/// The number of scores among the entries of the state, of their keys and of their values.
const SCORE: u8 = 16;

/// Which score is meant: of a submission, in an epoch, by the rules of one version of its challenge.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Claim {
    pub challenge: ChallengeId,
    pub version: u32,
    pub epoch: Epoch,
    pub submission: SubmissionId,
}

impl Claim {
    /// The encoded key under which the state has this score.
    pub fn key(&self) -> Vec<u8> {
        codec::encode(&(SCORE, self))
    }
}

/// The encoded value under that key (S9.5).
pub fn value(agreed: &Agreed) -> Vec<u8> {
    codec::encode(&(SCORE, agreed))
}
