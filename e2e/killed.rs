//! The whole network killed at random moments: what was accepted stays, once.

use crate::network::{AGON, Network, agon, turn};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Kills in an ordinary run; `AGON_KILLS` asks for more.
const KILLS: u64 = 3;
/// What the moments are made from; `AGON_KILL_SEED` sets another.
const SEED: u64 = 7;
const OPTIONS: [&str; 2] = ["--validators", "3"];

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A sequence that is the same for the same seed (splitmix64).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Every ledger of the network, as `agon replay` sees it: all roots, seals and signatures are checked by that.
fn replayed(folder: &Path) -> Vec<Value> {
    let (code, stdout, stderr) = agon(folder, &["replay", "--json"]);
    assert_eq!(code, 0, "{stderr}");
    stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_network_killed_at_random_moments_loses_and_doubles_nothing() {
    let _turn = turn();
    let (kills, mut random) = (number("AGON_KILLS", KILLS), number("AGON_KILL_SEED", SEED));
    let folder = tempfile::tempdir().unwrap();
    let mut entered: BTreeMap<String, String> = BTreeMap::new();
    let mut seals: Vec<Value> = Vec::new();
    for kill in 0..kills {
        let network = Network::start(folder.path(), &OPTIONS);
        // The network must at least come up between two falls.
        assert!(network.event("started", Duration::from_secs(60)).is_some(), "kill {kill}: it starts again");
        if kill == 0 {
            // From the first fall on there is something to lose.
            let first = network.event("entered", Duration::from_secs(60)).expect("an agent is accepted");
            entered.insert(first["agent"].to_string(), first["submission"].to_string());
        }
        let wait = Duration::from_millis(next(&mut random) % 12_000);
        while let Some(line) = network.event("entered", wait) {
            let (agent, id) = (line["agent"].to_string(), line["submission"].to_string());
            let before = entered.insert(agent.clone(), id.clone());
            assert!(before.is_none_or(|before| before == id), "{agent} is entered once, under one id");
        }
        network.kill();
        let found =
            replayed(folder.path()).into_iter().map(|ledger| ledger["seals"].as_array().unwrap().clone());
        let longest = found.max_by_key(Vec::len).unwrap_or_default();
        assert!(longest.starts_with(&seals), "kill {kill}: a sealed epoch never changes");
        seals = longest;
    }
    let until = (seals.len() + 2).to_string();
    let mut network = Network::start(folder.path(), &[&OPTIONS[..], &["--until-epoch", &until]].concat());
    let started = network.event("started", Duration::from_secs(60)).expect("it starts");
    let name = started["network"].as_str().unwrap().to_owned();
    let done = network.event("done", Duration::from_secs(180)).expect("it ends well after all");
    assert!(network.wait().success());
    let mut shown: BTreeMap<String, usize> = BTreeMap::new();
    for row in done["boards"].as_object().unwrap().values().flat_map(|rows| rows.as_array().unwrap()) {
        *shown.entry(row["submission"].to_string()).or_default() += 1;
        assert!(row["score"].is_string(), "every accepted submission has its score: {row}");
    }
    assert!(shown.values().all(|count| *count == 1), "nothing is doubled");
    assert!(entered.values().all(|id| shown.contains_key(id)), "nothing is lost: {entered:?} {shown:?}");
    assert_eq!(shown.len(), 13, "every example agent is there");
    let ledgers = replayed(folder.path());
    let longest =
        ledgers.iter().map(|ledger| ledger["seals"].as_array().unwrap()).max_by_key(|seals| seals.len());
    let longest = longest.unwrap();
    assert!(longest.starts_with(&seals));
    weights_were_set_once(folder.path(), &name, longest.len());
}

/// The chain counts the calls of each hotkey, and a validator calls for nothing but weights: once for each seal at
/// the most.
fn weights_were_set_once(folder: &Path, network: &str, seals: usize) {
    let mut chain = Command::new(AGON)
        .args(["chain", "serve", "--listen", "127.0.0.1:0", "--network", network, "--stop-with-stdin"])
        .arg("--data-dir")
        .arg(folder.join("chain"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(chain.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let said: Value = serde_json::from_str(&line).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for number in 1..=3 {
        let (_, key, _) = agon(folder, &["key", "show", &format!("validator-{number}"), "--json"]);
        let key: Value = serde_json::from_str(&key).unwrap();
        let url =
            format!("{}/nonce/{}", said["listening"].as_str().unwrap(), key["hotkey"].as_str().unwrap());
        let answer =
            async { agon_embedded::http::client().get(url).send().await.unwrap().bytes().await.unwrap() };
        let answer: Value = serde_json::from_slice(&runtime.block_on(answer)).unwrap();
        let calls = answer["nonce"].as_u64().unwrap();
        assert!(calls > 0 && calls <= seals as u64, "validator {number}: {calls} calls for {seals} seals");
    }
    drop(chain.stdin.take());
    chain.wait().unwrap();
}

/// The process that has this folder of a network.
fn process_of(folder: &Path) -> Option<String> {
    let folder = folder.to_str().unwrap();
    let is_it = |process: &std::fs::DirEntry| {
        let command = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        command.contains(folder) && !command.contains(" up ")
    };
    let mut processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes.find(is_it).and_then(|process| process.file_name().to_str().map(str::to_owned))
}

#[test]
fn a_leader_or_a_chain_that_falls_alone_comes_back_and_the_network_heals() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let mut network = Network::start(folder.path(), &[&OPTIONS[..], &["--until-epoch", "3"]].concat());
    assert!(network.event("entered", Duration::from_secs(60)).is_some(), "it runs");
    for part in ["nodes/1", "chain"] {
        let folder = folder.path().join(part);
        let process = process_of(&folder).expect("it runs");
        let killed = Command::new("kill").args(["-9", &process]).status();
        assert!(killed.unwrap().success(), "{part}");
        let deadline = Instant::now() + Duration::from_secs(30);
        while process_of(&folder).is_none_or(|now| now == process) {
            assert!(Instant::now() < deadline, "{part} is started again");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
    let done = network.event("done", Duration::from_secs(120)).expect("it goes on to the end");
    assert!(network.wait().success());
    let rows: Vec<&Value> =
        done["boards"].as_object().unwrap().values().flat_map(|rows| rows.as_array().unwrap()).collect();
    assert_eq!(rows.len(), 13, "every example agent was entered all the same");
    assert!(rows.iter().all(|row| row["score"].is_string()), "and has its score: {rows:?}");
}
