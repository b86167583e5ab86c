//! Whom the mesh dials, and when again: a peer that cannot be reached is left alone for longer and longer.

use crate::limits;
use libp2p::core::multiaddr::Protocol;
use libp2p::swarm::ConnectionId;
use libp2p::{Multiaddr, PeerId};
use std::time::{Duration, Instant};

const FIRST_WAIT: Duration = Duration::from_millis(200);

#[derive(Debug)]
struct Target {
    address: Multiaddr,
    /// Who is there, once it is known.
    peer: Option<PeerId>,
    dialing: Option<ConnectionId>,
    next: Instant,
    wait: Duration,
}

/// The addresses that are kept connected.
#[derive(Debug, Default)]
pub(crate) struct Dialer {
    targets: Vec<Target>,
}

impl Dialer {
    pub fn add(&mut self, address: Multiaddr, now: Instant) {
        if self.targets.iter().any(|target| target.address == address) {
            return;
        }
        let peer = address.iter().find_map(|part| match part {
            Protocol::P2p(peer) => Some(peer),
            _ => None,
        });
        self.targets.push(Target { address, peer, dialing: None, next: now, wait: FIRST_WAIT });
    }

    /// The addresses to dial now.
    pub fn due(&mut self, now: Instant, is_connected: impl Fn(&PeerId) -> bool) -> Vec<Multiaddr> {
        let mut due = Vec::new();
        for target in &mut self.targets {
            if target.peer.is_some_and(|peer| is_connected(&peer)) {
                target.wait = FIRST_WAIT;
            } else if target.dialing.is_none() && target.next <= now {
                due.push(target.address.clone());
            }
        }
        due
    }

    pub fn dials(&mut self, address: &Multiaddr, id: ConnectionId) {
        if let Some(target) = self.targets.iter_mut().find(|target| target.address == *address) {
            target.dialing = Some(id);
        }
    }

    /// Someone answered. It is left alone for a while even if it hangs up at once.
    pub fn reached(&mut self, id: ConnectionId, peer: PeerId, now: Instant) {
        if let Some(target) = self.dialing(id) {
            target.peer = Some(peer);
            target.postpone(now);
        }
    }

    pub fn failed(&mut self, id: ConnectionId, now: Instant) {
        if let Some(target) = self.dialing(id) {
            target.postpone(now);
        }
    }

    /// Never dials what turned out to be this node itself.
    pub fn is_self(&mut self, id: ConnectionId) {
        self.targets.retain(|target| target.dialing != Some(id));
    }

    fn dialing(&mut self, id: ConnectionId) -> Option<&mut Target> {
        self.targets.iter_mut().find(|target| target.dialing == Some(id))
    }
}

impl Target {
    fn postpone(&mut self, now: Instant) {
        self.dialing = None;
        self.next = now + self.wait;
        self.wait = (self.wait * 2).min(Duration::from_millis(limits::REDIAL_MS_MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> Multiaddr {
        "/ip4/127.0.0.1/tcp/9".parse().unwrap()
    }

    #[test]
    fn waits_double_up_to_the_longest_and_start_again_once_connected() {
        let start = Instant::now();
        let (mut dialer, mut now, mut waits) = (Dialer::default(), start, Vec::new());
        dialer.add(address(), now);
        for n in 0..12 {
            let before = now;
            while dialer.due(now, |_| false).is_empty() {
                now += Duration::from_millis(100);
            }
            waits.push((now - before).as_millis());
            dialer.dials(&address(), ConnectionId::new_unchecked(n));
            assert!(dialer.due(now, |_| false).is_empty(), "one at a time");
            dialer.failed(ConnectionId::new_unchecked(n), now);
        }
        assert_eq!(waits[..5], [0, 200, 400, 800, 1_600]);
        assert_eq!(waits[11], u128::from(limits::REDIAL_MS_MAX));

        let peer = PeerId::random();
        now += Duration::from_secs(60);
        dialer.dials(&address(), ConnectionId::new_unchecked(50));
        dialer.reached(ConnectionId::new_unchecked(50), peer, now);
        now += Duration::from_secs(60);
        assert!(dialer.due(now, |other| *other == peer).is_empty());
        assert_eq!(dialer.due(now, |_| false), [address()]);
        assert_eq!(dialer.targets[0].wait, FIRST_WAIT);
    }

    #[test]
    fn a_node_does_not_dial_itself_twice() {
        let (mut dialer, now) = (Dialer::default(), Instant::now());
        dialer.add(address(), now);
        dialer.add(address(), now);
        assert_eq!(dialer.due(now, |_| false).len(), 1);
        dialer.dials(&address(), ConnectionId::new_unchecked(1));
        dialer.is_self(ConnectionId::new_unchecked(1));
        assert!(dialer.due(now + Duration::from_secs(99), |_| false).is_empty());
    }
}
