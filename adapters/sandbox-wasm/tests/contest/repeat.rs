//! The same input gives the same outcome and the same fuel, however often and however many at once.

use crate::stage::{SEED, agent, outcome, run_of, sandbox};
use agon_port::sandbox::Sandbox;
use agon_sandbox_wasm::WasmSandbox;
use tokio::task::JoinSet;

const NAMES: [&str; 6] =
    ["compress-rle", "compress-lz", "route-greedy", "route-two-opt", "route-hoarder", "compress-liar"];

#[tokio::test]
async fn outcome_and_fuel_repeat_on_used_and_on_new_sandboxes() {
    let used = sandbox();
    for name in NAMES {
        let first = outcome(&used, name).await;
        assert_eq!(outcome(&used, name).await, first, "{name}");
        assert_eq!(outcome(&sandbox(), name).await, first, "{name}");
    }
}

#[tokio::test]
async fn outcome_and_fuel_repeat_when_runs_compete() {
    let alone = sandbox();
    let together = WasmSandbox::new(4).unwrap();
    let mut runs = JoinSet::new();
    for name in NAMES.into_iter().chain(NAMES) {
        let together = together.clone();
        runs.spawn(async move { (name, outcome(&together, name).await) });
    }
    while let Some(ended) = runs.join_next().await {
        let (name, ended) = ended.unwrap();
        assert_eq!(ended, outcome(&alone, name).await, "{name}");
    }
}

#[tokio::test]
async fn another_seed_is_another_task() {
    let sandbox = sandbox();
    for (challenge, name) in [("compress", "compress-rle"), ("route", "route-greedy")] {
        let ours = sandbox.run(run_of(challenge, agent(name), SEED)).await.unwrap().unwrap();
        let other = sandbox.run(run_of(challenge, agent(name), [8; 32])).await.unwrap().unwrap();
        assert_ne!(ours.metrics, other.metrics, "{name}");
    }
}

/// Linux states the highest memory use of this process so far.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn hoarders_do_not_grow_the_host() {
    let peak_kib = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    let sandbox = sandbox();
    outcome(&sandbox, "compress-hoarder").await.unwrap_err();
    let once = peak_kib();
    for _ in 0..10 {
        outcome(&sandbox, "compress-hoarder").await.unwrap_err();
        outcome(&sandbox, "route-hoarder").await.unwrap_err();
    }
    assert!(peak_kib() < once + 512 * 1024, "from {once} to {} KiB", peak_kib());
}
