//! Finds the longest earlier occurrence of what comes next.

use crate::model::{LENGTH_MAX, LENGTH_MIN, Token};

const HASH_BITS: u32 = 13;
/// So many earlier positions are tried; more find little and cost fuel.
const TRIES: usize = 24;
const NONE: u32 = u32::MAX;

/// Chains of earlier positions that begin with the same bytes.
pub struct Matches<'a> {
    input: &'a [u8],
    newest: Vec<u32>,
    earlier: Vec<u32>,
}

impl<'a> Matches<'a> {
    pub fn new(input: &'a [u8]) -> Self {
        Self { input, newest: vec![NONE; 1 << HASH_BITS], earlier: vec![NONE; input.len()] }
    }

    fn bucket(&self, at: usize) -> Option<usize> {
        let bytes = self.input.get(at..at + LENGTH_MIN)?;
        let key = bytes.iter().fold(0u32, |key, byte| key << 8 | u32::from(*byte));
        Some((key.wrapping_mul(0x9e37_79b1) >> (32 - HASH_BITS)) as usize)
    }

    pub fn remember(&mut self, at: usize) {
        if let Some(bucket) = self.bucket(at) {
            self.earlier[at] = std::mem::replace(&mut self.newest[bucket], at as u32);
        }
    }

    pub fn longest(&self, at: usize) -> Option<Token> {
        let next = &self.input[at..self.input.len().min(at + LENGTH_MAX)];
        let (mut best, mut best_length) = (None, LENGTH_MIN - 1);
        let mut candidate = self.newest[self.bucket(at)?];
        for _ in 0..TRIES {
            if candidate == NONE {
                break;
            }
            let from = candidate as usize;
            let length = next.iter().zip(&self.input[from..]).take_while(|(a, b)| a == b).count();
            if length > best_length {
                best_length = length;
                best = Some(Token::Match { length, distance: at - from });
            }
            candidate = self.earlier[from];
        }
        best
    }
}
