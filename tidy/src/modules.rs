//! Files of Rust that nothing compiles: each is the root of a target, or some `mod` names it.

use crate::scan::{code, words};
use crate::{Finding, Tree};

/// Roots of targets wherever they are.
const ROOTS: [&str; 3] = ["lib.rs", "main.rs", "build.rs"];
/// Folders whose files cargo, or a manifest, makes targets.
const OF_TARGETS: [&str; 5] = ["tests", "examples", "benches", "bin", "targets"];
/// A folder whose files are written into other projects, and compiled there.
const TEMPLATE: &str = "/template/";

pub fn check(tree: &Tree) -> Vec<Finding> {
    let orphans = tree.rust().filter(|(path, _)| !is_compiled(tree, path));
    let advice = "nothing compiles it: name it in a `mod`, or remove it";
    orphans.map(|(path, _)| Finding::new(path, 1, "modules", advice)).collect()
}

fn is_compiled(tree: &Tree, path: &str) -> bool {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let name = file.trim_end_matches(".rs");
    ROOTS.contains(&file)
        || path.contains(TEMPLATE)
        || is_target(tree, folder, name)
        || is_named(tree, folder, name)
        || is_pointed_at(tree, path)
}

/// Whether a manifest or a `#[path]` says where it is.
fn is_pointed_at(tree: &Tree, path: &str) -> bool {
    let pointers = |(from, text): (&String, &String)| {
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        let opening = if from.ends_with("/Cargo.toml") { "\npath = \"" } else { "#[path = \"" };
        let mut targets = text.split(opening).skip(1).filter_map(|rest| rest.split('"').next());
        targets.any(|target| resolved(folder, target) == path)
    };
    tree.files.iter().any(pointers)
}

/// A path from a folder on, without steps upwards.
fn resolved(folder: &str, target: &str) -> String {
    let mut steps: Vec<&str> = folder.split('/').collect();
    for step in target.split('/') {
        match step {
            ".." => drop(steps.pop()),
            step => steps.push(step),
        }
    }
    steps.join("/")
}

/// A target by its place; of a package that finds none by itself, only those that the manifest names.
fn is_target(tree: &Tree, folder: &str, name: &str) -> bool {
    let (above, last) = folder.rsplit_once('/').unwrap_or(("", folder));
    let package = if last == "bin" { above.trim_end_matches("/src") } else { above };
    let Some(manifest) = tree.files.get(&format!("{package}/Cargo.toml")) else { return false };
    let is_found = last != "targets" && !manifest.contains(&format!("auto{last} = false"));
    OF_TARGETS.contains(&last) && (is_found || manifest.contains(&format!("name = \"{name}\"")))
}

/// A module of the file beside its folder, or of the root of its target in the same one.
fn is_named(tree: &Tree, folder: &str, name: &str) -> bool {
    let is_of_targets = OF_TARGETS.contains(&folder.rsplit('/').next().unwrap_or_default());
    let may_name = |path: &str| {
        let beside = path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
        let is_root =
            beside.is_some_and(|file| ROOTS.contains(&file) || is_of_targets && !file.contains('/'));
        // Whoever is pointed at has its modules beside itself, as a root has.
        let is_beside = beside.is_some_and(|file| !file.contains('/'));
        is_root || path.strip_suffix(".rs") == Some(folder) || is_beside && is_pointed_at(tree, path)
    };
    let mut parents = tree.rust().filter(|(path, _)| may_name(path));
    parents.any(|(_, text)| {
        let code = code(text);
        words(&code).zip(words(&code).skip(1)).any(|((_, word), (_, next))| word == "mod" && next == name)
    })
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::fixture::finds;

    const MANIFEST: (&str, &str) =
        ("crates/x/Cargo.toml", "autobenches = false\n[[bench]]\nname = \"step\"\n");

    #[test]
    fn a_file_that_a_mod_names_or_that_is_a_target_is_compiled() {
        let files = [
            MANIFEST,
            ("crates/x/src/lib.rs", "mod a;\n#[cfg(test)]\nmod tests;"),
            ("crates/x/src/a.rs", "pub(crate) mod b;"),
            ("crates/x/src/a/b.rs", ""),
            ("crates/x/src/tests.rs", ""),
            ("crates/x/tests/rules.rs", "mod support;"),
            ("crates/x/tests/whole/main.rs", "mod part;"),
            ("crates/x/tests/whole/part.rs", ""),
            ("crates/x/benches/step.rs", "mod contest;"),
            ("crates/x/benches/contest.rs", ""),
            ("crates/y/Cargo.toml", "[[bin]]\nname = \"trial\"\npath = \"tests/cage/trial.rs\"\n"),
            ("crates/y/tests/cage/trial.rs", ""),
            ("crates/y/tests/whole/main.rs", "#[path = \"../guests/text.rs\"]\nmod text;"),
            ("crates/y/tests/guests/text.rs", "mod parts;"),
            ("crates/y/tests/guests/parts.rs", ""),
            ("crates/y/src/template/tests/contest.rs", ""),
        ];
        finds(check, &files, &[]);
    }

    #[test]
    fn a_file_that_nothing_names_is_found() {
        let files = [
            MANIFEST,
            ("crates/x/src/lib.rs", "// mod a;\nmod other;"),
            ("crates/x/src/a.rs", ""),
            ("crates/x/src/other.rs", ""),
            ("crates/x/src/other/b.rs", ""),
            ("crates/x/benches/old.rs", ""),
        ];
        let orphan = |path: &str| format!("crates/x/{path}:1: modules: nothing compiles it");
        let expected = ["benches/old.rs", "src/a.rs", "src/other/b.rs"].map(orphan);
        finds(check, &files, &expected.each_ref().map(String::as_str));
    }
}
