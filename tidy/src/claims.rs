//! Claims about trust: every claim of SECURITY.md has a witness or says that it has none, and every test that is named
//! is there, in the file that its link points at.

use crate::scan::{code, words};
use crate::{Finding, Tree};
use std::collections::BTreeSet;

const CLAIMS: &str = "SECURITY.md";

/// A name with fewer words is not a fact, so not a test.
const WORDS_MIN: usize = 4;

pub fn check(tree: &Tree) -> Vec<Finding> {
    let text = tree.files.get(CLAIMS).map_or("", String::as_str);
    let tests: BTreeSet<(&str, String)> = tree
        .rust()
        .flat_map(|(path, text)| tests(&code(text)).into_iter().map(move |name| (path, name)))
        .collect();
    let mut findings = Vec::new();
    let mut find = |index, advice| findings.push(Finding::new(CLAIMS, index + 1, "claims", advice));
    for (index, line) in text.lines().enumerate() {
        for (name, file) in witnesses(line) {
            if !tests.iter().any(|(_, test)| test == name) {
                find(
                    index,
                    format!("no test is called `{name}`: name the one that shows it, or say that none does"),
                );
            } else if file.is_some_and(|file| !tests.contains(&(file, name.to_owned()))) {
                find(
                    index,
                    format!("`{name}` is no test of the file that its link points at: mend the link"),
                );
            }
        }
        if is_claim(text, index) && !has_witness(line) {
            find(index, format!("name the test that shows it, or write `{NOT_YET}` or `{NO_TEST}`"));
        }
    }
    findings
}

/// How a row says that nothing shows it.
const NOT_YET: &str = "**not there yet**";
const NO_TEST: &str = "no test:";

/// Whether a line is a row of a table, and not its head.
fn is_claim(text: &str, index: usize) -> bool {
    let is_row = |line: &str| line.starts_with('|') && !line.starts_with("|---");
    let is_head = text.lines().nth(index + 1).is_some_and(|below| below.starts_with("|---"));
    text.lines().nth(index).is_some_and(is_row) && !is_head
}

fn has_witness(row: &str) -> bool {
    let last = row.trim_end().trim_end_matches('|').rsplit('|').next().unwrap_or_default();
    last.contains(NOT_YET) || last.contains(NO_TEST) || witnesses(last).next().is_some()
}

/// The names of tests between backticks, each with the file that it is a link to, if it is one.
fn witnesses(line: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let pieces: Vec<&str> = line.split('`').collect();
    let spans = (1..pieces.len()).step_by(2).map(move |at| {
        let after = pieces.get(at + 1).copied().unwrap_or_default();
        (pieces[at], after.strip_prefix("](").and_then(|rest| rest.split(')').next()))
    });
    spans.filter(|(span, _)| words(span).count() == 1 && span.split('_').count() >= WORDS_MIN)
}

/// The functions that follow an attribute called `test`, whatever it is given.
fn tests(code: &str) -> Vec<String> {
    let attributes = code.split("#[").skip(1).filter(|rest| {
        let name = rest.split([']', '(']).next().unwrap_or_default();
        name == "test" || name.ends_with("::test")
    });
    let names = attributes.filter_map(|rest| words(rest).skip_while(|(_, word)| *word != "fn").nth(1));
    names.map(|(_, name)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::{CLAIMS, check};
    use crate::fixture::finds;

    const TESTS: (&str, &str) = (
        "crates/x/src/a.rs",
        "#[tokio::test(start_paused = true)]\nasync fn a_lie_is_found_out() {}\nfn a_truth_is_not_told() {}",
    );

    #[test]
    fn a_claim_names_a_test_that_there_is() {
        finds(
            check,
            &[TESTS, (CLAIMS, "| `agon replay` | `path/to_a_file_there` | `a_lie_is_found_out` |")],
            &[],
        );
        let expected = "SECURITY.md:2: claims: no test is called `a_lie_is_believed`";
        finds(check, &[TESTS, (CLAIMS, "\n`a_lie_is_believed`")], &[expected]);
    }

    #[test]
    fn a_link_points_at_the_file_of_the_test() {
        let right = "[`a_lie_is_found_out`](crates/x/src/a.rs)";
        finds(check, &[TESTS, (CLAIMS, right)], &[]);
        let expected = "SECURITY.md:1: claims: `a_lie_is_found_out` is no test of the file";
        finds(check, &[TESTS, (CLAIMS, &right.replace("a.rs", "b.rs"))], &[expected]);
    }

    #[test]
    fn a_claim_has_a_witness_or_says_that_it_has_none() {
        let head = "| who | shown by |\n|---|---|\n";
        for witness in
            ["[`a_lie_is_found_out`](crates/x/src/a.rs)", "**not there yet**: later", "no test: `a/b.wit`"]
        {
            finds(check, &[TESTS, (CLAIMS, &format!("{head}| a | {witness} |"))], &[]);
        }
        let expected = "SECURITY.md:3: claims: name the test that shows it";
        for nothing in ["", "trust us", "`agon replay`"] {
            finds(
                check,
                &[TESTS, (CLAIMS, &format!("{head}| `a_lie_is_found_out` | {nothing} |"))],
                &[expected],
            );
        }
    }

    #[test]
    fn a_function_that_is_no_test_shows_nothing() {
        let expected = "SECURITY.md:1: claims: no test is called `a_truth_is_not_told`";
        finds(check, &[TESTS, (CLAIMS, "`a_truth_is_not_told`")], &[expected]);
    }
}
