//! A challenge that scores with a data set: its owner publishes both, every validator fetches both, and the score is
//! what stands in the data.

use crate::commands::{document, fresh_agent};
use crate::network::{Network, agon, beside_others};
use agon_types::Digest;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// The score that the data set holds, in billionths, little-endian.
const DATA: &[u8] = b"\x15\xcd\x5b\x07 and more that nobody reads";
const SCORE: &str = "0.123456789";
const PATIENCE: Duration = Duration::from_secs(60);

fn digest(bytes: &[u8]) -> String {
    Digest::of(bytes).to_string()
}

/// The folder of a challenge, with its code, and with its data set unless that is missing.
fn project(folder: &Path) {
    let code = wat::parse_str(include_str!("artifact/reads.wat")).expect("the text is a component");
    // The profile of the examples is the one of this build.
    let example = include_str!("../challenges/route/manifest.toml");
    let engine = example.lines().find(|line| line.starts_with("engine")).expect("it has one");
    let (code_digest, data) = (digest(&code), digest(DATA));
    let manifest = include_str!("artifact/manifest.toml");
    let manifest = manifest.replace("CODE", &code_digest).replace("ENGINE", engine).replace("DATA", &data);
    std::fs::create_dir_all(folder.join("dist")).unwrap();
    std::fs::write(folder.join("dist/reads.wasm"), code).unwrap();
    std::fs::write(folder.join("manifest.toml"), manifest).unwrap();
}

/// The lines of the audit log of a node for this challenge, and what a check of it says.
fn audited(node: &Path) -> (Vec<Value>, Value) {
    let (code, shown, stderr) = agon(node, &["audit", "show", "--challenge", "reads", "--json"]);
    assert_eq!(code, 0, "{stderr}");
    let lines = shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (code, checked, stderr) = agon(node, &["audit", "verify", "--json"]);
    assert_eq!(code, 0, "{stderr}");
    (lines, serde_json::from_str(&checked).unwrap())
}

#[test]
fn a_challenge_scores_with_an_artifact_that_its_owner_published() {
    let _room = beside_others();
    let folder = tempfile::tempdir().unwrap();
    let (network_folder, challenge) = (folder.path().join("network"), folder.path().join("reads"));
    let network = Network::start(&network_folder, &["--no-demo", "--epoch", "6s"]);
    let started = network.event("started", PATIENCE).expect("it starts");
    let hub = started["hub"].as_str().unwrap();
    project(&challenge);
    let place = challenge.to_str().unwrap();
    let publish = ["challenge", "publish", place, "--wait", "--key", "owner", "--hub", hub];
    let (code, _, stderr) = agon(&network_folder, &publish);
    assert_eq!(code, 1, "{stderr}");
    assert!(
        stderr.contains(&digest(DATA)) && stderr.contains("artifacts"),
        "it says what is missing: {stderr}"
    );
    std::fs::create_dir(challenge.join("artifacts")).unwrap();
    std::fs::write(challenge.join("artifacts/data"), DATA).unwrap();
    let (code, _, stderr) = agon(&network_folder, &publish);
    assert_eq!(code, 0, "{stderr}");

    let agent = folder.path().join("agent.wasm");
    fresh_agent(&agent);
    let with = ["--hub", hub, "--key", "me"];
    document(&network_folder, &["key", "new", "me"], "/hotkey");
    document(&network_folder, &[&["chain", "register"], &with[..]].concat(), "/block");
    let submit = ["submit", agent.to_str().unwrap(), "--challenge", "reads", "--wait"];
    let (code, _, stderr) = agon(&network_folder, &[&submit, &with[..]].concat());
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(document(&network_folder, &["board", "reads", "--hub", hub], "/rows/0/score"), SCORE);

    for node in 1..=4 {
        let (lines, checked) = audited(&network_folder.join(format!("nodes/{node}")));
        let begins = lines.iter().filter(|line| line["ended"].is_null()).count();
        let done = lines.iter().find(|line| line["ended"] == "done" && line["phase"] == "score");
        let done = done.unwrap_or_else(|| panic!("node {node} scored: {lines:?}"));
        assert!(
            begins > 0 && done["begun"].as_u64() < done["seq"].as_u64(),
            "it began before it ended: {done}"
        );
        for by in ["keeper", "cage"] {
            let read = |call: &&Value| call["by"] == by && call["name"] == "artifacts.read";
            let call = done["calls"].as_array().unwrap().iter().find(read).expect(by);
            assert_eq!((&call["verdict"], &call["bytes_out"]), (&"granted".into(), &4.into()), "{done}");
        }
        assert_eq!(checked["whole"], true, "{checked}");
    }
}
