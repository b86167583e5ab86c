//! Compresses with LZ77 and an adaptive range coder: what was there before is named by its distance and length, and
//! everything is written in as few bits as its frequency so far deserves.

mod matches;
mod model;

use agon_sdk::Agent;
use matches::Matches;
use model::{Model, Token};
use range_coder::{Decoder, Encoder};

#[derive(Default)]
struct Lz;

impl Agent for Lz {
    fn call(&mut self, method: &str, input: &[u8]) -> Result<Vec<u8>, String> {
        match method {
            "compress" => Ok(compress(input)),
            "decompress" => decompress(input).ok_or_else(|| "the packed bytes are damaged".to_owned()),
            _ => Err(format!("there is no method {method:?}")),
        }
    }
}

/// The length of the input, then its tokens.
fn compress(input: &[u8]) -> Vec<u8> {
    let mut coder = Encoder::new((input.len() as u32).to_le_bytes().to_vec());
    let mut model = Model::new();
    let mut matches = Matches::new(input);
    let mut at = 0;
    while at < input.len() {
        let token = matches.longest(at).unwrap_or(Token::Literal(input[at]));
        model.code(&mut coder, input[..at].last().copied(), token);
        for passed in at..at + token.length() {
            matches.remember(passed);
        }
        at += token.length();
    }
    coder.finish()
}

fn decompress(packed: &[u8]) -> Option<Vec<u8>> {
    let (length, packed) = packed.split_first_chunk()?;
    let length = u32::from_le_bytes(*length) as usize;
    let mut coder = Decoder::new(packed);
    let mut model = Model::new();
    let mut output: Vec<u8> = Vec::new();
    while output.len() < length {
        match model.code(&mut coder, output.last().copied(), Token::Literal(0)) {
            Token::Literal(byte) => output.push(byte),
            Token::Match { length, distance } => {
                let from = output.len().checked_sub(distance)?;
                for at in from..from + length {
                    output.push(output[at]);
                }
            }
        }
    }
    Some(output)
}

agon_sdk::agent!(Lz);
