//! The outside of a test network: a chain, a sandbox and a clock that do as the test says.

use agon_port::chain::{Commitment, Error as ChainError, Head, Plan, Row, Snapshot};
use agon_port::sandbox::{
    Done, Ended, Error, Phase, Properties, Request, Response, Role, Run, Sandbox, Unloadable,
};
use agon_port::{Chain, Clock};
use agon_types::anchor::Neuron;
use agon_types::manifest::Capabilities;
use agon_types::report::{Measured, Metric, Weighed};
use agon_types::{ChainBlock, Digest, Failure, FailureReason, Hotkey, HotkeyPair, Score, TimeMs};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

/// A chain whose blocks come when the test says so.
pub struct TestChain {
    pub head: AtomicU64,
    pub neurons: BTreeMap<Hotkey, Neuron>,
    pub commitments: Mutex<Vec<Commitment>>,
    pub rows: Mutex<BTreeMap<Hotkey, Row>>,
}

impl TestChain {
    fn head_at(number: u64) -> Head {
        let hash = Digest::of(&number.to_le_bytes());
        Head { number: ChainBlock(number), hash, time_ms: TimeMs(number * 1000) }
    }

    pub fn advance_to(&self, number: u64) {
        self.head.fetch_max(number, Ordering::SeqCst);
    }

    pub fn commit_now(&self, hotkey: Hotkey, commitment: Digest) {
        let block = ChainBlock(self.head.fetch_add(1, Ordering::SeqCst) + 1);
        self.commitments.lock().unwrap().push(Commitment { hotkey, commitment, block });
    }
}

#[async_trait]
impl Chain for TestChain {
    async fn finalised(&self) -> Result<Head, ChainError> {
        Ok(Self::head_at(self.head.load(Ordering::SeqCst)))
    }

    async fn snapshot(&self, at: ChainBlock) -> Result<Snapshot, ChainError> {
        let neurons = self.neurons.iter().map(|(hotkey, neuron)| (*hotkey, *neuron)).collect();
        Ok(Snapshot { head: Self::head_at(at.0), neurons })
    }

    async fn commitments(&self, after: ChainBlock, up_to: ChainBlock) -> Result<Vec<Commitment>, ChainError> {
        let all = self.commitments.lock().unwrap();
        Ok(all.iter().filter(|known| known.block > after && known.block <= up_to).copied().collect())
    }

    async fn commit(&self, signer: &HotkeyPair, commitment: Digest) -> Result<ChainBlock, ChainError> {
        self.commit_now(signer.hotkey(), commitment);
        Ok(ChainBlock(self.head.load(Ordering::SeqCst)))
    }

    async fn set_weights(&self, signer: &HotkeyPair, plan: Plan) -> Result<ChainBlock, ChainError> {
        let block = ChainBlock(self.head.load(Ordering::SeqCst));
        self.rows.lock().unwrap().insert(signer.hotkey(), Row { vector: plan.vector, block });
        Ok(block)
    }

    async fn weights(&self, of: Hotkey) -> Result<Option<Row>, ChainError> {
        Ok(self.rows.lock().unwrap().get(&of).cloned())
    }
}

/// Runs that a sandbox of the tests works on at once.
pub const LANES: usize = 2;

/// Takes bytes that begin like WebAssembly; an agent scores by the byte after that. `!` panics, `?` fails by our fault,
/// and `~` waits for the gate, as the word `slow` of a route does.
pub struct TestSandbox {
    cages: Semaphore,
    /// Closed once it is open: then nobody waits any more.
    gate: Semaphore,
    /// Every agent that was judged, as often as it was.
    judged: Mutex<Vec<Arc<[u8]>>>,
    busy: AtomicUsize,
    most: AtomicUsize,
}

impl TestSandbox {
    pub fn new() -> Arc<Self> {
        let (cages, gate) = (Semaphore::new(LANES), Semaphore::new(0));
        let (judged, busy, most) = (Mutex::default(), AtomicUsize::new(0), AtomicUsize::new(0));
        Arc::new(Self { cages, gate, judged, busy, most })
    }

    pub fn open_gate(&self) {
        self.gate.close();
    }

    /// How often an agent was judged.
    pub fn times_judged(&self, agent: &[u8]) -> usize {
        self.judged.lock().unwrap().iter().filter(|judged| ***judged == *agent).count()
    }

    /// How many agents were judged at once, at most.
    pub fn most_at_once(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }

    async fn judge(&self, agent: &Arc<[u8]>, benchmark: String) -> Result<Result<Done, Failure>, Error> {
        self.judged.lock().unwrap().push(agent.clone());
        self.most.fetch_max(self.busy.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        if agent[4] == b'~' {
            let _ = self.gate.acquire().await;
        }
        self.busy.fetch_sub(1, Ordering::SeqCst);
        match agent[4] {
            b'?' => Err(Error::Executor("the test wants it so".to_owned())),
            mark => Ok(score(mark, benchmark)),
        }
    }

    async fn answer(&self, request: Request) -> Done {
        let (_, word) = request.parameters[0].clone();
        if word == "slow" {
            let _ = self.gate.acquire().await;
        }
        let content_type = if word == "page" { "text/html" } else { "application/json" };
        let body = format!("{word:?}").into_bytes();
        Done::Served(Response { status: 200, content_type: content_type.to_owned(), body })
    }
}

/// Three keys, where a state is granted.
fn weighed(grants: &Capabilities) -> Done {
    let writes = match grants.state_bytes_max {
        0 => Vec::new(),
        _ => ["a", "b", "c"].map(|key| (key.to_owned(), Some(vec![0xff]))).into(),
    };
    Done::Weighed(Weighed { points: Vec::new(), writes, fuel: 1 })
}

#[async_trait]
impl Sandbox for TestSandbox {
    fn properties(&self) -> Properties {
        let profile = "test-1".parse().unwrap();
        Properties { deterministic: true, metered: true, kernel_isolated: false, attested: false, profile }
    }

    fn lanes(&self) -> usize {
        LANES
    }

    async fn inspect(&self, _: Role, bytes: Arc<[u8]>, _: &Capabilities) -> Result<(), Unloadable> {
        match &*bytes {
            [0, b'a', b's', b'm', b'F', ..] => Err(Unloadable::ForbiddenImport("wasi:sockets".to_owned())),
            [0, b'a', b's', b'm', ..] => Ok(()),
            _ => Err(Unloadable::NotAComponent),
        }
    }

    async fn run(&self, run: Run) -> Ended {
        let _cage = self.cages.acquire().await.unwrap();
        let result = match run.phase {
            Phase::Score { task, .. } => self.judge(&run.agents[0], task.benchmark.name).await,
            Phase::Serve(request) => Ok(Ok(self.answer(request).await)),
            _ => Ok(Ok(weighed(&run.grants))),
        };
        Ended::at_once(result)
    }
}

fn score(mark: u8, benchmark: String) -> Result<Done, Failure> {
    if mark == b'!' {
        let detail = "panicked at <script>alert(1)</script>".to_owned();
        return Err(Failure { reason: FailureReason::Trapped, detail });
    }
    let score = Score::new(u32::from(mark) * 1_000_000).unwrap();
    let metrics = vec![Metric { name: "length".to_owned(), value: -7 }];
    let (recording, kept) = (None, Vec::new());
    Ok(Done::Scored(Measured { benchmark, score, fuel: 1_234_567, metrics, recording, kept }))
}

/// A clock that stands until the test moves it.
pub struct TestClock(pub AtomicU64);

impl Clock for TestClock {
    fn now(&self) -> TimeMs {
        TimeMs(self.0.load(Ordering::SeqCst))
    }
}
