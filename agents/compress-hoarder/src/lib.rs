//! Takes memory until there is none: a table for every pair of positions in the input, and then another one.

wit_bindgen::generate!({ world: "agent", path: "../../adapters/sandbox-wasm/wit" });

struct Hoards;

impl Guest for Hoards {
    fn call(_method: String, input: Vec<u8>) -> Result<Vec<u8>, String> {
        let mut tables: Vec<Vec<u8>> = Vec::new();
        loop {
            tables.push(Vec::with_capacity(1 << 20));
            if std::hint::black_box(&tables).len() > 1 << 20 {
                return Ok(input);
            }
        }
    }
}

export!(Hoards);
