//! Chance from the host, that every validator draws alike. [`crate::Dice`] needs no host and is the usual choice.

/// Bytes of the stream with a label, which goes on where it was; at most 1 MiB at once. In `observe`, `score` and
/// `weigh`.
pub fn bytes(label: &str, count: u32) -> Vec<u8> {
    crate::host::random(label, count)
}
