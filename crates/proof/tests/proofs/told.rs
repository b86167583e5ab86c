//! What a proof tells, and that bytes of any origin are read without harm.

use crate::sample::{Ledger, agreed, certificate, claim, equal, genesis, pair};
use agon_proof::limits::PROOF_BYTES_MAX;
use agon_proof::{Malformed, Proof, verify};
use agon_types::{Digest, Height, SessionPair};
use proptest::prelude::*;

fn read_back(proof: &Proof) -> Proof {
    Proof::decode(&proof.encode()).unwrap()
}

#[test]
fn a_proof_tells_the_score_and_the_power_behind_it() {
    let proof = read_back(&Ledger::new().prove(100));
    let proven = verify(&proof, genesis().digest()).unwrap();
    assert_eq!((proven.submission, proven.epoch, proven.version), (claim().submission, claim().epoch, 2));
    assert_eq!((proven.network.to_string(), proven.challenge.to_string()), ("test".into(), "route".into()));
    assert_eq!((proven.height, proven.agreed), (Height(7), agreed()));
    assert_eq!((proven.signed_power, proven.whole_power, proven.signers, proven.voters), (1, 1, 1, 1));
    assert_eq!(proven.handovers, 0);
}

#[test]
fn the_voting_set_is_followed_through_its_changes() {
    // Half, all and none of the voters are others; one has most of the power; a set comes back.
    let mut heavy = equal(8..12);
    heavy[2].1 = 1_000_000;
    let sets = [equal(0..4), equal(2..6), equal(8..12), heavy, equal(0..4), equal(0..1)];
    for count in 0..=sets.len() {
        let proof = read_back(&Ledger::with(sets[..count].to_vec()).prove(10));
        let proven = verify(&proof, genesis().digest()).unwrap();
        assert_eq!((proven.handovers, proven.height), (count, Height(7 * (count as u64 + 1))));
        let power = sets[..count].last().map_or(1, |set| set.iter().map(|(_, power)| *power).sum());
        assert_eq!((proven.signed_power, proven.whole_power), (u128::from(power), u128::from(power)));
    }
}

#[test]
fn more_than_two_thirds_are_enough_in_whatever_round() {
    let ledger = Ledger::with([equal(0..4)]);
    let voters = ledger.voters.clone();
    let mut proof = ledger.prove(10);
    for round in [0, 1, 77] {
        let signers: Vec<&SessionPair> = voters[..3].iter().map(|(pair, _)| pair).collect();
        proof.certificate = certificate(&proof.header, round, &signers);
        let proven = verify(&read_back(&proof), genesis().digest()).unwrap();
        assert_eq!((proven.signed_power, proven.whole_power, proven.signers, proven.voters), (30, 40, 3, 4));
    }
}

#[test]
fn the_proof_of_a_hundred_voters_has_about_fifteen_kilobytes() {
    let first = Ledger::with([equal(0..100)]).prove(40_000).encode().len();
    let second = Ledger::with([equal(0..100), equal(1..101)]).prove(40_000).encode().len();
    assert!((14_000..16_000).contains(&first), "{first}");
    assert!((13_000..15_000).contains(&(second - first)), "{first} and {second}");
}

#[test]
fn what_is_no_proof_is_told_apart() {
    let whole = Ledger::new().prove(10).encode();
    let changed = |at: usize, byte: u8| {
        let mut bytes = whole.clone();
        bytes[at] = byte;
        bytes
    };
    let cases = [
        ("nothing", Vec::new(), "not_a_proof"),
        ("text", b"not a proof at all".to_vec(), "not_a_proof"),
        ("its beginning", whole[..14].to_vec(), "not_a_proof"),
        ("another mark", changed(4, b'A'), "not_a_proof"),
        ("another version", changed(14, 2), "unknown_proof_version"),
        ("cut", whole[..whole.len() - 1].to_vec(), "malformed_proof"),
        ("with more behind it", [&whole[..], &[0]].concat(), "malformed_proof"),
        ("too large", [&whole[..16], &vec![0; PROOF_BYTES_MAX + 1]].concat(), "proof_too_large"),
    ];
    for (desc, bytes, code) in cases {
        let refused: Result<Proof, Malformed> = Proof::decode(&bytes);
        assert_eq!(refused.map_err(|malformed| malformed.code()), Err(code), "{desc}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_decoder_or_the_verifier_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..600),
        keep in 0usize..1200,
    ) {
        // Random bytes behind the beginning of a real proof get further than random bytes alone.
        let whole = Ledger::with([equal(0..2)]).prove(3).encode();
        for start in [&whole[..keep.min(whole.len())], &whole[..16], &[]] {
            if let Ok(proof) = Proof::decode(&[start, &bytes].concat()) {
                prop_assert!(verify(&proof, Digest::ZERO).is_err());
            }
        }
    }

    #[test]
    fn a_set_of_any_powers_is_followed(powers in prop::collection::vec(1u64..=u64::MAX, 1..8)) {
        let set = (0u16..).zip(&powers).map(|(n, power)| (pair(n), *power)).collect();
        let proven = verify(&Ledger::with([set]).prove(3), genesis().digest()).unwrap();
        prop_assert_eq!(proven.whole_power, powers.iter().map(|power| u128::from(*power)).sum::<u128>());
    }
}
