//! The peers that are connected: for whom each speaks, what it may do, and what it did wrong.

use crate::bucket::Bucket;
use crate::limits;
use crate::topic::Topic;
use agon_types::{Binding, Hotkey, SessionKey, TimeMs, Verified};
use libp2p::PeerId;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Instant;

/// The hotkeys that may take part in consensus, each with the session key that the ledger has for it.
pub type Validators = BTreeMap<Hotkey, SessionKey>;

/// What a peer may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Has shown no valid binding: may send actions, slowly.
    Stranger,
    /// Speaks for a hotkey.
    Bound,
    /// Speaks for a validator.
    Validator,
}

impl Standing {
    pub(crate) fn may_send(self, topic: Topic) -> bool {
        match topic {
            Topic::Consensus => self == Self::Validator,
            Topic::Actions => true,
            Topic::Artifacts => self != Self::Stranger,
        }
    }
}

/// A connected peer, for people and for whoever asks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerInfo {
    pub peer: PeerId,
    pub standing: Standing,
    pub hotkey: Option<Hotkey>,
}

/// Why a binding with right signatures is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Superseded {
    #[error("another peer has shown a newer binding of this hotkey")]
    Newer,
    #[error("there is no room for more bindings")]
    Full,
}

struct Peer {
    standing: Standing,
    faults: Bucket,
    questions: Bucket,
}

#[derive(Clone, Debug)]
struct Bound {
    peer: PeerId,
    session: SessionKey,
    sequence: u64,
    expires: TimeMs,
}

/// Everything that is known about peers.
#[derive(Default)]
pub(crate) struct Book {
    connected: HashMap<PeerId, Peer>,
    /// The newest binding of each hotkey; it outlives its connection, so that an older one stays refused.
    bindings: HashMap<Hotkey, Bound>,
    validators: Validators,
}

impl Book {
    pub fn connect(&mut self, peer: PeerId, now: Instant) {
        let new = || Peer {
            standing: Standing::Stranger,
            faults: Bucket::new(limits::FAULTS_MAX, 1, now),
            questions: Bucket::of_rate(limits::QUESTIONS_PER_S_MAX, now),
        };
        self.connected.entry(peer).or_insert_with(new);
    }

    pub fn disconnect(&mut self, peer: &PeerId) {
        self.connected.remove(peer);
    }

    pub fn standing(&self, peer: &PeerId) -> Standing {
        self.connected.get(peer).map_or(Standing::Stranger, |peer| peer.standing)
    }

    /// Writes down faults; says whether they were too many.
    pub fn blame(&mut self, peer: &PeerId, faults: u32, now: Instant) -> bool {
        let Some(peer) = self.connected.get_mut(peer) else { return false };
        !(0..faults.min(limits::FAULTS_MAX + 1)).all(|_| peer.faults.take(now))
    }

    pub fn may_ask(&mut self, peer: &PeerId, now: Instant) -> bool {
        self.connected.get_mut(peer).is_some_and(|peer| peer.questions.take(now))
    }

    /// Takes a binding whose signatures were checked. The higher sequence wins.
    pub fn bind(&mut self, peer: PeerId, binding: &Verified<Binding>) -> Result<(), Superseded> {
        let body = binding.body();
        let known = self.bindings.get(&body.hotkey);
        if known.is_some_and(|known| {
            (known.sequence, known.peer) != (body.sequence, peer) && known.sequence >= body.sequence
        }) {
            return Err(Superseded::Newer);
        }
        if known.is_none() && self.bindings.len() >= limits::BINDINGS_MAX {
            self.forget();
            let is_validator = self.validators.contains_key(&body.hotkey);
            if !is_validator && self.bindings.len() >= limits::BINDINGS_MAX {
                return Err(Superseded::Full);
            }
        }
        let Binding { session, sequence, expires, .. } = *body;
        self.bindings.insert(body.hotkey, Bound { peer, session, sequence, expires });
        Ok(())
    }

    /// Forgets the bindings of those who are away and no validators.
    fn forget(&mut self) {
        let Self { connected, bindings, validators } = self;
        bindings
            .retain(|hotkey, bound| validators.contains_key(hotkey) || connected.contains_key(&bound.peer));
    }

    pub fn set_validators(&mut self, validators: Validators) {
        self.validators = validators;
    }

    /// Gives every peer the standing that its binding has now; those that changed come back.
    pub fn refresh(&mut self, now: TimeMs) -> Vec<(PeerId, Standing)> {
        let current = self.bindings.iter().filter(|(_, bound)| bound.expires > now);
        let standings: HashMap<PeerId, Standing> = current
            .map(|(hotkey, bound)| {
                let is_validator = self.validators.get(hotkey) == Some(&bound.session);
                (bound.peer, if is_validator { Standing::Validator } else { Standing::Bound })
            })
            .collect();
        let mut changed = Vec::new();
        for (id, peer) in &mut self.connected {
            let standing = standings.get(id).copied().unwrap_or(Standing::Stranger);
            if standing != peer.standing {
                peer.standing = standing;
                changed.push((*id, standing));
            }
        }
        changed
    }

    /// The peers of validators, connected or not.
    pub fn validator_peers(&self) -> HashSet<PeerId> {
        let is_validator =
            |(hotkey, bound): &(&Hotkey, &Bound)| self.validators.get(hotkey) == Some(&bound.session);
        self.bindings.iter().filter(is_validator).map(|(_, bound)| bound.peer).collect()
    }

    pub fn infos(&self) -> Vec<PeerInfo> {
        let hotkeys: HashMap<PeerId, Hotkey> =
            self.bindings.iter().map(|(hotkey, bound)| (bound.peer, *hotkey)).collect();
        let info = |(id, peer): (&PeerId, &Peer)| {
            let is_bound = peer.standing != Standing::Stranger;
            let hotkey = hotkeys.get(id).copied().filter(|_| is_bound);
            PeerInfo { peer: *id, standing: peer.standing, hotkey }
        };
        let mut infos: Vec<PeerInfo> = self.connected.iter().map(info).collect();
        infos.sort_by_key(|info| info.peer);
        infos
    }

    pub fn connected(&self) -> Vec<PeerId> {
        self.connected.keys().copied().collect()
    }
}

#[cfg(test)]
mod tests;
