//! Finds the committed components, and runs them as a cage would.

use crate::script::Script;
use agon_port::sandbox::{Answer, Done, Phase, Question, Request, Role, Row, Task, Unloadable, Weighing};
use agon_sandbox_wasm::Inside;
use agon_sandbox_wasm::compile::compile;
use agon_sandbox_wasm::room::{Finished, Gone, Order, Place, Room, Trouble};
use agon_types::manifest::{Benchmark, Capabilities, Limits};
use agon_types::report::{Measured, Weighed};
use agon_types::{Digest, Epoch, Failure, FailureReason, Hotkey, Score, SubmissionId, codec};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

pub const SEED: [u8; 32] = [7; 32];

/// A component written by hand, whose text stands beside it.
pub fn written(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/contest/written/{name}.wasm"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Compiled once for all tests.
pub fn compiled(role: Role, bytes: &[u8]) -> Result<Vec<u8>, Unloadable> {
    static KNOWN: Mutex<BTreeMap<(u8, Digest), Vec<u8>>> = Mutex::new(BTreeMap::new());
    let key = (role as u8, Digest::of(bytes));
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(code) = known.get(&key) {
        return Ok(code.clone());
    }
    let code = compile(role, bytes)?.code;
    known.insert(key, code.clone());
    Ok(code)
}

fn file(code: &[u8]) -> std::fs::File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(code).unwrap();
    file
}

/// A room with a challenge and agents.
pub fn room(challenge: &[u8], agents: &[Vec<u8>]) -> Inside {
    let mut inside = Inside::new().unwrap();
    let code = compiled(Role::Challenge, challenge).unwrap();
    inside.load(Place::Code(Role::Challenge), Some(file(&code))).unwrap();
    for agent in agents {
        match compiled(Role::Agent, agent) {
            Ok(code) => inside.load(Place::Code(Role::Agent), Some(file(&code))).unwrap(),
            Err(_) => inside.load(Place::Vacant, None).unwrap(),
        }
    }
    inside
}

pub fn limits() -> Limits {
    Limits {
        challenge_fuel: 1_000_000_000,
        challenge_memory_bytes: 64 << 20,
        agent_fuel: 1_000_000_000,
        agent_memory_bytes: 64 << 20,
        agent_output_bytes: 1 << 20,
        agent_calls: 100,
        agent_instances: 100,
        wall_time_ms: 10_000,
    }
}

pub fn task(script: &str) -> Task {
    let config = BTreeMap::from([("script".to_owned(), script.to_owned())]);
    let benchmark = Benchmark { name: "first".to_owned(), config, score_min: Score::ZERO };
    Task { benchmark, seed: SEED, epoch: Epoch(3) }
}

/// A recording in which nothing was asked.
pub fn recording(observed: Vec<u8>) -> Vec<u8> {
    codec::encode(&agon_port::sandbox::Recording { exchanges: Vec::new(), observed })
}

/// The id of a submission of the tests.
pub fn submission(number: u8) -> SubmissionId {
    SubmissionId(Digest([number; 32]))
}

pub fn weighing(script: &str, submissions: &[u8]) -> Weighing {
    let row = |number: &u8| Row {
        submission: submission(*number),
        hotkey: Hotkey([*number; 32]),
        label: script.to_owned(),
        score: 5,
        eligible: true,
        measured: Vec::new(),
    };
    let rows = submissions.iter().map(row).collect();
    Weighing { epoch: Epoch(3), seed: SEED, rows, state_bytes: 0 }
}

pub fn request(script: &str) -> Request {
    let (route, path) = ("/do".to_owned(), script.to_owned());
    Request { route, path, parameters: Vec::new(), query: Vec::new() }
}

/// One run of `written/does.wat`, and whatever of it differs from test to test.
pub struct Stage<'n> {
    pub agents: Vec<Vec<u8>>,
    pub grants: Capabilities,
    pub limits: Limits,
    pub node: Box<dyn FnMut(Question) -> Answer + 'n>,
}

