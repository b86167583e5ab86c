//! Ten thousand heights over many seeds, with faulty power just under a third: what must hold, holds.

use agon_sim::run_all;
use std::sync::Mutex;

const SEEDS: u64 = 100;
const HEIGHTS: u64 = 100;

#[test]
fn ten_thousand_heights_hold_over_a_hundred_seeds() {
    let results = Mutex::new(Vec::new());
    run_all(0..SEEDS, HEIGHTS, |_, result| results.lock().unwrap().push(result));
    let results = results.into_inner().unwrap();
    let failures: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    assert!(
        failures.is_empty(),
        "{}",
        failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    );
    let figures: Vec<_> = results.iter().flatten().collect();
    assert!(figures.iter().map(|figures| figures.heights).sum::<u64>() >= SEEDS * HEIGHTS);
    // The seeds do bring what they are for.
    let torn: u64 = figures.iter().map(|figures| figures.counts.torn).sum();
    assert!(torn > 1_000, "only {torn} nodes fell while they wrote");
    let accusations: u64 = figures.iter().map(|figures| figures.accusations).sum();
    assert!(accusations > 10, "only {accusations} proofs against those who sign twice");
}
