//! Files in the vault, by their digest: 64 hexadecimal digits.

use crate::{Refusal, host};

/// What one question gives at most.
const BYTES_AT_ONCE: u32 = 1 << 20;

/// A piece of an artifact that the manifest names in `capabilities.artifacts`; less at its end. In `observe` and
/// `score`.
pub fn read(digest: &str, offset: u64, length: u32) -> Result<Vec<u8>, Refusal> {
    host::artifact_read(digest, offset, length)
}

/// A whole artifact.
pub fn read_all(digest: &str) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    loop {
        let piece = read(digest, bytes.len() as u64, BYTES_AT_ONCE)?;
        let is_last = piece.len() < BYTES_AT_ONCE as usize;
        bytes.extend(piece);
        if is_last {
            return Ok(bytes);
        }
    }
}

/// Leaves bytes in the vault, named in the report, and gives their digest; at most 8 pieces, and
/// `capabilities.kept_bytes_max` bytes. In `score` only.
pub fn keep(bytes: &[u8]) -> Result<String, Refusal> {
    host::artifact_keep(bytes)
}
