//! Visits one city twice and hides it: it leaves out the last city, which would have been a detour.

use agon_sdk::Agent;

#[derive(Default)]
struct Lies;

impl Agent for Lies {
    fn call(&mut self, _method: &str, input: &[u8]) -> Result<Vec<u8>, String> {
        let count = (input.len() / 8) as u32;
        let tour = (0..count).map(|city| if city + 1 == count { 0 } else { city });
        Ok(tour.flat_map(u32::to_le_bytes).collect())
    }
}

agon_sdk::agent!(Lies);
