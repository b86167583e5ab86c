//! The light verifier: a proof and the digest of a genesis in, what is proven or why nothing is out.

use crate::document::Proof;
use crate::entry;
use crate::inclusion;
use agon_types::block::{self, PROTOCOL_VERSION};
use agon_types::{
    Agreed, Block, Certificate, ChallengeId, Digest, Epoch, Header, Height, NetworkId, SessionKey,
    SubmissionId, TimeMs,
};

/// What a proof shows to whoever trusts the digest of the genesis (S9.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    pub network: NetworkId,
    pub challenge: ChallengeId,
    /// The version of the challenge by whose rules it was judged.
    pub version: u32,
    pub submission: SubmissionId,
    pub epoch: Epoch,
    pub agreed: Agreed,
    /// The block whose voters signed the state that has this score.
    pub height: Height,
    pub time_ms: TimeMs,
    /// Voters that signed it, and their power, of the whole set's.
    pub signers: usize,
    pub signed_power: u128,
    pub voters: usize,
    pub whole_power: u128,
    /// Changes of the voting set since the genesis.
    pub handovers: usize,
}

/// Why a proof shows nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    #[error("it is of the network with the genesis {found}, and {expected} was expected")]
    Genesis { expected: Digest, found: Digest },
    #[error("the header at height {height} has protocol version {version}, which this program does not know")]
    Protocol { height: Height, version: u16 },
    #[error("the header at height {0} is of another network than the genesis")]
    Network(Height),
    #[error("the header at height {0} does not come after the one before")]
    Order(Height),
    #[error("the header at height {0} names another voting set than the one that follows from the genesis")]
    Voters(Height),
    #[error("the certificate beside the header at height {0} is for another block")]
    Block(Height),
    #[error("the certificate at height {height}: {problem}")]
    Certificate { height: Height, problem: block::Invalid },
    #[error("the header at height {0} hands over to the same voting set: it has no place in a proof")]
    Idle(Height),
    #[error("the voting set after height {0} is not the one that its header names")]
    NextVoters(Height),
    #[error("the score is not in the state at height {height}: {problem}")]
    Inclusion { height: Height, problem: inclusion::Error },
}

impl Invalid {
    /// The name that programs rely on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Genesis { .. } => "wrong_genesis",
            Self::Protocol { .. } => "unknown_protocol",
            Self::Network(_) => "wrong_network",
            Self::Order(_) => "wrong_order",
            Self::Voters(_) => "wrong_voters",
            Self::Block(_) => "wrong_block",
            Self::Certificate { problem: block::Invalid::Signer(_), .. } => "wrong_signer",
            Self::Certificate { problem: block::Invalid::Signature(_), .. } => "bad_signature",
            Self::Certificate { problem: block::Invalid::Power { .. }, .. } => "no_quorum",
            Self::Idle(_) => "idle_handover",
            Self::NextVoters(_) => "wrong_next_voters",
            Self::Inclusion { .. } => "not_in_state",
        }
    }
}

/// A voting set that follows from the genesis, and the last height of which that is known.
struct Trusted<'a> {
    network: &'a NetworkId,
    voters: Vec<(SessionKey, u64)>,
    height: Height,
}

/// Checks all of a proof. It reads no clock, no file and no network, and every signature is checked.
pub fn verify(proof: &Proof, genesis: Digest) -> Result<Proven, Invalid> {
    // S9.2
    let found = proof.genesis.digest();
    if found != genesis {
        return Err(Invalid::Genesis { expected: genesis, found });
    }
    let network = &proof.genesis.network;
    let mut trusted = Trusted { network, voters: proof.genesis.first_voters(), height: Height(0) };
    for handover in &proof.handovers {
        let (header, height) = (&handover.header, handover.header.height);
        trusted.decided(header, &handover.certificate)?;
        // S9.4
        if header.next_voters == header.voters {
            return Err(Invalid::Idle(height));
        }
        if Block::voters_digest(&handover.next) != header.next_voters {
            return Err(Invalid::NextVoters(height));
        }
        trusted.voters.clone_from(&handover.next);
        trusted.height = height;
    }
    trusted.decided(&proof.header, &proof.certificate)?;
    included(proof)?;
    Ok(proven(proof, &trusted.voters))
}

impl Trusted<'_> {
    /// Whether this set decided a block (S9.3).
    fn decided(&self, header: &Header, certificate: &Certificate) -> Result<(), Invalid> {
        let height = header.height;
        if header.protocol_version != PROTOCOL_VERSION {
            return Err(Invalid::Protocol { height, version: header.protocol_version });
        }
        if header.network != *self.network {
            return Err(Invalid::Network(height));
        }
        if height <= self.height {
            return Err(Invalid::Order(height));
        }
        if header.voters != Block::voters_digest(&self.voters) {
            return Err(Invalid::Voters(height));
        }
        if certificate.height != height || certificate.block != header.digest() {
            return Err(Invalid::Block(height));
        }
        let verified = certificate.verify(self.network, &self.voters);
        verified.map_err(|problem| Invalid::Certificate { height, problem })
    }
}

/// Whether the state of the header has the score (S9.5).
fn included(proof: &Proof) -> Result<(), Invalid> {
    let (key, value) = (proof.claim.key(), entry::value(&proof.agreed));
    let checked = proof.inclusion.verify(proof.header.state_root, &key, Some(&value));
    checked.map_err(|problem| Invalid::Inclusion { height: proof.header.height, problem })
}

fn proven(proof: &Proof, voters: &[(SessionKey, u64)]) -> Proven {
    let signers = &proof.certificate.signatures;
    let has_signed = |key: &SessionKey| signers.iter().any(|(signer, _)| signer == key);
    let power = |(_, power): &(SessionKey, u64)| u128::from(*power);
    let claim = &proof.claim;
    Proven {
        network: proof.genesis.network.clone(),
        challenge: claim.challenge.clone(),
        version: claim.version,
        submission: claim.submission,
        epoch: claim.epoch,
        agreed: proof.agreed.clone(),
        height: proof.header.height,
        time_ms: proof.header.time_ms,
        signers: signers.len(),
        signed_power: voters.iter().filter(|(key, _)| has_signed(key)).map(power).sum(),
        voters: voters.len(),
        whole_power: voters.iter().map(power).sum(),
        handovers: proof.handovers.len(),
    }
}
