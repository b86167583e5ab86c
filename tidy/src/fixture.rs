//! Small repositories for the tests of rules.

use crate::{Rule, Tree};

/// What a rule says of these files, each finding as people read it.
pub fn found(rule: Rule, files: &[(&str, &str)]) -> Vec<String> {
    let files = files.iter().map(|(path, text)| (path.to_string(), text.to_string()));
    rule(&Tree { files: files.collect() }).iter().map(ToString::to_string).collect()
}

/// The rule finds this in these files, and nothing else; what it finds is told apart by its beginning.
#[track_caller]
pub fn finds(rule: Rule, files: &[(&str, &str)], expected: &[&str]) {
    let found = found(rule, files);
    let same = found.len() == expected.len();
    assert!(same && found.iter().zip(expected).all(|(f, e)| f.starts_with(e)), "{found:#?}");
}
