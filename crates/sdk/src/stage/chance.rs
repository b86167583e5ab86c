//! The same chance as in a cage: ChaCha20, with a zero nonce, under the key SHA-256("agon/random", seed, label).

use sha2::{Digest as _, Sha256};

const WORDS: usize = 16;
const DOUBLE_ROUNDS: usize = 10;
/// The words of "expand 32-byte k".
const CONSTANTS: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];
/// Columns, then diagonals.
const QUARTERS: [[usize; 4]; 8] = [
    [0, 4, 8, 12],
    [1, 5, 9, 13],
    [2, 6, 10, 14],
    [3, 7, 11, 15],
    [0, 5, 10, 15],
    [1, 6, 11, 12],
    [2, 7, 8, 13],
    [3, 4, 9, 14],
];

/// The bytes of one label.
#[derive(Debug)]
pub(super) struct Stream {
    state: [u32; WORDS],
    left: Vec<u8>,
}

impl Stream {
    pub fn new(seed: &[u8; 32], label: &str) -> Self {
        let text = |text: &str| [&(text.len() as u32).to_le_bytes(), text.as_bytes()].concat();
        let key = Sha256::digest([text("agon/random"), seed.to_vec(), text(label)].concat());
        let mut state = [0; WORDS];
        state[..4].copy_from_slice(&CONSTANTS);
        for (word, bytes) in state[4..12].iter_mut().zip(key.chunks_exact(4)) {
            *word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
        Self { state, left: Vec::new() }
    }

    pub fn bytes(&mut self, count: u32) -> Vec<u8> {
        while self.left.len() < count as usize {
            let block = block(&self.state);
            self.left.extend(block.into_iter().flat_map(u32::to_le_bytes));
            let counter = (u64::from(self.state[13]) << 32 | u64::from(self.state[12])) + 1;
            (self.state[12], self.state[13]) = (counter as u32, (counter >> 32) as u32);
        }
        self.left.drain(..count as usize).collect()
    }
}

fn block(state: &[u32; WORDS]) -> [u32; WORDS] {
    let mut words = *state;
    for _ in 0..DOUBLE_ROUNDS {
        QUARTERS.iter().for_each(|quarter| mix(&mut words, *quarter));
    }
    std::array::from_fn(|at| words[at].wrapping_add(state[at]))
}

fn mix(words: &mut [u32; WORDS], [a, b, c, d]: [usize; 4]) {
    for (sum, added, mixed, by) in [(a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)] {
        words[sum] = words[sum].wrapping_add(words[added]);
        words[mixed] = (words[mixed] ^ words[sum]).rotate_left(by);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zero_key_gives_the_known_block() {
        let mut state = [0; WORDS];
        state[..4].copy_from_slice(&CONSTANTS);
        let bytes = Stream { state, left: Vec::new() }.bytes(8);
        assert_eq!(bytes, [0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90]);
    }

    #[test]
    fn a_stream_goes_on_where_it_was() {
        let mut stream = Stream::new(&[7; 32], "deal");
        let pieces: Vec<u8> = [5, 100, 3].into_iter().flat_map(|count| stream.bytes(count)).collect();
        assert_eq!(pieces, Stream::new(&[7; 32], "deal").bytes(108));
    }
}
