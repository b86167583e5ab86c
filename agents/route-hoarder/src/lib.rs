//! Takes memory until there is none: it wants to keep every tour there is, to choose the best one.

wit_bindgen::generate!({ world: "agent", path: "../../adapters/sandbox-wasm/wit" });

struct Hoards;

impl Guest for Hoards {
    fn call(_method: String, input: Vec<u8>) -> Result<Vec<u8>, String> {
        let mut tours: Vec<Vec<u8>> = Vec::new();
        loop {
            let mut tour = input.clone();
            tour.resize(1 << 18, tours.len() as u8);
            tours.push(tour);
            if std::hint::black_box(&tours).len() > 1 << 20 {
                return Ok(input);
            }
        }
    }
}

export!(Hoards);
