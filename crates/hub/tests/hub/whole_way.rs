//! One network from its first challenge to weights on the chain, as the API and the pages tell it.

use crate::description::Description;
use crate::support::{Network, VALIDATOR, key};
use agon_protocol::View as _;
use agon_types::{Digest, Epoch};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

fn steps(answer: &Value) -> Vec<(&str, &str)> {
    let steps = answer["steps"].as_array().unwrap();
    steps.iter().map(|step| (step["step"].as_str().unwrap(), step["state"].as_str().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_submission_goes_its_whole_way() {
    let network = Network::with_challenge().await;
    let good = network.submit(1, b"\0asm\x64 good").await;
    let bad = network.submit(2, b"\0asm! bad").await;

    let (_, answer) = network.get(&format!("/v1/submissions/{good}")).await;
    assert_eq!(answer["status"], "announced");
    assert_eq!(answer["score"], Value::Null);
    let names = ["submission", "vault", "job", "report", "score", "weights", "chain"];
    assert_eq!(steps(&answer).iter().map(|(name, _)| *name).collect::<Vec<_>>(), names);
    assert_eq!(&steps(&answer)[..3], [("submission", "done"), ("vault", "done"), ("job", "waiting")]);

    network.epoch(2).await;
    network
        .until("both are scored", |state| {
            [good, bad].iter().all(|id| state.submission(*id).unwrap().last.is_some())
        })
        .await;
    network.epoch(3).await;
    network.until("epoch 2 is sealed", |state| state.seal(Epoch(2)).is_some()).await;
    scored(&network, good, bad).await;
    paid(&network, good).await;
    people(&network, good, bad).await;
    artifacts(&network).await;
    described(&network, good, bad).await;
    proven(&network, good, bad).await;
    network.end().await;
}

/// Every document of a network that has some of everything, held against the interface's description.
async fn described(network: &Network, good: agon_types::SubmissionId, bad: agon_types::SubmissionId) {
    let description = Description::of(network).await;
    let validator = key(VALIDATOR).hotkey();
    let paths = [
        "/healthz",
        "/readyz",
        "/v1/network",
        "/v1/stats",
        "/v1/challenges",
        "/v1/challenges/route",
        "/v1/submissions?limit=1",
        &format!("/v1/submissions/{good}"),
        &format!("/v1/submissions/{bad}"),
        &format!("/v1/submissions/{good}/reports"),
        &format!("/v1/submissions/{bad}/reports"),
        &format!("/v1/proofs/submissions/{good}"),
        &format!("/v1/proofs/submissions/{bad}"),
        "/v1/boards/route",
        "/v1/candidates",
        "/v1/epochs/2",
        "/v1/epochs/3",
        "/v1/weights/latest",
        "/v1/validators",
        &format!("/v1/validators/{validator}"),
        "/v1/blocks?from=1&limit=2",
    ];
    for path in paths {
        let (status, answer) = network.get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        description.hold((&Method::GET, path), status, &answer);
    }
}

async fn scored(network: &Network, good: agon_types::SubmissionId, bad: agon_types::SubmissionId) {
    let (status, answer) = network.get(&format!("/v1/submissions/{good}")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["status"], "champion");
    assert_eq!(answer["score"], "0.100000000");
    assert_eq!(answer["benchmarks"][0]["metrics"][0]["value"], -7);
    assert_eq!(steps(&answer)[..6].iter().filter(|(_, state)| *state == "done").count(), 6, "{answer}");
    assert!(answer["steps"][4]["at"].as_str().unwrap().ends_with('Z'), "the score's block has a time");

    let (_, answer) = network.get(&format!("/v1/submissions/{bad}")).await;
    assert_eq!((&answer["status"], &answer["reason"]), (&json!("failed"), &json!("trapped")));
    assert_eq!(steps(&answer)[4], ("score", "failed"));

    let (_, answer) = network.get("/v1/boards/route").await;
    assert_eq!(answer["champion"]["id"], good.to_string());
    let row = |n: usize| (answer["rows"][n]["rank"].clone(), answer["rows"][n]["submission"].clone());
    assert_eq!(row(0), (json!(1), json!(good.to_string())));
    assert_eq!(row(1), (json!(2), json!(bad.to_string())));

    let (_, answer) = network.get(&format!("/v1/submissions/{good}/reports")).await;
    assert_eq!(answer["items"][0]["validator"], key(VALIDATOR).hotkey().to_string());
    assert_eq!(answer["items"][0]["score"], "0.100000000");

    let (_, answer) = network.get("/v1/submissions?limit=1").await;
    let next = answer["next"].as_str().unwrap().to_owned();
    let (_, second) = network.get(&format!("/v1/submissions?limit=1&cursor={next}")).await;
    assert_ne!(answer["items"][0]["id"], second["items"][0]["id"]);
    assert_eq!(second["next"], Value::Null);
    let (_, answer) = network.get("/v1/submissions?status=failed&challenge=route").await;
    assert_eq!(answer["items"].as_array().unwrap().len(), 1);
}

/// Whoever has the digest of the genesis checks both scores, and a submission without one has no proof.
async fn proven(network: &Network, good: agon_types::SubmissionId, bad: agon_types::SubmissionId) {
    let genesis = network.parts.node.genesis_digest();
    for (id, score) in [(good, "0.100000000"), (bad, "0.000000000")] {
        let (status, answer) = network.get(&format!("/v1/proofs/submissions/{id}")).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let bytes = hex::decode(answer["proof"].as_str().unwrap()).unwrap();
        assert_eq!(answer["size_bytes"], bytes.len());
        let proven = agon_proof::verify(&agon_proof::Proof::decode(&bytes).unwrap(), genesis).unwrap();
        assert_eq!(
            (proven.submission, proven.epoch, proven.agreed.score.to_string()),
            (id, Epoch(2), score.into())
        );
        assert_eq!(answer["height"], proven.height.0);
        assert_eq!(answer["genesis"], genesis.to_string());
    }
    let waiting = network.submit(3, b"\0asm\x65 later").await;
    let unknown = Digest::of(b"unknown");
    for (id, code) in [(waiting.to_string(), "not_scored"), (unknown.to_string(), "unknown_submission")] {
        let (status, answer) = network.get(&format!("/v1/proofs/submissions/{id}")).await;
        assert_eq!((status, &answer["code"]), (StatusCode::NOT_FOUND, &json!(code)));
    }
}

async fn paid(network: &Network, good: agon_types::SubmissionId) {
    let (status, answer) = network.get("/v1/epochs/2").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!((&answer["state"], &answer["sealed"]), (&json!("sealed"), &json!(true)));
    assert_eq!(answer["vector"][0].as_array().unwrap().len(), 2, "{answer}");
    assert_eq!(answer["challenges"][0]["points"][0]["submission"], good.to_string());
    let (_, answer) = network.get("/v1/weights/latest").await;
    let units: u64 =
        answer["weights"].as_array().unwrap().iter().map(|weight| weight["units"].as_u64().unwrap()).sum();
    assert_eq!(units, 1_000_000_000);
    let (_, answer) = network.get("/v1/validators").await;
    assert_eq!(answer["items"][0]["status"], "active");
    let (_, answer) = network.get("/v1/stats").await;
    assert_eq!(answer["submissions_total"], 2);
    let (_, answer) = network.get("/v1/network").await;
    assert_eq!((&answer["custody"], &answer["epoch"]), (&json!("plain"), &json!(3)));
    let (_, answer) = network.get("/v1/blocks?from=1&limit=3").await;
    assert_eq!(answer["items"][2]["height"], 3);
    assert!(hex::decode(answer["items"][2]["block"].as_str().unwrap()).is_ok());
}

async fn people(network: &Network, good: agon_types::SubmissionId, bad: agon_types::SubmissionId) {
    let (status, page) = network.page("/").await;
    assert_eq!(status, StatusCode::OK);
    for expected in [
        "Shortest route",
        "agent &#60;1&#62;",
        "0.100000000",
        "aria-label=\"champion\"",
        "development network",
    ] {
        assert!(page.contains(expected), "{expected} in {page}");
    }
    let (status, page) = network.page(&format!("/submissions/{bad}")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("the agent panicked") && !page.contains("<script>alert"), "{page}");
    for path in ["/challenges/route", "/epochs/2", "/epochs/3", "/network", &format!("/submissions/{good}")] {
        let (status, page) = network.page(path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(page.contains("<main id=\"main\"") && page.trim_end().ends_with("</html>"), "{path}");
        if let Ok(folder) = std::env::var("AGON_PAGES") {
            std::fs::write(format!("{folder}/{}.html", path.replace('/', "_")), page).unwrap();
        }
    }
}

async fn artifacts(network: &Network) {
    let bytes = b"\0asm\x64 good";
    let request = axum::http::Request::get(format!("/v1/vault/{}", Digest::of(bytes)));
    let response = network.ask(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(response.headers()["content-type"], "application/octet-stream");
    let got = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
    assert_eq!(&got[..], bytes);
}
