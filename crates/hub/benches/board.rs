//! How soon the first byte of a page comes, of a hub with a thousand submissions, and of a server that only sends
//! bytes of the same number.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on says so by panicking")]

mod network;

use agon_embedded::order::Pace;
use agon_protocol::View as _;
use agon_types::key::SigningKey;
use agon_types::report::Measured;
use agon_types::{ActionBody, Announcement, ChallengeId, Digest, Epoch, JobId, Outcome, Report, Score};
use axum::Router;
use axum::response::Html;
use axum::routing::get;
use network::{Network, OWNER, VALIDATOR, WINDOW_MS, key, miner, papers, session};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

const SUBMISSIONS: u16 = 1000;
const ROUNDS: usize = 5;
const ASKED: usize = 100;
const ARTIFACT: &[u8] = b"\0asm an agent";

fn challenge() -> ChallengeId {
    papers::manifest().id
}

fn announcement(n: u16) -> Announcement {
    Announcement {
        challenge: challenge(),
        hotkey: miner(n).hotkey(),
        version: 1,
        kind: agon_types::manifest::AgentKind::Component,
        artifact: Digest::tagged("artifact", &n),
        size_bytes: ARTIFACT.len() as u64,
        label: format!("agent {n}"),
    }
}

/// Every miner at once brings its action into a block.
async fn each(network: &Arc<Network>, act: impl Fn(u16) -> (ActionBody, Box<dyn SigningKey>)) {
    let mut acting = tokio::task::JoinSet::new();
    for n in 0..SUBMISSIONS {
        let ((body, key), network) = (act(n), network.clone());
        acting.spawn(async move { network.act(body, &[&*key]).await });
    }
    while let Some(done) = acting.join_next().await {
        done.unwrap().expect("every action of this contest is a good one");
    }
}

fn report(n: u16, network: &Network) -> Report {
    let submission = announcement(n).submission(&network.parts.node.genesis().network);
    let score = Score::new(u32::from(n + 1) * 900_000).unwrap();
    let measured = Measured {
        benchmark: "small".to_owned(),
        score,
        fuel: 1,
        metrics: Vec::new(),
        recording: None,
        kept: Vec::new(),
    };
    Report {
        job: JobId { epoch: Epoch(2), round: 0, submission },
        validator: key(VALIDATOR).hotkey(),
        outcome: Outcome::Scored(vec![measured]),
    }
}

/// A board on which every submission has a rank: all of it came the way that the rules know, and no other.
async fn contest() -> Arc<Network> {
    let pace = Pace { busy_ms: 2, idle_ms: 20 };
    let network = Arc::new(Network::start(SUBMISSIONS, pace, |records| Arc::new(records)).await);
    let id = network.parts.node.genesis().network.clone();
    network.until(|state| state.now().unwrap().anchor.is_some()).await;
    let (hotkey, session) = (key(VALIDATOR), session());
    let body =
        ActionBody::RegisterSession { hotkey: hotkey.hotkey(), session: session.session(), sequence: 1 };
    network.act(body, &[&hotkey, &session]).await.unwrap();
    let body = ActionBody::PublishChallenge(Box::new(papers::manifest()));
    network.act(body, &[&key(OWNER)]).await.unwrap();
    for n in 0..SUBMISSIONS {
        let stated = announcement(n);
        network.chain.commit_now(stated.hotkey, stated.commitment(&id));
        network.chain.head.store(2, Ordering::SeqCst);
    }
    network.epoch(1).await;
    each(&network, |n| (ActionBody::Announce(announcement(n)), Box::new(miner(n)))).await;
    network.epoch(2).await;
    each(&network, |n| {
        let report = report(n, &network);
        let commit = report.commit(&id, &[1; 32]);
        let body = ActionBody::Commit { job: report.job, validator: report.validator, commit };
        (body, Box::new(session.clone()))
    })
    .await;
    // The window for commits ends once its time has passed, with a block after it.
    tokio::time::sleep(Duration::from_millis(WINDOW_MS)).await;
    network.block().await;
    network.block().await;
    each(&network, |n| {
        let body = ActionBody::Reveal { report: report(n, &network), salt: [1; 32] };
        (body, Box::new(session.clone()))
    })
    .await;
    network.epoch(3).await;
    let all = usize::from(SUBMISSIONS);
    network.until(|state| agon_protocol::board::rows(state, &challenge()).len() == all).await;
    network
}

/// The time to the first byte over a connection of its own, and the whole answer.
async fn ask(address: SocketAddr, path: &str) -> (Duration, String) {
    let begun = Instant::now();
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: hub\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![0];
    socket.read_exact(&mut answer).await.unwrap();
    let first = begun.elapsed();
    socket.read_to_end(&mut answer).await.unwrap();
    (first, String::from_utf8(answer).unwrap())
}

async fn bare(body: String) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/", get(move || std::future::ready(Html(body.clone()))));
    tokio::spawn(axum::serve(listener, router).into_future());
    address
}

fn told(name: &str, times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    let (median, late) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    println!("  {name}: median {median:.2?}, p99 {late:.2?}, worst {:.2?}", times[times.len() - 1]);
    median
}

async fn asked(address: SocketAddr, path: &str, times: &mut Vec<Duration>) {
    for _ in 0..ASKED {
        times.push(ask(address, path).await.0);
    }
}

async fn compare(hub: SocketAddr, path: &str) {
    let (_, whole) = ask(hub, path).await;
    let (head, body) = whole.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200") && body.contains("agent 999"), "{head}");
    println!("{path}: {} rows, {} bytes", body.matches("<tr class").count(), body.len());
    let bare = bare(body.to_owned()).await;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        asked(hub, path, &mut ours).await;
        asked(bare, "/", &mut theirs).await;
    }
    let (ours, theirs) = (told("hub", &mut ours), told("the same bytes alone", &mut theirs));
    println!("  what the page costs: {:.2?}; goal: the first byte within 10 ms", ours - theirs);
}

#[tokio::main]
async fn main() {
    let begun = Instant::now();
    let network = contest().await;
    println!("{SUBMISSIONS} submissions are ranked after {:.1?}", begun.elapsed());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hub = listener.local_addr().unwrap();
    tokio::spawn(agon_hub::serve(listener, network.parts.clone(), CancellationToken::new()));
    compare(hub, "/").await;
    let path = format!("/challenges/{}", challenge());
    compare(hub, &path).await;
    let id = announcement(999).submission(&network.parts.node.genesis().network);
    for name in ["pulse", "about", "rows", "waiting", &format!("row/{id}")] {
        let (_, whole) = ask(hub, &format!("{path}?fragment={name}")).await;
        let (head, body) = whole.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        println!("  its fragment {name}: {} bytes", body.len());
    }
}
