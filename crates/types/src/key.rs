//! Keys: the sr25519 hotkey that a person owns, and the ed25519 session key that a node votes with.

use crate::codec::serde_as_text;
use borsh::{BorshDeserialize, BorshSerialize};
use ed25519_dalek::Signer as _;
use std::fmt;
use std::str::FromStr;
use zeroize::Zeroizing;

/// The context under which Bittensor's tools sign.
const SIGNING_CONTEXT: &[u8] = b"substrate";
/// The SS58 prefix of Bittensor addresses.
const SS58_PREFIX: u8 = 42;

/// Why a text is not a key, or a signature not one of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("not an SS58 address: expected 48 base58 characters that begin with 5")]
    NotSs58,
    #[error("the checksum of this SS58 address is wrong: check for a typing error")]
    Ss58Checksum,
    #[error("the address has the prefix {0}, and {SS58_PREFIX} was expected")]
    Ss58Prefix(u8),
    #[error("not a key: expected 64 hexadecimal characters")]
    NotHex,
    #[error("the bytes are not a valid key")]
    BadKey,
    #[error("the signature does not belong to this key and these bytes")]
    BadSignature,
}

/// The sr25519 public key of a miner, a validator or the owner, shown as an SS58 address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct Hotkey(pub [u8; 32]);

impl Hotkey {
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), Error> {
        let key = schnorrkel::PublicKey::from_bytes(&self.0).map_err(|_| Error::BadKey)?;
        let signature = schnorrkel::Signature::from_bytes(&signature.0).map_err(|_| Error::BadSignature)?;
        key.verify_simple(SIGNING_CONTEXT, message, &signature).map_err(|_| Error::BadSignature)
    }

    /// The last characters of the address, for people.
    pub fn short(&self) -> String {
        let text = self.to_string();
        format!("{}…{}", &text[..5], &text[text.len() - 4..])
    }
}

fn ss58_checksum(payload: &[u8]) -> [u8; 2] {
    use blake2::Digest as _;
    let mut hasher = blake2::Blake2b512::new();
    hasher.update(b"SS58PRE");
    hasher.update(payload);
    let hash = hasher.finalize();
    [hash[0], hash[1]]
}

impl fmt::Display for Hotkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [0u8; 35];
        bytes[0] = SS58_PREFIX;
        bytes[1..33].copy_from_slice(&self.0);
        let checksum = ss58_checksum(&bytes[..33]);
        bytes[33..].copy_from_slice(&checksum);
        f.write_str(&bs58::encode(bytes).into_string())
    }
}

impl fmt::Debug for Hotkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hotkey {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut bytes = [0u8; 35];
        let written = bs58::decode(text).onto(&mut bytes[..]).map_err(|_| Error::NotSs58)?;
        if written != bytes.len() {
            return Err(Error::NotSs58);
        }
        if bytes[0] != SS58_PREFIX {
            return Err(Error::Ss58Prefix(bytes[0]));
        }
        if ss58_checksum(&bytes[..33]) != bytes[33..] {
            return Err(Error::Ss58Checksum);
        }
        let mut key = [0; 32];
        key.copy_from_slice(&bytes[1..33]);
        Ok(Self(key))
    }
}

serde_as_text!(Hotkey);

/// The ed25519 public key with which a node signs commits, reveals and blocks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct SessionKey(pub [u8; 32]);

impl SessionKey {
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), Error> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(&self.0).map_err(|_| Error::BadKey)?;
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        key.verify_strict(message, &signature).map_err(|_| Error::BadSignature)
    }
}

impl fmt::Display for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for SessionKey {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| Error::NotHex)?;
        Ok(Self(bytes))
    }
}

serde_as_text!(SessionKey);

/// A signature of either kind of key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Signature(pub [u8; 64]);

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Signature {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut bytes = [0; 64];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| Error::NotHex)?;
        Ok(Self(bytes))
    }
}

