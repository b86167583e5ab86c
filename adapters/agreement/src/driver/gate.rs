//! What comes from others, before the core hears of it: who signed it, for which height, and whether there is room.

use super::blocks::{self, Origin};
use super::record;
use super::shell::{CoreInput, Phase, Shell};
use super::{Output, Verdict};
use crate::context::{Address, Terms, Vote};
use crate::limits;
use crate::message::{Ballot, Message, RoundVote, Topic, Unreadable};
use agon_types::signed::signing_bytes;
use agon_types::{Action, Block, Digest, Height, SessionKey, Signed, codec, vote};
use arc_malachitebft_core_types as core;
use core::{RoundCertificate, RoundCertificateType, RoundSignature, SignedMessage, VoteType};

impl Shell {
    /// Looks at a message; what is right goes to the core, or waits for its height.
    pub fn receive(&mut self, from: SessionKey, topic: Topic, bytes: &[u8], round: u32) -> Verdict {
        let message = match Message::decode(bytes, topic, &self.settings.network) {
            Ok(message) => message,
            Err(error) => return self.unreadable(&error),
        };
        match message {
            Message::Tip(tip) => {
                self.hear_of(from, tip);
                Verdict::Accept
            }
            Message::Action(action) => self.pass_on(*action),
            message => self.of_height(from, message, round),
        }
    }

    fn unreadable(&mut self, error: &Unreadable) -> Verdict {
        match error {
            Unreadable::Network(_) | Unreadable::Version(_) => self.counts.other_network += 1,
            Unreadable::Malformed(_) | Unreadable::Topic => self.counts.malformed += 1,
        }
        Verdict::Reject
    }

    fn of_height(&mut self, from: SessionKey, message: Message, round: u32) -> Verdict {
        let Some(height) = message.height().filter(|_| self.phase != Phase::Off) else {
            return Verdict::Ignore;
        };
        let is_kept = self.phase == Phase::Keeping;
        if height < self.height || is_kept && height == self.height {
            self.counts.late += 1;
            return Verdict::Ignore;
        }
        if height > self.height {
            // Whoever votes on a height has decided the one before.
            self.hear_of(from, Height(height.0 - 1));
        }
        if height > self.height.next() {
            self.counts.far += 1;
            return Verdict::Ignore;
        }
        let is_now = height == self.height && self.phase == Phase::Deciding;
        // Of a height that has not begun, the first proposer alone may send blocks.
        let is_block = matches!(message, Message::Proposal(..));
        let first = if is_now { round } else { 0 };
        let ahead = if is_block && !is_now { 0 } else { limits::ROUNDS_AHEAD_MAX };
        if round_of(&message) > first.saturating_add(ahead) {
            self.counts.far += 1;
            return Verdict::Ignore;
        }
        let voter = match self.check(&message) {
            Ok(voter) => voter,
            // The voters of the next height may be others.
            Err(Refusal::Unknown) if height > self.height => return Verdict::Ignore,
            Err(refusal) => return self.refuse(refusal),
        };
        if is_now {
            return self.admit(message);
        }
        // A certificate is said again, once its height has begun.
        let Some(voter) = voter else { return Verdict::Ignore };
        if !self.early.keep(voter, height, message) {
            self.counts.crowded += 1;
            return Verdict::Ignore;
        }
        self.is_wanted |= height == self.height;
        Verdict::Accept
    }

    /// Lets in what came before its height began.
    pub fn admit_early(&mut self, round: u32) {
        for message in self.early.take(self.height) {
            // The voters may be others than those of the height before.
            if round_of(&message) <= round + limits::ROUNDS_AHEAD_MAX && self.check(&message).is_ok() {
                self.admit(message);
            }
        }
    }

    fn refuse(&mut self, refusal: Refusal) -> Verdict {
        match refusal {
            Refusal::Unknown => self.counts.unknown_signer += 1,
            Refusal::Forged => self.counts.forged += 1,
            Refusal::Malformed => self.counts.malformed += 1,
        }
        Verdict::Reject
    }

    /// Whether a message is signed by whom it must be; who that is, if it is one voter.
    fn check(&mut self, message: &Message) -> Result<Option<SessionKey>, Refusal> {
        match message {
            Message::Proposal(ballot, block) => self.check_proposal(ballot, block).map(Some),
            Message::Prevote(ballot) => self.check_ballot(ballot).map(Some),
            Message::Precommit(ballot) => self.check_ballot(ballot).map(Some),
            Message::Polka { height, round, block, signatures } => {
                let certificate = record::polka(*height, *round, *block, signatures.clone());
                let voters = self.voters.clone().ok_or(Refusal::Unknown)?;
                self.weigh_polka(&certificate, &voters).map_err(|_| Refusal::Forged)?;
                Ok(None)
            }
            Message::Round { height, round, is_skip, votes } => {
                let certificate = round_certificate(*height, *round, *is_skip, votes);
                let voters = self.voters.clone().ok_or(Refusal::Unknown)?;
                self.weigh_round(&certificate, &voters).map_err(|_| Refusal::Forged)?;
                Ok(None)
            }
            Message::Tip(_) | Message::Action(_) => Err(Refusal::Malformed),
        }
    }

