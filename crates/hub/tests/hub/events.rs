//! Live events: history and what happens now, once each and in order.

use crate::support::{Network, manifest};
use agon_types::{ActionBody, Epoch, Manifest};
use axum::body::{Body, HttpBody as _};
use axum::http::Request;
use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

/// Reads the numbers of events until one is found.
async fn numbers(body: &mut Body, until: impl Fn(&str) -> bool) -> (Vec<u64>, String) {
    let mut text = String::new();
    let read = async {
        while !until(&text) {
            let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await.unwrap().unwrap();
            text.push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap());
        }
    };
    tokio::time::timeout(Duration::from_secs(20), read).await.unwrap_or_default();
    let numbers = text.lines().filter_map(|line| line.strip_prefix("id: ")).map(|id| id.parse().unwrap());
    (numbers.collect(), text.clone())
}

async fn listen(network: &Network, query: &str, last: Option<u64>) -> Body {
    let mut request = Request::get(format!("/v1/events{query}"));
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let response = network.ask(request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    response.into_body()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_hears_history_and_present_once_each_and_in_order() {
    use agon_protocol::View as _;
    let network = Network::with_challenge().await;
    let mut body = listen(&network, "?after=0", None).await;
    network.epoch(2).await;
    let (all, text) = numbers(&mut body, |text| text.contains(r#""epoch":2,"id""#)).await;
    assert_eq!(all, (1..=all.len() as u64).collect::<Vec<_>>(), "without gap or doubling");
    assert!(text.contains("event: challenge.proposed") && text.contains("event: block.decided"), "{text}");

    let last = all[all.len() / 2];
    let mut body = listen(&network, "?after=0", Some(last)).await;
    let (resumed, _) = numbers(&mut body, |text| text.contains("event: epoch.opened")).await;
    assert_eq!(resumed[0], last + 1, "the header of a browser that comes back counts");

    let mut body = listen(&network, "?types=challenge.*,epoch.opened&after=0", None).await;
    let (_, text) = numbers(&mut body, |text| text.contains("challenge.changed")).await;
    assert!(!text.contains("block.decided"), "{text}");

    let mut body = listen(&network, "?types=challenge.proposed&challenge=other", None).await;
    let other =
        Manifest { id: "other".parse().unwrap(), emission_share: "0.1".parse().unwrap(), ..manifest() };
    let action = network.action(
        ActionBody::PublishChallenge(Box::new(other)),
        &[&crate::support::key(crate::support::OWNER)],
    );
    network.post("/v1/actions", &serde_json::json!({ "action": action })).await;
    let (_, text) = numbers(&mut body, |text| text.contains("challenge.proposed")).await;
    assert!(text.contains(r#""challenge":"other""#) && !text.contains("\"route\""), "{text}");
    assert!(network.parts.node.read(|state| state.now().unwrap().epoch) >= Epoch(2));
    network.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_listeners_hear_the_same_without_gap() {
    let network = Network::with_challenge().await;
    let mut listeners = Vec::new();
    for _ in 0..100 {
        listeners.push(listen(&network, "?after=0", None).await);
    }
    network.epoch(2).await;
    for body in &mut listeners {
        let (heard, _) = numbers(body, |text| text.contains(r#""epoch":2,"id""#)).await;
        assert_eq!(heard, (1..=heard.len() as u64).collect::<Vec<_>>(), "without gap or doubling");
        assert!(heard.len() > 3, "{heard:?}");
    }
    // Whoever comes later hears from the records what the others heard as it happened.
    let newest = network.parts.records.last_event().await.unwrap();
    let mut body = listen(&network, "?after=0", None).await;
    let (heard, _) = numbers(&mut body, |text| text.contains(&format!("id: {newest}\n"))).await;
    assert_eq!(heard[..newest as usize], (1..=newest).collect::<Vec<_>>());
    network.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_and_a_held_back_question_end_when_the_hub_stops() {
    let network = Network::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = tokio_util::sync::CancellationToken::new();
    let serving = tokio::spawn(agon_hub::serve(listener, network.parts.clone(), stop.clone()));
    let mut answers = Vec::new();
    for path in ["/v1/events", "/v1/blocks?from=4000000&wait_ms=10000"] {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: hub\r\nconnection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        answers.push(tokio::spawn(async move {
            let mut text = String::new();
            socket.read_to_string(&mut text).await.unwrap();
            text
        }));
    }
    // The second question is known to wait once the network went on without answering it.
    let height = *network.parts.node.tip().borrow();
    network
        .until("some blocks pass", |state| {
            use agon_protocol::View as _;
            state.now().unwrap().height.0 > height.0 + 5
        })
        .await;
    stop.cancel();
    let ended = async {
        for answer in answers {
            assert!(answer.await.unwrap().starts_with("HTTP/1.1 200"));
        }
        serving.await.unwrap().unwrap();
    };
    tokio::time::timeout(Duration::from_secs(4), ended)
        .await
        .expect("the hub stops before its drain is overdue");
    network.end().await;
}
