//! What a voter signs while a block is being decided. Each kind is signed for a purpose of its own, so that no vote
//! ever counts as another.

use crate::signed::Purpose;
use crate::{Digest, Height};
use borsh::{BorshDeserialize, BorshSerialize};

/// A block that the proposer of a round puts to the vote.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Proposal {
    pub height: Height,
    pub round: u32,
    pub block: Digest,
    /// The round in which more than two thirds prevoted for it already.
    pub polka_round: Option<u32>,
}

impl Purpose for Proposal {
    const PURPOSE: &'static str = "proposal";
    const VERSION: u16 = 1;
}

/// The first vote of a round: this block is right, or none came that is.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Prevote {
    pub height: Height,
    pub round: u32,
    pub block: Option<Digest>,
}

impl Purpose for Prevote {
    const PURPOSE: &'static str = "prevote";
    const VERSION: u16 = 1;
}

/// The second vote of a round: more than two thirds said so. Those for a block make its certificate.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Precommit {
    pub height: Height,
    pub round: u32,
    pub block: Option<Digest>,
}

impl Purpose for Precommit {
    const PURPOSE: &'static str = "precommit";
    const VERSION: u16 = 1;
}
