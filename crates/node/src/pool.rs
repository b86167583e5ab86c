//! Actions that wait for a block, and the callers that wait for them.

use crate::handle::{SubmitError, Waiter};
use agon_protocol::Reason;
use agon_types::{Action, Digest, Height, Verified};
use std::collections::{HashMap, HashSet, VecDeque};

/// Actions that may wait at once; more are refused as busy.
const ACTIONS_MAX: usize = 10_000;

/// The waiting actions in the order in which they came.
#[derive(Default)]
pub struct Pool {
    queue: VecDeque<Verified<Action>>,
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
        if self.queue.len() >= ACTIONS_MAX {
            self.answer(digest, &Err(SubmitError::Busy { waiting: self.queue.len() }));
            return false;
        }
        self.known.insert(digest);
        self.queue.push_back(action);
        true
    }

    /// Remembers who waits for an action, until it is decided, refused or expired.
    pub fn wait(&mut self, action: Digest, expires: Height, waiter: Waiter) {
        self.waiters.entry(action).or_insert_with(|| (expires, Vec::new())).1.push(waiter);
    }

    pub fn actions(&self) -> Vec<Verified<Action>> {
        self.queue.iter().cloned().collect()
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
            self.queue.retain(|action| !actions.contains(&action.signed().digest()));
        }
    }

    fn answer(&mut self, digest: Digest, answer: &Result<Height, SubmitError>) {
        for waiter in self.waiters.remove(&digest).map(|(_, waiters)| waiters).unwrap_or_default() {
            // Whoever does not wait any more needs no answer.
            let _ = waiter.send(answer.clone());
        }
    }
}
