//! Compresses runs of one byte, and nothing else: a marker, the length of the run, the byte.

use agon_sdk::Agent;

/// Begins a run; the byte itself is written as a run of one.
const MARKER: u8 = 0xff;
/// A shorter run takes more bytes than it saves.
const RUN_MIN: usize = 4;

#[derive(Default)]
struct RunLength;

impl Agent for RunLength {
    fn call(&mut self, method: &str, input: &[u8]) -> Result<Vec<u8>, String> {
        match method {
            "compress" => Ok(compress(input)),
            "decompress" => decompress(input).ok_or_else(|| "a run is cut off".to_owned()),
            _ => Err(format!("there is no method {method:?}")),
        }
    }
}

fn compress(input: &[u8]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(input.len());
    let mut at = 0;
    while at < input.len() {
        let byte = input[at];
        let run = input[at..].iter().take(255).take_while(|next| **next == byte).count();
        if run >= RUN_MIN || byte == MARKER {
            packed.extend([MARKER, run as u8, byte]);
            at += run;
        } else {
            packed.push(byte);
            at += 1;
        }
    }
    packed
}

fn decompress(packed: &[u8]) -> Option<Vec<u8>> {
    let mut output = Vec::new();
    let mut bytes = packed.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte == MARKER {
            let (run, byte) = (bytes.next()?, bytes.next()?);
            output.resize(output.len() + usize::from(run), byte);
        } else {
            output.push(byte);
        }
    }
    Some(output)
}

agon_sdk::agent!(RunLength);
