//! The example challenges rank the example agents as people expect, and name what is wrong with the broken ones.

use crate::stage::{SEED, failure, measured, room};
use agon_port::sandbox::{Answer, Phase, Question, Task};
use agon_sandbox_wasm::room::{Finished, Gone, Order, Room};
use agon_types::{Digest, Epoch, FailureReason, Manifest};
use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn component(workspace: &str, name: &str) -> Vec<u8> {
    let path = repository().join(workspace).join(name).join(format!("dist/{name}.wasm"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn manifest(challenge: &str) -> Manifest {
    let path = repository().join("challenges").join(challenge).join("manifest.toml");
    toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A node that keeps what it is handed, and knows nothing.
fn keep(question: Question) -> Result<Answer, Gone> {
    match question {
        Question::ArtifactKeep(bytes) => Ok(Answer::Kept(Digest::of(&bytes))),
        _ => Err(Gone),
    }
}

/// What the first benchmark of a challenge makes of these agents.
fn play(challenge: &str, agents: &[&str], seed: [u8; 32]) -> Finished {
    let manifest = manifest(challenge);
    let agents: Vec<Vec<u8>> = agents.iter().map(|name| component("agents", name)).collect();
    let task = Task { benchmark: manifest.benchmarks[0].clone(), seed, epoch: Epoch(3) };
    let phase = Phase::Score { task, recording: Vec::new() };
    let order = Order { grants: manifest.capabilities, limits: manifest.limits, phase };
    let mut room = room(&component("challenges", challenge), &agents);
    let first = room.run(order.clone(), &mut keep);
    assert_eq!(room.run(order, &mut keep), first, "the same again");
    first
}

/// The outcome of an example agent in the challenge that its name begins with.
fn outcome(name: &str) -> Finished {
    let (challenge, _) = name.split_once('-').unwrap();
    play(challenge, &[name], SEED)
}

#[test]
fn better_agents_score_higher() {
    for ladder in [&["compress-mix", "compress-lz", "compress-rle"][..], &["route-two-opt", "route-greedy"]] {
        let mut above = 1_000_000_001;
        for name in ladder {
            let score = measured(outcome(name)).score.billionths();
            assert!(0 < score && score < above, "{name} scores {score}");
            above = score;
        }
    }
}

#[test]
fn broken_agents_fail_for_their_own_reason() {
    for challenge in ["compress", "route"] {
        for (name, reason) in [
            ("panic", FailureReason::Trapped),
            ("loop", FailureReason::OutOfFuel),
            ("hoarder", FailureReason::OutOfMemory),
            ("liar", FailureReason::WrongOutput),
        ] {
            let failure = failure(outcome(&format!("{challenge}-{name}")));
            assert_eq!(failure.reason, reason, "{challenge}-{name}: {}", failure.detail);
            assert!(!failure.detail.is_empty());
        }
    }
}

/// Neither too few, nor more than are paid for: one less would be the challenge's fault.
#[test]
fn each_challenge_opens_as_many_agents_as_its_manifest_says() {
    for (challenge, agents) in [
        ("compress", &["compress-rle"][..]),
        ("route", &["route-greedy"]),
        ("duel", &["duel-search", "duel-greedy", "duel-random"]),
    ] {
        let opened = play(challenge, agents, SEED).calls;
        let opened = opened.iter().filter(|calls| calls.name == "agents.new");
        let opened: u64 = opened.map(|calls| calls.count).sum();
        assert_eq!(opened, u64::from(manifest(challenge).limits.agent_instances), "{challenge}");
    }
}

#[test]
fn players_of_the_duel_win_by_what_they_can_do() {
    let player = |name| play("duel", &[name, "duel-greedy", "duel-random"], SEED);
    let score = |name| measured(player(name)).score.billionths();
    assert!(score("duel-search") > score("duel-greedy"));
    assert_eq!(failure(player("duel-cheat")).reason, FailureReason::WrongOutput);
}

#[test]
fn another_seed_is_another_task() {
    for (challenge, name) in [("compress", "compress-rle"), ("route", "route-greedy")] {
        let metrics = |seed| measured(play(challenge, &[name], seed)).metrics;
        assert_ne!(metrics(SEED), metrics([8; 32]), "{name}");
    }
}

#[test]
fn the_metrics_of_an_outcome_explain_it() {
    let measured = measured(outcome("compress-lz"));
    let metric = |name: &str| measured.metrics.iter().find(|metric| metric.name == name).unwrap().value;
    assert_eq!(metric("raw_bytes"), 48_000);
    assert!(metric("packed_bytes") < metric("raw_bytes"));
    assert!((metric("agent_fuel") as u64) < measured.fuel);
}

#[test]
fn the_manifests_hold_and_name_the_committed_code() {
    for name in ["compress", "duel", "route"] {
        let manifest = manifest(name);
        manifest.check().unwrap();
        assert_eq!(manifest.id.as_str(), name);
        assert_eq!(manifest.engine.as_str(), agon_sandbox_wasm::PROFILE);
        assert_eq!(manifest.code, Digest::of(&component("challenges", name)));
    }
}

#[test]
fn each_committed_component_has_its_digest_beside_it() {
    let components: Vec<PathBuf> = ["agents", "challenges"].into_iter().flat_map(components).collect();
    assert!(components.len() >= 20, "{} components", components.len());
    for path in components {
        let stated = std::fs::read_to_string(path.with_extension("sha256")).unwrap();
        assert_eq!(stated.trim(), Digest::of(&std::fs::read(&path).unwrap()).to_string(), "{path:?}");
    }
}

/// Every `<name>/dist/<name>.wasm` of a folder.
fn components(workspace: &str) -> Vec<PathBuf> {
    let guests = std::fs::read_dir(repository().join(workspace)).unwrap().map(|guest| guest.unwrap());
    let built = guests.map(|guest| {
        let name = guest.file_name().into_string().unwrap();
        guest.path().join(format!("dist/{name}.wasm"))
    });
    built.filter(|path| path.exists()).collect()
}
