//! Takes memory until there is none: it wants to keep every tour there is, to choose the best one.

use agon_sdk::Agent;

#[derive(Default)]
struct Hoards;

impl Agent for Hoards {
    fn call(&mut self, _method: &str, input: &[u8]) -> Result<Vec<u8>, String> {
        let mut tours: Vec<Vec<u8>> = Vec::new();
        loop {
            let mut tour = input.to_vec();
            tour.resize(1 << 18, tours.len() as u8);
            tours.push(tour);
            if std::hint::black_box(&tours).len() > 1 << 20 {
                return Ok(input.to_vec());
            }
        }
    }
}

agon_sdk::agent!(Hoards);
