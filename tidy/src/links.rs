//! Links and paths in documents: what they point at in this repository is there, down to the heading.

use crate::{Finding, Tree};

/// How a path of this repository begins.
const TOPS: [&str; 11] = [
    ".ci/",
    "adapters/",
    "agents/",
    "bin/",
    "challenges/",
    "crates/",
    "docs/",
    "e2e/",
    "fuzz/",
    "scripts/",
    "tidy/",
];

pub fn check(tree: &Tree) -> Vec<Finding> {
    tree.markdown().flat_map(|(path, text)| of_file(tree, path, text)).collect()
}

fn of_file(tree: &Tree, path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut is_fenced = false;
    for (index, line) in text.lines().enumerate() {
        is_fenced ^= line.trim_start().starts_with("```");
        if is_fenced {
            continue;
        }
        let gone = targets(line).filter(|target| !is_there(tree, path, target));
        for target in gone.chain(paths(line).filter(|path| !tree.has(path))) {
            let advice = format!("`{target}` is not there: mend the link, or write the file");
            findings.push(Finding::new(path, index + 1, "links", advice));
        }
    }
    findings
}

/// What the links of a line point at; code between backticks has none.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    let prose = line.split('`').step_by(2);
    let open = prose.flat_map(|text| text.split("](").skip(1));
    // The text of a link may be code, and then its target begins the next piece of prose.
    open.filter_map(|rest| rest.split([')', ' ']).next()).filter(|target| !target.is_empty())
}

/// The paths that a line names between backticks, whole ones only: no patterns, and no commands.
fn paths(line: &str) -> impl Iterator<Item = &str> {
    let spans = line.split('`').skip(1).step_by(2);
    let whole = spans
        .filter(|span| TOPS.iter().any(|top| span.starts_with(top)) && !span.contains([' ', '*', '{', '<']));
    whole.map(|path| path.trim_end_matches('/'))
}

fn is_there(tree: &Tree, from: &str, target: &str) -> bool {
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    if file.contains("://") || file.starts_with("mailto:") {
        return true;
    }
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let path = if file.is_empty() { Some(from.to_owned()) } else { resolve(folder, file) };
    let Some(path) = path.filter(|path| path.is_empty() || tree.has(path)) else { return false };
    let is_document = path.ends_with(".md");
    let text = tree.files.get(&path).map_or("", String::as_str);
    anchor.is_empty() || !is_document || anchors(text).iter().any(|known| known == anchor)
}

/// What a link may name in a document: its headings in lower case, without marks, with `-` for each space.
fn anchors(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut is_fenced = false;
    for line in text.lines() {
        is_fenced ^= line.trim_start().starts_with("```");
        let heading = line.trim_start_matches('#');
        if is_fenced || heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        let name: String =
            kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect();
        // The second of the same name has a number.
        let before = found.iter().filter(|known| **known == name).count();
        found.push(if before == 0 { name } else { format!("{name}-{before}") });
    }
    found
}

/// A relative path from a folder; nothing if it leaves the repository.
fn resolve(folder: &str, file: &str) -> Option<String> {
    let mut parts: Vec<&str> = if file.starts_with('/') { Vec::new() } else { folder.split('/').collect() };
    for part in file.split('/') {
        match part {
            ".." => drop(parts.pop().filter(|part| !part.is_empty())?),
            "." | "" => {}
            name => parts.push(name),
        }
    }
    parts.retain(|part| !part.is_empty());
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::fixture::finds;

    #[track_caller]
    fn document_finds(line: &str, expected: &[&str]) {
        let expected: Vec<String> =
            expected.iter().map(|e| format!("docs/guide.md:1: links: `{e}`")).collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        let readme = "# Agon\n\n## Two `commands`\n\n## Two commands\n```\n# not one\n```\n";
        let guide = format!("{line}\n\n# Here\n");
        let files = [
            ("docs/guide.md", guide.as_str()),
            ("docs/spec.md", ""),
            ("docs/adr/0001.md", ""),
            ("README.md", readme),
        ];
        finds(check, &files, &expected);
    }

    #[test]
    fn a_link_points_at_a_file_or_a_folder() {
        document_finds(
            "[a](spec.md) and [b](../README.md#two-commands), [c](adr), [d](./adr/0001.md), [e](#here)",
            &[],
        );
        document_finds(
            "[the `code`](spec.md) <https://agon.example> [f](https://agon.example/x) [g](..)",
            &[],
        );
        document_finds("[a](nowhere.md), ![b](board.png)", &["nowhere.md", "board.png"]);
        document_finds("[the `code`](nowhere.md)", &["nowhere.md"]);
        document_finds("[a](../../elsewhere.md)", &["../../elsewhere.md"]);
    }

    #[test]
    fn a_link_names_a_heading_that_there_is() {
        document_finds("[a](../README.md#two-commands-1) [b](../README.md#agon)", &[]);
        document_finds("[a](../README.md#three) [b](#there)", &["../README.md#three", "#there"]);
        document_finds("[a](../README.md#not-one)", &["../README.md#not-one"]);
    }

    #[test]
    fn a_path_between_backticks_is_there() {
        document_finds("`docs/spec.md`, `docs/adr/`, `docs/*.md`, `docs/ and more`, `spec.rs`", &[]);
        document_finds("see `docs/gone.md`", &["docs/gone.md"]);
    }

    #[test]
    fn code_has_no_links() {
        document_finds("`[a](nowhere.md)`", &[]);
        finds(check, &[("a.md", "```\n[a](nowhere.md)\n```\n[b](gone.md)")], &["a.md:4: links: `gone.md`"]);
    }
}
