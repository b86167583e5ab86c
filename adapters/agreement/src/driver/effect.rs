//! What the core asks for, and how the driver answers it at once.

use super::Output;
use super::pace;
use super::record::{self, Entry};
use super::shell::{CoreInput, Kind, Shell, unwritable};
use crate::context::{At, Proposed, Terms, Vote, Voters, number};
use crate::message::{Ballot, Message};
use crate::signatures::{self, Part, Quorum, Unproven};
use agon_port::order::Fault;
use agon_types::key::SigningKey as _;
use agon_types::{Certificate, Digest, SessionKey, Signature, limits};
use arc_malachitebft_core_consensus as consensus;
use arc_malachitebft_core_types as core;
use consensus::{ConsensusMsg, Effect, LivenessMsg, Resumable as _, Resume, SignedConsensusMsg};
use core::{CertificateError, SignedMessage, Timeout, VoteType};

type Answer = Result<Resume<Terms>, Fault>;

impl Shell {
    /// Answers an effect. A fault is also remembered, because the core goes on without the answer.
    pub fn effect(&mut self, effect: Effect<Terms>) -> Answer {
        let answer = self.answer(effect);
        if let Err(fault) = &answer {
            self.fault.get_or_insert_with(|| fault.clone());
        }
        answer
    }

    fn answer(&mut self, effect: Effect<Terms>) -> Answer {
        match effect {
            Effect::CancelAllTimeouts(r) => Ok(r.resume_with(self.cancel_round_timers())),
            Effect::CancelTimeout(timeout, r) => Ok(r.resume_with(self.take_back(timeout))),
            Effect::ScheduleTimeout(timeout, r) => Ok(r.resume_with(self.schedule(timeout))),
            Effect::StartRound(.., r) | Effect::RestreamProposal(.., r) => Ok(r.resume_with(())),
            Effect::PublishConsensusMsg(message, r) => Ok(r.resume_with(self.publish(message)?)),
            Effect::PublishLivenessMsg(message, r) => Ok(r.resume_with(self.publish_liveness(message)?)),
            Effect::RepublishVote(vote, r) => Ok(r.resume_with(self.repeat_vote(&vote)?)),
            Effect::RepublishRoundCertificate(certificate, r) => {
                Ok(r.resume_with(self.repeat(&Message::of_round(&certificate))?))
            }
            Effect::GetValue(height, round, _, r) => {
                Ok(r.resume_with(self.want_block(height, number(round))))
            }
            Effect::Decide(certificate, _, r) => Ok(r.resume_with(self.decided(&certificate)?)),
            Effect::Finalize(_, _, evidence, r) => Ok(r.resume_with(self.accuse(&evidence))),
            Effect::SignVote(vote, r) => Ok(r.resume_with(self.sign_vote(vote)?)),
            Effect::SignProposal(proposal, r) => Ok(r.resume_with(self.sign_proposal(proposal)?)),
            Effect::VerifySignature(message, key, r) => Ok(r.resume_with(self.is_signed(&message, &key))),
            Effect::WalAppend(height, input, r) => Ok(r.resume_with(self.record(height, &input)?)),
            certificate => self.verify(certificate),
        }
    }

