//! Claims about trust: every test that SECURITY.md names as its witness is there.

use crate::scan::{code, words};
use crate::{Finding, Tree};
use std::collections::BTreeSet;

const CLAIMS: &str = "SECURITY.md";

/// A name with fewer words is not a fact, so not a test.
const WORDS_MIN: usize = 4;

pub fn check(tree: &Tree) -> Vec<Finding> {
    let text = tree.files.get(CLAIMS).map_or("", String::as_str);
    let tests: BTreeSet<String> = tree.rust().flat_map(|(_, text)| tests(&code(text))).collect();
    let named =
        text.lines().enumerate().flat_map(|(index, line)| witnesses(line).map(move |name| (index, name)));
    let gone = named.filter(|(_, name)| !tests.contains(*name));
    let finding = |(index, name)| {
        let advice = format!("no test is called `{name}`: name the one that shows it, or say that none does");
        Finding::new(CLAIMS, index + 1, "claims", advice)
    };
    gone.map(finding).collect()
}

/// The names of tests between backticks.
fn witnesses(line: &str) -> impl Iterator<Item = &str> {
    let spans = line.split('`').skip(1).step_by(2);
    spans.filter(|span| words(span).count() == 1 && span.split('_').count() >= WORDS_MIN)
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
            &[TESTS, (CLAIMS, "| a | `a_lie_is_found_out` | `agon replay`, `path/to_a_file_there` |")],
            &[],
        );
        let expected = "SECURITY.md:2: claims: no test is called `a_lie_is_believed`";
        finds(check, &[TESTS, (CLAIMS, "\n`a_lie_is_believed`")], &[expected]);
    }

    #[test]
    fn a_function_that_is_no_test_shows_nothing() {
        let expected = "SECURITY.md:1: claims: no test is called `a_truth_is_not_told`";
        finds(check, &[TESTS, (CLAIMS, "`a_truth_is_not_told`")], &[expected]);
    }
}
