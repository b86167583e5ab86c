//! Words that have no place here: marks of unfinished work, and other names for what the glossary names.

use crate::scan::{code, is_in_word, line_of, words};
use crate::{Finding, Tree};

const RULE: &str = "words";

/// Marks of unfinished work, as they are written.
const MARKS: [&str; 6] = ["TODO", "FIXME", "XXX", "HACK", "todo!", "unimplemented!"];

/// Words for unfinished work, in any case.
const UNFINISHED: [&str; 7] = ["for now", "placeholder", "placeholders", "stub", "stubs", "mock", "mocks"];

/// Other words for what the glossary names.
const SYNONYMS: [(&str, &str); 6] = [
    ("leaderboard", "board"),
    ("scoreboard", "board"),
    ("contestant", "miner or agent"),
    ("orchestrator", "node, hub or host"),
    ("backend", "adapter"),
    ("blob", "artifact"),
];

/// Of the synonyms, those that no prose needs either; the others also have a meaning outside of the contest.
const NEVER: usize = 3;

/// Files that may contain such words, and why.
const EXCEPTED: [(&str, &str); 2] =
    [("tidy/src/words.rs", "it names what it forbids"), ("LICENSE", "its words are not ours")];

pub fn check(tree: &Tree) -> Vec<Finding> {
    let files = tree.files.iter().filter(|(path, _)| !EXCEPTED.iter().any(|(excepted, _)| excepted == path));
    files.flat_map(|(path, text)| of_file(path, text)).collect()
}

fn of_file(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let lower = line.to_lowercase();
        let marks = MARKS.iter().filter(|mark| has(line, mark));
        let unfinished = UNFINISHED.iter().filter(|word| has(&lower, word));
        let advice = marks.chain(unfinished).map(|word| format!("`{word}`: finish it, or leave it out"));
        let never = SYNONYMS[..NEVER]
            .iter()
            .filter(|(word, _)| words(&lower).any(|(_, said)| is_form_of(said, word)));
        let advice = advice.chain(never.map(synonym));
        findings.extend(advice.map(|advice| Finding::new(path, index + 1, RULE, advice)));
    }
    if path.ends_with(".rs") {
        findings.extend(of_names(path, &code(text)));
    }
    findings
}

/// The other synonyms, where a name is declared.
fn of_names(path: &str, code: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut before = "";
    for (index, name) in words(code) {
        let is_item = ["fn", "struct", "enum", "trait", "type", "mod", "const", "static"].contains(&before);
        let is_field = before == "pub" && code[index + name.len()..].starts_with(':');
        before = name;
        if !is_item && !is_field {
            continue;
        }
        let parts = parts(name);
        let said =
            SYNONYMS[NEVER..].iter().filter(|(word, _)| parts.iter().any(|part| is_form_of(part, word)));
        findings.extend(said.map(|said| Finding::new(path, line_of(code, index), RULE, synonym(said))));
    }
    findings
}

fn synonym((word, instead): &(&str, &str)) -> String {
    format!("`{word}` is not in docs/glossary.md: say {instead}")
}

fn is_form_of(said: &str, word: &str) -> bool {
    said.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest == "s")
}

/// Whether a line has a word or phrase, not as a part of a longer one.
fn has(line: &str, phrase: &str) -> bool {
    line.match_indices(phrase).any(|(at, _)| {
        let ends_open = phrase.ends_with(is_in_word);
        let glued_before = line[..at].ends_with(is_in_word);
        let glued_after = ends_open && line[at + phrase.len()..].starts_with(is_in_word);
        !glued_before && !glued_after
    })
}

/// The words of a name, in lower case: `BlobStore` and `blob_store` have the same two.
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for c in name.chars() {
        if c == '_' || c.is_uppercase() {
            parts.push(String::new());
        }
        if let Some(last) = parts.last_mut()
            && c != '_'
        {
            last.extend(c.to_lowercase());
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::fixture::finds;

    #[track_caller]
    fn line_finds(path: &str, line: &str, word: Option<&str>) {
        let expected = word.map(|word| format!("{path}:1: words: `{word}`"));
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        finds(check, &[(path, line)], &expected);
    }

    #[test]
    fn marks_of_unfinished_work_are_refused_wherever_they_stand() {
        line_finds("crates/x/src/a.rs", "// TODO: later", Some("TODO"));
        line_finds("docs/a.md", "This is enough for now.", Some("for now"));
        line_finds("crates/x/src/a.rs", "let a = \"Placeholder\";", Some("placeholder"));
        line_finds("a.toml", "# FIXME", Some("FIXME"));
        line_finds("crates/x/src/a.rs", "fn f() { todo!() }", Some("todo!"));
        line_finds("crates/x/src/a.rs", "mod mock;", Some("mock"));
    }

    #[test]
    fn a_word_within_another_is_another() {
        line_finds("crates/x/src/a.rs", "fn todo() { stubborn(HACKNEY) }", None);
        line_finds("docs/a.md", "It asks for nowhere; a_mock_b.", None);
    }

    #[test]
    fn the_glossary_has_one_word_per_idea() {
        line_finds("templates/a.html", "<h1>Leaderboard</h1>", Some("leaderboard"));
        line_finds("docs/a.md", "all contestants", Some("contestant"));
        line_finds("crates/x/src/a.rs", "pub struct BlobStore;", Some("blob"));
        line_finds("crates/x/src/a.rs", "pub storage_backend: u8,", Some("backend"));
        line_finds("crates/x/src/a.rs", "fn orchestrators() {}", Some("orchestrator"));
    }

    #[test]
    fn what_others_call_their_things_is_theirs() {
        line_finds("crates/x/src/a.rs", "builder.tls_backend(Type::Blob)", None);
        line_finds("docs/a.md", "A backend of reqwest.", None);
    }

    #[test]
    fn only_excepted_files_may_name_them() {
        line_finds("tidy/src/words.rs", "// TODO", None);
        line_finds("tidy/src/size.rs", "// TODO", Some("TODO"));
    }
}