    /// Certificates of all kinds, and what this network has no use for.
    fn verify(&mut self, effect: Effect<Terms>) -> Answer {
        match effect {
            Effect::VerifyCommitCertificate(certificate, voters, _, r) => {
                let (height, round, block) = (certificate.height.0, certificate.round, certificate.value_id);
                let signatures =
                    certificate.commit_signatures.iter().map(|part| (part.address.0, part.signature));
                let signatures = signatures.collect();
                let certificate = Certificate { height, round: number(round), block: block.0, signatures };
                let weighed = self.weigh_commit(&certificate, &voters);
                Ok(r.resume_with(weighed.map_err(|unproven| refusal(&unproven))))
            }
            Effect::VerifyPolkaCertificate(certificate, voters, _, r) => {
                let weighed = self.weigh_polka(&certificate, &voters);
                Ok(r.resume_with(weighed.map_err(|unproven| refusal(&unproven))))
            }
            Effect::VerifyRoundCertificate(certificate, voters, _, r) => {
                let weighed = self.weigh_round(&certificate, &voters);
                Ok(r.resume_with(weighed.map_err(|unproven| refusal(&unproven))))
            }
            // Blocks that are fetched are proven by this driver, before the core hears of them; votes have no extension.
            Effect::VerifyExtendedCommitCertificate(.., r) => {
                Ok(r.resume_with(Err(CertificateError::VerificationError(None))))
            }
            Effect::CertVerifiedSyncValue(.., r) => Ok(r.resume_with(())),
            Effect::CertRejectedSyncValue(.., r) => Ok(r.resume_with(())),
            Effect::ExtendVote(.., r) => Ok(r.resume_with(None)),
            Effect::VerifyVoteExtension(.., r) => {
                Ok(r.resume_with(Err(consensus::VoteExtensionError::InvalidVoteExtension)))
            }
            _ => Err(Fault("the core asks for what this driver does not know".to_owned())),
        }
    }

    fn schedule(&mut self, timeout: Timeout) {
        if let Some(timer) = pace::timer(self.height, timeout) {
            let after_ms = self.settings.timing.after_ms(timeout);
            self.set(timer, after_ms);
        }
    }

    fn take_back(&mut self, timeout: Timeout) {
        if let Some(timer) = pace::timer(self.height, timeout) {
            self.cancel(timer);
        }
    }

    fn publish(&mut self, message: SignedConsensusMsg<Terms>) -> Result<(), Fault> {
        self.sync()?;
        let message = match message {
            SignedConsensusMsg::Vote(vote) => Message::of_vote(&vote.message, vote.signature),
            SignedConsensusMsg::Proposal(proposal) => {
                // A block of long ago may be gone here; then others propose.
                let Some(known) = self.blocks.get(&proposal.message.value.0) else { return Ok(()) };
                let block = Box::new(known.block.clone());
                Message::Proposal(Ballot::of_proposal(&proposal), block)
            }
        };
        self.say(&message, 0);
        Ok(())
    }

    fn publish_liveness(&mut self, message: LivenessMsg<Terms>) -> Result<(), Fault> {
        match message {
            LivenessMsg::Vote(vote) => self.repeat_vote(&vote),
            LivenessMsg::PolkaCertificate(polka) => self.repeat(&Message::of_polka(&polka)),
            LivenessMsg::SkipRoundCertificate(certificate) => self.repeat(&Message::of_round(&certificate)),
        }
    }

    fn repeat_vote(&mut self, vote: &core::SignedVote<Terms>) -> Result<(), Fault> {
        self.repeat(&Message::of_vote(&vote.message, vote.signature))
    }

    /// Says something once more, so that it does not look like what was said before.
    fn repeat(&mut self, message: &Message) -> Result<(), Fault> {
        self.sync()?;
        self.attempt = self.attempt.wrapping_add(1);
        self.say(message, self.attempt);
        Ok(())
    }

    /// The block for a round in which this node proposes: the same when it is asked again.
    pub fn want_block(&mut self, height: At, round: u32) {
        if let Some((_, wanted)) = &mut self.replay {
            *wanted = Some(round);
        } else if let Some(digest) = self.built.get(&round) {
            self.propose(round, *digest);
        } else {
            let bytes_max = limits::BLOCK_BYTES_MAX;
            self.outputs.push(Output::Build { height: height.0, round, bytes_max });
        }
    }

