//! The maxima of every part in one document: `docs/limits.md` says what the files called `limits.rs` say, and no other
//! file has any.

use crate::{Finding, Tree};

const RULE: &str = "limits";

/// The document, and the command that writes it.
pub const DOCUMENT: &str = "docs/limits.md";
const COMMAND: &str = "AGON_WRITE=1 cargo test -p agon-tidy --test limits";

/// Where files with maxima are; the light crates come first.
const GROUPS: [&str; 3] = ["crates/", "adapters/", "bin/"];

/// Whose maxima others count with, as `limits::NAME`.
const OF_TYPES: &str = "crates/types/src/limits.rs";

/// One constant as its file has it.
struct Limit<'a> {
    name: &'a str,
    expression: String,
    /// A constant without a comment of its own is explained by the one above it.
    meaning: String,
    line: usize,
}

pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in files(tree) {
        for limit in limits(text) {
            if limit.meaning.is_empty() {
                let advice = format!("`{}` has no comment: say what it bounds", limit.name);
                findings.push(Finding::new(path, limit.line, RULE, advice));
            }
            if value(tree, text, &limit.expression).is_none() {
                let advice = format!("`{}` is not a sum, product or shift of numbers: write one", limit.name);
                findings.push(Finding::new(path, limit.line, RULE, advice));
            }
        }
    }
    let committed = tree.files.get(DOCUMENT).map_or("", String::as_str);
    if findings.is_empty() && committed != document(tree) {
        let differs = committed.lines().zip(document(tree).lines()).take_while(|(a, b)| a == b).count();
        let advice = format!("it is not current: write it anew with `{COMMAND}`");
        findings.push(Finding::new(DOCUMENT, differs + 1, RULE, advice));
    }
    findings.extend(elsewhere(tree));
    findings
}

/// The document as the files have it now; nothing where there are none.
pub fn document(tree: &Tree) -> String {
    let sections: Vec<String> = files(tree).map(|(path, text)| section(tree, path, text)).collect();
    if sections.is_empty() {
        return String::new();
    }
    let introduction = format!(
        "# Limits\n\nEverything has a stated maximum. This document is written from the code: `{COMMAND}` writes it \
         anew.\n"
    );
    introduction + &sections.concat()
}

fn section(tree: &Tree, path: &str, text: &str) -> String {
    let preface = text.lines().find_map(|line| line.strip_prefix("//! ")).unwrap_or_default();
    let mut section = format!("\n## `{path}`\n\n{preface}\n\n| limit | value | meaning |\n|---|---|---|\n");
    for limit in limits(text) {
        let value = value(tree, text, &limit.expression).unwrap_or_default();
        let shown = readable(limit.name, value);
        section.push_str(&format!("| `{}` | {shown} | {} |\n", limit.name, limit.meaning));
    }
    section
}

/// The files with maxima.
fn files(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    let of = |group: &'static str| {
        tree.rust().filter(move |(path, _)| path.starts_with(group) && path.ends_with("/src/limits.rs"))
    };
    GROUPS.into_iter().flat_map(of)
}

/// Maxima that stand in another file than the one for them.
fn elsewhere(tree: &Tree) -> Vec<Finding> {
    let is_ours = |path: &str| GROUPS.iter().any(|group| path.starts_with(group)) && path.contains("/src/");
    let others = tree.rust().filter(|(path, _)| is_ours(path) && !path.ends_with("/src/limits.rs"));
    let mut findings = Vec::new();
    for (path, text) in others {
        for (index, line) in text.lines().enumerate() {
            // Those of a type, a function or a test are indented.
            let name = line
                .split_once("const ")
                .filter(|(before, _)| before.is_empty() || before.starts_with("pub"));
            let name = name.and_then(|(_, rest)| rest.split(':').next()).unwrap_or_default();
            if name.ends_with("_MAX") {
                let advice = format!("`{name}` is a maximum: move it into the `limits.rs` of its crate");
                findings.push(Finding::new(path, index + 1, RULE, advice));
            }
        }
    }
    findings
}

fn limits(text: &str) -> Vec<Limit<'_>> {
    let mut found: Vec<Limit<'_>> = Vec::new();
    let mut comment = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if let Some(said) = line.strip_prefix("///") {
            comment.push(said.trim());
        } else if let Some((name, _)) = line.strip_prefix("pub const ").and_then(|rest| rest.split_once(':'))
        {
            let above = found.last().map_or(String::new(), |limit| limit.meaning.clone());
            let meaning = if comment.is_empty() { above } else { comment.join(" ") };
            let rest: Vec<&str> = text.lines().skip(index).collect();
            let whole = rest.join(" ");
            let expression = whole.split(';').next().and_then(|one| one.split_once('='));
            let expression = expression.map_or("", |(_, expression)| expression.trim()).to_owned();
            found.push(Limit { name, expression, meaning, line: index + 1 });
            comment.clear();
        }
    }
    found
}

