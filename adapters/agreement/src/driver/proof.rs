//! Whether signatures and certificates hold that the core or a peer shows.

use super::shell::Shell;
use crate::context::{Terms, Voters, number};
use crate::signatures::{self, Part, Quorum, Unproven};
use agon_types::{Certificate, SessionKey};
use arc_malachitebft_core_consensus as consensus;
use arc_malachitebft_core_types as core;
use consensus::{ConsensusMsg, Effect, Resumable as _, Resume, VoteExtensionError};
use core::{CertificateError, SignedMessage, VoteType};

impl Shell {
    /// Certificates of all kinds, and what this network has no use for.
    pub fn verify(&mut self, effect: Effect<Terms>) -> Resume<Terms> {
        match effect {
            Effect::VerifyCommitCertificate(certificate, voters, _, r) => {
                r.resume_with(self.weigh_commit(&commit(&certificate), &voters).map_err(refusal))
            }
            Effect::VerifyPolkaCertificate(certificate, voters, _, r) => {
                r.resume_with(self.weigh_polka(&certificate, &voters).map_err(refusal))
            }
            Effect::VerifyRoundCertificate(certificate, voters, _, r) => {
                r.resume_with(self.weigh_round(&certificate, &voters).map_err(refusal))
            }
            // Blocks that are fetched are proven by this driver, and votes have no extension.
            Effect::VerifyExtendedCommitCertificate(.., r) => {
                r.resume_with(Err(CertificateError::VerificationError(None)))
            }
            Effect::ExtendVote(.., r) => r.resume_with(None),
            Effect::VerifyVoteExtension(.., r) => {
                r.resume_with(Err(VoteExtensionError::InvalidVoteExtension))
            }
            _ => Resume::Continue,
        }
    }

    pub fn is_signed(
        &mut self,
        message: &SignedMessage<Terms, ConsensusMsg<Terms>>,
        key: &SessionKey,
    ) -> bool {
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

/// The certificate of a decision as everyone outside of the core knows it.
pub fn commit(certificate: &core::CommitCertificate<Terms>) -> Certificate {
    let signatures = certificate.commit_signatures.iter().map(|part| (part.address.0, part.signature));
    Certificate {
        height: certificate.height.0,
        round: number(certificate.round),
        block: certificate.value_id.0,
        signatures: signatures.collect(),
    }
}

fn part(network: &agon_types::NetworkId, vote: &core::SignedVote<Terms>) -> Part {
    let (key, signature) = (vote.message.voter.0, vote.signature);
    Part { key, bytes: vote.message.signing_bytes(network), signature }
}

fn refusal(unproven: Unproven) -> CertificateError<Terms> {
    tracing::debug!(%unproven, "a certificate is refused");
    CertificateError::VerificationError(None)
}
