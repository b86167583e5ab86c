//! Chance that every validator draws alike: streams of ChaCha20, one for each label.

use super::refused::Refused;
use super::{Caller, reply_or_end};
use crate::inside::abi;
use crate::inside::desk::Desk;
use crate::inside::guest::Guest;
use crate::inside::tally::Function;
use crate::limits;
use agon_types::Digest;
use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use std::collections::BTreeMap;
use wasmtime::component::{Linker, WasmStr};

/// The streams of one run, each where it is.
pub struct Streams {
    seed: [u8; 32],
    streams: BTreeMap<String, Stream>,
}

/// One stream, byte for byte: the generator alone would drop the rest of a word.
struct Stream {
    blocks: ChaCha20Rng,
    block: [u8; 64],
    used: usize,
}

impl Stream {
    fn new(seed: [u8; 32], label: &str) -> Self {
        let key = Digest::tagged("agon/random", &(seed, label));
        Self { blocks: ChaCha20Rng::from_seed(key.0), block: [0; 64], used: 64 }
    }

    fn fill(&mut self, mut bytes: &mut [u8]) {
        while !bytes.is_empty() {
            if self.used == self.block.len() {
                self.blocks.fill_bytes(&mut self.block);
                self.used = 0;
            }
            let rest = &self.block[self.used..];
            let (now, later) = bytes.split_at_mut(rest.len().min(bytes.len()));
            now.copy_from_slice(&rest[..now.len()]);
            self.used += now.len();
            bytes = later;
        }
    }
}

impl Streams {
    pub fn new(seed: [u8; 32]) -> Self {
        Self { seed, streams: BTreeMap::new() }
    }

    fn draw(&mut self, label: String, count: u32) -> Result<Vec<u8>, Refused> {
        if count > limits::CHANCE_BYTES_MAX {
            return Err(Refused::Exceeded(format!("it drew {count} bytes of chance at once")));
        }
        if !self.streams.contains_key(&label) && self.streams.len() >= limits::STREAMS_MAX {
            let max = limits::STREAMS_MAX;
            return Err(Refused::Exceeded(format!("it drew from more than {max} streams of chance")));
        }
        let seed = self.seed;
        let mut bytes = vec![0; count as usize];
        let stream = self.streams.entry(label);
        stream.or_insert_with_key(|label| Stream::new(seed, label)).fill(&mut bytes);
        Ok(bytes)
    }
}

pub fn link(linker: &mut Linker<Guest<Desk>>) -> wasmtime::Result<()> {
    let bytes = |mut caller: Caller, (label, count): (WasmStr, u32)| {
        let label = label.to_str(&caller)?;
        let length = label.len();
        let label = (length <= limits::STREAM_LABEL_BYTES_MAX).then(|| label.into_owned());
        let drawn = reply_or_end(&mut caller, Function::Random, length, |desk| {
            let Some(streams) = &mut desk.streams else {
                return Err(Refused::Denied("random is not in this phase".to_owned()));
            };
            let long = || Refused::Exceeded(format!("the label of a stream of chance has {length} bytes"));
            let bytes = streams.draw(label.ok_or_else(long)?, count)?;
            Ok((bytes, count as usize))
        })?;
        Ok((drawn,))
    };
    linker.instance(abi::RANDOM)?.func_wrap("bytes", bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(streams: &mut Streams, label: &str, count: u32) -> Vec<u8> {
        streams.draw(label.to_owned(), count).unwrap()
    }

    #[test]
    fn a_stream_goes_on_where_it_was_and_another_label_is_another_stream() {
        let mut whole = Streams::new([7; 32]);
        let mut pieces = Streams::new([7; 32]);
        let all = draw(&mut whole, "a", 100);
        let mut joined = Vec::new();
        for count in [0, 1, 3, 60, 36] {
            joined.extend(draw(&mut pieces, "a", count));
            draw(&mut pieces, "b", 5);
        }
        assert_eq!(joined, all);
        assert_ne!(draw(&mut Streams::new([7; 32]), "b", 100), all);
        assert_ne!(draw(&mut Streams::new([8; 32]), "a", 100), all);
    }

    /// From another implementation of cipher and digest.
    #[test]
    fn a_stream_is_that_of_the_cipher_under_its_key() {
        assert_eq!(draw(&mut Streams::new([0; 32]), "", 8), [203, 207, 19, 38, 108, 230, 98, 45]);
        let drawn = draw(&mut Streams::new([7; 32]), "deck", 68);
        assert_eq!(drawn[60..], [0x05, 0xcf, 0x8a, 0x8d, 0x77, 0x4f, 0x66, 0x99], "over the end of a block");
    }

    #[test]
    fn streams_and_bytes_are_bounded() {
        let mut streams = Streams::new([0; 32]);
        for label in 0..limits::STREAMS_MAX {
            draw(&mut streams, &label.to_string(), 1);
        }
        draw(&mut streams, "0", limits::CHANCE_BYTES_MAX);
        assert!(streams.draw("another".to_owned(), 1).is_err());
        assert!(streams.draw("0".to_owned(), limits::CHANCE_BYTES_MAX + 1).is_err());
    }
}