serde_as_text!(Signature);

/// Whoever signed: a person's hotkey or a node's session key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub enum PublicKey {
    Hotkey(Hotkey),
    Session(SessionKey),
}

impl PublicKey {
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), Error> {
        match self {
            Self::Hotkey(key) => key.verify(message, signature),
            Self::Session(key) => key.verify(message, signature),
        }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hotkey(key) => key.fmt(f),
            Self::Session(key) => key.fmt(f),
        }
    }
}

/// A key that can sign.
pub trait SigningKey: Send + Sync {
    fn public(&self) -> PublicKey;
    fn sign(&self, message: &[u8]) -> Signature;
}

/// The secret of a hotkey, from its 32-byte mini secret.
#[derive(Clone)]
pub struct HotkeyPair(schnorrkel::Keypair);

impl HotkeyPair {
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let mini = schnorrkel::MiniSecretKey::from_bytes(seed).expect("a mini secret is any 32 bytes");
        Self(mini.expand_to_keypair(schnorrkel::ExpansionMode::Ed25519))
    }

    pub fn hotkey(&self) -> Hotkey {
        Hotkey(self.0.public.to_bytes())
    }

    /// The 64 bytes of the secret, as Bittensor's keyfiles store them.
    pub fn secret_bytes(&self) -> Zeroizing<[u8; 64]> {
        Zeroizing::new(self.0.secret.to_bytes())
    }
}

impl SigningKey for HotkeyPair {
    fn public(&self) -> PublicKey {
        PublicKey::Hotkey(self.hotkey())
    }

    fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign_simple(SIGNING_CONTEXT, message).to_bytes())
    }
}

impl fmt::Debug for HotkeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HotkeyPair({})", self.hotkey())
    }
}

/// The secret of a session key.
#[derive(Clone)]
pub struct SessionPair(ed25519_dalek::SigningKey);

impl SessionPair {
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    pub fn session(&self) -> SessionKey {
        SessionKey(self.0.verifying_key().to_bytes())
    }
}

impl SigningKey for SessionPair {
    fn public(&self) -> PublicKey {
        PublicKey::Session(self.session())
    }

    fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }
}

impl fmt::Debug for SessionPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionPair({})", self.session())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alice_has_the_address_that_other_tools_show() {
        let key: Hotkey = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY".parse().unwrap();
        assert!(hex::encode(key.0).starts_with("d43593c7"));
        assert_eq!(key.to_string(), "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY");
    }

    #[test]
    fn a_seed_gives_the_key_that_other_tools_derive() {
        let mut seed = [0; 32];
        hex::decode_to_slice("4ed8d4b17698ddeaa1f1559f152f87b5d472f725ca86d341bd0276f1b61197e2", &mut seed)
            .unwrap();
        let pair = HotkeyPair::from_seed(&seed);
        assert_eq!(pair.hotkey().to_string(), "5EPCUjPxiHAcNooYipQFWr9NmmXJKpNG5RhcntXwbtUySrgH");
    }

    #[test]
    fn a_mistyped_address_says_so() {
        let cases = [
            ("", Error::NotSs58),
            ("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQZ", Error::Ss58Checksum),
            ("not an address", Error::NotSs58),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<Hotkey>(), Err(expected), "{text:?}");
        }
    }

    #[test]
    fn a_signature_holds_for_its_key_and_bytes_only() {
        let (one, two) = (HotkeyPair::from_seed(&[1; 32]), HotkeyPair::from_seed(&[2; 32]));
        let session = SessionPair::from_seed(&[3; 32]);
        for pair in [&one as &dyn SigningKey, &session] {
            let signature = pair.sign(b"message");
            assert_eq!(pair.public().verify(b"message", &signature), Ok(()));
            assert_eq!(pair.public().verify(b"massage", &signature), Err(Error::BadSignature));
            assert!(two.public().verify(b"message", &signature).is_err());
        }
    }
}
