//! Panics in the middle of its work: it asks for the city after the last one.

use agon_sdk::Agent;

#[derive(Default)]
struct Panics;

impl Agent for Panics {
    fn call(&mut self, _method: &str, input: &[u8]) -> Result<Vec<u8>, String> {
        let cities: Vec<&[u8]> = input.chunks(8).collect();
        let tour = (0..cities.len()).flat_map(|at| {
            let next = cities[at + 1];
            (next[0] as u32).to_le_bytes()
        });
        Ok(tour.collect())
    }
}

agon_sdk::agent!(Panics);
