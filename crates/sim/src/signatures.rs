//! Checks of signatures that all nodes of a world share: the first to ask has the real check, the others its answer.

use agon_agreement::Signatures;
use agon_types::{Action, Digest, NetworkId, SessionKey, Signature, Signed, Verified, signed};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So many answers are remembered; then it begins anew.
const REMEMBERED: usize = 50_000;

type Question = ([u8; 32], [u8; 64], Vec<u8>);

#[derive(Default)]
struct Known {
    votes: HashMap<Question, bool>,
    actions: HashMap<Digest, Result<Verified<Action>, signed::Error>>,
}

/// A handle to the answers of one world.
#[derive(Clone, Default)]
pub struct Shared(Arc<Mutex<Known>>);

impl Shared {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The action, if all its signatures are right.
    pub fn action(
        &self,
        network: &NetworkId,
        action: &Signed<Action>,
    ) -> Result<Verified<Action>, signed::Error> {
        let mut known = self.known();
        if known.actions.len() >= REMEMBERED {
            known.actions.clear();
        }
        // The digest is over the signatures too.
        let entry = known.actions.entry(action.digest());
        entry.or_insert_with(|| action.clone().verify(network)).clone()
    }
}

impl Signatures for Shared {
    fn is_valid(&mut self, key: &SessionKey, bytes: &[u8], signature: &Signature) -> bool {
        let mut known = self.known();
        if known.votes.len() >= REMEMBERED {
            known.votes.clear();
        }
        let entry = known.votes.entry((key.0, signature.0, bytes.to_vec()));
        *entry.or_insert_with(|| key.verify(bytes, signature).is_ok())
    }
}
