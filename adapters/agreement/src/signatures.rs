//! The one place where signatures of voters are checked, and certificates weighed.

use crate::context::Voters;
use crate::limits::SIGNATURES_MAX;
use agon_types::{Digest, SessionKey, Signature};
use std::collections::{BTreeSet, VecDeque};

/// Says whether a signature is valid. The simulator shares the answers among its nodes.
pub trait Signatures: Send {
    fn is_valid(&mut self, key: &SessionKey, bytes: &[u8], signature: &Signature) -> bool;
}

/// Checks each signature once, and remembers those that were valid.
#[derive(Debug, Default)]
pub struct Checked {
    known: BTreeSet<Digest>,
    order: VecDeque<Digest>,
}

impl Signatures for Checked {
    fn is_valid(&mut self, key: &SessionKey, bytes: &[u8], signature: &Signature) -> bool {
        let name = Digest::tagged("agon/checked", &(key, bytes, signature));
        if self.known.contains(&name) {
            return true;
        }
        if key.verify(bytes, signature).is_err() {
            return false;
        }
        if self.order.len() >= SIGNATURES_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        self.known.insert(name);
        self.order.push_back(name);
        true
    }
}

/// Which part of the power must have signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quorum {
    /// More than two thirds: enough to decide.
    Decisive,
    /// More than one third: at least one honest voter is among them.
    Honest,
}

impl Quorum {
    /// In whole numbers, and strictly more.
    pub fn is_reached(self, signed: u64, whole: u64) -> bool {
        let part = match self {
            Self::Decisive => 2,
            Self::Honest => 1,
        };
        u128::from(signed) * 3 > u128::from(whole) * part
    }
}

/// Why signatures do not make a certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    #[error("{0} is not a voter")]
    Unknown(SessionKey),
    #[error("{0} signed twice")]
    Twice(SessionKey),
    #[error("the signature of {0} is not valid")]
    Forged(SessionKey),
    #[error("the signers have {signed} of {whole} power, which is too little")]
    Power { signed: u64, whole: u64 },
}

/// One signature of a certificate, with the bytes that it is for.
pub struct Part {
    pub key: SessionKey,
    pub bytes: Vec<u8>,
    pub signature: Signature,
}

/// Checks a certificate of any kind: every signature, every signer, and the power behind them.
pub fn weigh(
    signatures: &mut dyn Signatures,
    voters: &Voters,
    parts: impl Iterator<Item = Part>,
    quorum: Quorum,
) -> Result<(), Unproven> {
    let mut signers = BTreeSet::new();
    let mut signed = 0u64;
    for part in parts {
        let voter = voters.get(&part.key).ok_or(Unproven::Unknown(part.key))?;
        if !signers.insert(part.key) {
            return Err(Unproven::Twice(part.key));
        }
        if !signatures.is_valid(&part.key, &part.bytes, &part.signature) {
            return Err(Unproven::Forged(part.key));
        }
        // The sum of all voters' power fits, so that of some does.
        signed += voter.power;
    }
    let whole = voters.power();
    quorum.is_reached(signed, whole).then_some(()).ok_or(Unproven::Power { signed, whole })
}
