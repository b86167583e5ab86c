//! The repository's own rules, as a test: what neither the compiler nor clippy nor cargo-deny looks at.
//!
//! ```text
//!   files ──► Tree ──► rule, rule, ... ──► findings: `path:line: rule: what to do`
//!               └─ scan: Rust without its comments and strings
//! ```
//!
//! This crate does not parse Rust, TOML or Markdown: it reads them line by line, as well as its rules need. It knows
//! no other crate, ours or foreign, runs nothing, changes nothing, and leaves to clippy what clippy checks.
//!
//! # Layout
//! * [`tree`]: the files of the repository, or of a test; [`finding`]: what a rule says of them
//! * [`scan`], [`manifest`]: Rust and Cargo manifests, as far as the rules look into them
//! * of crates: [`arrows`] (who may know whom), [`heavy`] (who may name what), [`inherit`] (lints, version, licence)
//! * of Rust files: [`names`], [`modules`] (what nothing compiles), [`size`], [`preface`] (the words at a file's top), [`exceptions`] (from lints)
//! * of all texts: [`words`], [`spec`] (numbers of rules, cited both ways), [`links`] and [`commands`]
//!   in documents, [`claims`] (the tests behind SECURITY.md), [`limits`] (the document of every maximum)

pub mod arrows;
pub mod claims;
pub mod commands;
pub mod exceptions;
pub mod finding;
pub mod heavy;
pub mod inherit;
pub mod limits;
pub mod links;
pub mod manifest;
pub mod modules;
pub mod names;
pub mod preface;
pub mod scan;
pub mod size;
pub mod spec;
pub mod tree;
pub mod words;

#[cfg(test)]
mod fixture;

pub use finding::Finding;
pub use tree::Tree;

/// A rule: it looks at the whole tree, and says what is wrong with it.
pub type Rule = fn(&Tree) -> Vec<Finding>;

const RULES: [Rule; 14] = [
    arrows::check,
    heavy::check,
    inherit::check,
    names::check,
    modules::check,
    size::check,
    preface::check,
    exceptions::check,
    words::check,
    spec::check,
    links::check,
    commands::check,
    claims::check,
    limits::check,
];

/// All that is wrong with a repository, by file and line.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(tree)).collect();
    findings.sort();
    findings
}

#[cfg(test)]
mod tests {
    use super::{RULES, Tree, check};
    use std::collections::BTreeSet;
    use std::path::Path;

    /// A repository that breaks every rule at least once, and the name under which each says so.
    const BROKEN: [(&str, &str, &str); 15] = [
        ("arrows", "crates/types/Cargo.toml", "[package]\nname = \"x\"\n[dependencies]\nagon-node = \"1\""),
        ("heavy", "crates/hub/Cargo.toml", "[package]\nname = \"x\"\n[dependencies]\nwasmtime = \"1\""),
        ("anyhow", "crates/node/Cargo.toml", "[package]\nname = \"x\"\n[dependencies]\nanyhow = \"1\""),
        ("inherit", "crates/port/Cargo.toml", "[package]\nname = \"x\""),
        ("names", "crates/hub/src/lib.rs", "mod helpers;"),
        ("modules", "crates/hub/src/gone.rs", "//! Gone."),
        ("size", "crates/hub/src/main.rs", ""),
        ("preface", "crates/node/src/main.rs", "fn main() {}"),
        ("exceptions", "crates/port/src/main.rs", "//! A.\n#[allow(dead_code)]\nfn f() {}"),
        ("words", "a.toml", concat!("# FIX", "ME")),
        ("spec", "README.md", "S9.9"),
        ("links", "a.md", "[a](nowhere.md)"),
        ("commands", "b.md", "`cargo conquer`"),
        ("claims", "SECURITY.md", "`a_lie_is_found_out`"),
        ("limits", "crates/hub/src/pool.rs", "//! P.\nconst A_MAX: u8 = f();"),
    ];

    #[test]
    fn the_whole_has_every_rule() {
        let long = "fn f() {}\n".repeat(501);
        let text = |text: &str| if text.is_empty() { long.clone() } else { text.to_owned() };
        let files = BROKEN.iter().map(|(_, path, body)| ((*path).to_owned(), text(body)));
        let seen: BTreeSet<&str> =
            check(&Tree { files: files.collect() }).iter().map(|finding| finding.rule).collect();
        let names: BTreeSet<&str> = BROKEN.iter().map(|(name, ..)| *name).collect();
        assert_eq!(seen, names);
    }

    #[test]
    fn every_file_with_a_rule_is_in_the_whole() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let tree = Tree::read(&here).expect("our own sources can be read");
        let head = concat!("\npub fn check(tree", ": &Tree)");
        let rules = tree.rust().filter(|(path, text)| *path != "lib.rs" && text.contains(head));
        assert_eq!(rules.count(), RULES.len());
    }
}
