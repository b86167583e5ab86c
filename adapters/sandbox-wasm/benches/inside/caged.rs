//! The same in real cages: other processes, closed, that are asked through their sockets.

use super::super::{CALLS, Times, order, score, show, written};
use agon_port::sandbox::{Answer, Outside, Phase, Question, Role, Run, Sandbox as _};
use agon_sandbox_wasm::{Config, WasmSandbox};
use agon_types::manifest::Capabilities;
use async_trait::async_trait;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// Further calls in the longer of two runs; their difference has nothing of the way to the cage.
const MORE: u32 = 2_000;

struct Silent;

#[async_trait]
impl Outside for Silent {
    async fn answer(&self, _: Question) -> Answer {
        Answer::Denied("nothing is asked here".to_owned())
    }
}

/// Cages of this program, and guests for them.
struct Cages {
    runtime: Runtime,
    sandbox: WasmSandbox,
    challenge: Arc<[u8]>,
    agent: Arc<[u8]>,
}

impl Cages {
    fn start(cache: &Path) -> Self {
        let runtime = Runtime::new().expect("threads can be started");
        let config = Config::of(Path::new("/proc/self/exe"), 2, cache.to_owned());
        let sandbox = runtime.block_on(WasmSandbox::start(config.expect("the engine starts")));
        let sandbox = sandbox.expect("cages can be kept");
        Self { runtime, sandbox, challenge: written("calls_often").into(), agent: written("obeys").into() }
    }

    fn run(&self, order: agon_sandbox_wasm::Order, agents: Vec<Arc<[u8]>>) {
        let challenge = self.challenge.clone();
        let (grants, limits, phase) = (order.grants, order.limits, order.phase);
        let run = Run { challenge, agents, grants, limits, phase, outside: Arc::new(Silent) };
        let done = self.runtime.block_on(self.sandbox.run(run)).result;
        drop(done.expect("the cage stands").expect("the agent has no fault"));
    }

    /// The cost of one more fresh agent: of the difference of two runs nothing is of the way to the cage.
    fn agents(&self, budget: Duration) -> Times {
        let few = Times::of(budget, 1, || self.run(score(CALLS), vec![self.agent.clone()]));
        let many = Times::of(budget, 1, || self.run(score(CALLS + MORE), vec![self.agent.clone()]));
        Times(many.0.iter().map(|long| ((long - few.p50()) / f64::from(MORE)).max(0.0)).collect())
    }
}

/// Gives the cost of a fresh agent in a closed cage.
pub fn measure(budget: Duration) -> Times {
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let cages = Cages::start(folder.path());
    let levels = cages.sandbox.level().rows().into_iter().map(|row| format!("{} {}", row.part, row.reached));
    println!("closed by: {}", levels.collect::<Vec<_>>().join(", "));
    let trips = Times::of(budget, 1, || cages.run(order(Phase::Describe), Vec::new()));
    show("validator to the cage, describe, and back", &trips);
    let alone = cages.agents(budget);
    let both: Vec<Times> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(|| cages.agents(budget))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
    });
    let sum: f64 = both.iter().map(|times| 1e6 / times.p50()).sum();
    println!("{:<58} {sum:>9.0}/s in sum, {:.2} x", "two closed cages at once", sum * alone.p50() / 1e6);
    alone
}

/// The first load after a start: from the disk, with the check that the file is this machine's own.
pub fn first_load(what: &str, component: &[u8]) {
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let bytes: Arc<[u8]> = component.into();
    let load = || {
        let cages = Cages::start(folder.path());
        let (begin, nothing) = (Instant::now(), Capabilities::default());
        let found = cages.runtime.block_on(cages.sandbox.inspect(Role::Agent, bytes.clone(), &nothing));
        found.expect("the guest loads");
        begin.elapsed().as_secs_f64() * 1e6
    };
    let compiled = load();
    let mut times: Vec<f64> = (0..9).map(|_| load()).collect();
    times.sort_by(f64::total_cmp);
    show(&format!("first {what}, of the disk"), &Times(times));
    println!("{:<58} {compiled:>13.0} us", "  compiled in its child, and stored");
}
