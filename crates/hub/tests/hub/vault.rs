//! What the owner brings into the vault: code that can run, and artifacts, which may be any bytes; and a job that waits
//! for one that is not there yet.

use crate::support::{Network, OWNER, TestSandbox, key, manifest, read};
use agon_node::evaluation::{Bench, Evaluation, Problem};
use agon_node::observing::Observing;
use agon_node::outside::Answers;
use agon_protocol::pending::{Scoring, Task, Work};
use agon_types::manifest::Capabilities;
use agon_types::{ActionBody, Digest, Epoch, JobId, Manifest, Outcome, SubmissionId};
use axum::http::StatusCode;
use serde_json::Value;
use std::sync::Arc;

const DATA: &[u8] = b"a data set, which is no component";
const CODE: &str = "application/wasm";
const ARTIFACT: &str = "application/octet-stream";

fn at(digest: Digest) -> String {
    format!("/v1/vault/{digest}")
}

async fn put(network: &Network, path: &str, body: (&str, &[u8]), n: u8) -> (StatusCode, Value) {
    read(network.ask(network.signed_as("PUT", path, body, n)).await).await
}

async fn code(network: &Network, path: &str, body: (&str, &[u8]), n: u8) -> (u16, String) {
    let (status, answer) = put(network, path, body, n).await;
    (status.as_u16(), answer["code"].as_str().unwrap_or_default().to_owned())
}

/// The rules of a challenge that reads the data set.
fn reading() -> Manifest {
    let capabilities = Capabilities { artifacts: [Digest::of(DATA)].into(), ..Capabilities::default() };
    Manifest { capabilities, ..manifest() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_artifact_may_be_any_bytes_and_is_given_once_a_manifest_names_it() {
    let network = Network::start().await;
    let path = at(Digest::of(DATA));
    let (status, answer) = put(&network, &path, (ARTIFACT, DATA), OWNER).await;
    assert_eq!((status, &answer["size_bytes"]), (StatusCode::OK, &DATA.len().into()), "{answer}");
    assert_eq!(put(&network, &path, (ARTIFACT, DATA), OWNER).await.0, StatusCode::OK, "again is no fault");
    assert_eq!(network.get(&path).await.0, StatusCode::NOT_FOUND, "no manifest names it yet");
    let body = ActionBody::PublishChallenge(Box::new(reading()));
    let action = network.action(body, &[&key(OWNER)]);
    let (status, answer) = network.post("/v1/challenges", &serde_json::json!({ "action": action })).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let (status, answer) = network.get(&path).await;
    assert_eq!((status, answer), (StatusCode::OK, Value::from(std::str::from_utf8(DATA).unwrap())));
    network.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_what_it_says_is_not_kept() {
    let network = Network::start().await;
    let data = at(Digest::of(DATA));
    let large = vec![7; (1 << 20) + 1];
    for (desc, path, body, n, expected) in [
        ("no kind", &data, ("", DATA), OWNER, (415, "unsupported_media_type")),
        ("another kind", &data, ("text/plain", DATA), OWNER, (415, "unsupported_media_type")),
        ("data as code", &data, (CODE, DATA), OWNER, (422, "unloadable")),
        ("another's bytes", &at(Digest::ZERO), (ARTIFACT, DATA), OWNER, (422, "wrong_digest")),
        ("no digest", &"/v1/vault/data".to_owned(), (ARTIFACT, DATA), OWNER, (404, "not_found")),
        ("too much", &at(Digest::of(&large)), (ARTIFACT, &large), OWNER, (413, "too_large")),
        ("a miner's", &data, (ARTIFACT, DATA), 1, (403, "not_owner")),
    ] {
        let said = code(&network, path, body, n).await;
        assert_eq!((said.0, said.1.as_str()), expected, "{desc}");
    }
    let mut changed = network.signed_as("PUT", &data, (ARTIFACT, DATA), OWNER);
    *changed.body_mut() = b"other bytes".as_slice().into();
    assert_eq!(read(network.ask(changed).await).await.1["code"], "bad_digest");
    let mut unsigned = network.signed_as("PUT", &data, (ARTIFACT, DATA), OWNER);
    unsigned.headers_mut().remove("signature");
    assert_eq!(read(network.ask(unsigned).await).await.1["code"], "unsigned");
    assert_eq!(network.parts.vault.size(Digest::of(DATA)).await, Ok(None), "nothing of that is kept");
    network.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_waits_for_an_artifact_that_is_not_there_and_spends_no_attempt() {
    const AGENT: &[u8] = b"\0asm\x10 agent";
    let network = Network::start().await;
    let parts = &network.parts;
    parts.vault.put(Digest::of(AGENT), AGENT).await.unwrap();
    let manifest = reading();
    let bench = Bench {
        vault: parts.vault.clone(),
        records: parts.records.clone(),
        sandbox: TestSandbox::new(),
        audit: parts.audit.clone(),
        observing: Observing::default(),
    };
    let outside = Arc::new(Answers::to_public(parts.node.clone(), &manifest));
    let benchmarks = manifest.benchmarks.iter().map(|known| (known.clone(), [0; 32])).collect();
    let work = Work::Score(Scoring { artifact: Digest::of(AGENT), opponents: Vec::new(), benchmarks });
    let job = JobId { epoch: Epoch(1), round: 0, submission: SubmissionId(Digest::of(AGENT)) };
    let task = Task { manifest, epoch: Epoch(1), work };
    let evaluation = Evaluation { bench: &bench, job, task, outside };
    let waits = evaluation.outcome().await;
    let digest = Digest::of(DATA).to_string();
    assert!(matches!(waits, Err(Problem::Missing(words)) if words.contains(&digest)), "it waits");
    assert_eq!(put(&network, &at(Digest::of(DATA)), (ARTIFACT, DATA), OWNER).await.0, StatusCode::OK);
    assert!(matches!(evaluation.outcome().await, Ok(Outcome::Scored(_))), "it is asked for again");
    network.end().await;
}
