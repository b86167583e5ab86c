//! A follower against a leader that serves what a solo order decided, or what somebody made of it.

use super::leader::Page;
use super::*;
use crate::order::{Pace, SoloOrder};
use agon_port::order::contract::{self, Counter};
use agon_types::{Height, SessionPair};
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use std::sync::Mutex;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

type Forge = fn(&mut Item);

/// What the leader of a test does.
struct Served {
    application: Arc<Counter>,
    forge: Option<Forge>,
    asked: Notify,
    actions: Mutex<Vec<String>>,
    refusing: bool,
}

#[derive(serde::Deserialize)]
struct Question {
    from: Height,
}

async fn blocks(State(served): State<Arc<Served>>, Query(question): Query<Question>) -> Json<Page> {
    let item = |(block, certificate): &(agon_types::Block, agon_types::Certificate)| {
        let mut item = Item {
            height: block.header.height,
            block: hex::encode(codec::encode(block)),
            certificate: hex::encode(codec::encode(certificate)),
        };
        served.forge.inspect(|forge| forge(&mut item));
        item
    };
    let decided = served.application.decided_blocks();
    let later = decided.iter().filter(|(block, _)| block.header.height >= question.from);
    let items = later.take(3).map(item).collect();
    served.asked.notify_one();
    Json(Page { items })
}

async fn actions(State(served): State<Arc<Served>>, body: String) -> Response {
    served.actions.lock().unwrap().push(body);
    if served.refusing {
        let problem = r#"{"type":"about:blank","code":"expired","detail":"the action has expired"}"#;
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        return (StatusCode::CONFLICT, kind, problem).into_response();
    }
    StatusCode::ACCEPTED.into_response()
}

async fn serve(application: &Arc<Counter>, forge: Option<Forge>, refusing: bool) -> (String, Arc<Served>) {
    let (application, asked, actions_seen) = (application.clone(), Notify::new(), Mutex::default());
    let served = Arc::new(Served { application, forge, asked, actions: actions_seen, refusing });
    let routes = Router::new().route("/v1/blocks", get(blocks)).route("/v1/actions", post(actions));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/", listener.local_addr().unwrap());
    let routes = routes.with_state(served.clone());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (base, served)
}

fn network() -> NetworkId {
    "test".parse().unwrap()
}

fn counter() -> Arc<Counter> {
    let voter = SessionPair::from_seed(&[1; 32]).session();
    Counter::new(network(), voter, vec![(voter, 1)])
}

/// The application of a leader that decided so many blocks, some with an action.
async fn decided(height: u64) -> Arc<Counter> {
    let application = counter();
    let key = SessionPair::from_seed(&[1; 32]);
    let order = Arc::new(SoloOrder::new(network(), key, Pace { busy_ms: 1, idle_ms: 1 }));
    let stop = CancellationToken::new();
    let running = tokio::spawn({
        let (order, application, stop) = (order.clone(), application.clone(), stop.clone());
        async move { order.run(application, stop).await }
    });
    application.reached(Height(1)).await;
    order.submit(contract::action(&network(), 1)).await.unwrap();
    application.executed(&contract::action(&network(), 1)).await;
    application.reached(Height(height)).await;
    stop.cancel();
    contract::ended(running).await.unwrap();
    application
}

fn follow(
    leaders: Vec<String>,
    application: &Arc<Counter>,
) -> (JoinHandle<Result<(), Fault>>, CancellationToken) {
    let order = FollowOrder::new(network(), leaders).unwrap();
    let (application, stop) = (application.clone(), CancellationToken::new());
    let token = stop.clone();
    (tokio::spawn(async move { order.run(application, token).await }), stop)
}

#[tokio::test]
async fn a_follower_catches_up_and_has_the_same_blocks() {
    let leader = decided(10).await;
    let (base, _) = serve(&leader, None, false).await;
    let follower = counter();
    let (running, stop) = follow(vec![base], &follower);
    let tip = leader.tip().await.unwrap();
    follower.reached(tip).await;
    stop.cancel();
    assert_eq!(contract::ended(running).await, Ok(()));
    assert_eq!(follower.decided_blocks(), leader.decided_blocks());
}

