//! Cages that die in the middle of their work.

use crate::network::{Network, beside_others};
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Cages that are killed at their work, of each node.
const KILLS_MAX: usize = 4;
const PATIENCE: Duration = Duration::from_secs(150);

/// The fields of `/proc/PID/stat` after the name: state, parent.
fn state(process: &str) -> Option<(char, u32)> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

fn command(process: u32) -> String {
    let bytes = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).replace('\0', " ")
}

/// Kills cages of the network in a folder while they work, some of each node; gives how many.
fn kill_at_work(folder: &Path, stop: &AtomicBool) -> usize {
    let folder = folder.display().to_string();
    let mut killed: HashMap<u32, usize> = HashMap::new();
    while !stop.load(Ordering::SeqCst) {
        let processes = std::fs::read_dir("/proc").expect("there is a list of processes").flatten();
        for process in processes.filter_map(|entry| entry.file_name().into_string().ok()) {
            let Some(('R', parent)) = state(&process) else { continue };
            let Ok(number) = process.parse() else { continue };
            let ours = command(number).contains("--as-cage") && command(parent).contains(&folder);
            let of_node = killed.entry(parent).or_default();
            if ours && *of_node < KILLS_MAX {
                let sent = std::process::Command::new("kill").args(["-9", &process]).status();
                *of_node += usize::from(sent.is_ok_and(|status| status.success()));
            }
        }
        std::thread::sleep(Duration::from_millis(3));
    }
    killed.values().sum()
}

#[test]
fn a_cage_killed_at_its_work_costs_one_retry_and_nothing_else() {
    let _room = beside_others();
    let folder = tempfile::tempdir().unwrap();
    let stop = AtomicBool::new(false);
    let (done, killed) = std::thread::scope(|scope| {
        let network = Network::start(folder.path(), &["--until-epoch", "3"]);
        // Nodes that have only begun look at one cage each to learn how well it closes.
        network.event("entered", PATIENCE).expect("the challenges are open");
        let killer = scope.spawn(|| kill_at_work(folder.path(), &stop));
        let done = network.event("done", PATIENCE);
        stop.store(true, Ordering::SeqCst);
        (done, killer.join().expect("the killer does not panic"))
    });
    let done = done.expect("it ends in time");
    let logs = (1..=4).map(|node| folder.path().join(format!("nodes/{node}/node.log")));
    let logs: Vec<String> = logs.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let retried: usize = logs.iter().map(|log| log.matches("evaluation failed by our fault").count()).sum();
    assert!(
        (1..=killed).contains(&retried),
        "{killed} were killed, and {retried} evaluations were made again"
    );
    assert!(logs.iter().all(|log| !log.contains("abstains=true")), "nobody abstains");
    for (challenge, agents) in [("compress", 7), ("route", 6), ("duel", 4)] {
        let rows = done["boards"][challenge].as_array().unwrap();
        assert_eq!(rows.len(), agents, "{challenge}");
        let decided = |row: &serde_json::Value| row["score"].is_string() && row["status"] != "undecided";
        assert!(rows.iter().all(decided), "{challenge}: every agent has its score: {rows:?}");
    }
    assert_eq!(done["weights_total"], 1_000_000_000);
}
