//! The documents of the repository as their readers see them: text, and blocks of code in it.

use std::path::{Path, PathBuf};

/// Lines that a reader takes as they stand.
#[derive(Debug, PartialEq, Eq)]
pub struct Block {
    /// What stands after the fence; nothing for a block that is only indented.
    pub language: String,
    /// The number of its first line in the document.
    pub line: usize,
    pub lines: Vec<String>,
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every document below these files and folders of the repository, by its path in it. A folder may be missing.
pub fn of(places: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    places.iter().for_each(|place| gather(Path::new(place), &mut found));
    found.sort();
    found
}

fn gather(place: &Path, found: &mut Vec<(String, String)>) {
    let path = root().join(place);
    if let Ok(entries) = std::fs::read_dir(&path) {
        let names = entries.map(|entry| entry.expect("a folder can be read").file_name());
        // What is hidden or built is nobody's document.
        let read = names.filter(|name| !name.to_string_lossy().starts_with('.') && name != "target");
        read.for_each(|name| gather(&place.join(name), found));
    } else if place.extension().is_some_and(|extension| extension == "md") {
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{place:?}: {error}"));
        found.push((place.to_string_lossy().trim_start_matches("./").to_owned(), text));
    }
}

/// The blocks of a document: those between fences, and those that are indented after an empty line.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let (mut fenced, mut indented, mut after_empty, mut in_list) = (false, false, true, false);
    for (index, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if let Some(language) = trimmed.strip_prefix("```") {
            fenced = !fenced;
            indented = false;
            if fenced {
                blocks.push(Block { language: language.to_owned(), line: index + 2, lines: Vec::new() });
            }
            continue;
        }
        let is_code = line.starts_with("    ") && !in_list && (indented || after_empty);
        if fenced || is_code {
            if !fenced && !indented {
                blocks.push(Block { language: String::new(), line: index + 1, lines: Vec::new() });
            }
            let taken = if fenced { line } else { &line[4..] };
            blocks.last_mut().expect("one has begun").lines.push(taken.to_owned());
        } else if !trimmed.is_empty() && !line.starts_with(' ') {
            in_list = trimmed.starts_with(['*', '-']) || trimmed.starts_with(|c: char| c.is_ascii_digit());
        }
        indented = !fenced && is_code;
        after_empty = trimmed.is_empty();
    }
    blocks
}

#[test]
fn a_document_has_the_blocks_that_its_reader_sees() {
    let text = "Text:\n\n    a\n    b\n\n1. item\n\n    more of it\n\nText\n    of a paragraph\n\n```sh\n    c\n\nd\n```\n";
    let block = |language: &str, line, lines: &[&str]| Block {
        language: language.to_owned(),
        line,
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
    };
    assert_eq!(blocks(text), [block("", 3, &["a", "b"]), block("sh", 14, &["    c", "", "d"])]);
}
