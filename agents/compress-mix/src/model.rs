//! Guesses the next bit: each context remembers how often it was 1, and a mixer weighs them.

use crate::context::{CONTEXTS, Past};

/// Entries of one context's table; contexts that fall on the same entry share it.
const TABLE_BITS: u32 = 17;
/// An entry learns quickly at first and never slower than this.
const SEEN_MAX: i32 = 60;
const HALF: i32 = 1 << 15;
const LOGIT_MAX: i32 = 2047;

/// How often a bit was 1 here, as the difference to one half in 65,536ths, and how often this was seen. All zero
/// means that nothing is known, so tables need no preparation.
#[derive(Clone, Copy, Default)]
struct Entry {
    lean: i16,
    seen: i16,
}

pub struct Model {
    past: Past,
    tables: Vec<Vec<Entry>>,
    hashes: [u32; CONTEXTS],
    places: [usize; CONTEXTS],
    /// The bits of this byte so far, after a leading 1.
    prefix: u32,
    /// What each context says, stretched, and the guess made of it.
    said: [i32; CONTEXTS],
    guess: i32,
    /// For each prefix, how much each context is believed, in 65,536ths.
    weights: Vec<[i32; CONTEXTS]>,
    stretch: Vec<i32>,
    squash: Vec<i32>,
}

impl Model {
    pub fn new() -> Self {
        let past = Past::default();
        Self {
            hashes: past.contexts(),
            past,
            tables: vec![vec![Entry::default(); 1 << TABLE_BITS]; CONTEXTS],
            places: [0; CONTEXTS],
            prefix: 1,
            said: [0; CONTEXTS],
            guess: 0,
            weights: vec![[10_000; CONTEXTS]; 256],
            stretch: stretch_table(),
            squash: squash_table(),
        }
    }

    /// The probability of a 1, in 65,536ths.
    pub fn predict(&mut self) -> u32 {
        let mut sum = 0i64;
        let weights = &self.weights[self.prefix as usize];
        for at in 0..CONTEXTS {
            let hash = self.hashes[at].wrapping_add(self.prefix.wrapping_mul(0x3d4d_51cb));
            self.places[at] = ((hash ^ hash >> 15) & ((1 << TABLE_BITS) - 1)) as usize;
            let lean = i32::from(self.tables[at][self.places[at]].lean);
            self.said[at] = self.stretch[((lean + HALF) >> 4) as usize];
            sum += i64::from(self.said[at]) * i64::from(weights[at]);
        }
        let logit = ((sum >> 16) as i32).clamp(-LOGIT_MAX, LOGIT_MAX);
        self.guess = self.squash[(logit + LOGIT_MAX) as usize];
        (self.guess << 4).clamp(32, 65_536 - 32) as u32
    }

    pub fn learn(&mut self, bit: u32) {
        let error = ((bit as i32) << 12) - self.guess;
        let weights = &mut self.weights[self.prefix as usize];
        for at in 0..CONTEXTS {
            weights[at] += (self.said[at] * error + (1 << 9)) >> 10;
            let entry = &mut self.tables[at][self.places[at]];
            let goal = if bit == 1 { HALF - 1 } else { -HALF };
            let seen = i32::from(entry.seen);
            entry.lean += ((goal - i32::from(entry.lean)) * 2 / (2 * seen + 3)) as i16;
            entry.seen = (seen + 1).min(SEEN_MAX) as i16;
        }
        self.prefix = self.prefix << 1 | bit;
        if self.prefix >= 256 {
            self.past.push(self.prefix as u8);
            self.hashes = self.past.contexts();
            self.prefix = 1;
        }
    }
}

/// The logistic function: from every logit of -8 to 8 in 256ths to a probability in 4,096ths.
fn squash_table() -> Vec<i32> {
    let logits = (-LOGIT_MAX..=LOGIT_MAX).map(|logit| f64::from(logit) / 256.0);
    logits.map(|logit| (4096.0 / (1.0 + (-logit).exp())) as i32).collect()
}

/// Its inverse, for every probability.
fn stretch_table() -> Vec<i32> {
    let odds = (0..4096).map(|one| (f64::from(one) + 0.5) / (4095.5 - f64::from(one)));
    odds.map(|odds| (odds.ln() * 256.0) as i32).collect()
}
