//! Where a node listens, whom it dials, and which network it belongs to.

use agon_types::{Binding, Digest, NetworkId, Signed};
use libp2p::Multiaddr;

/// What a mesh is started with.
#[derive(Clone, Debug)]
pub struct Config {
    pub network: NetworkId,
    /// Two networks of one name do not understand each other either.
    pub genesis: Digest,
    /// Addresses such as `/ip4/127.0.0.1/udp/7701/quic-v1` or `/ip4/127.0.0.1/tcp/7701`; port 0 is any free one.
    pub listen: Vec<Multiaddr>,
    /// Peers that are dialled again and again until they are there.
    pub dial: Vec<Multiaddr>,
    /// For whom this node speaks; without one it is a stranger everywhere.
    pub binding: Option<Signed<Binding>>,
}

impl Config {
    /// Both transports on loopback, at any free port.
    pub fn on_loopback(network: NetworkId, genesis: Digest) -> Self {
        let listen = ["/ip4/127.0.0.1/udp/0/quic-v1", "/ip4/127.0.0.1/tcp/0"];
        let listen = listen.iter().filter_map(|address| address.parse().ok()).collect();
        Self { network, genesis, listen, dial: Vec::new(), binding: None }
    }
}
