//! Numbers of the contest's rules: `docs/spec.md` gives each once, and the code that realises one cites it.

use crate::scan::is_in_word;
use crate::{Finding, Tree};
use std::collections::BTreeMap;

const RULE: &str = "spec";
const SPEC: &str = "docs/spec.md";

pub fn check(tree: &Tree) -> Vec<Finding> {
    let Some(spec) = tree.files.get(SPEC) else {
        return vec![Finding::new(SPEC, 1, RULE, "write down the rules of the contest, with their numbers")];
    };
    let mut findings = Vec::new();
    let mut rules = BTreeMap::new();
    for (line, number) in numbered(spec).filter_map(|(line, text)| Some((line, rule_begun(text)?))) {
        if rules.insert(number, line).is_some() {
            let advice = format!("{number} is there twice: number it anew");
            findings.push(Finding::new(SPEC, line, RULE, advice));
        }
    }
    let mut uncited = rules.clone();
    for (path, line, number) in citations(tree) {
        if !rules.contains_key(number) {
            let advice = format!("{number} is no rule of {SPEC}: cite one that is");
            findings.push(Finding::new(path, line, RULE, advice));
        }
        if realises_rules(path) {
            uncited.remove(number);
        }
    }
    findings.extend(uncited.into_iter().map(|(number, line)| {
        let advice = format!("no code cites {number}: cite it where it is realised, as ({number})");
        Finding::new(SPEC, line, RULE, advice)
    }));
    findings
}

/// Every number in code and documents, with its place.
fn citations(tree: &Tree) -> impl Iterator<Item = (&str, usize, &str)> {
    let files = tree.files.iter().filter(|(path, _)| cites_rules(path));
    let lines = files.flat_map(|(path, text)| numbered(text).map(move |(line, text)| (path, line, text)));
    lines.flat_map(|(path, line, text)| numbers(text).map(move |number| (path.as_str(), line, number)))
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line))
}

/// The sources of the crates: a rule that only a test names is not realised.
fn realises_rules(path: &str) -> bool {
    path.starts_with("crates/") && path.contains("/src/") && path.ends_with(".rs")
}

fn cites_rules(path: &str) -> bool {
    let is_ours = ["crates/", "adapters/", "bin/", "e2e/"].iter().any(|group| path.starts_with(group));
    path.ends_with(".md") || is_ours && path.ends_with(".rs")
}

/// The number of the rule that a line of the specification begins with: `**S1.1** ...`.
fn rule_begun(line: &str) -> Option<&str> {
    let number = line.strip_prefix("**")?.split("**").next()?;
    numbers(number).next().filter(|found| *found == number)
}

/// The numbers in a text: an `S`, digits, a dot, digits, and no more.
fn numbers(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices('S').filter_map(|(at, _)| {
        let rest = &text[at..];
        let part = digits(&rest[1..])?;
        let number = 1 + part + 1 + digits(rest[1 + part..].strip_prefix('.')?)?;
        let is_whole = !text[..at].ends_with(is_in_word) && !rest[number..].starts_with(is_in_word);
        is_whole.then_some(&rest[..number])
    })
}

/// How many digits a text begins with, if any.
fn digits(text: &str) -> Option<usize> {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    (count > 0).then_some(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::finds;

    const CODE: &str = "crates/protocol/src/board.rs";
    const RULES: &str = "# Rules\n\n**S1.1** A first one (S1.2).\n\n**S1.2** A second one.\n";

    #[test]
    fn numbers_are_told_from_what_looks_like_them() {
        let found: Vec<_> = numbers("(S1.1, S12.30) S3 AS1.1 S1.2x S1. S4.5.").collect();
        assert_eq!(found, ["S1.1", "S12.30", "S4.5"]);
    }

    #[test]
    fn every_rule_is_cited_and_every_citation_is_a_rule() {
        finds(check, &[(SPEC, RULES), (CODE, "/// A. (S1.1)\n/// B. (S1.2)\n")], &[]);
    }

    #[test]
    fn a_rule_that_no_code_cites_is_named() {
        let expected = "docs/spec.md:5: spec: no code cites S1.2: cite it where it is realised, as (S1.2)";
        finds(check, &[(SPEC, RULES), (CODE, "/// A. (S1.1)")], &[expected]);
        let test = ("crates/protocol/tests/rules.rs", "/// B. (S1.2)");
        finds(check, &[(SPEC, RULES), (CODE, "/// A. (S1.1)"), test], &[expected]);
    }

    #[test]
    fn a_citation_without_a_rule_is_named() {
        let code = "/// A. (S1.1)\n/// B. (S1.2, S7.1)\n";
        let expected = "crates/protocol/src/board.rs:2: spec: S7.1 is no rule";
        finds(check, &[(SPEC, RULES), (CODE, code)], &[expected]);
        let readme = ("README.md", "See S9.9.");
        let cited = "/// A. (S1.1, S1.2)";
        finds(check, &[(SPEC, RULES), (CODE, cited), readme], &["README.md:1: spec: S9.9 is no rule"]);
    }

    #[test]
    fn a_number_is_given_once() {
        let spec = "**S1.1** A.\n**S1.1** B.\n";
        finds(check, &[(SPEC, spec), (CODE, "// S1.1")], &["docs/spec.md:2: spec: S1.1 is there twice"]);
    }

    #[test]
    fn a_contest_has_written_rules() {
        finds(check, &[], &["docs/spec.md:1: spec: write down the rules"]);
    }
}
