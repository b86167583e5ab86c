//! What the challenge keeps from epoch to epoch. Needs `capabilities.state_bytes_max` in the manifest.
//!
//! It is changed by an agreed `weigh` alone, and everyone else reads it as it stood when the epoch opened.

use crate::{Refusal, host};

/// Keys that one question gives at most.
const KEYS_AT_ONCE: u32 = 1024;

pub fn get(key: &str) -> Result<Option<Vec<u8>>, Refusal> {
    host::state_get(key)
}

/// Every key that begins so, in order.
pub fn keys(prefix: &str) -> Result<Vec<String>, Refusal> {
    let mut keys: Vec<String> = Vec::new();
    loop {
        let more = host::state_keys(prefix, keys.last().map(String::as_str), KEYS_AT_ONCE)?;
        let is_last = more.len() < KEYS_AT_ONCE as usize;
        keys.extend(more);
        if is_last {
            return Ok(keys);
        }
    }
}

/// In `weigh` only, within the manifest's bound: this run sees it at once, all others once the validators agree on it.
pub fn set(key: &str, value: &[u8]) -> Result<(), Refusal> {
    host::state_set(key, value)
}

/// In `weigh` only.
pub fn remove(key: &str) -> Result<(), Refusal> {
    host::state_remove(key)
}
