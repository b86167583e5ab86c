//! What must hold after every event, whatever happens. The first thing that does not is a [`Failure`].

use crate::contest::{Terms, verify};
use crate::signatures::Shared;
use agon_agreement::driver::Verdict;
use agon_agreement::{Message, Misbehaviour, Topic};
use agon_types::{Block, Certificate, Digest, Height, SessionKey, Signed};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// What did not hold, and how to see it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub seed: u64,
    pub heights: u64,
    pub at_ms: u64,
    pub what: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, heights, at_ms, what } = self;
        let next = seed + 1;
        write!(f, "seed {seed} after {at_ms} ms: {what}\n  again: cargo run -p agon-sim -- ")?;
        write!(f, "--from {seed} --to {next} --heights {heights}")
    }
}

impl std::error::Error for Failure {}

/// A kind of document that a voter signs once in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Proposal,
    Prevote,
    Precommit,
}

type Place = (SessionKey, Height, u32, Kind);

/// Sees all that nodes say and decide.
pub struct Watch {
    terms: Arc<Terms>,
    signatures: Shared,
    /// Voters that sign two things, and so may be accused.
    two_faced: Vec<SessionKey>,
    said: BTreeMap<Place, Option<Digest>>,
    decided: BTreeMap<Height, Digest>,
    /// Where each action is.
    actions: BTreeMap<Digest, Height>,
    /// Proofs that named who signed twice.
    pub accusations: u64,
    what: Option<String>,
}

impl Watch {
    pub fn new(terms: Arc<Terms>, signatures: Shared, two_faced: Vec<SessionKey>) -> Self {
        let (said, decided, actions) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { terms, signatures, two_faced, said, decided, actions, accusations: 0, what: None }
    }

    pub fn fail(&mut self, what: impl Into<String>) {
        self.what.get_or_insert_with(|| what.into());
    }

    /// What did not hold, if anything.
    pub fn failed(&self) -> Option<&str> {
        self.what.as_deref()
    }

    /// A node that signs each thing once says something.
    pub fn said(&mut self, voter: SessionKey, topic: Topic, bytes: &[u8]) {
        let message = match Message::decode(bytes, topic, &self.terms.genesis.network) {
            Ok(message) => message,
            Err(error) => return self.fail(format!("{voter} says what nobody can read: {error}")),
        };
        let (height, round, kind, block) = match message {
            Message::Proposal(ballot, _) if ballot.voter == voter => {
                (ballot.body.height, ballot.body.round, Kind::Proposal, Some(ballot.body.block))
            }
            Message::Prevote(ballot) if ballot.voter == voter => {
                (ballot.body.height, ballot.body.round, Kind::Prevote, ballot.body.block)
            }
            Message::Precommit(ballot) if ballot.voter == voter => {
                (ballot.body.height, ballot.body.round, Kind::Precommit, ballot.body.block)
            }
            _ => return,
        };
        let first = *self.said.entry((voter, height, round, kind)).or_insert(block);
        if first != block {
            self.fail(format!(
                "{voter} signs a second {kind:?} at height {height} in round {round}: {block:?} after {first:?}"
            ));
        }
    }

    /// A node decides a block.
    pub fn decided(&mut self, node: usize, block: &Block, certificate: &Certificate) {
        let (height, digest) = (block.header.height, block.header.digest());
        if certificate.height != height || certificate.block != digest {
            return self.fail(format!("the certificate of node {node} is not for block {height}"));
        }
        if let Err(problem) = verify(&self.terms, &self.signatures, certificate) {
            return self.fail(format!("node {node} decides height {height} without proof: {problem}"));
        }
        let first = *self.decided.entry(height).or_insert(digest);
        if first != digest {
            return self
                .fail(format!("a fork: node {node} decides {digest} at height {height}, not {first}"));
        }
        for action in block.actions.iter().map(Signed::digest) {
            let first = *self.actions.entry(action).or_insert(height);
            if first != height {
                self.fail(format!("action {action} counts twice, in block {first} and in block {height}"));
            }
        }
    }

    /// A node has executed a block.
    pub fn kept(&mut self, node: usize, block: &Block, root: Digest) {
        if root != block.header.state_root {
            let height = block.header.height;
            self.fail(format!("after block {height}, node {node} has another state root than its header"));
        }
    }

    /// The rules refuse an action of a client in a node's block.
    pub fn refused(&mut self, action: Digest, reason: &str) {
        if !self.actions.contains_key(&action) {
            self.fail(format!("action {action} is dropped, and no block has it: {reason}"));
        }
    }

    pub fn has(&self, action: &Digest) -> bool {
        self.actions.contains_key(action)
    }

    /// A node says what it thinks of a message that an honest one has sent.
    pub fn judged(&mut self, node: usize, sender: usize, verdict: Verdict) {
        if verdict == Verdict::Reject {
            self.fail(format!("node {node} holds a message of node {sender} against it, which is honest"));
        }
    }

    /// A node can prove that a voter signed two things.
    pub fn accused(&mut self, voter: SessionKey, proof: Misbehaviour) {
        let network = &self.terms.genesis.network;
        let is_proven = match proof {
            Misbehaviour::Proposals(pair) => pair.0.verify(network).is_ok() && pair.1.verify(network).is_ok(),
            Misbehaviour::Prevotes(pair) => pair.0.verify(network).is_ok() && pair.1.verify(network).is_ok(),
            Misbehaviour::Precommits(pair) => {
                pair.0.verify(network).is_ok() && pair.1.verify(network).is_ok()
            }
        };
        if !is_proven || !self.two_faced.contains(&voter) {
            self.fail(format!("{voter} is accused of what it did not do"));
        }
        self.accusations += 1;
    }

    /// The last height that anyone has decided.
    pub fn height(&self) -> Height {
        self.decided.last_key_value().map(|(height, _)| *height).unwrap_or_default()
    }
}
