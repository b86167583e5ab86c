//! Begins with a greedy tour, untangles it with 2-opt and Or-opt until neither helps, then shakes it many times and
//! keeps what got shorter. The number of shakes is fixed, so the fuel is bounded.

mod map;
mod search;

use agon_sdk::Agent;
use map::Map;

/// How often a finished tour is disturbed; each costs about as much as a small repair.
const SHAKES: u32 = 600;

#[derive(Default)]
struct TwoOpt;

impl Agent for TwoOpt {
    fn call(&mut self, method: &str, input: &[u8]) -> Result<Vec<u8>, String> {
        if method != "tour" {
            return Err(format!("there is no method {method:?}"));
        }
        let map = Map::from_bytes(input);
        let tour = search::search(&map, SHAKES);
        Ok(tour.into_iter().flat_map(|city| (city as u32).to_le_bytes()).collect())
    }
}

agon_sdk::agent!(TwoOpt);
