//! Links between nodes: how long a message takes, and whether it comes at all.

use crate::chance::Chance;
use crate::schedule::Weather;

/// The least and the longest way of a message.
pub const WAY_MS: (u64, u64) = (40, 100);
/// How late a message can be that others overtake.
const LATE_MS: u64 = 3_000;

/// All links of a world.
#[derive(Clone, Debug)]
pub struct Links {
    pub weather: Weather,
    /// Which part each node is in; nodes of different parts do not hear each other.
    parts: Vec<u64>,
}

impl Links {
    pub fn new(nodes: usize) -> Self {
        Self { weather: Weather::CALM, parts: vec![0; nodes] }
    }

    pub fn heal(&mut self) {
        self.parts.fill(0);
    }

    pub fn cut(&mut self, parts: Vec<u64>) {
        self.parts = parts;
    }

    pub fn is_cut(&self) -> bool {
        self.parts.iter().any(|part| *part != 0)
    }

    pub fn connects(&self, from: usize, to: usize) -> bool {
        self.parts[from] == self.parts[to]
    }

    /// After how many milliseconds each copy of a message comes.
    pub fn deliveries(&self, chance: &mut Chance, from: usize, to: usize) -> Vec<u64> {
        let Weather { loss_permille, twice_permille, late_permille } = self.weather;
        if !self.connects(from, to) || chance.hits(loss_permille) {
            return Vec::new();
        }
        let copies = if chance.hits(twice_permille) { 2 } else { 1 };
        let way = |chance: &mut Chance| {
            let late = if chance.hits(late_permille) { chance.below(LATE_MS) } else { 0 };
            chance.between(WAY_MS.0, WAY_MS.1) + late
        };
        (0..copies).map(|_| way(chance)).collect()
    }
}
