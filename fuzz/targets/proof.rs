//! Bytes that somebody calls a proof, read and checked by a stranger.
#![no_main]

use agon_proof::{Handover, Proof, verify};
use agon_types::{Digest, codec, limits};
use libfuzzer_sys::fuzz_target;

/// How every proof begins; without it no bytes would get any further.
const BEGINNING: &[u8] = b"\x0a\0\0\0agon/proof\x01\0";

fuzz_target!(|bytes: &[u8]| {
    let whole = [BEGINNING, bytes].concat();
    if let Ok(proof) = Proof::decode(&whole) {
        assert_eq!(proof.encode(), whole);
        // Whoever makes the bytes makes the genesis, too; a score that nobody has signed is proven by none.
        assert!(verify(&proof, proof.genesis.digest()).is_err());
        assert!(verify(&proof, Digest::ZERO).is_err());
    }
    let _ = Proof::decode(bytes);
    let _ = codec::decode::<Handover>(bytes, limits::BLOCK_BYTES_MAX);
});
