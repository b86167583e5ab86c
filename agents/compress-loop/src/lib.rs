//! Never answers: it compresses its own output again until it is empty, and it never is.

wit_bindgen::generate!({ world: "agent", path: "../../adapters/sandbox-wasm/wit" });

struct Loops;

impl Guest for Loops {
    fn call(_method: String, input: Vec<u8>) -> Result<Vec<u8>, String> {
        let mut packed = input;
        while !packed.is_empty() {
            for byte in &mut packed {
                *byte = byte.rotate_left(1) ^ 0x55;
            }
        }
        Ok(packed)
    }
}

export!(Loops);
