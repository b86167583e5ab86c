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
//! * of Rust files: [`names`], [`size`], [`preface`] (the words at a file's top), [`exceptions`] (from lints)
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

const RULES: [Rule; 13] = [
    arrows::check,
    heavy::check,
    inherit::check,
    names::check,
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