/// A follower of this leader alone has nothing after it asked three times; with an honest one beside it has all.
async fn refuses(forge: Forge) {
    let leader = decided(4).await;
    let (forging, served) = serve(&leader, Some(forge), false).await;
    let follower = counter();
    let (running, stop) = follow(vec![forging.clone()], &follower);
    for _ in 0..3 {
        served.asked.notified().await;
    }
    assert_eq!(follower.decided_blocks(), [], "nothing forged is kept");
    assert!(!running.is_finished(), "a lying leader does not stop a follower");
    stop.cancel();
    assert_eq!(contract::ended(running).await, Ok(()));

    let (honest, _) = serve(&leader, None, false).await;
    let (running, stop) = follow(vec![forging, honest], &follower);
    follower.reached(leader.tip().await.unwrap()).await;
    stop.cancel();
    assert_eq!(contract::ended(running).await, Ok(()));
}

#[tokio::test]
async fn a_tampered_header_is_refused() {
    refuses(|item| {
        let mut block: agon_types::Block =
            codec::decode(&hex::decode(&item.block).unwrap(), 1 << 20).unwrap();
        block.header.time_ms = block.header.time_ms.next();
        item.block = hex::encode(codec::encode(&block));
    })
    .await;
}

#[tokio::test]
async fn a_tampered_body_is_refused() {
    refuses(|item| {
        let mut block: agon_types::Block =
            codec::decode(&hex::decode(&item.block).unwrap(), 1 << 20).unwrap();
        block.actions.push(contract::action(&network(), 7));
        item.block = hex::encode(codec::encode(&block));
    })
    .await;
}

#[tokio::test]
async fn a_certificate_of_a_foreign_key_is_refused() {
    refuses(|item| {
        let block: agon_types::Block = codec::decode(&hex::decode(&item.block).unwrap(), 1 << 20).unwrap();
        let foreign = SessionPair::from_seed(&[2; 32]);
        let certificate = agon_types::Certificate::solo(&block.header, &foreign);
        item.certificate = hex::encode(codec::encode(&certificate));
    })
    .await;
}

#[tokio::test]
async fn rubbish_is_refused() {
    refuses(|item| item.block = "zz".to_owned()).await;
    refuses(|item| item.block.truncate(100)).await;
    refuses(|item| item.height = item.height.next()).await;
}

#[tokio::test]
async fn an_action_is_brought_to_a_leader_that_can_be_reached() {
    let leader = counter();
    let (base, served) = serve(&leader, None, false).await;
    let nobody = "http://127.0.0.1:1".to_owned();
    let order = FollowOrder::new(network(), vec![nobody.clone(), base]).unwrap();
    let action = contract::action(&network(), 1);
    assert_eq!(order.submit(action.clone()).await, Ok(()));
    let sent = served.actions.lock().unwrap().clone();
    assert_eq!(sent, [format!(r#"{{"action":"{}"}}"#, hex::encode(codec::encode(&action)))]);

    let order = FollowOrder::new(network(), vec![nobody]).unwrap();
    let Err(Fault(text)) = order.submit(action).await else { panic!("nobody took it") };
    assert!(text.contains("127.0.0.1:1"), "{text}");
}

#[tokio::test]
async fn an_action_that_the_leader_refuses_is_no_fault() {
    let (base, served) = serve(&counter(), None, true).await;
    let order = FollowOrder::new(network(), vec![base]).unwrap();
    assert_eq!(order.submit(contract::action(&network(), 1)).await, Ok(()));
    assert_eq!(served.actions.lock().unwrap().len(), 1);
}

#[test]
fn addresses_are_checked_at_the_start() {
    assert_eq!(FollowOrder::new(network(), Vec::new()).err(), Some(Error::NoLeader));
    for bad in ["", "127.0.0.1:7700", "ftp://hub", "hub"] {
        let error = FollowOrder::new(network(), vec![bad.to_owned()]).err();
        assert!(matches!(error, Some(Error::Address(_))), "{bad:?}");
    }
    assert!(FollowOrder::new(network(), vec!["https://hub.example/".to_owned()]).is_ok());
}
