//! Compresses by prediction: several contexts each guess the next bit, a small online-trained mixer weighs the
//! guesses, and a range coder writes the bit in as little room as the guess was good.

mod context;
mod model;

use agon_sdk::Agent;
use model::Model;
use range_coder::{Coder, Decoder, Encoder};

#[derive(Default)]
struct Mix;

impl Agent for Mix {
    fn call(&mut self, method: &str, input: &[u8]) -> Result<Vec<u8>, String> {
        match method {
            "compress" => Ok(compress(input)),
            "decompress" => decompress(input).ok_or_else(|| "the packed bytes are damaged".to_owned()),
            _ => Err(format!("there is no method {method:?}")),
        }
    }
}

/// The length of the input, then its bits.
fn compress(input: &[u8]) -> Vec<u8> {
    let mut coder = Encoder::new((input.len() as u32).to_le_bytes().to_vec());
    let mut model = Model::new();
    for byte in input {
        code(&mut model, &mut coder, *byte);
    }
    coder.finish()
}

fn decompress(packed: &[u8]) -> Option<Vec<u8>> {
    let (length, packed) = packed.split_first_chunk()?;
    let mut coder = Decoder::new(packed);
    let mut model = Model::new();
    Some((0..u32::from_le_bytes(*length)).map(|_| code(&mut model, &mut coder, 0)).collect())
}

/// Writes the byte, or reads the one that is there.
fn code(model: &mut Model, coder: &mut impl Coder, byte: u8) -> u8 {
    let mut read = 0;
    for place in (0..8).rev() {
        let bit = coder.code(u32::from(byte) >> place & 1, model.predict());
        model.learn(bit);
        read = read << 1 | bit as u8;
    }
    read
}

agon_sdk::agent!(Mix);
