//! Proofs that were made up with more skill than a flipped bit: each is refused, and for its own reason.

use crate::sample::{Ledger, Set, certificate, equal, genesis, pair};
use agon_proof::{Proof, verify};
use agon_types::{Certificate, Digest, Epoch, Genesis, Header, Height, Score, SessionPair, TimeMs};

/// A proof over two changes of the voting set, with four voters at its end.
fn proof() -> (Proof, Set) {
    let ledger = Ledger::with([equal(0..3), equal(2..6)]);
    let voters = ledger.voters.clone();
    (ledger.prove(50), voters)
}

fn code(proof: &Proof) -> Result<(), &'static str> {
    verify(proof, genesis().digest()).map(drop).map_err(|invalid| invalid.code())
}

fn signed_by(proof: &mut Proof, round: u32, signers: &[SessionPair]) {
    proof.certificate = certificate(&proof.header, round, &signers.iter().collect::<Vec<_>>());
}

type Change = fn(&mut Proof);

#[track_caller]
fn check(cases: &[(&str, &str, Change)]) {
    let (whole, _) = proof();
    assert_eq!(code(&whole), Ok(()));
    for (desc, expected, change) in cases {
        let mut changed = whole.clone();
        change(&mut changed);
        assert_eq!(code(&changed), Err(*expected), "{desc}");
        // What travels is refused as well, and for the same reason.
        let travelled = Proof::decode(&changed.encode()).unwrap();
        assert_eq!(code(&travelled), Err(*expected), "{desc}");
    }
}

#[test]
fn signatures_that_do_not_add_up_are_refused() {
    check(&[
        ("nobody", "no_quorum", |p| p.certificate.signatures.clear()),
        ("half of the power", "no_quorum", |p| signed_by(p, 0, &[pair(2), pair(3)])),
        ("one signer twice", "wrong_signer", |p| {
            signed_by(p, 0, &[pair(2), pair(3), pair(2)]);
        }),
        ("all, and one of them twice", "wrong_signer", |p| {
            let first = p.certificate.signatures[0];
            p.certificate.signatures.push(first);
        }),
        ("a stranger among them", "wrong_signer", |p| {
            signed_by(p, 0, &[pair(2), pair(3), pair(4), pair(5), pair(77)]);
        }),
        ("a voter of the set before", "wrong_signer", |p| {
            signed_by(p, 0, &[pair(1), pair(2), pair(3), pair(4)])
        }),
        ("another round than was signed", "bad_signature", |p| p.certificate.round += 1),
        ("two signatures exchanged", "bad_signature", |p| {
            let signatures = &mut p.certificate.signatures;
            (signatures[0].1, signatures[1].1) = (signatures[1].1, signatures[0].1);
        }),
        // Every signature is checked, also where the others are enough.
        ("the last one wrong", "bad_signature", |p| p.certificate.signatures[3].1.0[40] ^= 1),
    ]);
}

#[test]
fn exactly_two_thirds_of_the_power_prove_nothing() {
    for (powers, signers, holds) in [
        ([1, 1, 1], 2, false),
        ([1, 1, 2], 2, false),
        ([1, 1, 1], 3, true),
        ([4, 1, 1], 1, false),
        ([5, 1, 1], 1, true),
    ] {
        let set: Set = (0u16..).zip(powers).map(|(n, power)| (pair(n), power)).collect();
        let mut proof = Ledger::with([set.clone()]).prove(5);
        let signers: Vec<SessionPair> = set.into_iter().take(signers).map(|(pair, _)| pair).collect();
        signed_by(&mut proof, 0, &signers);
        let expected = if holds { Ok(()) } else { Err("no_quorum") };
        assert_eq!(code(&proof), expected, "{} of {powers:?}", signers.len());
    }
}

/// The same as a change of every header, decided by the right voters under the new header.
fn decided_anew(change: impl Fn(&mut Header)) -> Proof {
    let (mut proof, voters) = proof();
    change(&mut proof.header);
    let signers: Vec<SessionPair> = voters.into_iter().map(|(pair, _)| pair).collect();
    signed_by(&mut proof, 0, &signers);
    proof
}

#[test]
fn headers_of_another_place_are_refused_even_under_the_right_voters() {
    type Case = (&'static str, fn(&mut Header), Result<(), &'static str>);
    let cases: [Case; 6] = [
        ("as it is", |_| (), Ok(())),
        ("another network", |header| header.network = "other".parse().unwrap(), Err("wrong_network")),
        ("another protocol", |header| header.protocol_version += 1, Err("unknown_protocol")),
        ("another state", |header| header.state_root = Digest::of(b"x"), Err("not_in_state")),
        ("another voting set", |header| header.voters = Digest::of(b"x"), Err("wrong_voters")),
        ("a height before the last change", |header| header.height = Height(14), Err("wrong_order")),
    ];
    for (desc, change, expected) in cases {
        assert_eq!(code(&decided_anew(change)), expected, "{desc}");
    }
}

