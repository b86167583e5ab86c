//! Malachite's core without any driver of ours: no journal, no blocks, no gate; only votes, timers and signatures.

use crate::Measured;
use agon_agreement::Signatures as _;
use agon_agreement::context::{Address, At, BlockId, Terms, Vote, Voters};
use agon_agreement::signatures::{Part, Quorum, weigh};
use agon_port::order::Fault;
use agon_sim::chance::Chance;
use agon_sim::link::Links;
use agon_sim::signatures::Shared;
use agon_types::key::SigningKey as _;
use agon_types::{Digest, Height, NetworkId, SessionPair};
use arc_malachitebft_core_consensus as consensus;
use arc_malachitebft_core_types as core;
use consensus::{ConsensusMsg, Effect, Input, Resumable as _, Resume, SignedConsensusMsg};
use core::SignedMessage;
use std::collections::BTreeMap;
use std::time::Instant;

/// Between a decision and the next height, as the driver waits.
const IDLE_MS: u64 = 6_000;

struct Bench {
    now_ms: u64,
    network: NetworkId,
    keys: Vec<SessionPair>,
    voters: Voters,
    signatures: Shared,
    links: Links,
    chance: Chance,
    queue: BTreeMap<(u64, u64), (usize, Input<Terms>)>,
    number: u64,
    began: BTreeMap<Height, u64>,
    latencies_ms: Vec<u64>,
    top: Height,
}

pub fn run(voters: usize, heights: u64) -> Measured {
    let begin = Instant::now();
    let keys: Vec<_> = (0..voters).map(|seat| SessionPair::from_seed(&[seat as u8 + 1; 32])).collect();
    let powers: Vec<_> = keys.iter().map(|key| (key.session(), 10)).collect();
    let mut bench = Bench {
        now_ms: 0,
        network: "sim".parse().expect("it is a name"),
        voters: Voters::new(&powers).expect("all have power"),
        keys,
        signatures: Shared::default(),
        links: Links::new(voters),
        chance: Chance::new(1),
        queue: BTreeMap::new(),
        number: 0,
        began: BTreeMap::new(),
        latencies_ms: Vec::new(),
        top: Height(0),
    };
    let mut cores: Vec<_> = (0..voters).map(|node| bench.core(node)).collect();
    for node in 0..voters {
        let start = bench.start(Height(1));
        bench.push(IDLE_MS, node, start);
    }
    while bench.top.0 < heights {
        let ((at, _), (node, input)) = bench.queue.pop_first().expect("something always happens");
        bench.now_ms = at;
        bench.feed(&mut cores[node], node, input);
    }
    let height_us = begin.elapsed().as_micros() / u128::from(heights);
    Measured { latencies_ms: bench.latencies_ms, height_us }
}

impl Bench {
    fn core(&self, node: usize) -> consensus::State<Terms> {
        let params = consensus::Params {
            address: Address(self.keys[node].session()),
            threshold_params: consensus::ThresholdParams::default(),
            value_payload: core::ValuePayload::ProposalAndParts,
            enabled: true,
        };
        consensus::State::new(Terms, At(Height(1)), self.voters.clone(), params, 10, 500)
    }

    fn start(&self, height: Height) -> Input<Terms> {
        let policy = core::VoteExtensionPolicy::Disabled;
        Input::StartHeight(At(height), self.voters.clone(), false, None, policy)
    }

    fn push(&mut self, after_ms: u64, node: usize, input: Input<Terms>) {
        self.number += 1;
        self.queue.insert((self.now_ms + after_ms, self.number), (node, input));
    }

    fn feed(&mut self, core: &mut consensus::State<Terms>, node: usize, input: Input<Terms>) {
        let result: Result<(), consensus::Error<Terms>> = consensus::process!(
            input: input,
            state: core,
            metrics: &(),
            with: effect => self.answer(node, effect)
        );
        result.expect("nothing is wrong with any input");
    }

