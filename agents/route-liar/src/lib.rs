//! Visits one city twice and hides it: it leaves out the last city, which would have been a detour.

wit_bindgen::generate!({ world: "agent", path: "../../adapters/sandbox-wasm/wit" });

struct Lies;

impl Guest for Lies {
    fn call(_method: String, input: Vec<u8>) -> Result<Vec<u8>, String> {
        let count = (input.len() / 8) as u32;
        let tour = (0..count).map(|city| if city + 1 == count { 0 } else { city });
        Ok(tour.flat_map(u32::to_le_bytes).collect())
    }
}

export!(Lies);
