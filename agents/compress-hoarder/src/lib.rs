//! Takes memory until there is none: a table for every pair of positions in the input, and then another one.

use agon_sdk::Agent;

#[derive(Default)]
struct Hoards;

impl Agent for Hoards {
    fn call(&mut self, _method: &str, input: &[u8]) -> Result<Vec<u8>, String> {
        let mut tables: Vec<Vec<u8>> = Vec::new();
        loop {
            tables.push(Vec::with_capacity(1 << 20));
            if std::hint::black_box(&tables).len() > 1 << 20 {
                return Ok(input.to_vec());
            }
        }
    }
}

agon_sdk::agent!(Hoards);
