//! Who speaks on a QUIC connection: both sides show the ed25519 key that names them, and sign the handshake with it.

use crate::key::{NodeKey, ed25519_bytes};
use crate::limits;
use agon_types::limits::CHUNK_BYTES_MAX;
use libp2p::PeerId;
use libp2p::identity::{PublicKey, ed25519};
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{AlwaysResolvesClientRawPublicKeys, Resumption};
use rustls::crypto::{CryptoProvider, ring, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{AlwaysResolvesServerRawPublicKeys, NoServerSessionStorage};
use rustls::sign::CertifiedKey;
use rustls::version::TLS13;
use rustls::{DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// TLS wants the name of a server; ours are known by their keys.
pub(super) const SERVER_NAME: &str = "agon";
const PROTOCOL: &[u8] = b"agon-mesh/1";
/// What stands before the 32 bytes of an ed25519 public key in its DER form.
const PUBLIC_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// The same for a secret key.
const SECRET_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

pub(super) fn configs(key: &NodeKey) -> io::Result<(quinn::ServerConfig, quinn::ClientConfig)> {
    let provider = Arc::new(ring::default_provider());
    let certified = Arc::new(certified(key)?);
    let verifier = Arc::new(AnyEd25519(provider.clone()));

    let server = rustls::ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&TLS13])
        .map_err(io::Error::other)?;
    let mut server = server
        .with_client_cert_verifier(verifier.clone())
        .with_cert_resolver(Arc::new(AlwaysResolvesServerRawPublicKeys::new(certified.clone())));
    server.alpn_protocols = vec![PROTOCOL.to_vec()];
    server.session_storage = Arc::new(NoServerSessionStorage {});
    server.send_tls13_tickets = 0;

    let client = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])
        .map_err(io::Error::other)?;
    let mut client = client
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_client_cert_resolver(Arc::new(AlwaysResolvesClientRawPublicKeys::new(certified)));
    client.alpn_protocols = vec![PROTOCOL.to_vec()];
    client.resumption = Resumption::disabled();

    let transport = Arc::new(transport());
    let server = QuicServerConfig::try_from(server).map_err(io::Error::other)?;
    let mut server = quinn::ServerConfig::with_crypto(Arc::new(server));
    server.transport_config(transport.clone()).migration(false).max_incoming(limits::PENDING_MAX);
    let client = QuicClientConfig::try_from(client).map_err(io::Error::other)?;
    let mut client = quinn::ClientConfig::new(Arc::new(client));
    client.transport_config(transport);
    Ok((server, client))
}

/// What one connection may hold in memory, and when it is dead.
fn transport() -> quinn::TransportConfig {
    let streams = u32::try_from(limits::CONNECTION_STREAMS_MAX).unwrap_or(u32::MAX);
    let window = 2 * CHUNK_BYTES_MAX;
    let window_32 = u32::try_from(window).unwrap_or(u32::MAX);
    let silence = u32::try_from(limits::SILENCE_MS_MAX).unwrap_or(u32::MAX);
    let mut transport = quinn::TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(streams.into())
        .max_concurrent_uni_streams(0u32.into())
        .datagram_receive_buffer_size(None)
        .stream_receive_window(window_32.into())
        .receive_window((2 * window_32).into())
        .send_window(2 * window as u64)
        .max_idle_timeout(Some(quinn::VarInt::from_u32(silence).into()))
        .keep_alive_interval(Some(Duration::from_millis(limits::SILENCE_MS_MAX / 3)));
    transport
}

fn certified(key: &NodeKey) -> io::Result<CertifiedKey> {
    let not_ed25519 = || io::Error::other("the key of a node is ed25519");
    let pair = key.pair().clone().try_into_ed25519().map_err(|_| not_ed25519())?;
    let public = ed25519_bytes(key.pair().public()).ok_or_else(not_ed25519)?;
    let secret = [&SECRET_PREFIX[..], pair.secret().as_ref()].concat();
    let signer = ring::sign::any_eddsa_type(&PrivatePkcs8KeyDer::from(secret)).map_err(io::Error::other)?;
    let shown = CertificateDer::from([&PUBLIC_PREFIX[..], &public].concat());
    Ok(CertifiedKey::new(vec![shown], signer))
}

/// The peer of a connection whose handshake is over.
pub(super) fn peer_of(connection: &quinn::Connection) -> Option<PeerId> {
    let shown = connection.peer_identity()?.downcast::<Vec<CertificateDer<'static>>>().ok()?;
    key_of(shown.first()?).map(|key| PublicKey::from(key).to_peer_id())
}

fn key_of(shown: &CertificateDer<'_>) -> Option<ed25519::PublicKey> {
    let bytes = shown.as_ref().strip_prefix(&PUBLIC_PREFIX[..])?;
    ed25519::PublicKey::try_from_bytes(bytes).ok()
}

/// Takes any ed25519 key whose owner signed the handshake: it names a peer, and gives it no right.
#[derive(Debug)]
struct AnyEd25519(Arc<CryptoProvider>);

impl AnyEd25519 {
    fn check_key(shown: &CertificateDer<'_>, more: &[CertificateDer<'_>]) -> Result<(), Error> {
        let is_right = more.is_empty() && key_of(shown).is_some();
        if is_right { Ok(()) } else { Err(Error::General("expected one ed25519 key".into())) }
    }

    fn check_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let key = SubjectPublicKeyInfoDer::from(shown.as_ref());
        verify_tls13_signature_with_raw_key(message, &key, signed, &self.0.signature_verification_algorithms)
    }
}

fn no_tls12() -> Result<HandshakeSignatureValid, Error> {
    Err(Error::General("QUIC is TLS 1.3".into()))
}

impl ServerCertVerifier for AnyEd25519 {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        more: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Self::check_key(shown, more).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        no_tls12()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check_signature(message, shown, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

impl ClientCertVerifier for AnyEd25519 {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        shown: &CertificateDer<'_>,
        more: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Self::check_key(shown, more).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        no_tls12()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check_signature(message, shown, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}
