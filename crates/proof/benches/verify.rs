//! A proof of 100 voters against its 100 signatures alone, in turn in one run; and its size.

#[path = "../tests/proofs/sample.rs"]
#[expect(clippy::unwrap_used, reason = "the sample is a test's")]
mod sample;

use agon_proof::{Proof, verify};
use agon_types::signed::signing_bytes;
use agon_types::vote::Precommit;
use sample::{Ledger, equal};
use std::hint::black_box;
use std::time::Instant;

const VOTERS: u16 = 100;
const ENTRIES: u32 = 40_000;
const ROUNDS: usize = 201;
/// What a whole proof may cost, measured by its signatures.
const GOAL: f64 = 1.3;

/// Milliseconds that one call takes.
fn timed(work: impl FnOnce()) -> f64 {
    let began = Instant::now();
    work();
    began.elapsed().as_secs_f64() * 1e3
}

/// The time of the round that nothing else on the machine disturbed.
fn quickest(times: &[f64]) -> f64 {
    times.iter().copied().fold(f64::INFINITY, f64::min)
}

fn main() {
    // Most proofs are checked by whoever has checked the way to the voters before: here the way is one hand-over by
    // the one voter of the genesis, which is one signature more.
    let proof = Ledger::with([equal(0..VOTERS)]).prove(ENTRIES);
    let (bytes, genesis) = (proof.encode(), proof.genesis.digest());
    let certificate = &proof.certificate;
    let (height, round, block) = (certificate.height, certificate.round, Some(certificate.block));
    let message = signing_bytes(&proof.header.network, &Precommit { height, round, block });
    let signatures = || {
        for (key, signature) in &certificate.signatures {
            black_box(key.verify(&message, signature)).expect("the sample is signed");
        }
    };
    let whole = || {
        let proof = Proof::decode(&bytes).expect("the sample is a proof");
        black_box(verify(&proof, genesis)).expect("the sample holds");
    };
    let (mut bare, mut all) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(timed(signatures));
        all.push(timed(whole));
    }
    let (bare, all) = (quickest(&bare), quickest(&all));
    println!(
        "{VOTERS} signatures: {bare:.2} ms; the proof, from its bytes: {all:.2} ms, {:.2} of it",
        all / bare
    );
    println!("{} bytes in a state of {ENTRIES} entries", bytes.len());
    let longer = Ledger::with([equal(0..VOTERS), equal(1..VOTERS + 1)]).prove(ENTRIES).encode().len();
    println!("{} bytes more for a change of the voting set", longer - bytes.len());
    assert!(all / bare < GOAL, "a proof costs {:.2} of its signatures, and {GOAL} is the goal", all / bare);
}
