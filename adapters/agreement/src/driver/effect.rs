//! What the core asks for, and how the driver answers it at once.

use super::shell::Shell;
use super::{Output, Timer};
use super::{pace, proof};
use crate::context::{At, Terms, number};
use crate::message::{Ballot, Message};
use agon_port::order::Fault;
use agon_types::limits;
use arc_malachitebft_core_consensus as consensus;
use arc_malachitebft_core_types as core;
use consensus::{Effect, LivenessMsg, Resumable as _, Resume, SignedConsensusMsg};
use core::Timeout;

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
            Effect::SignVote(vote, r) => Ok(r.resume_with(self.sign_vote(vote)?)),
            Effect::SignProposal(proposal, r) => Ok(r.resume_with(self.sign_proposal(proposal)?)),
            Effect::VerifySignature(message, key, r) => Ok(r.resume_with(self.is_signed(&message, &key))),
            Effect::VerifyCommitCertificate(..)
            | Effect::VerifyExtendedCommitCertificate(..)
            | Effect::VerifyPolkaCertificate(..)
            | Effect::VerifyRoundCertificate(..)
            | Effect::ExtendVote(..)
            | Effect::VerifyVoteExtension(..) => Ok(self.verify(effect)),
            effect => self.act(effect).map(|()| Resume::Continue),
        }
    }

    /// What needs no answer but that it is done.
    fn act(&mut self, effect: Effect<Terms>) -> Result<(), Fault> {
        match effect {
            Effect::CancelAllTimeouts(_) => self.cancel_round_timers(),
            Effect::CancelTimeout(timeout, _) => self.take_back(timeout),
            Effect::ScheduleTimeout(timeout, _) => self.schedule(timeout),
            Effect::PublishConsensusMsg(message, _) => self.publish(message)?,
            Effect::PublishLivenessMsg(message, _) => self.publish_liveness(message)?,
            Effect::RepublishVote(vote, _) => self.repeat_vote(&vote)?,
            Effect::RepublishRoundCertificate(certificate, _) => {
                self.repeat(&Message::of_round(&certificate))?
            }
            Effect::GetValue(height, round, ..) => self.want_block(height, number(round)),
            Effect::Decide(certificate, ..) => self.decided(&certificate)?,
            Effect::Finalize(_, _, evidence, _) => self.accuse(&evidence),
            Effect::WalAppend(height, input, _) => self.record(height, &input)?,
            // A round is seen by its timers; a block travels with every proposal of it; and what is fetched is proven
            // by this driver, so that the core never hears of it.
            _ => {}
        }
        Ok(())
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
        let certificate = proof::commit(certificate);
        let (height, block) = (certificate.height, certificate.block);
        let Some(known) = self.blocks.get(&block) else {
            // A block of a round long ago may be gone here; those who have kept it bring it with its certificate.
            tracing::warn!(%height, block = %block.short(), "a block is decided that this node has to fetch");
            self.set(Timer::Ask, self.settings.timing.behind_ms);
            return Ok(());
        };
        let block = known.block.clone();
        self.decide(block, certificate);
        Ok(())
    }
}
