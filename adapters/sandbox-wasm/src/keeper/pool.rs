//! Closed cages with nothing to do, kept for the next run of the same code.

use super::link::Link;
use agon_types::Digest;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// What is loaded in a cage: the challenge, then the agents by seat. A vacant seat has no digest.
pub type Loaded = Vec<Option<Digest>>;

/// The oldest use is in front.
#[derive(Debug)]
pub struct Pool {
    idle: Mutex<VecDeque<(Loaded, Link)>>,
    count_max: usize,
}

impl Pool {
    pub fn new(count_max: usize) -> Self {
        Self { idle: Mutex::default(), count_max }
    }

    /// The one that was used last: its memory is the warmest.
    pub fn take(&self, loaded: &Loaded) -> Option<Link> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let place = idle.iter().rposition(|(other, _)| other == loaded)?;
        idle.remove(place).map(|(_, link)| link)
    }

    pub fn put(&self, loaded: Loaded, link: Link) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push_back((loaded, link));
        if idle.len() > self.count_max {
            idle.pop_front();
        }
    }
}
