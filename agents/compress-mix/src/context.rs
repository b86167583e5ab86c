//! What of the past the next byte may depend on.

/// The bytes before, as far as a context looks back.
#[derive(Default)]
pub struct Past {
    /// The last eight bytes, the newest lowest.
    bytes: u64,
    /// A hash of the letters since the last byte that is none.
    word: u32,
    /// This line and the one before, to see what stands above.
    line: Vec<u8>,
    above: Vec<u8>,
}

pub const CONTEXTS: usize = 7;

impl Past {
    pub fn push(&mut self, byte: u8) {
        self.bytes = self.bytes << 8 | u64::from(byte);
        self.word = match byte.is_ascii_alphabetic() {
            true => (self.word + u32::from(byte)).wrapping_mul(0x2f0b_4c47),
            false => 0,
        };
        self.line.push(byte);
        if byte == b'\n' {
            self.above = std::mem::take(&mut self.line);
        }
    }

    /// One hash for each context.
    pub fn contexts(&self) -> [u32; CONTEXTS] {
        let last = |count: u32| (self.bytes & ((1 << (8 * count)) - 1)) as u32;
        let first = last(1);
        let repeats = (self.bytes ^ (u64::from(first) * 0x0101_0101_0101_0101)).trailing_zeros() / 8;
        let changed_from = (self.bytes >> (8 * repeats.min(7))) as u32 & 0xff;
        let straight_on = (2 * first).wrapping_sub(changed_from) & 0xff;
        let above = self.above.get(self.line.len()).map_or(0, |byte| u32::from(*byte));
        let column = above << 8 | self.line.len() as u32 & 0xff;
        let [held, trend] = [first << 8 | repeats, straight_on << 8 | repeats];
        let seen = [first, last(2), last(3), self.word, column, held, trend];
        std::array::from_fn(|at| (seen[at] ^ (at as u32) << 29).wrapping_mul(0x9e37_79b1).rotate_left(13))
    }
}
