//! Panics in the middle of its work: it asks for the city after the last one.

wit_bindgen::generate!({ world: "agent", path: "../../adapters/sandbox-wasm/wit" });

struct Panics;

impl Guest for Panics {
    fn call(_method: String, input: Vec<u8>) -> Result<Vec<u8>, String> {
        let cities: Vec<&[u8]> = input.chunks(8).collect();
        let tour = (0..cities.len()).flat_map(|at| {
            let next = cities[at + 1];
            (next[0] as u32).to_le_bytes()
        });
        Ok(tour.collect())
    }
}

export!(Panics);
