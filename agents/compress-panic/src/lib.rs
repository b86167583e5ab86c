//! Panics in the middle of its work: it looks for the end of a run beyond the end of the input.

wit_bindgen::generate!({ world: "agent", path: "../../adapters/sandbox-wasm/wit" });

struct Panics;

impl Guest for Panics {
    fn call(_method: String, input: Vec<u8>) -> Result<Vec<u8>, String> {
        let mut end = 0;
        while input[end] == input[0] || end < input.len() {
            end += 1;
        }
        Ok(vec![input[0], end as u8])
    }
}

export!(Panics);