#[test]
fn a_certificate_of_another_block_or_network_is_refused() {
    check(&[
        ("of another height", "wrong_block", |p| p.certificate.height = p.certificate.height.next()),
        ("of another block", "wrong_block", |p| p.certificate = p.handovers[1].certificate.clone()),
        ("a header that nobody decided", "wrong_block", |p| p.header.time_ms = TimeMs(1)),
        ("votes of another network", "bad_signature", |p| {
            let there = Header { network: "other".parse().unwrap(), ..p.header.clone() };
            let signers: Vec<SessionPair> = (2..6).map(pair).collect();
            let signatures = certificate(&there, 0, &signers.iter().collect::<Vec<_>>()).signatures;
            p.certificate = Certificate { signatures, ..p.certificate.clone() };
        }),
    ]);
}

#[test]
fn a_chain_of_voting_sets_with_a_link_missing_or_changed_is_refused() {
    check(&[
        ("the first change left out", "wrong_voters", |p| drop(p.handovers.remove(0))),
        ("the last change left out", "wrong_voters", |p| drop(p.handovers.pop())),
        ("all left out", "wrong_voters", |p| p.handovers.clear()),
        ("one twice", "wrong_order", |p| p.handovers.push(p.handovers[1].clone())),
        ("in another order", "wrong_voters", |p| p.handovers.swap(0, 1)),
        ("a change decided by nobody", "no_quorum", |p| p.handovers[1].certificate.signatures.clear()),
        ("a set with one more voter", "wrong_next_voters", |p| {
            p.handovers[1].next.push((pair(9).session(), 1))
        }),
        ("a set with one voter fewer", "wrong_next_voters", |p| p.handovers[1].next.truncate(3)),
        ("a set with another power", "wrong_next_voters", |p| p.handovers[0].next[1].1 += 1),
        ("a set in another order", "wrong_next_voters", |p| p.handovers[1].next.reverse()),
        ("a set of nobody", "wrong_next_voters", |p| p.handovers[1].next.clear()),
        ("the set of another change", "wrong_next_voters", |p| {
            p.handovers[1].next = p.handovers[0].next.clone()
        }),
    ]);
}

#[test]
fn a_change_that_changes_nothing_has_no_place() {
    let mut ledger = Ledger::with([equal(0..3)]);
    ledger.hand_over(equal(0..3));
    assert_eq!(code(&ledger.prove(5)), Err("idle_handover"));
}

#[test]
fn voters_who_were_never_handed_anything_prove_nothing() {
    // A whole chain of its own, from a genesis of its own, with the same score.
    let mut other = Ledger::new();
    other.genesis = Genesis { time_ms: TimeMs(2), ..genesis() };
    assert_eq!(code(&other.prove(5)), Err("wrong_genesis"));
    // The same genesis, and voters that it does not lead to.
    let mut usurpers = Ledger::new();
    usurpers.voters = equal(50..54);
    assert_eq!(code(&usurpers.prove(5)), Err("wrong_voters"));
    // They claim to be the voters that it leads to.
    let mut proof = Ledger::new().prove(5);
    signed_by(&mut proof, 0, &[pair(50), pair(51)]);
    assert_eq!(code(&proof), Err("wrong_signer"));
    // A set without any power decides nothing, whoever signs.
    let powerless: Set = (0..3).map(|n| (pair(n), 0)).collect();
    assert_eq!(code(&Ledger::with([powerless]).prove(5)), Err("no_quorum"));
}

#[test]
fn another_value_than_the_state_has_is_refused() {
    check(&[
        ("a better score", "not_in_state", |p| p.agreed.score = Score::ONE),
        ("more weight", "not_in_state", |p| p.agreed.weight += 1),
        ("another submission", "not_in_state", |p| p.claim.submission.0 = Digest::of(b"other")),
        ("another challenge", "not_in_state", |p| p.claim.challenge = "other".parse().unwrap()),
        ("another version", "not_in_state", |p| p.claim.version += 1),
        ("another epoch", "not_in_state", |p| p.claim.epoch = Epoch(6)),
    ]);
    // The path of another entry of the same state.
    let (mut proof, _) = proof();
    let tree = agon_proof::Tree::from_entries([(&b"a"[..], &b"b"[..])]);
    proof.inclusion = tree.prove(b"a");
    assert_eq!(code(&proof), Err("not_in_state"));
}
