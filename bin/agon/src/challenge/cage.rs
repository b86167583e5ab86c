//! The phases of a project in the real cage: its example agents, its weight rule and its routes.

use super::golden::{Golden, Run as Scored};
use super::project::{Guest, Project};
use crate::heard::Heard;
use crate::output::{Failure, Output};
use crate::sandbox;
use agon_port::sandbox::{
    Answer, Done, Ended, Outside, Phase, Question, Request, Row, Run, Sandbox, Task, Weighing,
};
use agon_types::manifest::{Benchmark, WeightRule};
use agon_types::report::{Measured, Weighed};
use agon_types::{Digest, Epoch, Hotkey, NetworkId, SubmissionId, growth};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What every test is drawn from.
const SEED: [u8; 32] = [7; 32];
const EPOCH: Epoch = Epoch(1);

type Code = Arc<[u8]>;

/// The cage that validators use.
async fn sandbox() -> Result<Arc<dyn Sandbox>, Failure> {
    Ok(sandbox::start(1, &sandbox::user_cache()).await?)
}

/// A project at the table.
struct Table<'p> {
    sandbox: Heard,
    project: &'p Project,
    challenge: Code,
    agents: Vec<(Guest, Code)>,
    state: BTreeMap<String, Vec<u8>>,
}

/// Every example agent in every benchmark, each twice; then what the manifest has of weights and routes.
pub async fn contest(project: &Project, output: Output) -> Result<Golden, Failure> {
    let code = |guest: Guest| Ok((guest.clone(), guest.code()?.into()));
    let agents = project.agents().into_iter().map(code).collect::<Result<Vec<_>, Failure>>()?;
    let challenge = project.code()?.into();
    let sandbox = Heard::new(sandbox().await?, output);
    let mut table = Table { sandbox, project, challenge, agents, state: BTreeMap::new() };
    if table.agents.is_empty() {
        return Err(Failure::refused("there is no agent to test with: put one into agents/"));
    }
    if let Err(failure) = table.run(Vec::new(), Phase::Describe).await? {
        return Err(Failure::refused(format!("describe failed: {}", failure.detail)));
    }
    let (mut golden, mut rows) = (Golden::default(), Vec::new());
    for judged in 0..table.agents.len() {
        let mut all = Vec::new();
        for benchmark in &project.manifest.benchmarks {
            let (run, measured) = table.score(judged, benchmark).await?;
            golden.golden.push(run);
            all.extend(measured);
        }
        if all.len() == project.manifest.benchmarks.len() {
            rows.push(row(judged, table.agents[judged].0.name.clone(), all)?);
        }
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.score));
    table.weigh(rows).await?;
    table.serve().await?;
    Ok(golden)
}

/// The row of a submission as an epoch would have it.
fn row(judged: usize, label: String, measured: Vec<Measured>) -> Result<Row, Failure> {
    let network: NetworkId = "test".parse().map_err(Failure::internal)?;
    let challenge = "test".parse().map_err(Failure::internal)?;
    let hotkey = Hotkey([judged as u8 + 1; 32]);
    let submission = SubmissionId::new(&network, &challenge, &hotkey, 1);
    let sum: u64 = measured.iter().map(|measured| u64::from(measured.score.billionths())).sum();
    let score = sum.checked_div(measured.len() as u64).unwrap_or(0);
    Ok(Row { submission, hotkey, label, score: score as u32, eligible: true, measured })
}

