//! Ten thousand heights over many seeds, with faulty power just under a third: what must hold, holds.

use agon_sim::{Schedule, run};
use std::sync::atomic::{AtomicU64, Ordering};

const SEEDS: u64 = 100;
const HEIGHTS: u64 = 100;

#[test]
fn ten_thousand_heights_hold_over_a_hundred_seeds() {
    let next = AtomicU64::new(0);
    let work = || {
        let (mut heights, mut torn, mut accusations, mut failures) = (0, 0, 0, Vec::new());
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= SEEDS {
                return (heights, torn, accusations, failures);
            }
            match run(Schedule::from_seed(seed, HEIGHTS)) {
                Ok(figures) => {
                    heights += figures.heights;
                    torn += figures.counts.torn;
                    accusations += figures.accusations;
                }
                Err(failure) => failures.push(failure.to_string()),
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let results: Vec<_> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    let failures: Vec<_> = results.iter().flat_map(|result| &result.3).cloned().collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let sum = |part: fn(&(u64, u64, u64, Vec<String>)) -> u64| results.iter().map(part).sum::<u64>();
    assert!(sum(|result| result.0) >= SEEDS * HEIGHTS);
    // The seeds do bring what they are for.
    assert!(sum(|result| result.1) > 1_000, "nodes fall while they write");
    assert!(sum(|result| result.2) > 10, "whoever signs twice is proven to");
}
