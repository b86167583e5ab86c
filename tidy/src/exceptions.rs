//! Exceptions from lints: each says why, ends when its cause does, and `unsafe` is argued in its file.

use crate::scan::{code, line_of, words};
use crate::{Finding, Tree};

const RULE: &str = "exceptions";

pub fn check(tree: &Tree) -> Vec<Finding> {
    tree.rust().flat_map(|(path, text)| of_file(path, text)).collect()
}

fn of_file(path: &str, text: &str) -> Vec<Finding> {
    let code = code(text);
    let is_argued = text.lines().any(|line| line.starts_with("//!") && line.contains("unsafe"));
    let mut findings = Vec::new();
    for (index, word) in words(&code) {
        let advice = match word {
            "allow" if is_in_attribute(&code, index) => {
                "use `#[expect(lint, reason = \"...\")]`, which ends with its cause"
            }
            "expect" if is_in_attribute(&code, index) && !gives_reason(&code[index..]) => {
                "give the exception its `reason = \"...\"`"
            }
            "unsafe" if !is_argued => "write it without `unsafe`, or argue for it in the file's `//!`",
            _ => continue,
        };
        findings.push(Finding::new(path, line_of(&code, index), RULE, advice));
    }
    findings
}

/// Whether a word stands in `#[...]`: an attribute has neither a brace nor a semicolon.
fn is_in_attribute(code: &str, index: usize) -> bool {
    let head = &code[..index];
    let start = head.rfind(['{', '}', ';', ']']).map_or(0, |at| at + 1);
    let opens = head[start..].trim_start();
    opens.contains("#[") || opens.contains("#![")
}

fn gives_reason(code: &str) -> bool {
    code.split(']').next().is_some_and(|attribute| words(attribute).any(|(_, word)| word == "reason"))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::fixture::finds;

    const PATH: &str = "crates/x/src/a.rs";

    #[test]
    fn a_bare_allow_is_refused() {
        let expected = "crates/x/src/a.rs:2: exceptions: use `#[expect(lint";
        finds(check, &[(PATH, "//! A.\n#[allow(dead_code)]\nfn f() {}")], &[expected]);
        finds(check, &[(PATH, "//! A.\n#![allow(dead_code)]")], &[expected]);
        finds(check, &[(PATH, "//! A.\n#[cfg_attr(test, allow(dead_code))]")], &[expected]);
    }

    #[test]
    fn an_expectation_gives_its_reason() {
        let text = "#[expect(dead_code, reason = \"kept for its proof\")]\nfn f() { x.expect(\"y\"); }";
        finds(check, &[(PATH, text)], &[]);
        let expected = "crates/x/src/a.rs:1: exceptions: give the exception its `reason";
        finds(check, &[(PATH, "#[expect(dead_code)]\nfn f() {}")], &[expected]);
    }

    #[test]
    fn what_only_looks_like_an_exception_is_none() {
        finds(check, &[(PATH, "// #[allow(x)] unsafe\nlet a = \"#[allow(x)] unsafe\"; allow(b);")], &[]);
    }

    #[test]
    fn what_is_unsafe_is_argued() {
        let expected = "crates/x/src/a.rs:2: exceptions: write it without `unsafe`";
        finds(check, &[(PATH, "//! A.\nunsafe { f() }")], &[expected]);
        finds(
            check,
            &[(PATH, "//! A. Its `unsafe` call needs no more than a valid descriptor.\nunsafe { f() }")],
            &[],
        );
    }
}
