//! What a validator finds out about one job: it fetches, observes once, scores or weighs, and says what came of it.

use crate::audited::{self, Cause};
use crate::observing::Observing;
use agon_port::records::Observed;
use agon_port::sandbox::{self, Done, Outside, Phase, Recording, Row, Run, Weighing};
use agon_port::{Audit, Records, Sandbox, Vault};
use agon_protocol::pending::{Scoring, Task, Work};
use agon_types::manifest::Benchmark;
use agon_types::{Digest, Failure, JobId, Outcome, codec, limits};
use std::sync::Arc;

/// Why there is no report.
pub enum Problem {
    /// Bytes that nobody could send yet; that is no attempt.
    Missing(String),
    Fault(String),
}

impl From<String> for Problem {
    fn from(problem: String) -> Self {
        Self::Fault(problem)
    }
}

/// What an evaluation works with.
#[derive(Clone)]
pub struct Bench {
    pub vault: Arc<dyn Vault>,
    pub records: Arc<dyn Records>,
    pub sandbox: Arc<dyn Sandbox>,
    pub audit: Arc<dyn Audit>,
    pub observing: Observing,
}

/// One job at work. A validator's own, and a miner's trial at the desk, take the same way.
pub struct Evaluation<'b> {
    pub bench: &'b Bench,
    pub job: JobId,
    pub task: Task,
    /// Who answers what the challenge asks.
    pub outside: Arc<dyn Outside>,
}

impl Evaluation<'_> {
    pub async fn outcome(&self) -> Result<Outcome, Problem> {
        let (wanted, profile) = (&self.task.manifest.engine, self.bench.sandbox.properties().profile);
        if profile != *wanted {
            return Err(format!("the manifest wants the engine {wanted}, and this node has {profile}").into());
        }
        let challenge = self.bytes(self.task.manifest.code).await?;
        match &self.task.work {
            Work::Score(scoring) => self.score(&challenge, scoring).await,
            Work::Weigh(weighing) => {
                let rows = weighing.rows.iter().map(|row| Row {
                    submission: row.submission,
                    hotkey: row.hotkey,
                    label: row.label.clone(),
                    score: row.score.billionths(),
                    eligible: row.eligible,
                    measured: row.measured.clone(),
                });
                let (seed, state_bytes) = (weighing.seed, weighing.state_bytes);
                let weighing = Weighing { epoch: self.job.epoch, seed, rows: rows.collect(), state_bytes };
                match self.run(&challenge, Vec::new(), Phase::Weigh(weighing)).await? {
                    Ok(Done::Weighed(weighed)) => Ok(Outcome::Weighed(weighed)),
                    Ok(_) => Err("the sandbox did something else than to weigh".to_owned().into()),
                    Err(failure) => Ok(Outcome::Failed(failure)),
                }
            }
        }
    }

    async fn score(&self, challenge: &Arc<[u8]>, scoring: &Scoring) -> Result<Outcome, Problem> {
        // What is not here yet is no fault of a run, so none is begun without it.
        for digest in &self.task.manifest.capabilities.artifacts {
            self.fetched(*digest).await?;
        }
        let mut agents = vec![self.bytes(scoring.artifact).await?];
        for (_, artifact) in &scoring.opponents {
            agents.push(self.bytes(*artifact).await?);
        }
        let mut all = Vec::new();
        for (benchmark, seed) in &scoring.benchmarks {
            let task = sandbox::Task { benchmark: benchmark.clone(), seed: *seed, epoch: self.job.epoch };
            let recorded = self.recording(challenge, &task).await?;
            let (recording, observed) = recorded.map_or((None, Vec::new()), |(d, r)| (Some(d), r.observed));
            let phase = Phase::Score { task, recording: observed };
            match self.run(challenge, agents.clone(), phase).await? {
                Ok(Done::Scored(measured)) => {
                    all.push(agon_types::report::Measured { recording, ..measured })
                }
                Ok(_) => return Err("the sandbox did something else than to score".to_owned().into()),
                Err(failure) => return Ok(Outcome::Failed(failure)),
            }
        }
        Ok(Outcome::Scored(all))
    }

    /// What this validator saw for the benchmark: once in an epoch, so that all are scored over the same.
    async fn recording(
        &self,
        challenge: &Arc<[u8]>,
        task: &sandbox::Task,
    ) -> Result<Option<(Digest, Recording)>, Problem> {
        let manifest = &self.task.manifest;
        if manifest.capabilities.hosts.is_empty() {
            return Ok(None);
        }
        let of = observed(self, &task.benchmark);
        let records = &self.bench.records;
        let turn = self.bench.observing.turn(&of).await;
        let known = records.recording(of.clone()).await.map_err(|error| error.to_string())?;
        let digest = match known {
            Some(digest) => digest,
            None => {
                let done = self.run(challenge, Vec::new(), Phase::Observe(task.clone())).await?;
                let bytes = match done {
                    Ok(Done::Observed(bytes)) => bytes,
                    Ok(_) => return Err("the sandbox did something else than to observe".to_owned().into()),
                    Err(failure) => return Err(format!("nothing was observed: {}", failure.detail).into()),
                };
                let digest = Digest::of(&bytes);
                self.bench.vault.put(digest, &bytes).await.map_err(|error| error.to_string())?;
                records.keep_recording(of, digest).await.map_err(|error| error.to_string())?
            }
        };
        drop(turn);
        let bytes = self.bytes(digest).await?;
        let recording = codec::decode(&bytes, limits::RECORDING_BYTES_MAX);
        Ok(Some((digest, recording.map_err(|error| format!("the recording {digest}: {error}"))?)))
    }

    async fn run(
        &self,
        challenge: &Arc<[u8]>,
        agents: Vec<Arc<[u8]>>,
        phase: Phase,
    ) -> Result<Result<Done, Failure>, Problem> {
        let manifest = &self.task.manifest;
        let run = Run {
            challenge: Arc::clone(challenge),
            agents,
            grants: manifest.capabilities.clone(),
            limits: manifest.limits.clone(),
            phase,
            outside: Arc::clone(&self.outside),
        };
        let cause = Cause { challenge: manifest.id.to_string(), job: self.job.to_string() };
        let Bench { sandbox, audit, .. } = self.bench;
        let result = audited::run(&**sandbox, &**audit, cause, run).await;
        result.map_err(|error| error.to_string().into())
    }

    /// Sees that an artifact is here, without reading one that is.
    async fn fetched(&self, digest: Digest) -> Result<(), Problem> {
        let size = self.bench.vault.size(digest).await.map_err(|error| Problem::Fault(error.to_string()))?;
        match size {
            Some(_) => Ok(()),
            None => self.bytes(digest).await.map(drop),
        }
    }

    async fn bytes(&self, digest: Digest) -> Result<Arc<[u8]>, Problem> {
        let found = self.bench.vault.get(digest).await.map_err(|error| Problem::Fault(error.to_string()))?;
        found.ok_or_else(|| Problem::Missing(format!("no vault has the artifact {digest} yet")))
    }
}

fn observed(evaluation: &Evaluation<'_>, benchmark: &Benchmark) -> Observed {
    let manifest = &evaluation.task.manifest;
    Observed {
        challenge: manifest.id.clone(),
        version: manifest.version,
        epoch: evaluation.job.epoch,
        benchmark: benchmark.name.clone(),
    }
}
