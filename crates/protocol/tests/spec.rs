//! `docs/spec.md` and the code say the same: rules, refusals, tags, fields and keys, each way.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its case has failed")]

use agon_protocol::Reason;
use std::fs;
use std::path::Path;

fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn spec() -> String {
    fs::read_to_string(repository().join("docs/spec.md")).unwrap()
}

fn source(path: &str) -> String {
    fs::read_to_string(repository().join("crates").join(path)).unwrap()
}

/// The first cells of the rows of the table under a heading, without their backticks.
fn column(heading: &str, index: usize) -> Vec<String> {
    let spec = spec();
    let section = spec.split("\n## ").find(|section| section.starts_with(heading)).unwrap();
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    let cell = |row: &str| row.split('|').nth(index + 1).unwrap().trim().replace('`', "");
    rows.map(cell).collect()
}

#[test]
fn every_refusal_is_explained() {
    assert_eq!(column("Refusals", 0), Reason::CODES);
}

#[test]
fn every_tag_has_its_action() {
    let kinds = [
        (0, "RegisterSession"),
        (1, "PublishChallenge"),
        (2, "UpdateChallenge"),
        (3, "ShiftChallenge"),
        (4, "Announce"),
        (5, "Commit"),
        (6, "Reveal"),
        (7, "Decide"),
        (8, "Post"),
        (10, "Misbehaviour"),
        (13, "Readmit"),
    ];
    let code = source("types/src/action.rs");
    for (tag, kind) in kinds {
        let declared = code
            .lines()
            .any(|line| line.trim_start().starts_with(kind) && line.contains(&format!("= {tag},")));
        assert!(declared, "{kind} has the tag {tag}");
    }
    assert_eq!(column("Actions", 0), (0..=13).map(|tag| tag.to_string()).collect::<Vec<_>>());
}

#[test]
fn every_field_of_the_manifest_is_listed() {
    let code = source("types/src/manifest.rs");
    let body = code.split("pub struct Manifest {").nth(1).unwrap().split("\n}").next().unwrap();
    let field =
        |line: &str| line.trim_start().strip_prefix("pub ")?.split_once(':').map(|(name, _)| name.to_owned());
    assert_eq!(column("Manifest", 0), body.lines().filter_map(field).collect::<Vec<_>>());
}

#[test]
fn every_key_of_the_state_is_listed_by_its_number() {
    let code = source("protocol/src/state.rs");
    let body = code.split("entries! {").nth(1).unwrap().split("\n}").next().unwrap();
    let kind =
        |line: &str| line.contains(") -> ").then(|| line.trim_start().split('(').next().unwrap().to_owned());
    let kinds: Vec<String> = body.lines().filter_map(kind).collect();
    assert_eq!(column("State", 1), kinds);
    assert_eq!(column("State", 0), (0..kinds.len()).map(|number| number.to_string()).collect::<Vec<_>>());
}
