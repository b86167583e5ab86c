//! Names that say nothing: no crate and no module is called after not knowing what it is.

use crate::scan::{code, line_of, words};
use crate::{Finding, Tree};

const RULE: &str = "names";

const EMPTY_NAMES: [&str; 9] =
    ["util", "utils", "common", "shared", "core", "helper", "helpers", "misc", "manager"];

pub fn check(tree: &Tree) -> Vec<Finding> {
    let crates = tree.manifests().filter_map(|manifest| {
        let folder = manifest.folder().rsplit('/').next().unwrap_or_default();
        let name = manifest.value("package", "name").unwrap_or_default().trim_matches('"');
        let empty =
            [folder, name, name.trim_start_matches("agon-")].into_iter().find(|name| is_empty(name))?;
        Some(Finding::new(manifest.path, 1, RULE, advice("crate", empty)))
    });
    crates.chain(tree.rust().flat_map(|(path, text)| of_file(path, text))).collect()
}

fn of_file(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if path.ends_with("/mod.rs") {
        let folder = path.trim_end_matches("/mod.rs");
        findings.push(Finding::new(path, 1, RULE, format!("call it {folder}.rs, beside its folder")));
    }
    let code = code(text);
    let mut before = "";
    for (index, word) in words(&code) {
        if before == "mod" && is_empty(word) {
            findings.push(Finding::new(path, line_of(&code, index), RULE, advice("module", word)));
        }
        before = word;
    }
    findings
}

fn is_empty(name: &str) -> bool {
    EMPTY_NAMES.contains(&name)
}

fn advice(what: &str, name: &str) -> String {
    format!("`{name}` says nothing: call the {what} after the noun that it is about")
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::fixture::finds;

    #[test]
    fn a_module_that_says_nothing_is_refused() {
        let text = "mod board;\n// mod util;\npub mod helpers;\nmod utils { }\nlet s = \"mod misc;\";";
        let expected =
            ["crates/x/src/lib.rs:3: names: `helpers` says nothing", "crates/x/src/lib.rs:4: names: `utils`"];
        finds(check, &[("crates/x/src/lib.rs", text)], &expected);
    }

    #[test]
    fn a_crate_that_says_nothing_is_refused() {
        let text = "[package]\nname = \"agon-core\"\n";
        finds(
            check,
            &[("crates/core/Cargo.toml", text)],
            &["crates/core/Cargo.toml:1: names: `core` says nothing"],
        );
        finds(
            check,
            &[("crates/x/Cargo.toml", text)],
            &["crates/x/Cargo.toml:1: names: `core` says nothing"],
        );
    }

    #[test]
    fn a_module_stands_beside_its_folder() {
        let expected = "crates/x/src/board/mod.rs:1: names: call it crates/x/src/board.rs";
        finds(check, &[("crates/x/src/board/mod.rs", "//! B.")], &[expected]);
    }
}
