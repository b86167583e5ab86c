//! The two that send, each in a process of its own: the hub over a real node, and a handler that has nothing else to
//! do. Both do as lines on standard input say, and answer on standard output.

use crate::crowd::{self, Crowd};
use crate::network::Network;
use agon_embedded::order::Pace;
use agon_port::Records as _;
use agon_types::Height;
use agon_types::event::Event;
use axum::Router;
use axum::response::Sse;
use axum::response::sse;
use axum::routing::get;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

enum Sender {
    Hub { network: Network, crowd: Arc<Crowd> },
    Bare { events: broadcast::Sender<sse::Event>, last: u64 },
}

/// Serves until standard input ends.
pub async fn run(hub: bool) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut sender = if hub { Sender::hub(listener).await } else { Sender::bare(listener) };
    println!("{address}");
    let next = || std::io::stdin().lines().next().transpose().unwrap();
    while let Some(line) = tokio::task::block_in_place(next) {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["send", blocks, each] => sender.send(blocks.parse().unwrap(), each.parse().unwrap()).await,
            _ => println!("{} {}", sender.last().await, usage()),
        }
    }
}

impl Sender {
    async fn hub(listener: TcpListener) -> Self {
        let mut kept = None;
        // Blocks come when asked for, so that nothing else is heard.
        let pace = Pace { busy_ms: 2, idle_ms: 3_600_000 };
        let network = Network::start(0, pace, |records| {
            let crowd = Arc::new(Crowd { records, more: Default::default() });
            kept = Some(crowd.clone());
            crowd
        });
        let network = network.await;
        tokio::spawn(agon_hub::serve(listener, network.parts.clone(), CancellationToken::new()));
        Self::Hub { network, crowd: kept.expect("the network has records") }
    }

    fn bare(listener: TcpListener) -> Self {
        // As large as the longest series: it is measured for speed, and not to lose anything.
        let events = broadcast::Sender::new(1 << 15);
        let source = events.clone();
        let listen = move || {
            let heard = source.subscribe();
            let stream = futures_util::stream::unfold(heard, |mut heard| async {
                heard.recv().await.ok().map(|event| (Ok::<_, Infallible>(event), heard))
            });
            std::future::ready(Sse::new(stream))
        };
        let router = Router::new().route("/v1/events", get(listen));
        tokio::spawn(axum::serve(listener, router).into_future());
        Self::Bare { events, last: 0 }
    }

    /// So many blocks, each with so many events besides its own.
    async fn send(&mut self, blocks: u64, each: u64) {
        for height in 0..blocks {
            match self {
                Self::Hub { network, crowd } => {
                    crowd.more.store(each, Ordering::SeqCst);
                    network.block().await;
                }
                Self::Bare { events, last } => {
                    let own = Event::BlockDecided { height: Height(height), actions: 0 };
                    let all = (0..each).map(crowd::event).chain([own]);
                    // Nobody listens where nobody reads.
                    (*last + 1..).zip(all).for_each(|(id, event)| drop(events.send(frame(id, &event))));
                    *last += each + 1;
                }
            }
        }
    }

    async fn last(&self) -> u64 {
        match self {
            Self::Hub { crowd, .. } => crowd.records.last_event().await.unwrap(),
            Self::Bare { last, .. } => *last,
        }
    }
}

/// The same bytes as the hub's.
fn frame(id: u64, event: &Event) -> sse::Event {
    let mut document = serde_json::to_value(event).unwrap();
    let kind = document["type"].as_str().unwrap().to_owned();
    document["id"] = id.to_string().into();
    document["time"] = "2026-11-20T22:10:56.007Z".into();
    sse::Event::default().id(id.to_string()).event(kind).data(document.to_string())
}

/// Kilobytes resident, the most there ever were, and milliseconds of processor time.
fn usage() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit_once(") ").unwrap().1;
    let ticks: u64 = after_name.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum();
    format!("{} {} {}", field("VmRSS"), field("VmHWM"), ticks * 10)
}
