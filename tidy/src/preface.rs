//! The words at the top of a file: what it is, and for a crate also its place, its limits and its layout.

use crate::{Finding, Tree};

const RULE: &str = "preface";

/// How a crate says what it does not do.
const DENIALS: [&str; 5] = ["does no", "knows no", "knows only", "contains no", "decides nothing"];

pub fn check(tree: &Tree) -> Vec<Finding> {
    tree.rust().flat_map(|(path, text)| of_file(path, text)).collect()
}

fn of_file(path: &str, text: &str) -> Vec<Finding> {
    let preface = lines(text);
    let first = preface.split(|line| line.is_empty() || line.starts_with("```")).next().unwrap_or_default();
    let mut missing = Vec::new();
    if !first.last().is_some_and(|line| line.ends_with(['.', ':', '?', '!'])) {
        missing.push("begin with a `//!` sentence that says what the file is");
    }
    if is_of_a_crate(path) {
        missing.extend(of_crate(&preface));
    }
    missing.into_iter().map(|advice| Finding::new(path, 1, RULE, advice)).collect()
}

fn of_crate(preface: &[&str]) -> Vec<&'static str> {
    let mut missing = Vec::new();
    if !preface.iter().any(|line| line.starts_with("```")) {
        missing.push("draw the crate's place, in a ```text block");
    }
    let prose = preface.join(" ").to_lowercase();
    if !DENIALS.iter().any(|denial| prose.contains(denial)) {
        missing.push("say what the crate does not do");
    }
    if !preface.contains(&"# Layout") {
        missing.push("name the modules under `# Layout`");
    }
    missing
}

/// Guests are a page long and stand alone: a sentence is enough for them.
fn is_of_a_crate(path: &str) -> bool {
    let in_workspace = ["crates/", "adapters/", "tidy/"].iter().any(|group| path.starts_with(group));
    in_workspace && path.ends_with("/src/lib.rs")
}

/// The lines of the first `//!` comment, without the mark; only attributes may stand before it.
fn lines(text: &str) -> Vec<&str> {
    let head = text.lines().skip_while(|line| line.is_empty() || line.starts_with("#!["));
    head.map_while(|line| line.strip_prefix("//!").map(str::trim)).collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::fixture::finds;

    const WHOLE: &str = "//! The hub.\n//!\n//! ```text\n//!   a <- b\n//! ```\n//!\n//! It does not think.\n//!\n\
        //! # Layout\n//! * [`board`]: ranks\n";
    const LIB: &str = "crates/hub/src/lib.rs";

    #[test]
    fn a_file_begins_with_a_sentence() {
        let expected = "e2e/killed.rs:1: preface: begin with a `//!` sentence";
        finds(check, &[("e2e/killed.rs", "//! What kills,\n//! and what survives.\nfn f() {}")], &[]);
        finds(check, &[("e2e/killed.rs", "#![no_std]\n\n//! Kills.\n")], &[]);
        finds(check, &[("e2e/killed.rs", "use std::fs;\n//! Kills.")], &[expected]);
        finds(check, &[("e2e/killed.rs", "/// Kills.\nfn f() {}")], &[expected]);
        finds(check, &[("e2e/killed.rs", "//! kills\n")], &[expected]);
        finds(check, &[("e2e/killed.rs", "")], &[expected]);
    }

    #[test]
    fn a_crate_says_its_place_its_limits_and_its_layout() {
        finds(check, &[(LIB, WHOLE)], &[]);
        let place = WHOLE.replace("```text", "").replace("```", "");
        finds(check, &[(LIB, &place)], &["crates/hub/src/lib.rs:1: preface: draw the crate's place"]);
        let limits = WHOLE.replace("does not think", "thinks");
        finds(
            check,
            &[(LIB, &limits)],
            &["crates/hub/src/lib.rs:1: preface: say what the crate does not do"],
        );
        let layout = WHOLE.replace("# Layout", "Modules");
        finds(check, &[(LIB, &layout)], &["crates/hub/src/lib.rs:1: preface: name the modules"]);
    }

    #[test]
    fn a_guest_needs_only_a_sentence() {
        finds(check, &[("agents/x/src/lib.rs", "//! Never answers.\n")], &[]);
        finds(
            check,
            &[("challenges/x/src/lib.rs", "pub fn f() {}\n")],
            &["challenges/x/src/lib.rs:1: preface: begin"],
        );
    }
}