    fn decided(&mut self, certificate: &core::CommitCertificate<Terms>) -> Result<(), Fault> {
        self.sync()?;
        let (height, block) = (certificate.height.0, certificate.value_id.0);
        let signatures = certificate.commit_signatures.iter().map(|part| (part.address.0, part.signature));
        let signatures = signatures.collect();
        let certificate = Certificate { height, round: number(certificate.round), block, signatures };
        let Some(known) = self.blocks.get(&block) else {
            return Err(Fault(format!("block {height} is decided, and this node does not have it: {block}")));
        };
        let block = known.block.clone();
        self.decide(block, certificate);
        Ok(())
    }

    fn sign_vote(&mut self, vote: Vote) -> Result<core::SignedVote<Terms>, Fault> {
        let kind = if vote.kind == VoteType::Prevote { Kind::Prevote } else { Kind::Precommit };
        let signature = self.sign(kind, number(vote.round), &vote.signing_bytes(&self.settings.network))?;
        Ok(SignedMessage::new(vote, signature))
    }

    fn sign_proposal(&mut self, proposal: Proposed) -> Result<core::SignedProposal<Terms>, Fault> {
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
    fn record(&mut self, height: At, input: &CoreInput) -> Result<(), Fault> {
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
    fn sync(&mut self) -> Result<(), Fault> {
        if std::mem::take(&mut self.is_dirty) {
            self.journal.sync().map_err(|error| unwritable(&error))?;
        }
        Ok(())
    }

    fn is_signed(&mut self, message: &SignedMessage<Terms, ConsensusMsg<Terms>>, key: &SessionKey) -> bool {
        let bytes = match &message.message {
            ConsensusMsg::Vote(vote) => vote.signing_bytes(&self.settings.network),
            ConsensusMsg::Proposal(proposal) => proposal.signing_bytes(&self.settings.network),
        };
        self.signatures.is_valid(key, &bytes, &message.signature)
    }

    /// The certificate of a decision.
    pub fn weigh_commit(&mut self, certificate: &Certificate, voters: &Voters) -> Result<(), Unproven> {
        let (height, round) = (certificate.height, certificate.round);
        let precommit = agon_types::vote::Precommit { height, round, block: Some(certificate.block) };
        let bytes = agon_types::signed::signing_bytes(&self.settings.network, &precommit);
        let part =
            |(key, signature): &(_, _)| Part { key: *key, bytes: bytes.clone(), signature: *signature };
        let parts = certificate.signatures.iter().map(part);
        signatures::weigh(self.signatures.as_mut(), voters, parts, Quorum::Decisive)
    }

    pub fn weigh_polka(
        &mut self,
        certificate: &core::PolkaCertificate<Terms>,
        voters: &Voters,
    ) -> Result<(), Unproven> {
        let votes = certificate.votes(&Terms).map(|vote| part(&self.settings.network, &vote));
        signatures::weigh(self.signatures.as_mut(), voters, votes, Quorum::Decisive)
    }

    pub fn weigh_round(
        &mut self,
        certificate: &core::RoundCertificate<Terms>,
        voters: &Voters,
    ) -> Result<(), Unproven> {
        let is_end = certificate.cert_type == core::RoundCertificateType::Precommit;
        let prevote = certificate.round_signatures.iter().find(|part| part.vote_type == VoteType::Prevote);
        if let Some(part) = prevote.filter(|_| is_end) {
            // Only precommits end a round.
            return Err(Unproven::Forged(part.address.0));
        }
        let votes = certificate.votes(&Terms).map(|vote| part(&self.settings.network, &vote));
        let quorum = if is_end { Quorum::Decisive } else { Quorum::Honest };
        signatures::weigh(self.signatures.as_mut(), voters, votes, quorum)
    }
}

fn part(network: &agon_types::NetworkId, vote: &core::SignedVote<Terms>) -> Part {
    let (key, signature) = (vote.message.voter.0, vote.signature);
    Part { key, bytes: vote.message.signing_bytes(network), signature }
}

fn refusal(unproven: &Unproven) -> CertificateError<Terms> {
    tracing::debug!(%unproven, "a certificate is refused");
    CertificateError::VerificationError(None)
}
