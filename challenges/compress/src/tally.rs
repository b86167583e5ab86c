//! Adds up what an agent saved and spent, and makes the score of it.

use agon_sdk::{Metric, Outcome, Score};

/// Above this the agent has no economy left.
const FUEL_PER_BYTE: u64 = 100_000;
const ONE: u64 = 1_000_000_000;

#[derive(Default)]
pub struct Tally {
    raw: u64,
    packed: u64,
    fuel: u64,
    corpora: Vec<Metric>,
}

impl Tally {
    pub fn add(&mut self, kind: &str, raw: usize, packed: usize, fuel: u64) {
        self.raw += raw as u64;
        self.packed += packed as u64;
        self.fuel += fuel;
        self.corpora.push(Metric { name: format!("packed_bytes_{kind}"), value: packed as i64 });
    }

    pub fn outcome(self) -> Outcome {
        let saved = left_over(self.packed, self.raw);
        let economy = left_over(self.fuel, self.raw * FUEL_PER_BYTE);
        let score = saved * (9 * ONE + economy) / (10 * ONE);
        let mut outcome = Outcome::new(Score::billionths(score))
            .metric("saved", saved)
            .metric("raw_bytes", self.raw)
            .metric("packed_bytes", self.packed)
            .metric("agent_fuel", self.fuel);
        outcome.metrics.extend(self.corpora);
        outcome
    }
}

/// `1 - part / whole` in billionths.
fn left_over(part: u64, whole: u64) -> u64 {
    let used = u128::from(part) * u128::from(ONE) / u128::from(whole.max(1));
    ONE.saturating_sub(used as u64)
}
