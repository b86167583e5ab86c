//! The malicious corpus: guests that mean harm, each with what it is told in the end and how soon. After each the same
//! sandbox still does good work, beside each it goes on, and the memory of its process stays bounded.

#![cfg(test)]

#[path = "../guests/burners.rs"]
mod burners;
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

mod attacks;
mod good;
mod price;
mod verdict;

use agon_sandbox_wasm::Allowance;
use attacks::Ends;
use good::Work;
use std::time::Instant;
use tempfile::TempDir;

/// By how much the memory of the process that keeps the cages may have grown after all of them. It remembers digests
/// of 128 MiB of bytes and holds up to 256 MiB of compiled code, both by its own limits.
const GROWTH_BYTES_MAX: u64 = 448 << 20;

/// Of a compilation that never ends. A node allows a minute, and all others have that here; with less, these show the
/// same sooner.
const COMPILE_PROCESSOR_S: u64 = 1;

/// What this process has in memory.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attack_ends_as_stated_and_good_work_goes_on() {
    let folder = TempDir::new().unwrap();
    let sandbox = stage::sandbox(&folder.path().join("patient"), 2, Allowance::default()).await;
    let allowance = Allowance { processor_s: COMPILE_PROCESSOR_S, ..Allowance::default() };
    let hurried = stage::sandbox(&folder.path().join("hurried"), 1, allowance).await;
    let good = good::Good::new(&sandbox).await;
    let alone = good.times(40).await;
    let work = Work::start(good.clone());
    let before = resident_bytes();
    let attacks = attacks::all();
    assert!(attacks.len() >= 300, "{} attacks", attacks.len());
    let only = std::env::var("AGON_ATTACK").unwrap_or_default();
    let mut wrong = Vec::new();
    for attack in attacks.iter().filter(|attack| attack.name.contains(&only)) {
        let begun = Instant::now();
        let act = (attack.make)();
        let made = begun.elapsed();
        let asked = if matches!(attack.ends, Ends::TooCostly) { &hurried } else { &sandbox };
        let ended = verdict::of(act, asked).await;
        let took = begun.elapsed() - made;
        println!("{:>6} ms  {}: {}", took.as_millis(), attack.name, ended.words());
        if !ended.is(attack.ends) {
            wrong.push(format!("{}: expected {:?}, found {}", attack.name, attack.ends, ended.words()));
        }
        if took.as_millis() > u128::from(attack.bound_ms) {
            wrong.push(format!("{}: took {took:?} of {} ms", attack.name, attack.bound_ms));
        }
        if let Err(words) = good.once().await {
            wrong.push(format!("after {}: {words}", attack.name));
        }
    }
    let beside = work.end().await;
    let grown = resident_bytes().saturating_sub(before);
    println!("good work alone: {alone}; beside attacks: {beside}; memory grew by {} KiB", grown / 1024);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(grown <= GROWTH_BYTES_MAX, "memory grew by {grown} bytes");
}
