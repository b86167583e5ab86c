//! The digests of bytes, remembered for as long as somebody holds the same bytes: hashing a large component takes
//! longer than running it.

use crate::limits::HASHED_AT_ONCE_BYTES_MAX;
use crate::limits::NAMED_BYTES_MAX;
use agon_types::Digest;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Smaller ones are hashed as quickly as they are found here.
const WORTH_BYTES_MIN: usize = 16 << 10;

#[derive(Debug, Default)]
pub struct Names(Mutex<VecDeque<(Weak<[u8]>, Digest)>>);

impl Names {
    pub fn new() -> Self {
        Self::default()
    }

    pub async fn digest(&self, bytes: &Arc<[u8]>) -> Digest {
        if bytes.len() < WORTH_BYTES_MIN {
            return Digest::of(bytes);
        }
        if let Some(digest) = self.remembered(bytes) {
            return digest;
        }
        let digest = if bytes.len() <= HASHED_AT_ONCE_BYTES_MAX {
            Digest::of(bytes)
        } else {
            let away = bytes.clone();
            match tokio::task::spawn_blocking(move || Digest::of(&away)).await {
                Ok(digest) => digest,
                Err(_) => Digest::of(bytes),
            }
        };
        self.remember(bytes, digest);
        digest
    }

    fn remembered(&self, bytes: &Arc<[u8]>) -> Option<Digest> {
        let named = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A weak reference keeps the address from being given to other bytes.
        let same = |weak: &Weak<[u8]>| weak.upgrade().is_some_and(|held| Arc::ptr_eq(&held, bytes));
        named.iter().find(|(weak, _)| same(weak)).map(|(_, digest)| *digest)
    }

    fn remember(&self, bytes: &Arc<[u8]>, digest: Digest) {
        let mut named = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        named.push_back((Arc::downgrade(bytes), digest));
        // A weak reference also keeps the memory, so those whose bytes nobody holds go first.
        named.retain(|(weak, _)| weak.strong_count() > 0);
        let length = |weak: &Weak<[u8]>| weak.upgrade().map_or(0, |held| held.len());
        let mut total: usize = named.iter().map(|(weak, _)| length(weak)).sum();
        while total > NAMED_BYTES_MAX {
            let Some((weak, _)) = named.pop_front() else { return };
            total = total.saturating_sub(length(&weak));
        }
    }
}
