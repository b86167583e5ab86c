//! What a crate takes over from the workspace: its lints, its version, its edition, its licence.

use crate::manifest::Manifest;
use crate::{Finding, Tree};

const INHERITED: [&str; 5] = ["version", "edition", "rust-version", "license", "publish"];

pub fn check(tree: &Tree) -> Vec<Finding> {
    tree.manifests().filter(Manifest::is_member).flat_map(|manifest| of_crate(&manifest)).collect()
}

fn of_crate(manifest: &Manifest<'_>) -> Vec<Finding> {
    let mut missing = Vec::new();
    if manifest.value("lints", "workspace") != Some("true") {
        missing.push("write `[lints]` with `workspace = true`".to_owned());
    }
    for key in INHERITED {
        if manifest.value("package", &format!("{key}.workspace")) != Some("true") {
            missing.push(format!("write `{key}.workspace = true` in `[package]`"));
        }
    }
    if manifest.value("package", "description").is_none() {
        missing.push("say in one sentence, as `description`, what the crate is".to_owned());
    }
    missing.into_iter().map(|advice| Finding::new(manifest.path, 1, "inherit", advice)).collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::fixture::finds;

    const WHOLE: &str = "[package]\nname = \"x\"\ndescription = \"X.\"\nversion.workspace = true\n\
        edition.workspace = true\nrust-version.workspace = true\nlicense.workspace = true\n\
        publish.workspace = true\n[lints]\nworkspace = true\n";

    #[test]
    fn a_crate_of_the_workspace_inherits_all_of_it() {
        finds(check, &[("crates/x/Cargo.toml", WHOLE)], &[]);
    }

    #[test]
    fn whatever_is_not_inherited_is_named() {
        let without = |line: &str| WHOLE.replace(line, "");
        let cases = [
            ("[lints]\nworkspace = true\n", "write `[lints]`"),
            ("edition.workspace = true\n", "write `edition.workspace = true`"),
            ("publish.workspace = true\n", "write `publish.workspace = true`"),
            ("description = \"X.\"\n", "say in one sentence"),
        ];
        for (line, advice) in cases {
            let expected = format!("crates/x/Cargo.toml:1: inherit: {advice}");
            finds(check, &[("crates/x/Cargo.toml", &without(line))], &[&expected]);
        }
    }

    #[test]
    fn guests_are_workspaces_of_their_own() {
        finds(check, &[("agents/x/Cargo.toml", "[package]\nname = \"x\"\n")], &[]);
    }
}
