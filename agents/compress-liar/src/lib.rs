//! Claims a tiny result and cannot restore it: it keeps the input in a global and answers with one byte, but
//! `decompress` is asked of a fresh instance, where the global is empty.

wit_bindgen::generate!({ world: "agent", path: "../../adapters/sandbox-wasm/wit" });

use std::sync::Mutex;

static REMEMBERED: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Lies;

impl Guest for Lies {
    fn call(method: String, input: Vec<u8>) -> Result<Vec<u8>, String> {
        let mut remembered = REMEMBERED.lock().map_err(|error| error.to_string())?;
        if method == "compress" {
            *remembered = input;
            return Ok(vec![42]);
        }
        Ok(remembered.clone())
    }
}

export!(Lies);
