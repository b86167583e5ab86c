//! How long a decision takes in virtual time on links of 40 to 100 ms, and the work for it, beside Malachite's core
//! alone on the same links: `cargo bench -p agon-sim --bench latency`.

use agon_sim::Schedule;
use agon_sim::world::World;
use std::time::Instant;

mod bare;

const HEIGHTS: u64 = 300;

/// Latencies of all nodes, and the processor time of one height.
pub struct Measured {
    pub latencies_ms: Vec<u64>,
    pub height_us: u128,
}

fn ours(voters: usize) -> Measured {
    let mut schedule = Schedule::calm(1, voters, HEIGHTS);
    schedule.action_every_ms = u64::MAX;
    let begin = Instant::now();
    let mut world = World::new(schedule);
    while world.watch.height().0 < HEIGHTS && world.step() {}
    assert_eq!(world.watch.failed(), None);
    let height_us = begin.elapsed().as_micros() / u128::from(HEIGHTS);
    Measured { latencies_ms: world.latencies_ms, height_us }
}

fn percentile(sorted: &[u64], percent: usize) -> u64 {
    sorted[(sorted.len() - 1) * percent / 100]
}

fn main() {
    for voters in [4, 10, 20] {
        let [ours, bare] = [ours(voters), bare::run(voters, HEIGHTS)].map(|mut measured| {
            measured.latencies_ms.sort_unstable();
            let of = |percent| percentile(&measured.latencies_ms, percent);
            (of(50), of(99), measured.height_us)
        });
        println!(
            "{voters} voters: driver p50 {} ms, p99 {} ms, {} us a height; core alone p50 {} ms, p99 {} ms, {} us; \
             ratio {:.3} and {:.3}",
            ours.0,
            ours.1,
            ours.2,
            bare.0,
            bare.1,
            bare.2,
            ours.0 as f64 / bare.0 as f64,
            ours.1 as f64 / bare.1 as f64,
        );
    }
}
