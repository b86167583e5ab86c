//! What a challenge keeps, and who has posted to it, as the hub tells it.

use crate::description::Description;
use crate::support::{Network, key, manifest};
use agon_protocol::state::View as _;
use agon_types::manifest::Capabilities;
use agon_types::{ActionBody, Manifest, Post};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

/// A document that is as it is described.
async fn read(network: &Network, path: &str) -> Value {
    let (status, document) = network.get(path).await;
    assert_eq!(status, StatusCode::OK, "{document}");
    Description::of(network).await.hold((&Method::GET, path), status, &document);
    document
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_state_of_a_challenge_is_read_page_by_page_as_the_open_epoch_has_it() {
    let capabilities = Capabilities { state_bytes_max: 100, ..Capabilities::default() };
    let network = Network::with_challenges([Manifest { capabilities, ..manifest() }]).await;
    let state = "/v1/challenges/route/state";
    assert_eq!(read(&network, state).await, json!({ "epoch": 1, "items": [], "next": null }));
    network.epoch(2).await;
    let held = |state: &agon_protocol::State| state.holding("route".parse().unwrap()).is_some();
    network.until("epoch 1 is weighed", held).await;
    network.epoch(3).await;
    let item = |key| json!({ "key": key, "value": "ff" });
    let first = read(&network, &format!("{state}?limit=2")).await;
    assert_eq!(first["items"], json!([item("a"), item("b")]));
    let next = first["next"].as_str().unwrap();
    let second = read(&network, &format!("{state}?limit=2&cursor={next}")).await;
    assert_eq!(second, json!({ "epoch": 3, "items": [item("c")], "next": null }));
    network.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poster_learns_its_last_sequence_and_what_is_left() {
    let network = Network::with_challenge().await;
    let hotkey = key(1).hotkey();
    let path = format!("/v1/challenges/route/posters/{hotkey}");
    let poster = |sequence: Value, posts: u64| {
        json!({
            "challenge": "route", "hotkey": hotkey, "sequence": sequence, "epoch": 1,
            "posts": posts, "posts_max": 20, "inbox": posts, "inbox_max": 256,
        })
    };
    assert_eq!(read(&network, &path).await, poster(Value::Null, 0));
    let challenge = "route".parse().unwrap();
    let body = ActionBody::Post(Post { challenge, hotkey, sequence: 7, message: b"hello".to_vec() });
    let action = network.action(body, &[&key(1)]);
    let (status, answer) = network.post("/v1/actions", &json!({ "action": action })).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(read(&network, &path).await, poster(json!(7), 1));
    network.end().await;
}
