//! Gossip with a rate for each peer: frames above it are dropped before gossipsub looks into them. It counts also what
//! gossipsub itself never tells: copies of known messages, and messages on topics that nobody has.

use crate::bucket::Bucket;
use crate::limits;
use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::gossipsub::{self, DataTransform, Message, RawMessage, TopicHash, WhitelistSubscriptionFilter};
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent, THandlerOutEvent,
    ToSwarm,
};
use libp2p::{Multiaddr, PeerId};
use std::collections::HashMap;
use std::io;
use std::task::{Context, Poll};
use std::time::Instant;

use crate::gossip::ATTEMPT_BYTES;
use crate::topic::Names;

pub(crate) type Gossip = gossipsub::Behaviour<Bounds, WhitelistSubscriptionFilter>;

/// Refuses what is on no topic of ours, or larger than its topic allows.
pub(crate) struct Bounds(pub Names);

impl DataTransform for Bounds {
    fn inbound_transform(&self, raw: RawMessage) -> io::Result<Message> {
        let topic = self.0.of(&raw.topic).ok_or(io::ErrorKind::InvalidInput)?;
        let allowed = ATTEMPT_BYTES..=ATTEMPT_BYTES + topic.bytes_max();
        if !allowed.contains(&raw.data.len()) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let RawMessage { source, data, sequence_number, topic, .. } = raw;
        Ok(Message { source, data, sequence_number, topic })
    }

    fn outbound_transform(&self, _: &TopicHash, data: Vec<u8>) -> io::Result<Vec<u8>> {
        Ok(data)
    }
}

/// Gossipsub behind a meter.
pub(crate) struct Metered {
    pub gossip: Gossip,
    rates: HashMap<PeerId, Rate>,
}

struct Rate {
    bucket: Bucket,
    over: u32,
}

impl Rate {
    fn new(per_s: u32) -> Self {
        Self { bucket: Bucket::of_rate(per_s, Instant::now()), over: 0 }
    }
}

impl Metered {
    pub fn new(gossip: Gossip) -> Self {
        Self { gossip, rates: HashMap::new() }
    }

    /// What a connected peer may send in a second.
    pub fn set_rate(&mut self, peer: &PeerId, per_s: u32) {
        if let Some(rate) = self.rates.get_mut(peer) {
            rate.bucket = Bucket::of_rate(per_s, Instant::now());
        }
    }

    /// How many frames were dropped since the last time, by peer.
    pub fn take_overruns(&mut self) -> Vec<(PeerId, u32)> {
        let over = self.rates.iter_mut().filter(|(_, rate)| rate.over > 0);
        over.map(|(peer, rate)| (*peer, std::mem::take(&mut rate.over))).collect()
    }
}

impl NetworkBehaviour for Metered {
    type ConnectionHandler = <Gossip as NetworkBehaviour>::ConnectionHandler;
    type ToSwarm = gossipsub::Event;

    fn handle_established_inbound_connection(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        local: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.gossip.handle_established_inbound_connection(id, peer, local, remote)
    }

    fn handle_established_outbound_connection(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        address: &Multiaddr,
        role: Endpoint,
        port: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.gossip.handle_established_outbound_connection(id, peer, address, role, port)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match &event {
            FromSwarm::ConnectionEstablished(opened) => {
                let new = || Rate::new(limits::STRANGER_FRAMES_PER_S_MAX);
                self.rates.entry(opened.peer_id).or_insert_with(new);
            }
            FromSwarm::ConnectionClosed(closed) if closed.remaining_established == 0 => {
                self.rates.remove(&closed.peer_id);
            }
            _ => {}
        }
        self.gossip.on_swarm_event(event);
    }

    fn on_connection_handler_event(&mut self, peer: PeerId, id: ConnectionId, event: THandlerOutEvent<Self>) {
        if let Some(rate) = self.rates.get_mut(&peer)
            && !rate.bucket.take(Instant::now())
        {
            rate.over = rate.over.saturating_add(1);
            return;
        }
        self.gossip.on_connection_handler_event(peer, id, event);
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<ToSwarm<gossipsub::Event, THandlerInEvent<Self>>> {
        self.gossip.poll(context)
    }
}
