//! The first thing that a newcomer sees.

use crate::network::{Network, agon, alone};
use crate::proofs::verified;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// From the start to the last line, once everything is built.
const TIME_MAX: Duration = Duration::from_secs(60);

fn row<'a>(done: &'a Value, challenge: &str, agent: &str) -> &'a Value {
    let rows = done["boards"][challenge].as_array().expect("every challenge has a board");
    let name = format!("{challenge}-{agent}");
    rows.iter()
        .find(|row| row["agent"] == name.as_str())
        .unwrap_or_else(|| panic!("{name} is not on the board"))
}

fn score(done: &Value, challenge: &str, agent: &str) -> f64 {
    let score = row(done, challenge, agent)["score"].as_str().expect("every agent has a score");
    assert_eq!(score.len(), "0.000000000".len(), "nine decimals: {score}");
    score.parse().expect("it is a decimal")
}

#[test]
fn a_whole_network_scores_every_agent_and_sets_weights_within_a_minute() {
    let _room = alone();
    let folder = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    let mut network = Network::start(folder.path(), &["--until-epoch", "2"]);
    let done = network.event("done", TIME_MAX).expect("it is done in time");
    assert!(network.wait().success());
    assert!(begun.elapsed() < TIME_MAX, "{:?}", begun.elapsed());

    assert_eq!(done["epoch"], 2);
    assert_eq!(done["chain"]["set"], true);
    assert_eq!(done["state_root"].as_str().map(str::len), Some(64));
    let [mix, lz, rle] = ["mix", "lz", "rle"].map(|agent| score(&done, "compress", agent));
    assert!(mix > lz && lz > rle && rle > 0.0, "{mix} {lz} {rle}");
    let [best, greedy] = ["two-opt", "greedy"].map(|agent| score(&done, "route", agent));
    assert!(best > greedy && greedy > 0.0, "{best} {greedy}");
    assert!(score(&done, "duel", "search") > 0.5, "whoever looks ahead wins most games");
    assert_eq!(row(&done, "duel", "cheat")["reason"], "wrong_output");
    let faults = [
        ("panic", "trapped"),
        ("loop", "out_of_fuel"),
        ("hoarder", "out_of_memory"),
        ("liar", "wrong_output"),
    ];
    for challenge in ["compress", "route"] {
        for (agent, reason) in faults {
            assert_eq!(score(&done, challenge, agent), 0.0, "{challenge}-{agent}");
            assert_eq!(row(&done, challenge, agent)["reason"], reason, "{challenge}-{agent}");
            assert_eq!(row(&done, challenge, agent)["status"], "failed", "{challenge}-{agent}");
        }
    }
    weights_are_exact(&done);
    every_score_has_its_proof(folder.path(), &done);
    the_ledger_replays(folder.path(), &done);
}

fn weights_are_exact(done: &Value) {
    let weights = done["weights"].as_array().unwrap();
    let units: u64 = weights.iter().map(|weight| weight["units"].as_u64().unwrap()).sum();
    assert_eq!(units, 1_000_000_000);
    assert_eq!(done["weights_total"], 1_000_000_000);
    let champion = row(done, "compress", "mix")["miner"].as_str().unwrap();
    let earned = weights.iter().find(|weight| weight["hotkey"] == champion).expect("the champion earns");
    assert_eq!(earned["units"], 400_000_000, "the champion earns the whole share of its challenge");
    let player = row(done, "duel", "search")["miner"].as_str().unwrap();
    assert!(weights.iter().any(|weight| weight["hotkey"] == player), "the challenge's own rule pays");
    let broken = row(done, "route", "liar")["miner"].as_str().unwrap();
    assert!(weights.iter().all(|weight| weight["hotkey"] != broken), "zero points, nothing at all");
}

fn every_score_has_its_proof(folder: &std::path::Path, done: &Value) {
    let genesis = std::fs::read_to_string(folder.join("genesis.digest")).unwrap();
    let boards = done["boards"].as_object().unwrap().values();
    let rows: Vec<&Value> = boards.flat_map(|rows| rows.as_array().unwrap()).collect();
    let scored: Vec<&&Value> = rows.iter().filter(|row| row["score"].is_string()).collect();
    assert_eq!(std::fs::read_dir(folder.join("proofs")).unwrap().count(), scored.len());
    for row in scored {
        let file = format!("{}.proof", row["submission"].as_str().unwrap());
        let (code, stdout, stderr) = verified(&folder.join("proofs"), &file, genesis.trim());
        assert_eq!(code, 0, "{stderr}");
        let proven: Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!((&proven["submission"], &proven["score"]), (&row["submission"], &row["score"]));
        assert_eq!(proven["reason"], row["reason"]);
    }
}

fn units(weights: &Value) -> BTreeMap<String, u64> {
    let one = |weight: &Value| (weight["hotkey"].to_string(), weight["units"].as_u64().unwrap());
    weights.as_array().unwrap().iter().map(one).collect()
}

fn the_ledger_replays(folder: &std::path::Path, done: &Value) {
    let (code, stdout, stderr) = agon(folder, &["replay", "--json"]);
    assert_eq!(code, 0, "{stderr}");
    let ledgers: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(ledgers.len(), 4);
    for ledger in &ledgers {
        let seal = &ledger["seals"][2];
        assert_eq!(units(&seal["weights"]), units(&done["weights"]), "the same weights as told");
    }
}
