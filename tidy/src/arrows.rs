//! Who may know whom: dependencies between our crates point one way.

use crate::manifest::{Dependency, Manifest};
use crate::{Finding, Tree};

const RULE: &str = "arrows";

/// What everything knows that stands to the right of the node.
const UP_TO_NODE: &[&str] = &["types", "protocol", "proof", "port", "node"];

/// What a crate may know of ours, without the prefix `agon-`. Adapters have one line for all: port and types.
const ARROWS: &[(&str, &[&str])] = &[
    ("crates/types", &[]),
    ("crates/protocol", &["types"]),
    ("crates/proof", &["types"]),
    ("crates/port", &["types"]),
    ("crates/node", &["types", "protocol", "proof", "port"]),
    ("crates/hub", UP_TO_NODE),
    ("crates/gate", UP_TO_NODE),
    ("crates/host", UP_TO_NODE),
    ("crates/sim", &["types", "protocol", "proof", "port", "node", "agreement"]),
    ("crates/sdk", &["types"]),
    ("adapters/*", &["types", "port"]),
    ("challenges/*", &["sdk"]),
    ("agents/*", &["sdk"]),
    ("fuzz", &["types", "protocol", "proof"]),
    ("tidy", &[]),
];

/// What only the tests of a crate may know besides.
const TESTS: &[(&str, &[&str])] = &[
    // Histories are compared by the root that a node would put into a header.
    ("crates/protocol", &["proof"]),
    // Real files and a real development chain, instead of imitations of them.
    ("crates/node", &["embedded"]),
    ("crates/hub", &["embedded"]),
];

pub fn check(tree: &Tree) -> Vec<Finding> {
    let composed = |manifest: &Manifest<'_>| manifest.folder().starts_with("bin/");
    tree.manifests().filter(|manifest| !composed(manifest)).flat_map(|manifest| of_crate(&manifest)).collect()
}

fn of_crate(manifest: &Manifest<'_>) -> Vec<Finding> {
    let folder = manifest.folder();
    let Some(known) = allowed(ARROWS, folder) else {
        let advice = "say in tidy/src/arrows.rs which crates this one may know";
        return vec![Finding::new(manifest.path, 1, RULE, advice)];
    };
    let in_tests = allowed(TESTS, folder).unwrap_or_default();
    let refused = |dependency: &Dependency<'_>| {
        let name = ours(dependency.name)?;
        let is_known = known.contains(&name) || dependency.dev && in_tests.contains(&name);
        (!is_known).then(|| {
            let place = if dependency.dev { ", even in its tests" } else { "" };
            let list = if known.is_empty() { "nothing of ours".to_owned() } else { known.join(", ") };
            let advice = format!("{folder} must not know agon-{name}{place}; it knows {list}");
            Finding::new(manifest.path, dependency.line, RULE, advice)
        })
    };
    manifest.dependencies().iter().filter_map(refused).collect()
}

/// The line of a table for a folder, which a line for its whole group may be.
fn allowed<'a>(table: &[(&str, &'a [&'a str])], folder: &str) -> Option<&'a [&'a str]> {
    let group = folder.split_once('/').map(|(group, _)| format!("{group}/*"));
    let fits = |line: &str| line == folder || group.as_deref() == Some(line);
    table.iter().find(|(line, _)| fits(line)).map(|(_, known)| *known)
}

/// The name without the prefix if the crate is ours; the binary's is the prefix itself.
fn ours(name: &str) -> Option<&str> {
    if name == "agon" { Some("bin") } else { name.strip_prefix("agon-") }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::fixture::finds;

    fn manifest(body: &str) -> String {
        format!("[package]\nname = \"x\"\n{body}")
    }

    #[track_caller]
    fn crate_finds(folder: &str, body: &str, expected: &[&str]) {
        let path = format!("{folder}/Cargo.toml");
        let expected: Vec<String> = expected.iter().map(|e| format!("{path}:{e}")).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        finds(check, &[(&path, &manifest(body))], &expected);
    }

    #[test]
    fn an_arrow_to_the_left_is_kept() {
        crate_finds("crates/node", "[dependencies]\nagon-protocol.workspace = true\nserde = \"1\"", &[]);
        crate_finds("adapters/mesh", "[dependencies]\nagon-port.workspace = true", &[]);
        crate_finds("bin/agon", "[dependencies]\nagon-mesh.workspace = true", &[]);
        crate_finds("crates/sim", "[dependencies]\nagon-agreement.workspace = true", &[]);
    }

    #[test]
    fn an_arrow_to_the_right_is_refused() {
        let node = "[dependencies]\nagon-node.workspace = true";
        crate_finds(
            "crates/protocol",
            node,
            &["4: arrows: crates/protocol must not know agon-node; it knows types"],
        );
        crate_finds(
            "crates/types",
            node,
            &["4: arrows: crates/types must not know agon-node; it knows nothing of ours"],
        );
        crate_finds(
            "crates/port",
            "[dependencies]\nagon = \"1\"",
            &["4: arrows: crates/port must not know agon-bin"],
        );
    }

    #[test]
    fn another_name_turns_no_arrow() {
        let nd = "[dependencies.nd]\npackage = \"agon-node\"";
        crate_finds("adapters/mesh", nd, &["3: arrows: adapters/mesh must not know agon-node"]);
    }

    #[test]
    fn adapters_know_neither_each_other_nor_the_protocol_nor_the_node() {
        let body = "[dependencies]\nagon-embedded = \"1\"\nagon-protocol = \"1\"\nagon-node = \"1\"\nagon-hub = \"1\"";
        let refused = ["4: arrows: adapters/mesh", "5: arrows", "6: arrows", "7: arrows"];
        crate_finds("adapters/mesh", body, &refused);
    }

    #[test]
    fn the_parts_around_a_node_do_not_know_each_other() {
        crate_finds(
            "crates/hub",
            "[dependencies]\nagon-gate = \"1\"",
            &["4: arrows: crates/hub must not know agon-gate"],
        );
        crate_finds("crates/gate", "[dependencies]\nagon-embedded = \"1\"", &["4: arrows: crates/gate"]);
    }

    #[test]
    fn tests_know_more_where_the_table_says_so() {
        crate_finds("crates/hub", "[dev-dependencies]\nagon-embedded = \"1\"", &[]);
        crate_finds(
            "crates/types",
            "[dev-dependencies]\nagon-proof = \"1\"",
            &["4: arrows: crates/types must not know agon-proof, even in"],
        );
    }

    #[test]
    fn a_new_crate_says_where_it_stands() {
        crate_finds("crates/new", "", &["1: arrows: say in tidy/src/arrows.rs"]);
    }
}
