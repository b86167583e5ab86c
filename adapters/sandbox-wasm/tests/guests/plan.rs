//! One run of guests: what is run, under which limits, and what the node knows.

use crate::outside::{Desk, Facts, artifact, submission};
use crate::text::Guest;
use agon_port::sandbox::{Ended, Phase, Request, Row, Run, Sandbox, Task, Weighing};
use agon_types::manifest::{Benchmark, Capabilities, Limits};
use agon_types::report::{Measured, Metric};
use agon_types::{Digest, Epoch, Hotkey, Score};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everything that one run needs.
#[derive(Clone)]
pub struct Plan {
    pub challenge: Arc<[u8]>,
    pub agents: Vec<Arc<[u8]>>,
    pub grants: Capabilities,
    pub limits: Limits,
    pub phase: Phase,
    pub facts: Facts,
}

/// Enough for every guest that means well.
pub fn limits() -> Limits {
    Limits {
        challenge_fuel: 1_000_000_000,
        challenge_memory_bytes: 32 << 20,
        agent_fuel: 100_000_000,
        agent_memory_bytes: 4 << 20,
        agent_output_bytes: 100_000,
        agent_calls: 64,
        agent_instances: 64,
        wall_time_ms: 120_000,
    }
}

/// Grants of all that the tables of the node have.
pub fn grants() -> Capabilities {
    let artifacts = [Digest::of(&artifact())].into();
    let hosts = vec!["api.example.org".to_owned(), "*.example.net".to_owned()];
    Capabilities { artifacts, hosts, ..Capabilities::all() }
}

fn task(seed: [u8; 32], config: &[(&str, &str)]) -> Task {
    let config = config.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let benchmark = Benchmark { name: "small".to_owned(), config, score_min: Score::ZERO };
    Task { benchmark, seed, epoch: Epoch(3) }
}

fn weighing() -> Weighing {
    let row = |i: u8| Row {
        submission: submission(i),
        hotkey: Hotkey([i; 32]),
        label: format!("agent {i}"),
        score: 1_000_000_000 - u32::from(i),
        eligible: i.is_multiple_of(2),
        measured: vec![Measured {
            benchmark: "small".to_owned(),
            score: Score::ZERO,
            fuel: 7,
            metrics: vec![Metric { name: "steps".to_owned(), value: -i64::from(i) }],
            recording: None,
            kept: Vec::new(),
        }],
    };
    Weighing { epoch: Epoch(3), seed: [9; 32], rows: (0..4).map(row).collect(), state_bytes: 0 }
}

fn request() -> Request {
    let pair = |a: &str, b: &str| vec![(a.to_owned(), b.to_owned())];
    Request {
        route: "/top/{count}".to_owned(),
        path: "/top/3".to_owned(),
        parameters: pair("count", "3"),
        query: pair("from", "ä"),
    }
}

impl Plan {
    fn new(challenge: &Guest, phase: Phase) -> Self {
        let (grants, limits, facts) = (grants(), limits(), Facts::default());
        Self { challenge: challenge.bytes(), agents: Vec::new(), grants, limits, phase, facts }
    }

    /// A run of the phase of this name.
    pub fn of(phase: &str, challenge: &Guest) -> Self {
        match phase {
            "describe" => Self::new(challenge, Phase::Describe),
            "observe" => Self::new(challenge, Phase::Observe(task([7; 32], &[]))),
            "score" => Self::score(challenge),
            "weigh" => Self::new(challenge, Phase::Weigh(weighing())),
            "serve" => Self::new(challenge, Phase::Serve(request())),
            _ => unreachable!("no phase is called {phase}"),
        }
    }

    pub fn score(challenge: &Guest) -> Self {
        Self::new(challenge, Phase::Score { task: task([7; 32], &[]), recording: Vec::new() })
    }

    /// The next seat.
    pub fn agent(self, agent: &Guest) -> Self {
        self.agent_bytes(agent.bytes())
    }

    pub fn agent_bytes(mut self, agent: Arc<[u8]>) -> Self {
        self.agents.push(agent);
        self
    }

    pub fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.limits);
        self
    }

    pub fn grants(mut self, change: impl FnOnce(&mut Capabilities)) -> Self {
        change(&mut self.grants);
        self
    }

    pub fn facts(mut self, change: impl FnOnce(&mut Facts)) -> Self {
        change(&mut self.facts);
        self
    }

    pub fn task(mut self, change: impl FnOnce(&mut Task)) -> Self {
        match &mut self.phase {
            Phase::Observe(task) | Phase::Score { task, .. } => change(task),
            Phase::Describe | Phase::Weigh(_) | Phase::Serve(_) => unreachable!("this phase has no task"),
        }
        self
    }

    /// Values of the configuration, in their order.
    pub fn config(self, values: &[&str]) -> Self {
        let named = values.iter().enumerate().map(|(i, value)| (format!("{i:02}"), (*value).to_owned()));
        let config: BTreeMap<String, String> = named.collect();
        self.task(|task| task.benchmark.config = config)
    }

    /// Runs it; beside the end, what guests left with the node.
    pub async fn run(&self, sandbox: &dyn Sandbox) -> (Ended, Vec<Vec<u8>>) {
        let desk = Arc::new(Desk::new(self.facts.clone()));
        let run = Run {
            challenge: self.challenge.clone(),
            agents: self.agents.clone(),
            grants: self.grants.clone(),
            limits: self.limits.clone(),
            phase: self.phase.clone(),
            outside: desk.clone(),
        };
        let ended = sandbox.run(run).await;
        (ended, desk.kept())
    }
}