    fn check_ballot<T: agon_types::signed::Purpose>(
        &mut self,
        ballot: &Ballot<T>,
    ) -> Result<SessionKey, Refusal> {
        let is_voter = self.voters.as_ref().is_some_and(|voters| voters.get(&ballot.voter).is_some());
        if !is_voter {
            return Err(Refusal::Unknown);
        }
        let bytes = signing_bytes(&self.settings.network, &ballot.body);
        let is_valid = self.signatures.is_valid(&ballot.voter, &bytes, &ballot.signature);
        is_valid.then_some(ballot.voter).ok_or(Refusal::Forged)
    }

    fn check_proposal(
        &mut self,
        ballot: &Ballot<vote::Proposal>,
        block: &Block,
    ) -> Result<SessionKey, Refusal> {
        let (body, header) = (&ballot.body, &block.header);
        let voters = self.voters.as_ref().ok_or(Refusal::Unknown)?;
        if voters.proposer(body.height, body.round).address != Address(ballot.voter) {
            return Err(Refusal::Unknown);
        }
        let is_fit = header.height == body.height
            && header.network == self.settings.network
            && header.digest() == body.block
            && body.polka_round.is_none_or(|polka| polka < body.round)
            && codec::encode(block).len() <= agon_types::limits::BLOCK_BYTES_MAX;
        if !is_fit {
            return Err(Refusal::Malformed);
        }
        let voter = self.check_ballot(ballot)?;
        if blocks::is_whole(block) { Ok(voter) } else { Err(Refusal::Malformed) }
    }

    /// Gives a checked message to the core.
    fn admit(&mut self, message: Message) -> Verdict {
        let input = match message {
            Message::Proposal(ballot, block) => return self.admit_proposal(ballot, *block),
            Message::Prevote(Ballot { body, voter, signature }) => {
                let vote = Vote::of_prevote(&body, Address(voter));
                CoreInput::Vote(SignedMessage::new(vote, signature))
            }
            Message::Precommit(Ballot { body, voter, signature }) => {
                let vote = Vote::of_precommit(&body, Address(voter));
                CoreInput::Vote(SignedMessage::new(vote, signature))
            }
            Message::Polka { height, round, block, signatures } => {
                CoreInput::PolkaCertificate(record::polka(height, round, block, signatures))
            }
            Message::Round { height, round, is_skip, votes } => {
                CoreInput::RoundCertificate(round_certificate(height, round, is_skip, &votes))
            }
            Message::Tip(_) | Message::Action(_) => return Verdict::Ignore,
        };
        self.next.push_back(input);
        Verdict::Accept
    }

    fn admit_proposal(&mut self, ballot: Ballot<vote::Proposal>, block: Block) -> Verdict {
        // A block that is proposed again was built by someone else in an earlier round.
        let (digest, proposer) = (ballot.body.block, ballot.voter);
        let origin = Origin { digest, round: ballot.body.round, proposer };
        if !self.blocks.has_room(&origin) {
            self.counts.crowded += 1;
            return Verdict::Ignore;
        }
        if self.blocks.insert(origin, block.clone(), None) {
            self.outputs.push(Output::Check(Box::new(block)));
        }
        self.next.push_back(CoreInput::Proposal(ballot.into_core()));
        Verdict::Accept
    }

    /// An action from another node: whoever proposes next has it.
    fn pass_on(&mut self, action: Signed<Action>) -> Verdict {
        let digest = action.digest();
        if self.waiting.contains_key(&digest) {
            return Verdict::Ignore;
        }
        let Ok(action) = action.verify(&self.settings.network) else {
            self.counts.forged += 1;
            return Verdict::Reject;
        };
        self.note(digest);
        self.outputs.push(Output::Pool(Box::new(action)));
        Verdict::Accept
    }

    pub fn note(&mut self, action: Digest) {
        if self.waiting.len() < limits::WAITING_MAX {
            self.waiting.entry(action).or_default();
        }
    }
}

/// Why a message is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    Unknown,
    Forged,
    Malformed,
}

fn round_of(message: &Message) -> u32 {
    match message {
        Message::Proposal(ballot, _) => ballot.body.round,
        Message::Prevote(ballot) => ballot.body.round,
        Message::Precommit(ballot) => ballot.body.round,
        // Certificates prove their round themselves.
        _ => 0,
    }
}

fn round_certificate(
    height: Height,
    round: u32,
    is_skip: bool,
    votes: &[RoundVote],
) -> RoundCertificate<Terms> {
    let part = |vote: &RoundVote| {
        let kind = if vote.is_precommit { VoteType::Precommit } else { VoteType::Prevote };
        let value = crate::context::nil_or(vote.block);
        RoundSignature::new(kind, value, Address(vote.voter), vote.signature)
    };
    RoundCertificate {
        height: crate::context::At(height),
        round: core::Round::new(round),
        cert_type: if is_skip { RoundCertificateType::Skip } else { RoundCertificateType::Precommit },
        round_signatures: votes.iter().map(part).collect(),
    }
}