    fn answer(&mut self, node: usize, effect: Effect<Terms>) -> Result<Resume<Terms>, Fault> {
        Ok(match effect {
            Effect::CancelAllTimeouts(r) => r.resume_with(()),
            Effect::CancelTimeout(_, r) => r.resume_with(()),
            // Nothing gets lost, so every wait ends before its time.
            Effect::ScheduleTimeout(_, r) => r.resume_with(()),
            Effect::StartRound(.., r) | Effect::RestreamProposal(.., r) => r.resume_with(()),
            Effect::PublishConsensusMsg(message, r) => {
                self.publish(node, &message);
                r.resume_with(())
            }
            Effect::PublishLivenessMsg(_, r) => r.resume_with(()),
            Effect::RepublishVote(_, r) => r.resume_with(()),
            Effect::RepublishRoundCertificate(_, r) => r.resume_with(()),
            Effect::GetValue(height, round, _, r) => {
                self.began.entry(height.0).or_insert(self.now_ms);
                let value = BlockId(Digest::tagged("bare", &height.0));
                self.push(0, node, Input::Propose(consensus::LocallyProposedValue { height, round, value }));
                r.resume_with(())
            }
            Effect::Decide(certificate, _, r) => {
                self.decided(node, certificate.height.0);
                r.resume_with(())
            }
            Effect::Finalize(.., r) => r.resume_with(()),
            Effect::SignVote(vote, r) => {
                let signature = self.keys[node].sign(&vote.signing_bytes(&self.network));
                r.resume_with(SignedMessage::new(vote, signature))
            }
            Effect::SignProposal(proposal, r) => {
                let signature = self.keys[node].sign(&proposal.signing_bytes(&self.network));
                r.resume_with(SignedMessage::new(proposal, signature))
            }
            Effect::VerifySignature(message, key, r) => {
                let bytes = match &message.message {
                    ConsensusMsg::Vote(vote) => vote.signing_bytes(&self.network),
                    ConsensusMsg::Proposal(proposal) => proposal.signing_bytes(&self.network),
                };
                r.resume_with(self.signatures.is_valid(&key, &bytes, &message.signature))
            }
            Effect::VerifyCommitCertificate(certificate, voters, _, r) => {
                let votes = certificate.commit_signatures.iter().map(|part| {
                    let (kind, value) =
                        (core::VoteType::Precommit, core::NilOrVal::Val(certificate.value_id));
                    let (height, round, voter) = (certificate.height, certificate.round, part.address);
                    let vote = Vote { kind, height, round, value, voter };
                    let bytes = vote.signing_bytes(&self.network);
                    Part { key: voter.0, bytes, signature: part.signature }
                });
                let weighed = weigh(&mut self.signatures, &voters, votes, Quorum::Decisive);
                r.resume_with(weighed.map_err(|_| core::CertificateError::VerificationError(None)))
            }
            Effect::WalAppend(.., r) => r.resume_with(()),
            _ => return Err(Fault("no other effect is asked for where nothing goes wrong".to_owned())),
        })
    }

    fn publish(&mut self, node: usize, message: &SignedConsensusMsg<Terms>) {
        for to in (0..self.keys.len()).filter(|to| *to != node) {
            for after_ms in self.links.deliveries(&mut self.chance, node, to) {
                inputs(message).into_iter().for_each(|input| self.push(after_ms, to, input));
            }
        }
    }

    fn decided(&mut self, node: usize, height: Height) {
        self.latencies_ms.push(self.now_ms - self.began[&height]);
        self.top = self.top.max(height);
        let start = self.start(height.next());
        self.push(IDLE_MS, node, start);
    }
}

/// What a message is to whoever hears it; every block is right.
fn inputs(message: &SignedConsensusMsg<Terms>) -> Vec<Input<Terms>> {
    let proposal = match message {
        SignedConsensusMsg::Vote(vote) => return vec![Input::Vote(vote.clone())],
        SignedConsensusMsg::Proposal(proposal) => proposal,
    };
    let of = &proposal.message;
    let value = consensus::ProposedValue {
        height: of.height,
        round: of.round,
        valid_round: of.pol_round,
        proposer: of.voter,
        value: of.value,
        validity: core::Validity::Valid,
    };
    vec![Input::Proposal(proposal.clone()), Input::ProposedValue(value, core::ValueOrigin::Consensus)]
}
