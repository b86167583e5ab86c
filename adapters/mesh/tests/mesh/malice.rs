//! Bad peers: each is cut, and those who keep the rules notice nothing.

use crate::evil::{Evil, GREETING};
use crate::stage::{Node, Over, PATIENCE, crowd, eventually, soon};
use agon_mesh::{Figures, Standing, Topic, Verdict};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

fn socket(address: &agon_mesh::Multiaddr) -> String {
    let port = address.to_string().rsplit('/').next().unwrap().to_owned();
    format!("127.0.0.1:{port}")
}

/// Runs an evil peer until it is cut, and gives the figures of the node that cut it.
async fn is_cut(node: &Node, evil: &mut Evil) -> Figures {
    assert!(evil.run(PATIENCE).await, "it is cut");
    eventually(|| node.handle.figures().banned == 1).await;
    node.loses(evil.peer()).await;
    node.handle.figures()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_greeting_that_is_no_document_is_the_last_one() {
    let too_long = [&u32::MAX.to_le_bytes()[..], &[0; 64]].concat();
    let text = [&8u32.to_le_bytes()[..], "чужой".as_bytes()].concat();
    for bytes in [too_long, text, vec![2, 0, 0, 0, 1, 1]] {
        let node = Node::validator(0, 1, Over::Tcp);
        let mut evil = Evil::new("greeting");
        evil.reach(&node).await;
        evil.swarm.behaviour_mut().raw.send_request(&node.key.peer(), bytes);
        assert_eq!(is_cut(&node, &mut evil).await.malformed, 1);
        // And it is not let in again.
        evil.swarm.dial(node.address().await).unwrap();
        eventually_refused(&node, &mut evil).await;
    }
}

async fn eventually_refused(node: &Node, evil: &mut Evil) {
    soon(async {
        while node.handle.figures().refused_connections == 0 {
            let _ = tokio::time::timeout(Duration::from_millis(20), evil.step()).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_no_document_is_the_last_one() {
    let node = Node::validator(0, 1, Over::Tcp);
    let mut evil = Evil::new("greeting");
    evil.answer = [&GREETING[..4], &[9]].concat();
    evil.reach(&node).await;
    assert_eq!(is_cut(&node, &mut evil).await.malformed, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_with_other_protocols_is_cut() {
    let node = Node::validator(0, 1, Over::Tcp);
    let mut evil = Evil::new("unknown");
    evil.reach(&node).await;
    assert_eq!(is_cut(&node, &mut evil).await.foreign, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_larger_than_their_topic_allows_are_scored_down_until_the_peer_is_cut() {
    let mut node = Node::validator(0, 1, Over::Tcp);
    let mut evil = Evil::new("greeting");
    evil.reach(&node).await;
    evil.run(Duration::from_millis(500)).await;
    let too_large = Topic::Actions.bytes_max() + 8_000;
    for _ in 0..10 {
        evil.say("actions", too_large).unwrap();
    }
    assert_eq!(is_cut(&node, &mut evil).await.malformed, 1);
    assert!(node.inbox.actions.try_recv().is_err(), "none reached the application");
}

/// Talks faster than ten thousand messages a second until it is cut, and says how many it had said.
async fn flood(evil: &mut Evil, topic: &str) -> usize {
    let (begun, mut said) = (Instant::now(), 0);
    loop {
        while said < (begun.elapsed().as_micros() as usize / 100).min(said + 200) {
            let _ = evil.say(topic, 64);
            said += 1;
        }
        assert!(begun.elapsed() < PATIENCE, "it is cut");
        for _ in 0..50 {
            match tokio::time::timeout(Duration::from_millis(1), evil.step()).await {
                Ok(true) => return said,
                Ok(false) => {}
                Err(_) => break,
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_messages_is_cut() {
    for topic in ["actions", "consensus"] {
        let node = Node::validator(0, 1, Over::Tcp);
        let mut evil = Evil::new("greeting");
        evil.reach(&node).await;
        evil.run(Duration::from_millis(300)).await;
        let said = flood(&mut evil, topic).await;
        let figures = is_banned(&node).await;
        eprintln!("{topic}: cut after {said} messages were said, {figures:?}");
        assert!(figures.received[0] == 0 && figures.received[1] < 200, "{figures:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_frames_that_are_no_messages_is_cut() {
    let node = Node::validator(0, 1, Over::Tcp);
    let mut evil = Evil::new("greeting");
    evil.reach(&node).await;
    evil.run(Duration::from_millis(300)).await;
    soon(async {
        let mut is_cut = false;
        while !is_cut {
            (0..100).for_each(|n| come_and_go(&mut evil, n));
            is_cut = evil.run(Duration::from_millis(20)).await;
        }
    })
    .await;
    assert!(is_banned(&node).await.flooded >= 100);
}

fn come_and_go(evil: &mut Evil, n: u8) {
    let topic = libp2p::gossipsub::IdentTopic::new(format!("topic {n}"));
    let gossip = &mut evil.swarm.behaviour_mut().gossip;
    let _ = gossip.subscribe(&topic);
    let _ = gossip.unsubscribe(&topic);
}

async fn is_banned(node: &Node) -> Figures {
    eventually(|| node.handle.figures().banned == 1).await;
    node.handle.figures()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_passes_on_what_is_wrong_is_banned_for_a_while() {
    let mut nodes = crowd(2, Over::Quic).await;
    let (one, rest) = nodes.split_at_mut(1);
    let (speaker, judge) = (&one[0], &mut rest[0]);
    for n in 0..6 {
        speaker.handle.publish(Topic::Consensus, vec![n]).unwrap();
    }
    for _ in 0..6 {
        if judge.handle.figures().banned == 0 {
            judge.takes(Topic::Consensus, Verdict::Reject).await;
        }
    }
    eventually(|| judge.handle.figures().banned == 1).await;
    judge.loses(speaker.key.peer()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_open_and_slow_connections_are_closed_and_keep_nobody_out_for_long() {
    let node = Node::validator(0, 2, Over::Tcp);
    let address = socket(&node.address().await);
    let mut idle: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(&address).unwrap()).collect();
    for stream in idle.iter_mut().skip(1).step_by(2) {
        // Half of them say a little of what a handshake begins with.
        let _ = stream.write_all(b"\x13/multistream/1.0.0\n");
    }
    let begun = Instant::now();
    let other = Node::validator(1, 2, Over::Tcp);
    other.connect(&node).await;
    node.sees(other.key.peer(), Standing::Validator).await;
    eprintln!("let in after {:?}, beside 100 that say nothing", begun.elapsed());
    assert!(node.handle.figures().refused_connections > 0, "only so many may be pending");
    let closed = tokio::task::spawn_blocking(move || idle.iter_mut().all(is_closed)).await.unwrap();
    assert!(closed, "none stays open without a handshake");
}

/// Reads until the end; a connection that stays open for longer than any handshake may is not closed.
fn is_closed(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut bytes = [0; 256];
    loop {
        match stream.read(&mut bytes) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return error.kind() == std::io::ErrorKind::ConnectionReset,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_protocol_harm_nobody() {
    let node = Node::validator(0, 1, Over::Tcp);
    let quic = Node::validator(0, 1, Over::Quic);
    let udp = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let at = quic.address().await.to_string();
    let port = at.split('/').nth(4).unwrap();
    for n in 0..50u8 {
        let bytes: Vec<u8> = (0..1_200u32).map(|at| (at as u8).wrapping_mul(n).wrapping_add(n)).collect();
        udp.send_to(&bytes, format!("127.0.0.1:{port}")).unwrap();
        let mut stream = TcpStream::connect(socket(&node.address().await)).unwrap();
        let _ = stream.write_all(&bytes);
    }
    let late = Node::validator(1, 2, Over::Quic);
    late.connect(&quic).await;
    quic.sees(late.key.peer(), Standing::Bound).await;
    let other = Node::validator(1, 2, Over::Tcp);
    other.connect(&node).await;
    node.sees(other.key.peer(), Standing::Bound).await;
}
