//! `agon submit --dry-run`: an agent is evaluated on this machine, on the way that a validator's evaluation takes.

use crate::cli::{Global, SubmitOptions};
use crate::client::Client;
use crate::heard::Heard;
use crate::output::{Failure, Output};
use crate::{key, sandbox};
use agon_embedded::audit::AuditFile;
use agon_embedded::web::{CheckedWeb, WebPolicy};
use agon_embedded::{FolderVault, SqliteRecords, SystemClock};
use agon_node::evaluation::{Bench, Evaluation, Problem};
use agon_node::observing::Observing;
use agon_node::outside::Answers;
use agon_port::Vault;
use agon_port::sandbox::Role;
use agon_protocol::pending::{Scoring, Task, Work};
use agon_protocol::score;
use agon_types::{Digest, Epoch, JobId, Manifest, Outcome, SubmissionId, limits};
use serde_json::{Value, json};
use std::sync::Arc;

mod state;

pub async fn run(global: &Global, options: &SubmitOptions, output: Output) -> Result<(), Failure> {
    let agent = std::fs::read(&options.path)
        .map_err(|error| Failure::refused(format!("cannot read {}: {error}", options.path.display())))?;
    let hub = Client::of(global)?;
    let known = hub.get(&format!("/v1/challenges/{}", options.challenge)).await?;
    let manifest: Manifest = serde_json::from_value(known["manifest"].clone()).map_err(Failure::internal)?;
    let folder = tempfile::tempdir().map_err(Failure::refused)?;
    let vault = FolderVault::open(folder.path().join("vault"), limits::ARTIFACT_BYTES_MAX);
    let vault: Arc<dyn Vault> = Arc::new(vault.map_err(Failure::refused)?);
    let needed = manifest.capabilities.artifacts.iter().copied().chain([manifest.code]);
    for digest in needed {
        keep(vault.as_ref(), hub.bytes(&format!("/v1/vault/{digest}")).await?).await?;
    }
    let artifact = keep(vault.as_ref(), agent.clone()).await?;
    let opponents = opponents(&hub, &manifest, (vault.as_ref(), artifact)).await?;
    let clock = Arc::new(SystemClock);
    let bench = Bench {
        vault: Arc::clone(&vault),
        records: Arc::new(SqliteRecords::open(&folder.path().join("records")).map_err(Failure::refused)?),
        sandbox: Arc::new(Heard::new(sandbox::start(1, &sandbox::user_cache()).await?, output)),
        audit: Arc::new(AuditFile::open(&folder.path().join("audit"), clock).map_err(Failure::refused)?),
        observing: Observing::default(),
    };
    let inspected = bench.sandbox.inspect(Role::Agent, agent.into(), &Default::default()).await;
    inspected.map_err(Failure::refused)?;
    let state = state::of(&hub, &manifest).await?;
    let web = Arc::new(CheckedWeb::new(WebPolicy::default()));
    let outside = Answers::to_trial(&manifest, state, (vault, web));
    let job = JobId { epoch: Epoch(0), round: 0, submission: SubmissionId(artifact) };
    let task = task(manifest, (artifact, opponents));
    let outcome = Evaluation { bench: &bench, job, task, outside: Arc::new(outside) }.outcome().await;
    let outcome = outcome.map_err(|problem| match problem {
        Problem::Missing(what) | Problem::Fault(what) => Failure::refused(what),
    })?;
    tell(&outcome, output);
    Ok(())
}

/// A task as an epoch would set it, under a seed of this moment.
fn task(manifest: Manifest, (artifact, opponents): (Digest, Vec<(SubmissionId, Digest)>)) -> Task {
    let mut seed = [0; 32];
    key::random(&mut seed);
    let seeded = |name: &str| Digest::tagged("agon/trial", &(seed, name)).0;
    let benchmarks = manifest.benchmarks.iter().map(|known| (known.clone(), seeded(&known.name))).collect();
    Task { manifest, epoch: Epoch(0), work: Work::Score(Scoring { artifact, opponents, benchmarks }) }
}

async fn keep(vault: &dyn Vault, bytes: Vec<u8>) -> Result<Digest, Failure> {
    let digest = Digest::of(&bytes);
    vault.put(digest, &bytes).await.map_err(Failure::refused)?;
    Ok(digest)
}

/// The best of the board sit opposite; the epoch's own seed is not known before.
async fn opponents(
    hub: &Client,
    manifest: &Manifest,
    (vault, own): (&dyn Vault, Digest),
) -> Result<Vec<(SubmissionId, Digest)>, Failure> {
    let mut seated = Vec::new();
    if manifest.opponents == 0 {
        return Ok(seated);
    }
    let board = hub.get(&format!("/v1/boards/{}", manifest.id)).await?;
    for row in board["rows"].as_array().into_iter().flatten() {
        let submission: SubmissionId =
            serde_json::from_value(row["submission"].clone()).map_err(Failure::internal)?;
        let known = hub.get(&format!("/v1/submissions/{submission}")).await?;
        let artifact: Digest =
            serde_json::from_value(known["artifact"].clone()).map_err(Failure::internal)?;
        if artifact != own && seated.len() < usize::from(manifest.opponents) {
            keep(vault, hub.bytes(&format!("/v1/vault/{artifact}")).await?).await?;
            seated.push((submission, artifact));
        }
    }
    Ok(seated)
}

fn tell(outcome: &Outcome, output: Output) {
    let score = score::total(outcome);
    let document: Value = json!({ "score": score, "outcome": outcome });
    output.result(&document, || match outcome {
        Outcome::Failed(failure) => format!("failed: {} ({})", failure.reason.code(), failure.detail),
        Outcome::Weighed(_) => String::new(),
        Outcome::Scored(all) => {
            let line = |one: &agon_types::report::Measured| {
                let metrics = one.metrics.iter().map(|metric| format!("  {} {}", metric.name, metric.value));
                let metrics: String = metrics.collect();
                format!("{}  {}  fuel {}{metrics}", one.benchmark, one.score, one.fuel)
            };
            let lines: Vec<String> = all.iter().map(line).collect();
            format!(
                "{}\nscore {score}, under a seed of this moment: an epoch draws its own",
                lines.join("\n")
            )
        }
    });
}
