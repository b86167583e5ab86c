//! A host for tests: the same challenge code runs natively, phase by phase, against agents of the test's own choice.
//!
//! It grants what `wit/agon.wit` grants in each phase, and refuses the rest; it counts no fuel and bounds no memory,
//! which the cage does. `agon challenge test` runs both.

mod chance;
mod golden;
pub(crate) mod host;
mod manifest;

pub use golden::{Expected, Golden, golden};

use crate::inbox::Post;
use crate::submissions::Entry;
use crate::{Agent, Challenge, Fault, Outcome, Points, Refusal, Request, Response, Row, Task, Weighing, web};
use host::{Answers, Grant, Seat, World};
use std::collections::BTreeMap;

/// Metrics that an outcome may have, and the bytes of their names.
const METRICS_TAKEN: usize = 16;
const NAME_BYTES_TAKEN: usize = 32;

/// A table with agents, and all that a challenge may find around it.
#[derive(Debug)]
pub struct Stage {
    benchmark: String,
    config: BTreeMap<String, String>,
    seed: [u8; 32],
    epoch: u64,
    routes: Vec<String>,
    world: World,
}

impl Default for Stage {
    fn default() -> Self {
        Self::new()
    }
}

impl Stage {
    /// No agents, no configuration, a fixed seed.
    pub fn new() -> Self {
        Self {
            benchmark: "benchmark".to_owned(),
            config: BTreeMap::new(),
            seed: [7; 32],
            epoch: 1,
            routes: Vec::new(),
            world: World::default(),
        }
    }

    /// With the configuration of a benchmark, the routes, and the bound of the state, as `manifest.toml` has them.
    ///
    /// # Panics
    /// If the text has no such benchmark.
    pub fn of_manifest(text: &str, benchmark: &str) -> Self {
        let mut stage = Self::new();
        (stage.config, stage.routes) = manifest::read(text, benchmark);
        stage.world.state_bytes_max = manifest::state_bytes_max(text);
        stage.benchmark = benchmark.to_owned();
        stage
    }

    /// One value of the configuration.
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.config.insert(key.to_owned(), value.to_owned());
        self
    }

    pub fn seed(mut self, seed: [u8; 32]) -> Self {
        self.seed = seed;
        self
    }

    pub fn epoch(mut self, epoch: u64) -> Self {
        self.epoch = epoch;
        self
    }

    /// What the keys and values of the state may take together.
    pub fn state_bytes_max(mut self, bytes: u64) -> Self {
        self.world.state_bytes_max = Some(bytes);
        self
    }

    /// The next seat gets an agent. The first one is judged.
    pub fn seat<A: Agent>(mut self) -> Self {
        self.world.seats.push(Seat(Box::new(|| {
            let mut agent = A::default();
            Box::new(move |method, input| agent.call(method, input))
        })));
        self
    }

    /// The next seat gets an agent that keeps nothing between calls.
    pub fn seat_fn(mut self, agent: fn(&str, &[u8]) -> Result<Vec<u8>, String>) -> Self {
        self.world.seats.push(Seat(Box::new(move || Box::new(agent))));
        self
    }

    /// A message in the inbox.
    pub fn post(mut self, hotkey: &str, message: &[u8]) -> Self {
        let sequence = self.world.posts.len() as u64 + 1;
        self.world.posts.push(Post { hotkey: hotkey.to_owned(), sequence, message: message.to_vec() });
        self
    }

    /// A submission that routes see.
    pub fn submission(mut self, entry: Entry) -> Self {
        self.world.submissions.push(entry);
        self
    }

    /// Who answers on the network.
    pub fn web(
        mut self,
        answers: impl Fn(&web::Request) -> Result<web::Response, Refusal> + 'static,
    ) -> Self {
        self.world.web = Answers(Box::new(answers));
        self
    }

    /// A file in the vault. Its digest is known by [`Stage::digest`].
    pub fn artifact(mut self, bytes: &[u8]) -> Self {
        self.world.vault.insert(Self::digest(bytes), bytes.to_vec());
        self
    }

    /// The name of bytes in the vault.
    pub fn digest(bytes: &[u8]) -> String {
        host::digest(bytes)
    }

    pub fn observe<C: Challenge>(&mut self) -> Result<Vec<u8>, String> {
        let task = self.task(0);
        self.run(Grant::OBSERVE, || C::observe(&task))
    }

    /// Observes and scores.
    ///
    /// # Panics
    /// If `observe` fails, or the outcome is more than a report can hold.
    pub fn score<C: Challenge>(&mut self) -> Result<Outcome, Fault> {
        let observed = self.observe::<C>().expect("the challenge observes");
        let task = self.task(self.world.seats.len() as u32);
        let outcome = self.run(Grant::SCORE, || C::score(&task, &observed))?;
        let named = outcome.metrics.iter().all(|metric| metric.name.len() <= NAME_BYTES_TAKEN);
        assert!(outcome.metrics.len() <= METRICS_TAKEN, "an outcome has at most {METRICS_TAKEN} metrics");
        assert!(named, "the name of a metric has at most {NAME_BYTES_TAKEN} bytes");
        Ok(outcome)
    }

    /// Weighs an epoch with these rows, the best first. What was written counts if the rule gives points.
    pub fn weigh<C: Challenge>(&mut self, rows: Vec<Row>) -> Result<Vec<Points>, String> {
        let before = self.world.state.clone();
        let weighing = Weighing { epoch: self.epoch, seed: self.seed, rows };
        let weighed = self.run(Grant::WEIGH, || C::weigh(&weighing));
        if weighed.is_err() {
            self.world.state = before;
        }
        self.world.posts.clear();
        self.epoch += 1;
        weighed
    }

    /// Asks a path, such as `/top?count=3`, of the routes of the manifest.
    pub fn serve<C: Challenge>(&mut self, path: &str) -> Response {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let Some((route, parameters)) = manifest::route(&self.routes, path) else {
            return Response::not_found(&format!("the manifest has no route for {path}"));
        };
        let pair = |pair: &str| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (key.to_owned(), value.to_owned())
        };
        let query = query.split('&').filter(|pair| !pair.is_empty()).map(pair).collect();
        let request = Request { route, path: path.to_owned(), parameters, query };
        self.run(Grant::SERVE, || C::serve(&request))
    }

    /// What the challenge wrote for its author.
    pub fn log(&self) -> &[String] {
        &self.world.log
    }

    /// What runs left in the vault, in order.
    pub fn kept(&self) -> &[Vec<u8>] {
        &self.world.kept
    }

    /// A value of the state.
    pub fn state(&self, key: &str) -> Option<&[u8]> {
        self.world.state.get(key).map(Vec::as_slice)
    }

    fn task(&self, seats: u32) -> Task {
        Task {
            benchmark: self.benchmark.clone(),
            config: self.config.clone().into_iter().collect(),
            seed: self.seed,
            epoch: self.epoch,
            seats,
        }
    }

    fn run<T>(&mut self, grant: Grant, phase: impl FnOnce() -> T) -> T {
        self.world.begin(grant, self.seed);
        host::with(&mut self.world, phase)
    }
}
