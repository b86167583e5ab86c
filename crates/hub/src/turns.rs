//! Who is answered by a route now: few of each challenge, so that one that is slow leaves room for the others.
//!
//! A challenge has at most all lanes of the sandbox but one, so no challenge holds them all; what else it is asked waits
//! for these, and above a bound it is turned away.

use crate::limits;
use agon_types::ChallengeId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The right to ask a challenge, first to wait and then to run.
#[derive(Debug)]
pub(crate) struct Turn {
    _place: OwnedSemaphorePermit,
    lanes: Arc<Semaphore>,
}

#[derive(Clone, Debug)]
struct Places {
    /// Questions that wait or run.
    all: Arc<Semaphore>,
    /// Those that run.
    lanes: Arc<Semaphore>,
}

/// Places for each challenge that was asked; there are as many as challenges at most.
#[derive(Debug)]
pub(crate) struct Turns {
    known: Mutex<BTreeMap<ChallengeId, Places>>,
    lanes: usize,
}

impl Turns {
    /// Over a sandbox with so many lanes.
    pub fn new(lanes: usize) -> Self {
        Self { known: Mutex::default(), lanes: lanes.saturating_sub(1).max(1) }
    }

    /// A place at a challenge; none if too many have one.
    pub fn place(&self, challenge: &ChallengeId) -> Option<Turn> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let places = known.entry(challenge.clone()).or_insert_with(|| Places {
            all: Arc::new(Semaphore::new(limits::ROUTES_OF_ONE_MAX)),
            lanes: Arc::new(Semaphore::new(self.lanes)),
        });
        let place = places.all.clone().try_acquire_owned().ok()?;
        Some(Turn { _place: place, lanes: places.lanes.clone() })
    }
}

impl Turn {
    /// Waits for one of the lanes that the challenge may have. Nobody closes them.
    pub async fn lane(&self) -> Option<OwnedSemaphorePermit> {
        self.lanes.clone().acquire_owned().await.ok()
    }
}
