//! How quick the mesh is between two nodes of one machine: there and back with a verdict each way, votes in a second,
//! and an artifact in pieces.
//!
//!     cargo run -p agon-mesh --example loopback
#![expect(clippy::unwrap_used, reason = "a measurement that cannot set up its case has failed")]

#[path = "../tests/mesh/stage.rs"]
#[expect(dead_code, reason = "the measurement needs a part of what the tests share")]
mod stage;

use agon_mesh::{Topic, Verdict};
use agon_port::vault::Vault as _;
use agon_types::Digest;
use stage::{Node, Over, crowd};
use std::time::{Duration, Instant};

const ROUNDS: usize = 500;
const VOTES: usize = 5_000;
const ARTIFACT_MIB: usize = 64;

#[tokio::main]
async fn main() {
    for over in [Over::Quic, Over::Tcp] {
        let mut nodes = crowd(2, over).await;
        let (p50, p99) = round_trips(&mut nodes).await;
        println!("{over:?}: there and back p50 {p50:?}, p99 {p99:?}");
        println!("{over:?}: {:.0} votes of 200 bytes in a second", votes(&mut nodes).await);
        println!("{over:?}: an artifact of {ARTIFACT_MIB} MiB at {:.0} MiB/s", artifact(&nodes).await);
    }
}

async fn round_trips(nodes: &mut [Node]) -> (Duration, Duration) {
    let mut times = Vec::new();
    for n in 0..ROUNDS {
        let begun = Instant::now();
        for (from, to) in [(0, 1), (1, 0)] {
            let vote = format!("round {n} from {from}").into_bytes();
            nodes[from].handle.publish(Topic::Consensus, vote.clone()).unwrap();
            assert_eq!(nodes[to].takes(Topic::Consensus, Verdict::Accept).await, vote);
        }
        times.push(begun.elapsed());
    }
    times.sort();
    (times[ROUNDS / 2], times[ROUNDS * 99 / 100])
}

/// Never so many on the way that one is dropped.
async fn votes(nodes: &mut [Node]) -> f64 {
    let begun = Instant::now();
    for batch in 0..VOTES / 100 {
        for n in 0..100 {
            let mut vote = vec![0; 200];
            vote[..8].copy_from_slice(&((batch * 100 + n) as u64).to_le_bytes());
            nodes[0].handle.publish(Topic::Consensus, vote).unwrap();
        }
        for _ in 0..100 {
            nodes[1].takes(Topic::Consensus, Verdict::Accept).await;
        }
    }
    VOTES as f64 / begun.elapsed().as_secs_f64()
}

async fn artifact(nodes: &[Node]) -> f64 {
    let bytes: Vec<u8> = (0..ARTIFACT_MIB << 20).map(|n| (n % 251) as u8).collect();
    let digest = Digest::of(&bytes);
    nodes[1].shelf.put(digest, &bytes).await.unwrap();
    let begun = Instant::now();
    nodes[0].handle.fetch(digest, bytes.len() as u64, &[]).await.unwrap();
    ARTIFACT_MIB as f64 / begun.elapsed().as_secs_f64()
}