impl Default for Stage<'_> {
    /// Nothing is granted, and the node knows nothing.
    fn default() -> Self {
        let node = Box::new(|question| Answer::Broken(format!("nobody expects {question:?}")));
        Self { agents: vec![written("obeys")], grants: Capabilities::default(), limits: limits(), node }
    }
}

impl<'n> Stage<'n> {
    pub fn granted(grants: Capabilities, node: impl FnMut(Question) -> Answer + 'n) -> Self {
        Self { grants, node: Box::new(node), ..Self::default() }
    }

    pub fn run(&mut self, phase: Phase) -> Finished {
        let mut room = room(&written("does"), &self.agents);
        let order = Order { grants: self.grants.clone(), limits: self.limits.clone(), phase };
        room.run(order, &mut |question| Ok::<_, Gone>((self.node)(question)))
    }

    pub fn score(&mut self, script: Script) -> Finished {
        self.run(Phase::Score { task: task(""), recording: recording(script.bytes()) })
    }

    pub fn observe(&mut self, script: Script) -> Finished {
        self.run(Phase::Observe(task(&script.text())))
    }

    pub fn weigh(&mut self, script: Script, submissions: &[u8]) -> Finished {
        self.run(Phase::Weigh(weighing(&script.text(), submissions)))
    }

    pub fn serve(&mut self, script: Script) -> Finished {
        self.run(Phase::Serve(request(&script.text())))
    }
}

pub fn script() -> Script {
    Script::default()
}

/// What the challenge said of each instruction.
pub fn said(finished: &Finished) -> Vec<&str> {
    let ours = finished.log.iter().filter(|spoken| spoken.role == Role::Challenge);
    ours.map(|spoken| spoken.line.as_str()).collect()
}

pub fn measured(finished: Finished) -> Measured {
    match finished.result {
        Ok(Ok(Done::Scored(measured))) => measured,
        other => panic!("not scored: {other:?}"),
    }
}

pub fn weighed(finished: Finished) -> Weighed {
    match finished.result {
        Ok(Ok(Done::Weighed(weighed))) => weighed,
        other => panic!("not weighed: {other:?}"),
    }
}

pub fn failure(finished: Finished) -> Failure {
    match finished.result {
        Ok(Err(failure)) => failure,
        other => panic!("no failure: {other:?}"),
    }
}

pub fn misuse(finished: Finished) -> String {
    match finished.result {
        Err(Trouble::Misuse(words)) => words,
        other => panic!("no misuse: {other:?}"),
    }
}

/// What the agent `obeys` does.
#[derive(Debug, Clone, Copy)]
pub enum Deed {
    /// With this many bytes from this place in its memory of two pages.
    Answers {
        at: u32,
        bytes: u32,
    },
    GivesUp,
    Loops,
    /// By 1000 pages, and then traps.
    Grows,
    Recurses,
}

impl Deed {
    pub fn input(self) -> Vec<u8> {
        let numbers = match self {
            Self::Answers { at, bytes } => [0, 0, at, bytes],
            Self::GivesUp => [0, 1, 512, 9],
            Self::Loops => [1, 0, 0, 0],
            Self::Grows => [2, 0, 0, 0],
            Self::Recurses => [3, 0, 0, 0],
        };
        numbers.iter().flat_map(|number: &u32| number.to_le_bytes()).collect()
    }
}

/// Asks an agent written by hand to do something once; its failure is handed on.
pub fn ask(agent: &str, deed: Deed, change: impl FnOnce(&mut Limits)) -> Finished {
    let mut stage = Stage { agents: vec![written(agent)], ..Stage::default() };
    change(&mut stage.limits);
    stage.score(script().new_agent(0, 0).call(0, &deed.input()))
}

/// The reason for which the obedient agent fails.
pub fn reason(deed: Deed, change: impl FnOnce(&mut Limits)) -> FailureReason {
    failure(ask("obeys", deed, change)).reason
}
