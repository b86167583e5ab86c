//! Writes per second into a tree of 100,000 entries, in batches of 100, as a block makes them.

use agon_proof::Tree;
use agon_types::Digest;
use std::time::Instant;

const ENTRIES: u32 = 100_000;
const BATCH: u32 = 100;
const BATCHES: u32 = 500;

fn key(n: u32) -> Vec<u8> {
    n.to_le_bytes().to_vec()
}

fn value(n: u32) -> Vec<u8> {
    Digest::of(&n.to_le_bytes()).0.repeat(5)
}

fn main() {
    let entries: Vec<_> = (0..ENTRIES).map(|n| (key(n), value(n))).collect();
    let began = Instant::now();
    let mut tree = Tree::from_entries(entries.iter().map(|(key, value)| (&key[..], &value[..])));
    println!("rebuilt from {ENTRIES} entries in {:?}", began.elapsed());

    let mut number = 0u32;
    let mut write = |at: u32| {
        number += 1;
        (key(at), Some(value(number)))
    };
    let mut measure = |desc: &str, place: &dyn Fn(u32) -> u32| {
        let began = Instant::now();
        for batch in 0..BATCHES {
            let writes: Vec<_> = (0..BATCH).map(|n| write(place(batch * BATCH + n))).collect();
            let update = tree.prepare(writes);
            tree.apply(update).expect("prepared on this tree");
        }
        let rate = f64::from(BATCH * BATCHES) / began.elapsed().as_secs_f64();
        println!("{desc}: {rate:.0} writes/s in batches of {BATCH}");
    };
    measure("overwrites", &|n| n.wrapping_mul(2_654_435_761) % ENTRIES);
    measure("new entries", &|n| ENTRIES + n);

    let began = Instant::now();
    for n in 0..10_000 {
        std::hint::black_box(tree.prove(&key(n)));
    }
    println!("proofs: {:.0} /s; nodes in memory: {}", 1e4 / began.elapsed().as_secs_f64(), tree.node_count());
}
