//! What an agent, a whole run and a load cost inside a cage, closed and not, beside the bare engine with the same settings and a naive
//! host: `cargo bench -p agon-sandbox-wasm --bench inside`. One line per figure; `--quick` measures for a moment only.

mod inside {
    pub mod bare;
    pub mod caged;
    pub mod interpreter;
    pub mod naive;
}

use agon_port::sandbox::{Done, Phase, Role, Task};
use agon_sandbox_wasm::Inside;
use agon_sandbox_wasm::compile::compile;
use agon_sandbox_wasm::room::{Finished, Gone, Order, Place, Room};
use agon_types::manifest::{Benchmark, Capabilities, Limits};
use agon_types::{Epoch, Score};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// Calls of fresh agents in one run: short enough that most runs keep their processor for themselves.
pub const CALLS: u32 = 100;

/// A load leaves mappings, of which a process has a limited number.
const TIMES_MAX: usize = 5_000;

fn main() {
    // The cages of this benchmark are processes of this program.
    agon_sandbox_wasm::enter();
    let seconds = if std::env::args().any(|argument| argument == "--quick") { 0.3 } else { 3.0 };
    let budget = Duration::from_secs_f64(seconds);
    let bare = inside::bare::measure(&written("obeys"), budget);
    show("bare engine: store + instantiate + typed call + drop", &bare);
    let ours = agents(budget);
    show("ours: fresh agent + call + drop, from a challenge", &ours);
    println!("{:<58} {:.2} x", "  ours against bare", ours.p50() / bare.p50());
    let caged = inside::caged::measure(budget);
    show("in a closed cage: fresh agent + call + drop", &caged);
    println!("{:<58} {:.2} x", "  in a closed cage against bare", caged.p50() / bare.p50());
    let runs = runs(budget);
    show("ours: a whole run (challenge + describe + drop)", &runs);
    let naive = inside::naive::measure(&written("obeys"), 20);
    show("naive host: link + compile + instantiate + call", &naive);
    println!("{:<58} {:.0} x", "  ours against naive", naive.p50() / ours.p50());
    threads(budget);
    loads(budget);
}

/// Times of one thing, in microseconds.
pub struct Times(Vec<f64>);

impl Times {
    /// Repeats something that does `count` things at once, until the time is over.
    pub fn of(budget: Duration, count: u32, mut work: impl FnMut()) -> Self {
        for _ in 0..3 {
            work();
        }
        let (begin, mut times) = (Instant::now(), Vec::new());
        while (begin.elapsed() < budget && times.len() < TIMES_MAX) || times.len() < 5 {
            let at = Instant::now();
            work();
            times.push(at.elapsed().as_secs_f64() * 1e6 / f64::from(count));
        }
        times.sort_by(f64::total_cmp);
        Self(times)
    }

    fn p50(&self) -> f64 {
        self.0[self.0.len() / 2]
    }
}

fn show(what: &str, times: &Times) {
    let best = times.0[0];
    println!("{what:<58} p50 {:>9.2} us  best {best:>9.2} us  {:>9.0}/s", times.p50(), 1e6 / times.p50());
}

fn written(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contest/written");
    std::fs::read(folder.join(name).with_extension("wasm")).expect("the guests are committed")
}

fn file(role: Role, component: &[u8]) -> File {
    let code = compile(role, component).expect("the guests compile").code;
    let mut file = tempfile::tempfile().expect("there is a folder for temporary files");
    file.write_all(&code).expect("there is room for a guest");
    file
}

fn room() -> Inside {
    let mut room = Inside::new().expect("the engine starts");
    let challenge = file(Role::Challenge, &written("calls_often"));
    let agent = file(Role::Agent, &written("obeys"));
    room.load(Place::Code(Role::Challenge), Some(challenge)).expect("the challenge loads");
    room.load(Place::Code(Role::Agent), Some(agent)).expect("the agent loads");
    room
}

fn order(phase: Phase) -> Order {
    let limits = Limits {
        challenge_fuel: 100_000_000_000,
        challenge_memory_bytes: 64 << 20,
        agent_fuel: 1_000_000_000,
        agent_memory_bytes: 64 << 20,
        agent_output_bytes: 1 << 20,
        agent_calls: u32::MAX,
        agent_instances: u32::MAX,
        wall_time_ms: 60_000,
    };
    Order { grants: Capabilities::default(), limits, phase }
}

fn score(calls: u32) -> Order {
    let benchmark = Benchmark { name: "calls".to_owned(), config: BTreeMap::new(), score_min: Score::ZERO };
    let mut seed = [0; 32];
    seed[..4].copy_from_slice(&calls.to_le_bytes());
    let task = Task { benchmark, seed, epoch: Epoch(1) };
    order(Phase::Score { task, recording: Vec::new() })
}

fn run(room: &mut Inside, order: Order) -> Done {
    let Finished { result, .. } = room.run(order, &mut |_| Err(Gone));
    result.expect("the run has no trouble").expect("the agent has no fault")
}

fn agents(budget: Duration) -> Times {
    let mut room = room();
    Times::of(budget, CALLS, || drop(run(&mut room, score(CALLS))))
}

fn runs(budget: Duration) -> Times {
    let mut room = room();
    Times::of(budget, 1, || drop(run(&mut room, order(Phase::Describe))))
}

/// Each thread has an engine of its own, in one process.
fn threads(budget: Duration) {
    let begin = std::sync::Barrier::new(2);
    let one = agents(budget);
    let both: Vec<Times> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    begin.wait();
                    agents(budget)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
    });
    let sum: f64 = both.iter().map(|times| 1e6 / times.p50()).sum();
    println!("{:<58} {:>9.0}/s", "one thread", 1e6 / one.p50());
    println!("{:<58} {sum:>9.0}/s in sum, {:.2} x", "two threads", sum * one.p50() / 1e6);
}

fn loads(budget: Duration) {
    let rust =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../agents/route-two-opt/dist/route-two-opt.wasm");
    let rust = std::fs::read(rust).expect("the example agents are committed");
    let interpreter = inside::interpreter::component();
    let (rust_name, large_name) = ("load of a Rust guest", "load of a guest as large as an interpreter");
    load(rust_name, budget, &rust);
    load(large_name, budget, &interpreter);
    inside::caged::first_load(rust_name, &rust);
    inside::caged::first_load(large_name, &interpreter);
}

fn load(what: &str, budget: Duration, component: &[u8]) {
    let begin = Instant::now();
    let code = compile(Role::Agent, component).map(|compiled| compiled.code);
    let code = match code {
        Ok(code) => code,
        Err(error) => return println!("{what}: {error}"),
    };
    let took = begin.elapsed();
    let mut file = tempfile::tempfile().expect("there is a folder for temporary files");
    file.write_all(&code).expect("there is room for a guest");
    let mut room = Inside::new().expect("the engine starts");
    let times = Times::of(budget / 2, 1, || {
        let again = file.try_clone().expect("a descriptor is free");
        room.load(Place::Code(Role::Agent), Some(again)).expect("the guest loads");
    });
    println!(
        "{:<58} {} KiB -> {} KiB in {took:.1?}",
        format!("compile for {what}"),
        component.len() >> 10,
        code.len() >> 10
    );
    show(what, &times);
}
