//! What compiles guests: cargo, with a standard library for WASM from rustup or from Debian's packages.

use super::project::Guest;
use crate::output::Failure;
use serde_json::Value;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const TARGET: &str = "wasm32-unknown-unknown";

/// Where the library for WASM comes from.
#[derive(Debug)]
pub enum Toolchain {
    /// The compiler of this machine has it.
    Installed,
    /// Debian's packages, unpacked by `scripts/build-guests.sh`: a compiler, and the sources of its library.
    Unpacked(PathBuf),
}

impl Toolchain {
    /// What this machine has.
    pub fn find(folder: &Path) -> Result<Self, Failure> {
        let library = Command::new("rustc")
            .args(["--print", "target-libdir", "--target", TARGET])
            .current_dir(folder)
            .output()
            .map_err(|error| {
                Failure::refused(format!("cannot run rustc ({error}): install Rust from https://rustup.rs"))
            })?;
        let library = PathBuf::from(String::from_utf8_lossy(&library.stdout).trim());
        if library.is_dir() {
            return Ok(Self::Installed);
        }
        match unpacked() {
            Some(cache) if cache.join("complete").exists() => Ok(Self::Unpacked(cache.join("root/usr"))),
            _ => Err(Failure::refused(format!(
                "there is no standard library for {TARGET}: run `rustup target add {TARGET}`, or \
                 `scripts/build-guests.sh` of Agon's repository once, which unpacks Debian's"
            ))),
        }
    }

    /// Compiles a guest to a core module, and gives its path.
    pub fn compile(&self, guest: &Guest, project: &Path) -> Result<PathBuf, Failure> {
        let mut cargo = Command::new("cargo");
        cargo.args(["rustc", "--release", "--lib", "--crate-type", "cdylib", "--target", TARGET]);
        cargo.args(["--quiet", "--message-format", "json-render-diagnostics"]);
        self.set_up(&mut cargo);
        cargo.env("CARGO_ENCODED_RUSTFLAGS", self.remaps(project));
        cargo.current_dir(&guest.folder).stderr(Stdio::inherit()).stdin(Stdio::null());
        let ended = cargo.output().map_err(|error| {
            Failure::refused(format!("cannot run cargo ({error}): install Rust from https://rustup.rs"))
        })?;
        if !ended.status.success() {
            return Err(Failure::refused(format!("{} does not compile: see above", guest.name)));
        }
        let manifest = guest.folder.join("Cargo.toml");
        let messages = String::from_utf8_lossy(&ended.stdout);
        let of_guest = messages.lines().filter_map(|line| module(line, &manifest)).next_back();
        of_guest.ok_or_else(|| Failure::internal(format!("cargo built no module of {}", guest.name)))
    }

    fn set_up(&self, cargo: &mut Command) {
        cargo.env_remove("RUSTFLAGS");
        let Self::Unpacked(root) = self else { return };
        let llvm = root.join("lib/llvm-22");
        let libraries =
            format!("{}:{}", root.join("lib/x86_64-linux-gnu").display(), llvm.join("lib").display());
        cargo.arg("-Zbuild-std=std,panic_abort");
        cargo.env("LD_LIBRARY_PATH", libraries).env("RUSTC", root.join("bin/rustc"));
        // Building the library is not stable in cargo; the compiler and the sources are of one version.
        cargo.env("RUSTC_BOOTSTRAP", "1").env("RUSTC_WRAPPER", "");
        cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", llvm.join("bin/wasm-ld"));
    }

    /// No path of this machine gets into a component, so that the same sources give the same bytes anywhere.
    fn remaps(&self, project: &Path) -> String {
        let mut pairs = vec![(project.to_owned(), "/challenge")];
        if let Self::Unpacked(root) = self {
            let sources = root.join("lib/rustlib/src/rust");
            pairs.extend(sources.canonicalize().map(|sources| (sources, "/rust")));
            pairs.push((sources, "/rust"));
        }
        let home = env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| Some(env::home_dir()?.join(".cargo")));
        let registries = home.and_then(|home| std::fs::read_dir(home.join("registry/src")).ok());
        pairs.extend(registries.into_iter().flatten().flatten().map(|entry| (entry.path(), "/crates")));
        let flag = |(from, to): (PathBuf, &str)| format!("--remap-path-prefix={}={to}", from.display());
        pairs.into_iter().map(flag).collect::<Vec<_>>().join("\x1f")
    }
}

/// Where `scripts/build-guests.sh` unpacks to.
fn unpacked() -> Option<PathBuf> {
    let named = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = || named("XDG_CACHE_HOME").or_else(|| Some(env::home_dir()?.join(".cache")));
    named("AGON_GUEST_TOOLCHAIN").or_else(|| Some(cache()?.join("agon-guest-toolchain")))
}

/// The module that a message of cargo tells of, if it is of the crate with this manifest.
fn module(message: &str, manifest: &Path) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let of_crate = message["manifest_path"].as_str().is_some_and(|path| Path::new(path) == manifest);
    let files = message["filenames"].as_array().filter(|_| of_crate)?;
    let module = files.iter().filter_map(Value::as_str).find(|file| file.ends_with(".wasm"))?;
    Some(module.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_module_of_the_crate_itself_is_taken() {
        let message = |manifest: &str, file: &str| {
            serde_json::json!({ "reason": "compiler-artifact", "manifest_path": manifest, "filenames": [file] })
                .to_string()
        };
        let found = |manifest: &str, file: &str| module(&message(manifest, file), Path::new("/a/Cargo.toml"));
        assert_eq!(found("/a/Cargo.toml", "/t/a.wasm"), Some(PathBuf::from("/t/a.wasm")));
        assert_eq!(found("/b/Cargo.toml", "/t/b.wasm"), None);
        assert_eq!(found("/a/Cargo.toml", "/t/liba.rlib"), None);
        assert_eq!(module("no message", Path::new("/a/Cargo.toml")), None);
    }
}
