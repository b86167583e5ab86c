//! The whole network killed at random moments: what was accepted stays, once.

use crate::network::{AGON, Network, agon, beside_others};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Kills in an ordinary run; `AGON_KILLS` asks for more.
const KILLS: u64 = 3;
/// The example agents that every network enters.
const AGENTS: usize = 17;
/// The most that one network falls. More are shared among several at once, for each of them mostly waits.
const KILLS_OF_ONE: u64 = 7;
/// What the moments are made from; `AGON_KILL_SEED` sets another.
const SEED: u64 = 7;
const OPTIONS: [&str; 2] = ["--validators", "3"];
/// After the last fall; a busy machine may need two epochs to enter an agent.
const EPOCHS_MORE: usize = 3;
/// One epoch: a fall may come at every stage of it.
const WAIT_MS_MAX: u64 = 12_000;

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
    let _room = beside_others();
    let (kills, seed) = (number("AGON_KILLS", KILLS), number("AGON_KILL_SEED", SEED));
    let lives = kills.div_ceil(KILLS_OF_ONE);
    std::thread::scope(|scope| {
        for life in 0..lives {
            let falls = kills / lives + u64::from(life < kills % lives);
            scope.spawn(move || lives_through(falls, seed + life));
        }
    });
}

/// One network that falls so often, and then ends well.
fn lives_through(falls: u64, seed: u64) {
    let mut random = seed;
    let folder = tempfile::tempdir().unwrap();
    let mut entered: BTreeMap<String, String> = BTreeMap::new();
    let mut seals: Vec<Value> = Vec::new();
    for fall in 0..falls {
        let at = format!("seed {seed}, fall {fall}");
        let network = Network::start(folder.path(), &OPTIONS);
        // The network must at least come up between two falls.
        assert!(network.event("started", Duration::from_secs(60)).is_some(), "{at}: it starts again");
        if fall == 0 {
            // From the first fall on there is something to lose.
            let first = network.event("entered", Duration::from_secs(60)).expect("an agent is accepted");
            entered.insert(first["agent"].to_string(), first["submission"].to_string());
        }
        let wait = Duration::from_millis(next(&mut random) % WAIT_MS_MAX);
        while let Some(line) = network.event("entered", wait) {
            let (agent, id) = (line["agent"].to_string(), line["submission"].to_string());
            let before = entered.insert(agent.clone(), id.clone());
            assert!(before.is_none_or(|before| before == id), "{at}: {agent} is entered once, under one id");
        }
        network.kill();
        let longest = longest_seals(folder.path());
        assert!(longest.starts_with(&seals), "{at}: a sealed epoch never changes");
        seals = longest;
    }
    ends_well(folder.path(), &entered, &seals);
}

/// The seals of the ledger that has most of them.
fn longest_seals(folder: &Path) -> Vec<Value> {
    let found = replayed(folder).into_iter().map(|ledger| ledger["seals"].as_array().unwrap().clone());
    found.max_by_key(Vec::len).unwrap_or_default()
}

/// Goes on until the last agent had an epoch to be entered in and one to be scored in: what was entered is there once.
fn ends_well(folder: &Path, entered: &BTreeMap<String, String>, seals: &[Value]) {
    let until = (seals.len() + EPOCHS_MORE).to_string();
    let mut network = Network::start(folder, &[&OPTIONS[..], &["--until-epoch", &until]].concat());
    let started = network.event("started", Duration::from_secs(60)).expect("it starts");
    let name = started["network"].as_str().unwrap();
    let done = network.event("done", Duration::from_secs(180)).expect("it ends well after all");
    assert!(network.wait().success());
    let mut shown: BTreeMap<String, usize> = BTreeMap::new();
    for row in done["boards"].as_object().unwrap().values().flat_map(|rows| rows.as_array().unwrap()) {
        *shown.entry(row["submission"].to_string()).or_default() += 1;
        assert!(row["score"].is_string(), "every accepted submission has its score: {row}");
    }
    assert!(shown.values().all(|count| *count == 1), "nothing is doubled");
    let lost: Vec<_> = entered.iter().filter(|(_, id)| !shown.contains_key(*id)).collect();
    assert!(lost.is_empty(), "nothing is lost: {lost:?}");
    assert_eq!(shown.len(), AGENTS, "every example agent is there");
    let longest = longest_seals(folder);
    assert!(longest.starts_with(seals), "a sealed epoch never changes");
    weights_were_set_once(folder, name, longest.len());
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
    let _room = beside_others();
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
    assert_eq!(rows.len(), AGENTS, "every example agent was entered all the same");
    assert!(rows.iter().all(|row| row["score"].is_string()), "and has its score: {rows:?}");
}
