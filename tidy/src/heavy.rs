//! Who may name what: a heavy crate lives in one adapter, and an error without a type in few places.

use crate::manifest::Manifest;
use crate::{Finding, Tree};

/// A heavy crate, its companions with the same prefix included, and the one adapter that may name it.
const HOMES: &[(&str, Option<&str>)] = &[
    ("wasmtime", Some("adapters/sandbox-wasm")),
    ("redb", Some("adapters/embedded")),
    ("rusqlite", Some("adapters/embedded")),
    ("libp2p", Some("adapters/mesh")),
    ("arc-malachitebft", Some("adapters/agreement")),
    ("subxt", Some("adapters/subtensor")),
    ("bollard", Some("adapters/sandbox-docker")),
    ("kube", Some("adapters/sandbox-kube")),
    ("tantivy", None),
];

/// A heavy crate that the benches of a crate measure ours by, and the crate.
const MEASURED_BY: &[(&str, &str)] = &[("arc-malachitebft", "crates/sim")];

/// Who may name anyhow besides the binary, tests and this crate, and why.
const ANYHOW: &[(&str, &str)] = &[("crates/proof", "the error of jmt's reader trait is anyhow's")];

pub fn check(tree: &Tree) -> Vec<Finding> {
    tree.manifests().flat_map(|manifest| of_crate(&manifest)).collect()
}

fn of_crate(manifest: &Manifest<'_>) -> Vec<Finding> {
    let folder = manifest.folder();
    let mut findings = Vec::new();
    for dependency in manifest.dependencies() {
        let name = dependency.name;
        if let Some((_, home)) = HOMES.iter().find(|(heavy, _)| is_of_family(name, heavy))
            && *home != Some(folder)
            && !(dependency.dev && is_measured_by(name, folder))
        {
            let advice = match home {
                Some(home) => format!("{name} is heavy: only {home} names it; go through its port"),
                None => format!(
                    "{name} is heavy and has no adapter: give it one, and name that in tidy/src/heavy.rs"
                ),
            };
            findings.push(Finding::new(manifest.path, dependency.line, "heavy", advice));
        }
        if name == "anyhow" && !dependency.dev && !may_name_anyhow(folder) {
            let advice =
                "libraries have an `Error` of their own (thiserror); anyhow is for bin, tests and tidy";
            findings.push(Finding::new(manifest.path, dependency.line, "anyhow", advice));
        }
    }
    findings
}

fn is_of_family(name: &str, heavy: &str) -> bool {
    name.strip_prefix(heavy).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

fn is_measured_by(name: &str, folder: &str) -> bool {
    MEASURED_BY.iter().any(|(heavy, measured)| is_of_family(name, heavy) && *measured == folder)
}

fn may_name_anyhow(folder: &str) -> bool {
    folder == "tidy" || folder.starts_with("bin/") || ANYHOW.iter().any(|(excepted, _)| *excepted == folder)
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::fixture::finds;

    #[track_caller]
    fn crate_finds(folder: &str, table: &str, name: &str, expected: &[&str]) {
        let path = format!("{folder}/Cargo.toml");
        let text = format!("[package]\nname = \"x\"\n[{table}]\n{name}.workspace = true");
        let expected: Vec<String> = expected.iter().map(|e| format!("{path}:4: {e}")).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        finds(check, &[(&path, &text)], &expected);
    }

    #[test]
    fn a_heavy_crate_is_named_by_its_adapter_only() {
        crate_finds("adapters/sandbox-wasm", "dependencies", "wasmtime", &[]);
        crate_finds("adapters/sandbox-wasm", "dev-dependencies", "wasmtime", &[]);
        crate_finds(
            "crates/node",
            "dependencies",
            "wasmtime",
            &["heavy: wasmtime is heavy: only adapters/sandbox-wasm"],
        );
        crate_finds(
            "crates/node",
            "dev-dependencies",
            "rusqlite",
            &["heavy: rusqlite is heavy: only adapters/embedded"],
        );
        crate_finds("bin/agon", "dependencies", "libp2p", &["heavy: libp2p is heavy: only adapters/mesh"]);
    }

    #[test]
    fn another_name_makes_a_heavy_crate_no_lighter() {
        let workspace = ("Cargo.toml", "[workspace.dependencies]\nwt = { package = \"redb\" }\n");
        let hub = ("crates/hub/Cargo.toml", "[package]\nname = \"x\"\n[dependencies]\nwt.workspace = true\n");
        finds(check, &[workspace, hub], &["crates/hub/Cargo.toml:4: heavy: redb is heavy"]);
        let whole = "[package]\nname = \"x\"\n[dependencies.wt]\npackage = \"redb\"\n";
        finds(check, &[("crates/hub/Cargo.toml", whole)], &["crates/hub/Cargo.toml:3: heavy: redb is heavy"]);
    }

    #[test]
    fn companions_of_a_heavy_crate_are_heavy_too() {
        crate_finds("crates/hub", "dependencies", "wasmtime-wasi", &["heavy: wasmtime-wasi"]);
        crate_finds(
            "crates/sim",
            "dependencies",
            "arc-malachitebft-core-types",
            &["heavy: arc-malachitebft-core-types"],
        );
        crate_finds("crates/sim", "dev-dependencies", "arc-malachitebft-core-types", &[]);
        crate_finds("crates/hub", "dependencies", "kubernetes", &[]);
    }

    #[test]
    fn a_heavy_crate_without_an_adapter_is_refused_everywhere() {
        crate_finds(
            "adapters/embedded",
            "dependencies",
            "tantivy",
            &["heavy: tantivy is heavy and has no adapter"],
        );
    }

    #[test]
    fn libraries_have_errors_of_their_own() {
        crate_finds("crates/hub", "dependencies", "anyhow", &["anyhow: libraries have an `Error`"]);
        crate_finds("crates/hub", "dev-dependencies", "anyhow", &[]);
        crate_finds("bin/agon", "dependencies", "anyhow", &[]);
        crate_finds("crates/proof", "dependencies", "anyhow", &[]);
    }
}
