//! The way in: tickets, uploads, completion, and every refusal on it.

use crate::support::{Network, STRANGER, key};
use axum::http::StatusCode;
use serde_json::Value;
use std::sync::atomic::Ordering;

const AGENT: &[u8] = b"\0asm\x10 agent";

fn code((status, answer): &(StatusCode, Value)) -> (u16, &str) {
    (status.as_u16(), answer["code"].as_str().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_leads_to_an_announcement_and_says_each_time_what_is_missing() {
    let network = Network::with_challenge().await;
    let stated = network.announcement(1, 1, AGENT);
    let (id, body) = (network.id(&stated), network.submission(&stated, 1));
    assert_eq!(code(&network.complete(id, 1).await), (404, "unknown_ticket"));

    let (status, first) = network.post_signed("/v1/submissions", &body, 1).await;
    assert_eq!((status, &first["id"]), (StatusCode::CREATED, &Value::String(id.to_string())));
    assert_eq!(first["upload"]["method"], "PUT");
    let (status, again) = network.post_signed("/v1/submissions", &body, 1).await;
    assert_eq!((status, &again), (StatusCode::OK, &first), "the same request has the same answer");
    let resigned = network.announce(&stated, 1).await;
    assert_eq!(resigned.1["upload"], first["upload"], "signed anew it is the same ticket");
    assert_eq!(code(&network.complete(id, 1).await), (409, "awaiting_upload"));

    assert_eq!(code(&network.put(&first, b"\0asm").await), (422, "wrong_size"));
    assert_eq!(code(&network.put(&first, &[AGENT, b"!"].concat()).await), (422, "wrong_size"));
    assert_eq!(code(&network.put(&first, b"\0asm\x10 agenT").await), (422, "wrong_digest"));
    assert_eq!(network.parts.vault.size(stated.artifact).await, Ok(None), "nothing of that is kept");
    let (status, answer) = network.put(&first, AGENT).await;
    assert_eq!((status, &answer["status"]), (StatusCode::OK, &Value::from("awaiting_commitment")));
    let (status, _) = network.get(&format!("/v1/vault/{}", stated.artifact)).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "what is not announced is not given away");

    let (status, answer) = network.complete(id, 1).await;
    assert_eq!((status, &answer["status"]), (StatusCode::ACCEPTED, &Value::from("awaiting_commitment")));
    let (_, answer) = network.get(&format!("/v1/submissions/{id}")).await;
    assert_eq!((&answer["status"], &answer["artifact"]), (&Value::from("awaiting_commitment"), &Value::Null));
    let (status, _) = network.page(&format!("/submissions/{id}")).await;
    assert_eq!(status, StatusCode::OK);

    network.commit(&stated).await;
    for _ in 0..2 {
        let (status, answer) = network.complete(id, 1).await;
        assert_eq!((status, &answer["status"]), (StatusCode::OK, &Value::from("announced")), "{answer}");
        assert!(answer["height"].as_u64().is_some());
    }
    let (status, answer) = network.post_signed("/v1/submissions", &body, 1).await;
    assert_eq!((status, &answer["status"]), (StatusCode::OK, &Value::from("announced")));
    let other = network.announcement(1, 1, b"\0asm\x11 other");
    let taken = network.announce(&other, 1).await;
    assert_eq!(code(&taken), (409, "version_taken"));
    network.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_carry_the_codes_of_the_protocol() {
    let network = Network::with_challenge().await;
    let stated = |n| network.announcement(n, 1, AGENT);
    let mut cases = Vec::new();
    cases.push(("a stranger", (403, "not_registered"), network.submission(&stated(STRANGER), STRANGER)));
    cases.push(("another's key", (401, "not_signed_by"), network.submission(&stated(1), 2)));
    let elsewhere = agon_types::Announcement { challenge: "nowhere".parse().unwrap(), ..stated(1) };
    cases.push(("no such challenge", (404, "unknown_challenge"), network.submission(&elsewhere, 1)));
    let large = agon_types::Announcement { size_bytes: 1_001, ..stated(1) };
    cases.push(("too large", (413, "wrong_size"), network.submission(&large, 1)));
    let label = agon_types::Announcement { label: "x".repeat(33), ..stated(1) };
    cases.push(("a long label", (422, "bad_label"), network.submission(&label, 1)));
    let mut forged = network.submission(&stated(1), 1);
    let text = forged["announcement"].as_str().unwrap();
    let end = if text.ends_with('0') { "1" } else { "0" };
    forged["announcement"] = Value::String(format!("{}{end}", &text[..text.len() - 1]));
    cases.push(("a forged signature", (401, "bad_signature"), forged));
    let mut differs = network.submission(&stated(1), 1);
    differs["version"] = Value::from(2);
    differs["sha256"] = Value::from("00");
    cases.push(("plain fields that differ", (400, "bad_field"), differs));
    for (desc, expected, body) in cases {
        let by = if desc == "a stranger" { STRANGER } else { 1 };
        let got = network.post_signed("/v1/submissions", &body, by).await;
        assert_eq!(code(&got), expected, "{desc}: {}", got.1);
        if desc == "plain fields that differ" {
            let fields: Vec<_> =
                got.1["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
            assert_eq!(fields, ["version", "sha256"]);
        }
    }
    network.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_run_is_refused_and_a_late_upload_too() {
    let network = Network::with_challenge().await;
    for (n, bytes, word) in [(1, &b"#!/bin/sh\n"[..], "component"), (2, b"\0asmF", "wasi:sockets")] {
        let stated = network.announcement(n, 1, bytes);
        let (_, ticket) = network.announce(&stated, n).await;
        let got = network.put(&ticket, bytes).await;
        assert_eq!(code(&got), (422, "unloadable"));
        assert!(got.1["detail"].as_str().unwrap().contains(word), "{}", got.1);
        assert_eq!(network.parts.vault.size(stated.artifact).await, Ok(None));
    }
    let stated = network.announcement(3, 1, AGENT);
    let body = network.submission(&stated, 3);
    let (_, ticket) = network.post_signed("/v1/submissions", &body, 3).await;
    network.clock.0.fetch_add(15 * 60_000, Ordering::SeqCst);
    assert_eq!(code(&network.put(&ticket, AGENT).await), (410, "ticket_expired"));
    assert_eq!(code(&network.complete(network.id(&stated), 3).await), (410, "ticket_expired"));
    let (_, renewed) = network.post_signed("/v1/submissions", &body, 3).await;
    assert_ne!(renewed["upload"]["url"], ticket["upload"]["url"]);
    assert_eq!(code(&network.put(&ticket, AGENT).await), (404, "unknown_ticket"));
    assert_eq!(network.put(&renewed, AGENT).await.0, StatusCode::OK);
    network.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_is_announced_though_its_miner_left_and_the_hub_stops_when_told() {
    use agon_protocol::View as _;
    let network = Network::with_challenge().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stop = tokio_util::sync::CancellationToken::new();
    let serving = tokio::spawn(agon_hub::serve(listener, network.parts.clone(), stop.clone()));
    let stated = network.announcement(1, 1, AGENT);
    let (_, ticket) = network.announce(&stated, 1).await;
    assert_eq!(network.put(&ticket, AGENT).await.0, StatusCode::OK);
    network.commit(&stated).await;
    let id = network.id(&stated);
    network.until("the hub announces it", |state| state.submission(id).is_some()).await;
    assert_eq!(stated.hotkey, key(1).hotkey());
    stop.cancel();
    serving.await.unwrap().unwrap();
    network.end().await;
}
