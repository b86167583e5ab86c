//! Never answers: it compresses its own output again until it is empty, and it never is.

use agon_sdk::Agent;

#[derive(Default)]
struct Loops;

impl Agent for Loops {
    fn call(&mut self, _method: &str, input: &[u8]) -> Result<Vec<u8>, String> {
        let mut packed = input.to_vec();
        while !packed.is_empty() {
            for byte in &mut packed {
                *byte = byte.rotate_left(1) ^ 0x55;
            }
        }
        Ok(packed)
    }
}

agon_sdk::agent!(Loops);
