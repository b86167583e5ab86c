//! Who is let in: bans, and how many connections there may be in all, from one peer and from one address. It keeps
//! nothing of whom it turns away.

use crate::bucket::Bucket;
use crate::limits;
use libp2p::core::Endpoint;
use libp2p::core::multiaddr::Protocol;
use libp2p::core::transport::PortUse;
use libp2p::swarm::dummy;
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent, THandlerOutEvent,
    ToSwarm,
};
use libp2p::{Multiaddr, PeerId};
use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::net::IpAddr;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Closed {
    #[error("the peer is banned")]
    Banned,
    #[error("there are too many connections")]
    Full,
    #[error("the peer has too many connections")]
    Peer,
    #[error("there are too many connections from this address")]
    Address,
    #[error("connections from this address come too fast")]
    Arrivals,
}

/// The part of the swarm that is asked before every connection.
#[derive(Default)]
pub(crate) struct Door {
    pending: HashMap<ConnectionId, Option<IpAddr>>,
    open: HashMap<ConnectionId, (PeerId, Option<IpAddr>)>,
    arrivals: HashMap<IpAddr, Bucket>,
    bans: HashMap<PeerId, Instant>,
    validators: HashSet<PeerId>,
}

impl Door {
    /// Those who are not counted.
    pub fn set_validators(&mut self, validators: HashSet<PeerId>) {
        self.validators = validators;
    }

    pub fn ban(&mut self, peer: PeerId, length: Duration, now: Instant) {
        self.bans.retain(|_, until| *until > now);
        if self.bans.len() >= limits::BANS_MAX
            && let Some(first) = self.bans.iter().min_by_key(|(_, until)| **until).map(|(peer, _)| *peer)
        {
            self.bans.remove(&first);
        }
        self.bans.insert(peer, now + length);
    }

    pub fn is_banned(&self, peer: &PeerId, now: Instant) -> bool {
        self.bans.get(peer).is_some_and(|until| *until > now)
    }

    pub fn connections(&self) -> usize {
        self.open.len()
    }

    /// Before anybody knows who it is.
    fn arrives(&mut self, ip: Option<IpAddr>, now: Instant) -> Result<(), Closed> {
        let from_there = self.pending.values().filter(|other| **other == ip).count();
        if self.pending.len() >= limits::PENDING_MAX || from_there >= limits::CONNECTIONS_PER_IP_MAX {
            return Err(Closed::Full);
        }
        let Some(ip) = ip else { return Ok(()) };
        if self.arrivals.len() >= limits::ADDRESSES_MAX && !self.arrivals.contains_key(&ip) {
            self.arrivals.retain(|_, bucket| !bucket.is_full(now));
            if self.arrivals.len() >= limits::ADDRESSES_MAX {
                return Err(Closed::Full);
            }
        }
        let new = || Bucket::new(limits::ARRIVALS_BURST_MAX, limits::ARRIVALS_PER_S_MAX, now);
        let bucket = self.arrivals.entry(ip).or_insert_with(new);
        if bucket.take(now) { Ok(()) } else { Err(Closed::Arrivals) }
    }

    /// Once its key is known.
    fn enters(&self, peer: &PeerId, ip: Option<IpAddr>, now: Instant) -> Result<(), Closed> {
        if self.is_banned(peer, now) {
            return Err(Closed::Banned);
        }
        if self.open.values().filter(|(other, _)| other == peer).count() >= limits::CONNECTIONS_PER_PEER_MAX {
            return Err(Closed::Peer);
        }
        if self.validators.contains(peer) {
            return Ok(());
        }
        let counted = || self.open.values().filter(|(other, _)| !self.validators.contains(other));
        if counted().count() >= limits::CONNECTIONS_MAX {
            return Err(Closed::Full);
        }
        let from_there = counted().filter(|(_, other)| ip.is_some() && *other == ip).count();
        if from_there >= limits::CONNECTIONS_PER_IP_MAX { Err(Closed::Address) } else { Ok(()) }
    }

    fn entered(
        &mut self,
        id: ConnectionId,
        peer: &PeerId,
        at: &Multiaddr,
    ) -> Result<dummy::ConnectionHandler, ConnectionDenied> {
        self.pending.remove(&id);
        self.enters(peer, ip_of(at), Instant::now()).map_err(ConnectionDenied::new)?;
        Ok(dummy::ConnectionHandler)
    }
}

fn ip_of(address: &Multiaddr) -> Option<IpAddr> {
    match address.iter().next()? {
        Protocol::Ip4(ip) => Some(ip.into()),
        Protocol::Ip6(ip) => Some(ip.into()),
        _ => None,
    }
}

impl NetworkBehaviour for Door {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = Infallible;

    fn handle_pending_inbound_connection(
        &mut self,
        id: ConnectionId,
        _: &Multiaddr,
        from: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        self.arrives(ip_of(from), Instant::now()).map_err(ConnectionDenied::new)?;
        self.pending.insert(id, ip_of(from));
        Ok(())
    }

