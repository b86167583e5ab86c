//! Chance that every validator draws alike: xoshiro256++ over a seed and a label. Integers only, and no host call.

/// A stream of numbers. Streams with different labels of one seed have nothing in common.
#[derive(Clone, Debug)]
pub struct Dice([u64; 4]);

impl Dice {
    /// The stream of a seed and a label.
    pub fn new(seed: &[u8], label: &str) -> Self {
        let mut state = 0xcbf2_9ce4_8422_2325;
        let mut words = [0; 4];
        for byte in seed.iter().chain(label.as_bytes()) {
            state = (state ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
            words.rotate_left(1);
            words[0] ^= mixed(&mut state);
        }
        words.iter_mut().for_each(|word| *word ^= mixed(&mut state));
        Self(words)
    }

    /// Any number.
    pub fn word(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.0;
        let result = a.wrapping_add(*d).rotate_left(23).wrapping_add(*a);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        result
    }

    /// A number from 0 up to but not including `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.word()) * u128::from(end)) >> 64) as u64
    }

    /// A number from 0 up to but not including `end`, the small ones far more often.
    pub fn skewed(&mut self, end: u64) -> u64 {
        let bound = self.below(end) + 1;
        self.below(bound)
    }

    /// Whether one in so many comes up.
    pub fn chance(&mut self, one_in: u64) -> bool {
        self.below(one_in) == 0
    }

    /// One of a list, which must not be empty.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len() as u64) as usize]
    }
}

/// The next number of splitmix64.
fn mixed(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut word = *state;
    word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ word >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_never_change() {
        let mut dice = Dice::new(&[7; 32], "maps");
        assert_eq!(
            [dice.word(), dice.word(), dice.below(1000)],
            [502_934_137_018_318_787, 1_415_693_038_585_123_759, 706]
        );
    }

    #[test]
    fn streams_of_other_labels_differ() {
        assert_ne!(Dice::new(&[7; 32], "a").word(), Dice::new(&[7; 32], "b").word());
        assert_ne!(Dice::new(&[7; 32], "a").word(), Dice::new(&[8; 32], "a").word());
    }
}
