//! Work that means well, done before, beside and after every attack.

use crate::plan::Plan;
use crate::text::{Guest, Interface};
use agon_port::sandbox::Ended;
use agon_sandbox_wasm::WasmSandbox;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// A challenge that calls its agent and scores it, with the outcome that it always has.
#[derive(Clone)]
pub struct Good {
    sandbox: WasmSandbox,
    plan: Arc<Plan>,
    expected: Arc<Ended>,
}

/// How long pieces of work took.
pub struct Times(Vec<Duration>);

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut times = self.0.clone();
        times.sort();
        let at = |share: usize| times[(times.len() - 1) * share / 100].as_micros() as f64 / 1000.0;
        write!(f, "{} runs, p50 {} ms, p99 {} ms, slowest {} ms", times.len(), at(50), at(99), at(100))
    }
}

impl Good {
    pub async fn new(sandbox: &WasmSandbox) -> Self {
        let body = "(call $call (call $open (i32.const 0)) (i32.const 0) (i32.const 0) (local.get $seed) (local.get $seed_bytes) (i32.const 64)) \
            (i32.store offset=4 (i32.const 128) (i32.add (i32.const 500) (i32.load (i32.load (i32.const 72))))) (i32.const 128)";
        let sums = "(local $n i32) (loop $l (i32.store (i32.const 200) (i32.add (i32.load (i32.const 200)) (i32.load8_u (local.get $input)))) \
            (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 10000)))) \
            (i32.store offset=4 (i32.const 128) (i32.const 200)) (i32.store offset=8 (i32.const 128) (i32.const 4)) (i32.const 128)";
        let challenge = Guest::challenge().import(Interface::Agents).does("score", body);
        let plan = Plan::score(&challenge).agent(&Guest::agent().does("call", sums));
        let (expected, _) = plan.run(sandbox).await;
        assert!(matches!(&expected.result, Ok(Ok(_))), "{expected:?}");
        Self { sandbox: sandbox.clone(), plan: Arc::new(plan), expected: Arc::new(expected) }
    }

    pub async fn once(&self) -> Result<Duration, String> {
        let begun = Instant::now();
        let (ended, _) = self.plan.run(&self.sandbox).await;
        match ended == *self.expected {
            true => Ok(begun.elapsed()),
            false => Err(format!("good work gave {ended:?}")),
        }
    }

    pub async fn times(&self, count: usize) -> Times {
        let mut times = Vec::with_capacity(count);
        for _ in 0..count {
            times.push(self.once().await.unwrap());
        }
        Times(times)
    }
}

/// Good work that is done again and again, beside everything else.
pub struct Work {
    enough: Arc<AtomicBool>,
    task: JoinHandle<Vec<Duration>>,
}

impl Work {
    pub fn start(good: Good) -> Self {
        let enough = Arc::new(AtomicBool::new(false));
        let told = enough.clone();
        let task = tokio::spawn(async move {
            let mut times = Vec::new();
            while !told.load(Ordering::SeqCst) {
                times.push(good.once().await.unwrap());
                // So that attacks have a core too.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            times
        });
        Self { enough, task }
    }

    pub async fn end(self) -> Times {
        self.enough.store(true, Ordering::SeqCst);
        Times(self.task.await.unwrap())
    }
}