    fn handle_established_inbound_connection(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        from: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.entered(id, &peer, from)
    }

    fn handle_established_outbound_connection(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        to: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.entered(id, &peer, to)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionEstablished(opened) => {
                let at = ip_of(opened.endpoint.get_remote_address());
                self.open.insert(opened.connection_id, (opened.peer_id, at));
            }
            FromSwarm::ConnectionClosed(closed) => {
                self.open.remove(&closed.connection_id);
            }
            FromSwarm::ListenFailure(failed) => {
                self.pending.remove(&failed.connection_id);
            }
            _ => {}
        }
    }

    fn on_connection_handler_event(&mut self, _: PeerId, _: ConnectionId, event: THandlerOutEvent<Self>) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Infallible, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(n: u8) -> Option<IpAddr> {
        Some(IpAddr::from([10, 0, 0, n]))
    }

    fn fill(door: &mut Door, count: usize, from: impl Fn(usize) -> Option<IpAddr>) {
        for n in 0..count {
            let id = ConnectionId::new_unchecked(n);
            door.open.insert(id, (PeerId::random(), from(n)));
        }
    }

    #[test]
    fn a_ban_ends_and_the_book_of_bans_is_bounded() {
        let (mut door, now, peer) = (Door::default(), Instant::now(), PeerId::random());
        door.ban(peer, Duration::from_secs(1), now);
        assert_eq!(door.enters(&peer, ip(1), now), Err(Closed::Banned));
        let later = now + Duration::from_secs(1);
        assert_eq!(door.enters(&peer, ip(1), later), Ok(()));
        for _ in 0..limits::BANS_MAX + 10 {
            door.ban(PeerId::random(), Duration::from_secs(9), now);
        }
        assert_eq!(door.bans.len(), limits::BANS_MAX);
        assert!(!door.is_banned(&peer, now), "the ban that ends first makes room");
    }

    #[test]
    fn one_address_has_its_share_and_validators_are_not_counted() {
        let (mut door, now) = (Door::default(), Instant::now());
        fill(&mut door, limits::CONNECTIONS_PER_IP_MAX, |_| ip(1));
        let peer = PeerId::random();
        assert_eq!(door.enters(&peer, ip(1), now), Err(Closed::Address));
        assert_eq!(door.enters(&peer, ip(2), now), Ok(()));
        door.set_validators(HashSet::from([peer]));
        assert_eq!(door.enters(&peer, ip(1), now), Ok(()));
    }

    #[test]
    fn a_full_house_takes_only_validators() {
        let (mut door, now, peer) = (Door::default(), Instant::now(), PeerId::random());
        fill(&mut door, limits::CONNECTIONS_MAX, |n| ip((n % 250) as u8));
        assert_eq!(door.enters(&peer, ip(251), now), Err(Closed::Full));
        door.set_validators(HashSet::from([peer]));
        assert_eq!(door.enters(&peer, ip(251), now), Ok(()));
        for n in 0..limits::CONNECTIONS_PER_PEER_MAX {
            door.open.insert(ConnectionId::new_unchecked(9_000 + n), (peer, ip(3)));
        }
        assert_eq!(door.enters(&peer, ip(251), now), Err(Closed::Peer), "even a validator");
    }

    #[test]
    fn arrivals_of_one_address_are_slowed_down_and_half_open_ones_bounded() {
        let (mut door, now) = (Door::default(), Instant::now());
        for _ in 0..limits::ARRIVALS_BURST_MAX {
            assert_eq!(door.arrives(ip(1), now), Ok(()));
        }
        assert_eq!(door.arrives(ip(1), now), Err(Closed::Arrivals));
        assert_eq!(door.arrives(ip(2), now), Ok(()));
        assert_eq!(door.arrives(ip(1), now + Duration::from_secs(1)), Ok(()));
        for n in 0..limits::PENDING_MAX {
            door.pending.insert(ConnectionId::new_unchecked(n), ip((n % 200) as u8 + 3));
        }
        assert_eq!(door.arrives(ip(250), now), Err(Closed::Full));
    }

    #[test]
    fn the_book_of_addresses_is_bounded() {
        let (mut door, now) = (Door::default(), Instant::now());
        let far = |n: usize| Some(IpAddr::from([11, 0, (n >> 8) as u8, n as u8]));
        for n in 0..limits::ADDRESSES_MAX {
            assert_eq!(door.arrives(far(n), now), Ok(()));
        }
        assert_eq!(door.arrives(far(limits::ADDRESSES_MAX), now), Err(Closed::Full));
        let rested = now + Duration::from_secs(60);
        assert_eq!(door.arrives(far(limits::ADDRESSES_MAX), rested), Ok(()));
        assert_eq!(door.arrivals.len(), 1);
    }
}
