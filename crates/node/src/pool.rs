//! Actions that wait for a block, and the callers that wait for them.

use crate::handle::{SubmitError, Waiter};
use crate::limits::{WAITING_ACTIONS_MAX, WAITING_BYTES_MAX};
use agon_protocol::Reason;
use agon_types::{Action, Digest, Height, Verified, codec};
use std::collections::{HashMap, HashSet, VecDeque};

/// The waiting actions in the order in which they came.
#[derive(Default)]
pub struct Pool {
    queue: VecDeque<(usize, Verified<Action>)>,
    bytes: usize,
    known: HashSet<Digest>,
    waiters: HashMap<Digest, (Height, Vec<Waiter>)>,
}

impl Pool {
    /// Takes an action in; the same one twice is one.
    pub fn add(&mut self, action: Verified<Action>) -> bool {
        let digest = action.signed().digest();
        if self.known.contains(&digest) {
            return true;
        }
        let bytes = codec::encode(action.signed()).len();
        if self.queue.len() >= WAITING_ACTIONS_MAX || self.bytes + bytes > WAITING_BYTES_MAX {
            self.answer(digest, &Err(SubmitError::Busy { waiting: self.queue.len() }));
            return false;
        }
        self.known.insert(digest);
        self.queue.push_back((bytes, action));
        self.bytes += bytes;
        true
    }

    /// Remembers who waits for an action, until it is decided, refused or expired.
    pub fn wait(&mut self, action: Digest, expires: Height, waiter: Waiter) {
        self.waiters.entry(action).or_insert_with(|| (expires, Vec::new())).1.push(waiter);
    }

    pub fn actions(&self) -> Vec<Verified<Action>> {
        self.queue.iter().map(|(_, action)| action.clone()).collect()
    }

    /// Forgets actions that the rules refuse, and tells who waits for them.
    pub fn refuse(&mut self, refusals: Vec<(Digest, Reason)>) {
        self.drop_actions(refusals.iter().map(|(digest, _)| *digest).collect());
        for (digest, reason) in refusals {
            self.answer(digest, &Err(SubmitError::Refused(reason)));
        }
    }

    /// Forgets actions that a block has, and those that are too old for the next.
    pub fn decided(&mut self, actions: HashSet<Digest>, height: Height) {
        for digest in &actions {
            self.answer(*digest, &Ok(height));
        }
        self.drop_actions(actions);
        let old = |expires: Height| expires <= height;
        let expired = self.waiters.iter().filter(|(_, (expires, _))| old(*expires));
        let expired: Vec<_> = expired.map(|(digest, (expires, _))| (*digest, *expires)).collect();
        for (digest, expired) in expired {
            self.answer(digest, &Err(SubmitError::Refused(Reason::Expired { expired, height })));
        }
    }

    fn drop_actions(&mut self, actions: HashSet<Digest>) {
        let known = actions.iter().filter(|digest| self.known.remove(*digest)).count();
        if known > 0 {
            self.queue.retain(|(_, action)| !actions.contains(&action.signed().digest()));
            self.bytes = self.queue.iter().map(|(bytes, _)| bytes).sum();
        }
    }

    fn answer(&mut self, digest: Digest, answer: &Result<Height, SubmitError>) {
        for waiter in self.waiters.remove(&digest).map(|(_, waiters)| waiters).unwrap_or_default() {
            // Whoever does not wait any more needs no answer.
            let _ = waiter.send(answer.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agon_types::action::{ActionBody, Announcement};
    use agon_types::{Digest, HotkeyPair, Signed};

    /// An action of about a kilobyte for each unit of its label.
    fn action(number: u32, label: usize) -> Verified<Action> {
        let (key, network) = (HotkeyPair::from_seed(&[1; 32]), "test".parse().unwrap());
        let announcement = Announcement {
            challenge: "route".parse().unwrap(),
            hotkey: key.hotkey(),
            version: number,
            kind: agon_types::manifest::AgentKind::Component,
            artifact: Digest::of(b"a"),
            size_bytes: 1,
            label: "x".repeat(label),
        };
        let body = ActionBody::Announce(announcement);
        let signed = Signed::new(&network, Action { expires_at_height: Height(9), body }, &[&key]);
        signed.verify(&network).unwrap()
    }

    #[test]
    fn large_actions_are_bounded_by_their_bytes_and_give_their_room_back() {
        let mut pool = Pool::default();
        let size = codec::encode(action(0, 60_000).signed()).len();
        let room = WAITING_BYTES_MAX / size;
        let taken = (0..=room as u32).filter(|number| pool.add(action(*number, 60_000))).count();
        assert_eq!(taken, room);
        let decided = pool.actions().iter().map(|action| action.signed().digest()).collect();
        pool.decided(decided, Height(1));
        assert_eq!((pool.bytes, pool.queue.len()), (0, 0));
        assert!(pool.add(action(9_999, 60_000)));
    }
}
