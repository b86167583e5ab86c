//! Panics in the middle of its work: it looks for the end of a run beyond the end of the input.

use agon_sdk::Agent;

#[derive(Default)]
struct Panics;

impl Agent for Panics {
    fn call(&mut self, _method: &str, input: &[u8]) -> Result<Vec<u8>, String> {
        let mut end = 0;
        while input[end] == input[0] || end < input.len() {
            end += 1;
        }
        Ok(vec![input[0], end as u8])
    }
}

agon_sdk::agent!(Panics);