impl Table<'_> {
    /// Runs a phase twice, and takes what it gives only if both are the same.
    async fn run(
        &self,
        agents: Vec<Code>,
        phase: Phase,
    ) -> Result<Result<Done, agon_types::Failure>, Failure> {
        let name = phase.name();
        let run = Run {
            challenge: self.challenge.clone(),
            agents,
            grants: self.project.manifest.capabilities.clone(),
            limits: self.project.manifest.limits.clone(),
            phase,
            outside: Arc::new(Nobody { state: self.state.clone() }),
        };
        let first = self.sandbox.run(run.clone()).await;
        // The second one says the same, and need not be heard.
        let Ended { result: second, .. } = self.sandbox.within().run(run).await;
        let result = first.result.map_err(|error| Failure::refused(format!("{name}: {error}")))?;
        if second.as_ref() != Ok(&result) {
            let problem = format!("{name} gave {result:?} first and {second:?} then: it must be the same");
            return Err(Failure::refused(problem));
        }
        Ok(result)
    }

    /// Judges an agent; the others are its opponents, in their order.
    async fn score(
        &self,
        judged: usize,
        benchmark: &Benchmark,
    ) -> Result<(Scored, Option<Measured>), Failure> {
        let task = Task { benchmark: benchmark.clone(), seed: SEED, epoch: EPOCH };
        let recording = match self.run(Vec::new(), Phase::Observe(task.clone())).await? {
            Ok(Done::Observed(recording)) => recording,
            other => return Err(Failure::refused(format!("observe gave {other:?}"))),
        };
        let count = self.agents.len().min(1 + usize::from(self.project.manifest.opponents));
        let seats = self.agents.iter().cycle().skip(judged).take(count);
        let (names, codes): (Vec<_>, Vec<_>) =
            seats.map(|(guest, code)| (guest.name.clone(), code.clone())).unzip();
        let mut scored = Scored {
            agents: names,
            benchmark: benchmark.name.clone(),
            seed: hex::encode(SEED),
            score: None,
            failure: None,
            fuel: None,
        };
        match self.run(codes, Phase::Score { task, recording }).await? {
            Ok(Done::Scored(measured)) => {
                (scored.score, scored.fuel) = (Some(measured.score), Some(measured.fuel));
                Ok((scored, Some(measured)))
            }
            Ok(other) => Err(Failure::internal(format!("score gave {other:?}"))),
            Err(failure) => {
                scored.failure = Some(failure.reason.code().to_owned());
                Ok((scored, None))
            }
        }
    }

    /// Weighs what was scored, where the manifest has anything to weigh, and keeps what it writes.
    async fn weigh(&mut self, rows: Vec<Row>) -> Result<(), Failure> {
        let manifest = &self.project.manifest;
        let grants = &manifest.capabilities;
        let weighs = manifest.weight_rule == WeightRule::Weigh;
        if !weighs && grants.state_bytes_max == 0 && grants.posts_per_epoch == 0 {
            return Ok(());
        }
        let state_bytes = self.state.iter().map(|(key, value)| growth::bytes(key, value)).sum();
        let weighing = Weighing { epoch: EPOCH, seed: SEED, rows, state_bytes };
        match self.run(Vec::new(), Phase::Weigh(weighing)).await? {
            Ok(Done::Weighed(Weighed { writes, .. })) => {
                for (key, value) in writes {
                    match value {
                        Some(value) => self.state.insert(key, value),
                        None => self.state.remove(&key),
                    };
                }
                Ok(())
            }
            other => Err(Failure::refused(format!("weigh gave {other:?}"))),
        }
    }

    /// Asks every route once.
    async fn serve(&self) -> Result<(), Failure> {
        for route in &self.project.manifest.routes {
            let path = route.path.replace(['{', '}'], "");
            let parameters = route.parameters(&path).unwrap_or_default().into_iter();
            let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            let request = Request { route: route.path.clone(), path, parameters, query: Vec::new() };
            match self.run(Vec::new(), Phase::Serve(request)).await? {
                Ok(Done::Served(response)) if response.status < 500 => {}
                other => return Err(Failure::refused(format!("the route {} gave {other:?}", route.path))),
            }
        }
        Ok(())
    }
}

/// A world with nobody in it: no posts, no network, and the state that was weighed.
struct Nobody {
    state: BTreeMap<String, Vec<u8>>,
}

#[async_trait]
impl Outside for Nobody {
    async fn answer(&self, question: Question) -> Answer {
        match question {
            Question::StateGet(key) => Answer::State(self.state.get(&key).cloned()),
            Question::StateList { prefix, after, limit } => {
                let fits = |key: &&String| {
                    key.starts_with(&prefix) && after.as_ref().is_none_or(|after| *key > after)
                };
                Answer::Keys(self.state.keys().filter(fits).take(limit as usize).cloned().collect())
            }
            Question::Posts { .. } => Answer::Posts(Vec::new()),
            Question::Submissions { .. } => Answer::Submissions(Vec::new()),
            Question::Fetch(exchange) => {
                Answer::Failed(format!("there is no network in a test: {} was not asked", exchange.url))
            }
            Question::ArtifactRead { digest, .. } => {
                Answer::Failed(format!("there is no vault in a test: {digest} was not read"))
            }
            Question::ArtifactKeep(bytes) => Answer::Kept(Digest::of(&bytes)),
        }
    }
}
