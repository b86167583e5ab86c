//! One bit that is not as it was, anywhere, and nothing is proven any more.

use crate::sample::{Ledger, equal, genesis};
use agon_proof::{Proof, verify};
use proptest::prelude::*;

fn holds(bytes: &[u8]) -> bool {
    Proof::decode(bytes).is_ok_and(|proof| verify(&proof, genesis().digest()).is_ok())
}

#[test]
fn every_single_bit_of_a_proof_counts() {
    let whole = Ledger::with([equal(0..2)]).prove(5).encode();
    assert!(holds(&whole));
    let mut bytes = whole.clone();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            assert!(!holds(&bytes), "bit {bit} of byte {at} of {}", bytes.len());
            bytes[at] ^= 1 << bit;
        }
    }
    assert_eq!(bytes, whole);
}

proptest! {
    #[test]
    fn a_flipped_bit_anywhere_fails(
        sets in prop::collection::vec((0u16..20, 1u16..9), 0..4),
        others in 0u32..200,
        at in any::<prop::sample::Index>(),
        bit in 0u8..8,
    ) {
        let mut sets: Vec<_> = sets.into_iter().map(|(from, count)| equal(from..from + count)).collect();
        sets.dedup_by(|one, other| crate::sample::public(one) == crate::sample::public(other));
        let mut bytes = Ledger::with(sets).prove(others).encode();
        prop_assert!(holds(&bytes));
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(!holds(&bytes), "byte {at} of {}", bytes.len());
    }

    #[test]
    fn a_byte_left_out_or_put_in_fails(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let whole = Ledger::with([equal(0..3)]).prove(20).encode();
        let at = at.index(whole.len());
        let mut less = whole.clone();
        less.remove(at);
        prop_assert!(!holds(&less), "without byte {at}");
        let mut more = whole.clone();
        more.insert(at, byte);
        prop_assert!(more == whole || !holds(&more), "with {byte} at {at}");
    }
}
