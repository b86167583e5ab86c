//! Every maximum of a proof.

/// An encoded proof: some 850 changes of a voting set of 100, each of about 14 kB.
pub const PROOF_BYTES_MAX: usize = 12 << 20;
