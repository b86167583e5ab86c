//! Compiled modules by the digest of their bytes, the ones used last.

use agon_port::sandbox::Unloadable;
use agon_types::Digest;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What bytes turned into. A refusal is remembered too, so that bad bytes are compiled once.
type Loaded<T> = Result<Arc<T>, Unloadable>;

struct Entry<T> {
    digest: Digest,
    bytes: usize,
    loaded: Arc<OnceLock<Loaded<T>>>,
}

/// A bounded cache; the entry that was used last stands first.
pub struct Cache<T> {
    entries: Mutex<VecDeque<Entry<T>>>,
    count_max: usize,
    bytes_max: usize,
}

impl<T> Cache<T> {
    pub fn new(count_max: usize, bytes_max: usize) -> Self {
        Self { entries: Mutex::new(VecDeque::new()), count_max, bytes_max }
    }

    /// What these bytes are, made by `load` if they are not known. Who asks for the same bytes meanwhile waits for
    /// the one result.
    pub fn get(&self, bytes: &[u8], load: impl FnOnce(&[u8]) -> Result<T, Unloadable>) -> Loaded<T> {
        let loaded = self.entry(Digest::of(bytes), bytes.len());
        loaded.get_or_init(|| load(bytes).map(Arc::new)).clone()
    }

    fn entry(&self, digest: Digest, bytes: usize) -> Arc<OnceLock<Loaded<T>>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let known = entries.iter().position(|entry| entry.digest == digest).and_then(|at| entries.remove(at));
        let entry = known.unwrap_or_else(|| Entry { digest, bytes, loaded: Arc::default() });
        let loaded = entry.loaded.clone();
        entries.push_front(entry);
        let mut sum: usize = entries.iter().map(|entry| entry.bytes).sum();
        while entries.len() > 1 && (entries.len() > self.count_max || sum > self.bytes_max) {
            sum -= entries.pop_back().map_or(0, |entry| entry.bytes);
        }
        loaded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loads(cache: &Cache<Vec<u8>>, bytes: &[u8]) -> bool {
        let mut loaded = false;
        let load = |bytes: &[u8]| {
            loaded = true;
            Ok(bytes.to_vec())
        };
        assert_eq!(*cache.get(bytes, load).unwrap(), bytes);
        loaded
    }

    #[test]
    fn known_bytes_are_loaded_once() {
        let cache = Cache::new(2, 100);
        assert!(loads(&cache, b"a"));
        assert!(!loads(&cache, b"a"));
    }

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        let cache = Cache::new(2, 100);
        for bytes in [b"a", b"b", b"a", b"c"] {
            loads(&cache, bytes);
        }
        assert!(!loads(&cache, b"a"));
        assert!(loads(&cache, b"b"));
    }

    #[test]
    fn bytes_are_bounded_as_well_as_entries() {
        let cache = Cache::new(9, 10);
        assert!(loads(&cache, b"12345678"));
        assert!(loads(&cache, b"123456789"));
        assert!(loads(&cache, b"12345678"));
    }
}
