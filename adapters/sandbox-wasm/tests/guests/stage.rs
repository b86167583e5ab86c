//! The sandbox that the corpora run in: real cages around the real engine.

use agon_sandbox_wasm::{Allowance, Config, WasmSandbox};
use std::path::Path;

/// A sandbox with so many cages, its compiled code in this folder, and so much for each compilation.
pub async fn sandbox(cache: &Path, cages: usize, allowance: Allowance) -> WasmSandbox {
    let program = Path::new(env!("CARGO_BIN_EXE_agon-cage-trial"));
    let config = Config::of(program, cages, cache.to_owned()).unwrap();
    WasmSandbox::start(Config { allowance, ..config }).await.unwrap()
}
