//! The conformance corpus: small guests whose outcomes, fuel and faults are the same on every machine. The listing has
//! a line for every case; its hash is committed beside it. `AGON_WRITE=1` writes both anew.

#![cfg(test)]

#[path = "../guests/outside.rs"]
mod outside;
#[path = "../guests/plan.rs"]
mod plan;
#[path = "../guests/script.rs"]
mod script;
#[path = "../guests/stage.rs"]
mod stage;
#[path = "../guests/text.rs"]
mod text;

mod cases;
mod listing;
mod passes;
mod pressure;

use agon_types::Digest;
use passes::Pass;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn committed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(name)
}

/// The first cases that differ, by name.
fn differences(expected: &str, found: &str) -> String {
    let lines = expected.lines().zip(found.lines()).filter(|(expected, found)| expected != found);
    let shown = lines.take(5).map(|(expected, found)| format!("- {expected}\n+ {found}\n"));
    let count = |text: &str| text.lines().count();
    format!("{} cases, then {}\n{}", count(expected), count(found), shown.collect::<String>())
}

#[test]
fn every_case_has_a_name_of_its_own() {
    let cases = cases::all();
    let names: std::collections::BTreeSet<_> = cases.iter().map(|case| &case.name).collect();
    assert_eq!(names.len(), cases.len());
    assert!(cases.len() >= 300, "{} cases", cases.len());
}

/// One process on one core and one on all of them, each with an empty cache and an order of its own; then one on all
/// of them with the other's compiled code, while something else takes and touches the machine's memory.
#[test]
fn all_outcomes_are_the_committed_ones_on_one_core_and_on_more_cold_warm_and_short_of_memory() {
    let (one, more) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let cores = passes::cores();
    let alone = Pass { cores: &cores[..1], order: 1, cages: 1, cache: one.path() }.start();
    let both = Pass { cores: &cores, order: 2, cages: 2, cache: more.path() }.start();
    let (alone, both) = (alone.listing(), both.listing());
    assert!(alone == both, "one core and more: {}", differences(&alone, &both));
    let pressed = {
        let _held = pressure::hold();
        Pass { cores: &cores, order: 3, cages: 2, cache: one.path() }.start().listing()
    };
    assert!(alone == pressed, "short of memory: {}", differences(&alone, &pressed));
    let hash = format!("{}\n", Digest::of(alone.as_bytes()));
    if std::env::var_os("AGON_WRITE").is_some() {
        std::fs::write(committed("listing.txt"), &alone).unwrap();
        std::fs::write(committed("listing.sha256"), &hash).unwrap();
    }
    let listing = std::fs::read_to_string(committed("listing.txt")).unwrap_or_default();
    assert!(listing == alone, "the committed listing: {}", differences(&listing, &alone));
    assert_eq!(std::fs::read_to_string(committed("listing.sha256")).unwrap_or_default(), hash);
}
