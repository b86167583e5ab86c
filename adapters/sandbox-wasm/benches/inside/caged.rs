//! The same in a real cage: another process, closed, that is asked through its socket.

use super::super::{CALLS, Times, order, score, show, written};
use agon_port::sandbox::{Answer, Outside, Phase, Question, Run, Sandbox as _};
use agon_sandbox_wasm::{Config, WasmSandbox};
use async_trait::async_trait;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
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

/// Gives the cost of a fresh agent in a closed cage.
pub fn measure(budget: Duration) -> Times {
    let runtime = Runtime::new().expect("threads can be started");
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let config = Config::of(Path::new("/proc/self/exe"), 2, folder.path().to_owned());
    let sandbox = runtime.block_on(WasmSandbox::start(config.expect("the engine starts")));
    let sandbox = sandbox.expect("cages can be kept");
    let levels = sandbox.level().rows().into_iter().map(|row| format!("{} {}", row.part, row.reached));
    println!("closed by: {}", levels.collect::<Vec<_>>().join(", "));
    let (challenge, agent): (Arc<[u8]>, Arc<[u8]>) = (written("calls_often").into(), written("obeys").into());
    let run = |order: agon_sandbox_wasm::Order, agents: Vec<Arc<[u8]>>| {
        let challenge = challenge.clone();
        let (grants, limits, phase) = (order.grants, order.limits, order.phase);
        let run = Run { challenge, agents, grants, limits, phase, outside: Arc::new(Silent) };
        let done = runtime.block_on(sandbox.run(run)).result;
        drop(done.expect("the cage stands").expect("the agent has no fault"));
    };
    let trips = Times::of(budget, 1, || run(order(Phase::Describe), Vec::new()));
    show("validator to the cage, describe, and back", &trips);
    let few = Times::of(budget, 1, || run(score(CALLS), vec![agent.clone()]));
    let many = Times::of(budget, 1, || run(score(CALLS + MORE), vec![agent.clone()]));
    Times(many.0.iter().map(|long| ((long - few.p50()) / f64::from(MORE)).max(0.0)).collect())
}
