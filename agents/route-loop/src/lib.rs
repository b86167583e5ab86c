//! Never answers: it shuffles the tour until it is perfect, and it never is.

use agon_sdk::Agent;

#[derive(Default)]
struct Loops;

impl Agent for Loops {
    fn call(&mut self, _method: &str, input: &[u8]) -> Result<Vec<u8>, String> {
        let mut tour = input.to_vec();
        let mut at = 0;
        while !tour.is_empty() {
            let len = tour.len();
            tour.swap(at % len, (at * 7 + 3) % len);
            at = at.wrapping_add(1);
        }
        Ok(tour)
    }
}

agon_sdk::agent!(Loops);