/// The value of numbers, names, `*`, `+` and `<<`, of which Rust does `<<` last.
fn value(tree: &Tree, text: &str, expression: &str) -> Option<u64> {
    if let Some((base, places)) = expression.split_once("<<") {
        let (base, places) = (value(tree, text, base)?, value(tree, text, places)?);
        return base.checked_mul(2_u64.checked_pow(u32::try_from(places).ok()?)?);
    }
    if let Some((left, right)) = expression.split_once('+') {
        return value(tree, text, left)?.checked_add(value(tree, text, right)?);
    }
    if let Some((left, right)) = expression.split_once('*') {
        return value(tree, text, left)?.checked_mul(value(tree, text, right)?);
    }
    let word = expression.trim();
    if let Ok(number) = word.replace('_', "").parse() {
        return Some(number);
    }
    let (text, name) = match word.strip_prefix("limits::") {
        Some(name) => (tree.files.get(OF_TYPES)?.as_str(), name),
        None => (text, word),
    };
    let named = limits(text).into_iter().find(|limit| limit.name == name)?;
    // What names itself has no value, and the compiler says so before us.
    (named.expression != word).then(|| value(tree, text, &named.expression))?
}

/// A value in the largest unit that leaves it whole; its name says what it counts.
fn readable(name: &str, value: u64) -> String {
    let has = |unit: &str| name.split('_').any(|part| part == unit);
    let units: &[(u64, &str)] = if has("BYTES") {
        &[(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"), (1, "bytes")]
    } else if has("MS") {
        &[(3_600_000, "h"), (60_000, "min"), (1_000, "s"), (1, "ms")]
    } else {
        &[(1, "")]
    };
    let fits = |(size, _): &&(u64, &str)| value >= *size && value.is_multiple_of(*size);
    let (size, unit) = units.iter().find(fits).copied().unwrap_or((1, ""));
    format!("{} {unit}", grouped(value / size)).trim_end().to_owned()
}

/// Digits in groups of three.
fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{check, document, grouped, readable};
    use crate::Tree;
    use crate::fixture::finds;

    const TYPES: (&str, &str) = (
        "crates/types/src/limits.rs",
        "//! Of types.\n\n/// An action.\npub const A_BYTES_MAX: usize = 64 << 10;\n",
    );

    fn tree(files: &[(&str, &str)]) -> Tree {
        Tree { files: files.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect() }
    }

    #[test]
    fn a_value_is_shown_in_its_own_unit() {
        let cases = [
            ("A_BYTES_MAX", 64 << 20, "64 MiB"),
            ("A_BYTES_MAX", 135_168, "132 KiB"),
            ("A_BYTES_MAX", 1_000, "1 000 bytes"),
            ("A_MS_MAX", 15_000, "15 s"),
            ("A_MS", 15 * 60_000, "15 min"),
            ("A_MS", 86_400_000, "24 h"),
            ("A_MS", 1_500, "1 500 ms"),
            ("FUEL_MAX", 100_000_000_000, "100 000 000 000"),
            ("MSX_MAX", 0, "0"),
        ];
        for (name, value, expected) in cases {
            assert_eq!(readable(name, value), expected, "{name}");
        }
        assert_eq!(grouped(7), "7");
    }

    #[test]
    fn the_document_has_every_maximum_with_its_value_and_meaning() {
        let hub = "//! Of the hub.\n\n/// A document,\n/// whole.\npub const D_BYTES_MAX: usize =\n    2 * limits::A_BYTES_MAX \
            + 4096;\n/// Ends.\npub const LEAST: u8 = 1;\npub const MOST: u8 = LEAST + 2;\n";
        let text = document(&tree(&[TYPES, ("crates/hub/src/limits.rs", hub)]));
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| `")).collect();
        let expected = [
            "| `D_BYTES_MAX` | 132 KiB | A document, whole. |",
            "| `LEAST` | 1 | Ends. |",
            "| `MOST` | 3 | Ends. |",
            "| `A_BYTES_MAX` | 64 KiB | An action. |",
        ];
        assert_eq!(rows, expected, "{text}");
    }

    #[test]
    fn a_document_that_is_not_current_is_refused_with_the_command_that_mends_it() {
        let current = document(&tree(&[TYPES]));
        finds(check, &[TYPES, ("docs/limits.md", &current)], &[]);
        let old = current.replace("64 KiB", "32 KiB");
        let expected =
            "docs/limits.md:11: limits: it is not current: write it anew with `AGON_WRITE=1 cargo test";
        finds(check, &[TYPES, ("docs/limits.md", &old)], &[expected]);
        finds(check, &[], &[]);
    }

    #[test]
    fn a_maximum_in_another_file_is_refused() {
        let path = "bin/agon/src/client.rs";
        let expected = "bin/agon/src/client.rs:2: limits: `A_MAX` is a maximum: move it";
        finds(check, &[(path, "//! C.\npub(super) const A_MAX: u8 = 1;\n")], &[expected]);
        let others = "//! C.\nimpl A {\n    const A_MAX: u8 = 1;\n}\nconst B_MIN: u8 = 1;\n";
        finds(check, &[(path, others), ("crates/x/tests/a.rs", "const A_MAX: u8 = 1;")], &[]);
    }

    #[test]
    fn a_maximum_without_words_or_value_is_refused() {
        let path = "adapters/x/src/limits.rs";
        finds(
            check,
            &[(path, "pub const A: u8 = 1;\n")],
            &["adapters/x/src/limits.rs:1: limits: `A` has no comment"],
        );
        finds(
            check,
            &[(path, "/// A.\npub const A: u8 = f(1);\n")],
            &["adapters/x/src/limits.rs:2: limits: `A` is not a sum"],
        );
    }
}
