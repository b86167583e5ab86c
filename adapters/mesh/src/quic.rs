//! QUIC as a transport of the mesh. The key of a node is its TLS identity as it is (a raw public key, RFC 7250), so
//! there is no certificate to read, and a stranger's first bytes meet no parser but that of rustls.

mod connection;
mod identity;

use crate::key::NodeKey;
use crate::limits;
use connection::Connection;
use libp2p::core::multiaddr::Protocol;
use libp2p::core::transport::{DialOpts, ListenerId, TransportError, TransportEvent};
use libp2p::futures::future::{BoxFuture, FutureExt as _};
use libp2p::{Multiaddr, PeerId, Transport};
use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

type Opening = BoxFuture<'static, io::Result<(PeerId, Connection)>>;
type Event = TransportEvent<Opening, io::Error>;

/// The transport: one socket for each address that it listens on, and one for each family that it dials.
pub(crate) struct Quic {
    server: quinn::ServerConfig,
    client: quinn::ClientConfig,
    listeners: Vec<Listener>,
    dialers: [Option<quinn::Endpoint>; 2],
    events: VecDeque<Event>,
    waker: Option<Waker>,
}

struct Listener {
    id: ListenerId,
    endpoint: quinn::Endpoint,
    address: Multiaddr,
    next: BoxFuture<'static, Option<quinn::Incoming>>,
}

impl Quic {
    pub fn new(key: &NodeKey) -> io::Result<Self> {
        let (server, client) = identity::configs(key)?;
        Ok(Self {
            server,
            client,
            listeners: Vec::new(),
            dialers: [None, None],
            events: VecDeque::new(),
            waker: None,
        })
    }

    fn dialer(&mut self, to: IpAddr) -> io::Result<&quinn::Endpoint> {
        let (place, any) = match to {
            IpAddr::V4(_) => (&mut self.dialers[0], IpAddr::from(Ipv4Addr::UNSPECIFIED)),
            IpAddr::V6(_) => (&mut self.dialers[1], IpAddr::from(Ipv6Addr::UNSPECIFIED)),
        };
        if place.is_none() {
            *place = Some(quinn::Endpoint::client(SocketAddr::new(any, 0))?);
        }
        place.as_ref().ok_or_else(|| io::Error::other("no socket to dial from"))
    }

    fn listen(&mut self, id: ListenerId, at: SocketAddr) -> io::Result<()> {
        let endpoint = quinn::Endpoint::server(self.server.clone(), at)?;
        let address = address_of(endpoint.local_addr()?);
        self.events.push_back(TransportEvent::NewAddress { listener_id: id, listen_addr: address.clone() });
        let next = accept(endpoint.clone());
        self.listeners.push(Listener { id, endpoint, address, next });
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
        Ok(())
    }
}

impl Listener {
    /// The next connection from an address that exists: whoever cannot be reached where it claims to be costs us no
    /// memory.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        loop {
            let Some(incoming) = ready!(self.next.poll_unpin(context)) else { return Poll::Pending };
            self.next = accept(self.endpoint.clone());
            if incoming.remote_address_validated() {
                return Poll::Ready(TransportEvent::Incoming {
                    listener_id: self.id,
                    local_addr: self.address.clone(),
                    send_back_addr: address_of(incoming.remote_address()),
                    upgrade: admit(incoming).boxed(),
                });
            }
            let _ = incoming.retry();
        }
    }
}

async fn admit(incoming: quinn::Incoming) -> io::Result<(PeerId, Connection)> {
    open(incoming.accept()?).await
}

fn accept(endpoint: quinn::Endpoint) -> BoxFuture<'static, Option<quinn::Incoming>> {
    async move { endpoint.accept().await }.boxed()
}

impl Transport for Quic {
    type Output = (PeerId, Connection);
    type Error = io::Error;
    type ListenerUpgrade = Opening;
    type Dial = Opening;

    fn listen_on(&mut self, id: ListenerId, address: Multiaddr) -> Result<(), TransportError<io::Error>> {
        let at = socket_of(&address).ok_or(TransportError::MultiaddrNotSupported(address))?;
        self.listen(id, at).map_err(TransportError::Other)
    }

    fn remove_listener(&mut self, id: ListenerId) -> bool {
        let Some(at) = self.listeners.iter().position(|listener| listener.id == id) else { return false };
        let listener = self.listeners.remove(at);
        listener.endpoint.close(0u32.into(), b"");
        self.events.push_back(TransportEvent::ListenerClosed { listener_id: id, reason: Ok(()) });
        true
    }

    fn dial(&mut self, address: Multiaddr, _: DialOpts) -> Result<Opening, TransportError<io::Error>> {
        let to = socket_of(&address)
            .filter(|to| to.port() != 0 && !to.ip().is_unspecified())
            .ok_or(TransportError::MultiaddrNotSupported(address))?;
        let client = self.client.clone();
        let endpoint = self.dialer(to.ip()).map_err(TransportError::Other)?;
        let opening = endpoint.connect_with(client, to, identity::SERVER_NAME);
        let opening = opening.map_err(|error| TransportError::Other(io::Error::other(error)))?;
        Ok(open(opening).boxed())
    }

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Event> {
        let this = &mut *self;
        if let Some(event) = this.events.pop_front() {
            return Poll::Ready(event);
        }
        for listener in &mut this.listeners {
            if let Poll::Ready(event) = listener.poll(context) {
                return Poll::Ready(event);
            }
        }
        this.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

async fn open(opening: quinn::Connecting) -> io::Result<(PeerId, Connection)> {
    let limit = Duration::from_millis(limits::HANDSHAKE_MS_MAX);
    let connection = tokio::time::timeout(limit, opening).await.map_err(|_| io::ErrorKind::TimedOut)??;
    let peer = identity::peer_of(&connection)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the peer has no ed25519 key"))?;
    Ok((peer, Connection::new(connection)))
}

/// The socket of `/ip4/../udp/../quic-v1`, with or without a peer at its end.
fn socket_of(address: &Multiaddr) -> Option<SocketAddr> {
    let mut parts = address.iter();
    let ip = match parts.next()? {
        Protocol::Ip4(ip) => IpAddr::from(ip),
        Protocol::Ip6(ip) => IpAddr::from(ip),
        _ => return None,
    };
    let Protocol::Udp(port) = parts.next()? else { return None };
    let is_quic = parts.next() == Some(Protocol::QuicV1);
    let has_end = matches!(parts.next(), None | Some(Protocol::P2p(_))) && parts.next().is_none();
    (is_quic && has_end).then_some(SocketAddr::new(ip, port))
}

fn address_of(at: SocketAddr) -> Multiaddr {
    Multiaddr::empty().with(at.ip().into()).with(Protocol::Udp(at.port())).with(Protocol::QuicV1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_quic_are_taken() {
        for (text, expected) in [
            ("/ip4/127.0.0.1/udp/9/quic-v1", Some("127.0.0.1:9")),
            ("/ip6/::1/udp/9/quic-v1", Some("[::1]:9")),
            ("/ip4/127.0.0.1/tcp/9", None),
            ("/ip4/127.0.0.1/udp/9", None),
            ("/ip4/127.0.0.1/udp/9/quic-v1/http", None),
            ("/dns4/example.org/udp/9/quic-v1", None),
        ] {
            let expected = expected.map(|socket| socket.parse().unwrap());
            assert_eq!(socket_of(&text.parse().unwrap()), expected, "{text}");
        }
    }
}
