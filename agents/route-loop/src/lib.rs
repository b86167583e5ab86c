//! Never answers: it shuffles the tour until it is perfect, and it never is.

wit_bindgen::generate!({ world: "agent", path: "../../adapters/sandbox-wasm/wit" });

struct Loops;

impl Guest for Loops {
    fn call(_method: String, input: Vec<u8>) -> Result<Vec<u8>, String> {
        let mut tour = input;
        let mut at = 0;
        while !tour.is_empty() {
            let len = tour.len();
            tour.swap(at % len, (at * 7 + 3) % len);
            at = at.wrapping_add(1);
        }
        Ok(tour)
    }
}

export!(Loops);
