//! What this node signs, once each, and what it writes down before anyone hears it.

use super::record::{self, Entry};
use super::shell::{CoreInput, Kind, Shell, unwritable};
use crate::context::{At, Proposed, Terms, Vote, number};
use agon_port::order::Fault;
use agon_types::key::SigningKey as _;
use agon_types::{Digest, Signature};
use arc_malachitebft_core_types as core;
use core::{SignedMessage, VoteType};

impl Shell {
    pub fn sign_vote(&mut self, vote: Vote) -> Result<core::SignedVote<Terms>, Fault> {
        let kind = if vote.kind == VoteType::Prevote { Kind::Prevote } else { Kind::Precommit };
        let signature = self.sign(kind, number(vote.round), &vote.signing_bytes(&self.settings.network))?;
        Ok(SignedMessage::new(vote, signature))
    }

    pub fn sign_proposal(&mut self, proposal: Proposed) -> Result<core::SignedProposal<Terms>, Fault> {
        let bytes = proposal.signing_bytes(&self.settings.network);
        let signature = self.sign(Kind::Proposal, number(proposal.round), &bytes)?;
        Ok(SignedMessage::new(proposal, signature))
    }

    /// Signs one document of each kind in each round, and never another.
    fn sign(&mut self, kind: Kind, round: u32, bytes: &[u8]) -> Result<Signature, Fault> {
        let digest = Digest::of(bytes);
        let first = *self.signed.entry((kind, round)).or_insert(digest);
        if first != digest {
            let height = self.height;
            let text = format!("this node would sign a second {kind:?} at height {height} in round {round}");
            return Err(Fault(text));
        }
        Ok(self.key.sign(bytes))
    }

    /// Writes down what the core must hear again; what is replayed stands there already.
    pub fn record(&mut self, height: At, input: &CoreInput) -> Result<(), Fault> {
        let entry = if self.is_voting() { Entry::of(input, &self.blocks) } else { None };
        let Some(entry) = entry else { return Ok(()) };
        let record = record::encode(height.0, &entry);
        if self.replay.as_ref().is_some_and(|(known, _)| known.contains(&Digest::of(&record))) {
            return Ok(());
        }
        self.is_dirty = true;
        self.journal.append(&record).map_err(|error| unwritable(&error))
    }

    /// Returns once all records are durable; nothing is said before.
    pub fn sync(&mut self) -> Result<(), Fault> {
        if std::mem::take(&mut self.is_dirty) {
            self.journal.sync().map_err(|error| unwritable(&error))?;
        }
        Ok(())
    }
}
