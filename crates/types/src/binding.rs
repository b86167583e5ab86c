//! Which node speaks for a hotkey: the hotkey delegates a session key, a key for wrapped secrets and a peer of the
//! mesh, and the session key says that it agrees, so that nobody can claim another's.

use crate::signed::{self, Purpose, Signed, Verified};
use crate::{Hotkey, NetworkId, PublicKey, SessionKey, TimeMs, codec, limits};
use borsh::{BorshDeserialize, BorshSerialize};

/// The node of a hotkey, until a time. Of two, the one with the higher sequence counts.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Binding {
    pub network: NetworkId,
    pub hotkey: Hotkey,
    /// The id of a peer, as the mesh writes it.
    pub peer: Vec<u8>,
    pub session: SessionKey,
    /// The X25519 key that secrets for this node are wrapped for.
    pub wrap: [u8; 32],
    pub sequence: u64,
    pub expires: TimeMs,
}

impl Purpose for Binding {
    const PURPOSE: &'static str = "binding";
    const VERSION: u16 = 1;
}

/// Why a binding does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("not a binding: {0}")]
    Malformed(codec::Error),
    #[error("the binding is for the network {0}, and this is another")]
    Network(NetworkId),
    #[error("the binding names another peer than the one that shows it")]
    Copied,
    #[error("the binding ended at {0}: sign a new one")]
    Expired(TimeMs),
    #[error("a binding is signed by its hotkey and its session key, and by nobody else")]
    Signers,
    #[error(transparent)]
    Signature(signed::Error),
}

impl Binding {
    /// Reads a signed binding from bytes of a stranger.
    pub fn decode(bytes: &[u8]) -> Result<Signed<Self>, Refused> {
        codec::decode(bytes, limits::BINDING_BYTES_MAX).map_err(Refused::Malformed)
    }
}

impl Signed<Binding> {
    /// Checks that the binding is for this network, this peer and this time, and signed by both keys that it names.
    pub fn check(self, network: &NetworkId, peer: &[u8], now: TimeMs) -> Result<Verified<Binding>, Refused> {
        if self.body.network != *network {
            return Err(Refused::Network(self.body.network));
        }
        if self.body.peer != peer {
            return Err(Refused::Copied);
        }
        if self.body.expires <= now {
            return Err(Refused::Expired(self.body.expires));
        }
        let named = [PublicKey::Hotkey(self.body.hotkey), PublicKey::Session(self.body.session)];
        let has_signed = |key: &PublicKey| self.endorsements.iter().any(|one| one.key == *key);
        if self.endorsements.len() != named.len() || !named.iter().all(has_signed) {
            return Err(Refused::Signers);
        }
        self.verify(network).map_err(Refused::Signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HotkeyPair, SessionPair};

    const PEER: &[u8] = b"a peer";
    const NOW: TimeMs = TimeMs(1_000);

    fn network() -> NetworkId {
        "one".parse().unwrap()
    }

    fn keys() -> (HotkeyPair, SessionPair) {
        (HotkeyPair::from_seed(&[1; 32]), SessionPair::from_seed(&[2; 32]))
    }

    fn body() -> Binding {
        let (hot, session) = keys();
        Binding {
            network: network(),
            hotkey: hot.hotkey(),
            peer: PEER.to_vec(),
            session: session.session(),
            wrap: [3; 32],
            sequence: 1,
            expires: TimeMs(1_001),
        }
    }

    fn signed(body: Binding) -> Signed<Binding> {
        let (hot, session) = keys();
        Signed::new(&network(), body, &[&hot, &session])
    }

    #[test]
    fn a_binding_of_both_keys_counts_for_its_peer_network_and_time() {
        let check = |network: &str, peer: &[u8], now| {
            signed(body()).check(&network.parse().unwrap(), peer, now).map(|binding| binding.body().clone())
        };
        assert_eq!(check("one", PEER, NOW), Ok(body()));
        assert_eq!(check("two", PEER, NOW), Err(Refused::Network(network())));
        assert_eq!(check("one", b"another", NOW), Err(Refused::Copied));
        assert_eq!(check("one", PEER, TimeMs(1_001)), Err(Refused::Expired(TimeMs(1_001))));
    }

    #[test]
    fn both_keys_and_no_other_sign() {
        let (hot, session) = keys();
        let other = SessionPair::from_seed(&[9; 32]);
        let check = |keys: &[&dyn crate::key::SigningKey]| {
            Signed::new(&network(), body(), keys).check(&network(), PEER, NOW).map(|_| ())
        };
        assert_eq!(check(&[&session, &hot]), Ok(()));
        assert_eq!(check(&[&hot]), Err(Refused::Signers));
        assert_eq!(check(&[&session]), Err(Refused::Signers));
        assert_eq!(check(&[&hot, &other]), Err(Refused::Signers));
        assert_eq!(check(&[&hot, &hot]), Err(Refused::Signers));
        assert_eq!(check(&[&hot, &session, &other]), Err(Refused::Signers));
    }

    #[test]
    fn whatever_is_changed_after_signing_is_found_out() {
        let changes: [fn(&mut Binding); 4] = [
            |binding| binding.wrap[0] ^= 1,
            |binding| binding.sequence += 1,
            |binding| binding.expires = TimeMs(u64::MAX),
            |binding| binding.peer = b"thief".to_vec(),
        ];
        for change in changes {
            let mut forged = signed(body());
            change(&mut forged.body);
            let peer = forged.body.peer.clone();
            let refused = forged.check(&network(), &peer, NOW);
            assert!(matches!(refused, Err(Refused::Signature(_))), "{refused:?}");
        }
    }

    #[test]
    fn bytes_of_strangers_are_bounded() {
        let bytes = codec::encode(&signed(body()));
        assert_eq!(Binding::decode(&bytes), Ok(signed_again(&bytes)));
        for bytes in [&b""[..], "не подпись".as_bytes(), &bytes[1..], &vec![0; limits::BINDING_BYTES_MAX + 1]]
        {
            assert!(matches!(Binding::decode(bytes), Err(Refused::Malformed(_))));
        }
    }

    /// Signatures of hotkeys are made with chance, so only the same bytes are the same document.
    fn signed_again(bytes: &[u8]) -> Signed<Binding> {
        codec::decode(bytes, usize::MAX).unwrap()
    }
}
