//! A document with its signatures, and the proof in the type system that they were checked.

use crate::key::SigningKey;
use crate::{Digest, NetworkId, PublicKey, Signature, codec, limits};
use borsh::{BorshDeserialize, BorshSerialize};

/// Says what a signature over a document is for, so that none serves for another kind.
pub trait Purpose: BorshSerialize {
    const PURPOSE: &'static str;
    /// The version of the document's meaning; it is inside the signed bytes.
    const VERSION: u16;
}

/// Why a signed document is refused before anything reads its body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("a document carries 1 to {max} signatures, and this one {count}", max = limits::SIGNATURES_MAX)]
    Count { count: usize },
    #[error("{0} signed twice")]
    Twice(String),
    #[error("the signature of {0} is not valid for this network and document")]
    Forged(String),
}

/// One key and its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Endorsement {
    pub key: PublicKey,
    pub signature: Signature,
}

/// A document and 1 to 8 signatures over it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Signed<T> {
    pub body: T,
    pub endorsements: Vec<Endorsement>,
}

/// The bytes that are signed: purpose, version, network, body.
pub fn signing_bytes<T: Purpose>(network: &NetworkId, body: &T) -> Vec<u8> {
    codec::encode(&("agon", T::PURPOSE, T::VERSION, network, body))
}

impl<T: Purpose> Signed<T> {
    pub fn new(network: &NetworkId, body: T, keys: &[&dyn SigningKey]) -> Self {
        let bytes = signing_bytes(network, &body);
        let endorse = |key: &&dyn SigningKey| Endorsement { key: key.public(), signature: key.sign(&bytes) };
        let endorsements = keys.iter().map(endorse).collect();
        Self { body, endorsements }
    }

    /// Checks every signature; only then does the document count.
    pub fn verify(self, network: &NetworkId) -> Result<Verified<T>, Error> {
        let count = self.endorsements.len();
        if count == 0 || count > limits::SIGNATURES_MAX {
            return Err(Error::Count { count });
        }
        let bytes = signing_bytes(network, &self.body);
        for (index, endorsement) in self.endorsements.iter().enumerate() {
            let earlier = self.endorsements.iter().take(index);
            if earlier.into_iter().any(|other| other.key == endorsement.key) {
                return Err(Error::Twice(endorsement.key.to_string()));
            }
            endorsement
                .key
                .verify(&bytes, &endorsement.signature)
                .map_err(|_| Error::Forged(endorsement.key.to_string()))?;
        }
        Ok(Verified(self))
    }

    /// Names the signed document with its signatures.
    pub fn digest(&self) -> Digest {
        Digest::tagged(T::PURPOSE, self)
    }
}

/// A document whose signatures were checked. The keys that signed are known; their rights are the protocol's matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<T>(Signed<T>);

impl<T> Verified<T> {
    pub fn body(&self) -> &T {
        &self.0.body
    }

    pub fn signers(&self) -> impl Iterator<Item = PublicKey> {
        self.0.endorsements.iter().map(|endorsement| endorsement.key)
    }

    pub fn is_signed_by(&self, key: PublicKey) -> bool {
        self.signers().any(|signer| signer == key)
    }

    pub fn signed(&self) -> &Signed<T> {
        &self.0
    }

    pub fn into_signed(self) -> Signed<T> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HotkeyPair, SessionPair};

    #[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
    struct Note(u32);
    impl Purpose for Note {
        const PURPOSE: &'static str = "note";
        const VERSION: u16 = 1;
    }

    #[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
    struct Letter(u32);
    impl Purpose for Letter {
        const PURPOSE: &'static str = "letter";
        const VERSION: u16 = 1;
    }

    fn network(name: &str) -> NetworkId {
        name.parse().unwrap()
    }

    #[test]
    fn a_signature_counts_for_its_network_purpose_and_body_only() {
        let key = HotkeyPair::from_seed(&[1; 32]);
        let signed = Signed::new(&network("one"), Note(7), &[&key]);
        assert!(signed.clone().verify(&network("one")).is_ok());
        assert!(matches!(signed.clone().verify(&network("two")), Err(Error::Forged(_))));
        let other = Signed { body: Note(8), endorsements: signed.endorsements.clone() };
        assert!(matches!(other.verify(&network("one")), Err(Error::Forged(_))));
        let letter = Signed { body: Letter(7), endorsements: signed.endorsements };
        assert!(matches!(letter.verify(&network("one")), Err(Error::Forged(_))));
    }

    #[test]
    fn none_too_many_or_doubled_signatures_are_refused() {
        let network = network("one");
        let key = SessionPair::from_seed(&[1; 32]);
        let none = Signed { body: Note(1), endorsements: Vec::new() };
        assert_eq!(none.verify(&network), Err(Error::Count { count: 0 }));
        assert!(matches!(
            Signed::new(&network, Note(1), &[&key, &key]).verify(&network),
            Err(Error::Twice(_))
        ));
        let keys: Vec<_> = (0..9).map(|n| SessionPair::from_seed(&[n; 32])).collect();
        let keys: Vec<&dyn SigningKey> = keys.iter().map(|key| key as &dyn SigningKey).collect();
        assert_eq!(Signed::new(&network, Note(1), &keys).verify(&network), Err(Error::Count { count: 9 }));
    }
}
