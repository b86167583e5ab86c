//! A decided step of the ledger: header, body, and the certificate that proves the decision.

use crate::key::SigningKey as _;
use crate::signed::signing_bytes;
use crate::vote::Precommit;
use crate::{Action, Anchor, Digest, Height, NetworkId, SessionKey, SessionPair, Signature, Signed, TimeMs};
use borsh::{BorshDeserialize, BorshSerialize};

/// The version of the protocol that this code executes.
pub const PROTOCOL_VERSION: u16 = 1;

/// What a certificate signs: it pins everything before and after the block.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Header {
    pub protocol_version: u16,
    pub network: NetworkId,
    pub height: Height,
    pub time_ms: TimeMs,
    pub proposer: SessionKey,
    /// The header before; of the first block, the genesis.
    pub parent: Digest,
    pub actions_root: Digest,
    /// The root of the state after this block.
    pub state_root: Digest,
    pub voters: Digest,
    pub next_voters: Digest,
    /// The digest of the certificate in the body.
    pub last_certificate: Digest,
}

impl Header {
    pub fn digest(&self) -> Digest {
        Digest::tagged("agon/header", self)
    }
}

/// A header and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Block {
    pub header: Header,
    pub anchor: Option<Anchor>,
    pub actions: Vec<Signed<Action>>,
    /// The certificate of the block before; the first block has none.
    pub last_certificate: Option<Certificate>,
}

impl Block {
    /// The root over all that a block lets in.
    pub fn actions_root(anchor: Option<&Anchor>, actions: &[Signed<Action>]) -> Digest {
        Digest::tagged("agon/actions", &(anchor, actions))
    }

    pub fn certificate_digest(certificate: Option<&Certificate>) -> Digest {
        Digest::tagged("agon/certificate", &certificate)
    }

    pub fn voters_digest(voters: &[(SessionKey, u64)]) -> Digest {
        Digest::tagged("agon/voters", voters)
    }
}

/// Proof that more than two thirds of the voting power decided a block.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Certificate {
    pub height: Height,
    pub round: u32,
    pub block: Digest,
    pub signatures: Vec<(SessionKey, Signature)>,
}

/// Why a certificate proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    #[error("{0} is not a voter, or signed twice")]
    Signer(SessionKey),
    #[error("the signature of {0} is not valid")]
    Signature(SessionKey),
    #[error("the signers have {signed} of {whole} power, which is not more than two thirds")]
    Power { signed: u64, whole: u64 },
}

impl Certificate {
    /// A certificate with one signature: all that a voting set of one needs.
    pub fn solo(header: &Header, key: &SessionPair) -> Self {
        let (height, round, block) = (header.height, 0, header.digest());
        let precommit = Precommit { height, round, block: Some(block) };
        let signature = key.sign(&signing_bytes(&header.network, &precommit));
        Self { height, round, block, signatures: vec![(key.session(), signature)] }
    }

    /// Checks every signature and the power behind them.
    pub fn verify(&self, network: &NetworkId, voters: &[(SessionKey, u64)]) -> Result<(), Invalid> {
        let precommit = Precommit { height: self.height, round: self.round, block: Some(self.block) };
        let bytes = signing_bytes(network, &precommit);
        let mut signed = 0u128;
        for (index, (key, signature)) in self.signatures.iter().enumerate() {
            let again = self.signatures.iter().take(index).any(|(other, _)| other == key);
            let voter = voters.iter().find(|(voter, _)| voter == key).filter(|_| !again);
            let (_, power) = voter.ok_or(Invalid::Signer(*key))?;
            key.verify(&bytes, signature).map_err(|_| Invalid::Signature(*key))?;
            signed += u128::from(*power);
        }
        let whole: u128 = voters.iter().map(|(_, power)| u128::from(*power)).sum();
        if signed * 3 > whole * 2 {
            return Ok(());
        }
        let narrow = |power: u128| u64::try_from(power).unwrap_or(u64::MAX);
        Err(Invalid::Power { signed: narrow(signed), whole: narrow(whole) })
    }
}
