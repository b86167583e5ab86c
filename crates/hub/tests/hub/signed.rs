//! Requests that a hotkey signs: what the hub does beyond the signature itself.

use crate::support::{Network, read};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

const AGENT: &[u8] = b"\0asm\x10 agent";

fn code((status, answer): &(StatusCode, Value)) -> (u16, &str) {
    (status.as_u16(), answer["code"].as_str().unwrap_or_default())
}

/// The same request again, perhaps with another body.
async fn copy(request: Request<Body>) -> (Request<Body>, Request<Body>) {
    let (head, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let one = |bytes| Request::from_parts(head.clone(), Body::from(bytes));
    (one(bytes.clone()), one(bytes))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unsigned_stale_or_changed_request_leaves_nothing() {
    let network = Network::with_challenge().await;
    let stated = network.announcement(1, 1, AGENT);
    let body = network.submission(&stated, 1);
    let id = network.id(&stated);
    let path = "/v1/submissions";
    assert_eq!(code(&network.post(path, &body).await), (401, "unsigned"));
    assert_eq!(code(&network.post(&format!("{path}/{id}/complete"), &json!({})).await), (401, "unsigned"));

    let (late, early) = (network.signed(path, body.to_string().as_bytes(), 1), 301_000);
    network.clock.0.fetch_add(early, Ordering::SeqCst);
    assert_eq!(code(&read(network.ask(late).await).await), (401, "stale_signature"));
    network.clock.0.fetch_sub(early, Ordering::SeqCst);

    let mut moved = network.signed(path, body.to_string().as_bytes(), 1);
    *moved.uri_mut() = "/v1/submissions?limit=1".parse().unwrap();
    assert_eq!(code(&read(network.ask(moved).await).await), (401, "bad_signature"));
    let mut elsewhere = network.signed(path, body.to_string().as_bytes(), 1);
    elsewhere.headers_mut().insert("host", "other.test".parse().unwrap());
    let answer = read(network.ask(elsewhere).await).await;
    assert_eq!(code(&answer), (401, "bad_signature"));
    assert!(answer.1["detail"].as_str().unwrap().contains("hub.test"), "it says which host is the right one");
    let (head, _) = network.signed(path, body.to_string().as_bytes(), 1).into_parts();
    let changed = Request::from_parts(head, Body::from(format!("{body} ")));
    assert_eq!(code(&read(network.ask(changed).await).await), (400, "bad_digest"));

    assert_eq!(network.parts.records.ticket(id).await, Ok(None), "nothing of that is kept");
    assert_eq!(network.announce(&stated, 1).await.0, StatusCode::CREATED);
    network.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_counts_once_on_every_hub_of_a_node() {
    use tower::ServiceExt as _;
    let network = Network::with_challenge().await;
    let body = network.submission(&network.announcement(1, 1, AGENT), 1).to_string();
    let (first, again) = copy(network.signed("/v1/submissions", body.as_bytes(), 1)).await;
    let (again, elsewhere) = copy(again).await;
    assert_eq!(network.ask(first).await.status(), StatusCode::CREATED);
    assert_eq!(code(&read(network.ask(again).await).await), (409, "replayed"));
    let second = agon_hub::router(network.parts.clone());
    let answer = read(second.oneshot(elsewhere).await.unwrap()).await;
    assert_eq!(code(&answer), (409, "replayed"), "{}", answer.1);
    network.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_miner_brings_a_submission_on() {
    let network = Network::with_challenge().await;
    let stated = network.announcement(1, 1, AGENT);
    let (id, body) = (network.id(&stated), network.submission(&stated, 1));
    // Whoever saw an announcement could otherwise take its upload address.
    assert_eq!(code(&network.post_signed("/v1/submissions", &body, 2).await), (403, "not_yours"));
    let (status, ticket) = network.announce(&stated, 1).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(network.put(&ticket, AGENT).await.0, StatusCode::OK);
    assert_eq!(code(&network.complete(id, 2).await), (403, "not_yours"), "a ticket");
    network.commit(&stated).await;
    assert_eq!(network.complete(id, 1).await.0, StatusCode::OK);
    assert_eq!(code(&network.complete(id, 2).await), (403, "not_yours"), "a submission");
    network.end().await;
}
