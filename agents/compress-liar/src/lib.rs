//! Claims a tiny result and cannot restore it: it keeps the input to itself and answers with one byte, but
//! `decompress` is asked of a fresh instance, which remembers nothing.

use agon_sdk::Agent;

#[derive(Default)]
struct Lies {
    remembered: Vec<u8>,
}

impl Agent for Lies {
    fn call(&mut self, method: &str, input: &[u8]) -> Result<Vec<u8>, String> {
        if method == "compress" {
            self.remembered = input.to_vec();
            return Ok(vec![42]);
        }
        Ok(self.remembered.clone())
    }
}

agon_sdk::agent!(Lies);
