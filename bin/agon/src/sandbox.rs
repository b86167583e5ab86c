//! Cages that are processes of this program, over compiled code in a folder.

use crate::output::Failure;
use agon_sandbox_wasm::{Config, WasmSandbox};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// By its open file and not by its name: what stands there may be another version by now.
const PROGRAM: &str = "/proc/self/exe";

pub async fn start(cages: usize, cache: &Path) -> Result<Arc<WasmSandbox>, Failure> {
    let config = Config::of(Path::new(PROGRAM), cages, cache.to_owned()).map_err(Failure::refused)?;
    WasmSandbox::start(config).await.map(Arc::new).map_err(Failure::refused)
}

/// Where this user's compiled code is, for commands that belong to no node.
pub fn user_cache() -> PathBuf {
    let home = || std::env::home_dir().map(|home| home.join(".cache"));
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home);
    cache.unwrap_or_else(std::env::temp_dir).join("agon/wasm-cache")
}
