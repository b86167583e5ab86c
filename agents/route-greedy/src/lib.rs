//! Always goes to the nearest city that it has not seen, and pays for it on the way home.

use agon_sdk::Agent;

#[derive(Default)]
struct Greedy;

impl Agent for Greedy {
    fn call(&mut self, method: &str, input: &[u8]) -> Result<Vec<u8>, String> {
        if method != "tour" {
            return Err(format!("there is no method {method:?}"));
        }
        Ok(tour(&cities(input)).into_iter().flat_map(u32::to_le_bytes).collect())
    }
}

fn cities(input: &[u8]) -> Vec<[i64; 2]> {
    let number = |bytes: &[u8]| i64::from(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
    input.chunks(8).map(|city| [number(&city[..4]), number(&city[4..])]).collect()
}

fn tour(cities: &[[i64; 2]]) -> Vec<u32> {
    let mut unseen: Vec<u32> = (0..cities.len() as u32).collect();
    let mut here = 0;
    let mut tour = Vec::new();
    while let Some(at) = (0..unseen.len()).min_by_key(|at| squared(cities, here, unseen[*at])) {
        here = unseen.swap_remove(at);
        tour.push(here);
    }
    tour
}

/// The square of a distance orders as the distance does.
fn squared(cities: &[[i64; 2]], a: u32, b: u32) -> i64 {
    let ([ax, ay], [bx, by]) = (cities[a as usize], cities[b as usize]);
    (ax - bx).pow(2) + (ay - by).pow(2)
}

agon_sdk::agent!(Greedy);
