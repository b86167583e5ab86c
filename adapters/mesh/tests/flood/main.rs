//! The memory of a node under peers that send more than it can take: a process of its own, so that it can be measured.
//!
//! `cargo test -p agon-mesh --test flood -- --nocapture` prints what it saw.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its case has failed")]

#[path = "../mesh/stage.rs"]
#[expect(dead_code, reason = "this test needs a part of what the others share")]
mod stage;

use agon_mesh::{NodeKey, Standing, Topic};
use stage::{Node, Over, PATIENCE, body, sign, validators};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

const CHILD: &str = "AGON_MESH_FLOODED";
/// What the queues of the application may hold, what is on the way for each connection, and as much again.
const GROWTH_KIB_MAX: u64 = 192 << 10;
/// How long the flood goes on once the queues are full.
const LONGER: Duration = Duration::from_secs(3);

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if std::env::var_os(CHILD).is_some() {
        runtime.block_on(flooded());
    } else {
        runtime.block_on(memory_is_bounded_under_peers_that_send_more_than_the_application_takes());
    }
}

/// A node whose application takes nothing. It says where it listens, and ends with its standard input.
async fn flooded() {
    let node = Node::validator(0, 4, Over::Tcp);
    println!("{}", node.address().await);
    std::io::stdout().flush().unwrap();
    tokio::spawn(tell_when_full(node.handle.clone()));
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new()));
    ended.await.unwrap().unwrap();
    eprintln!("{:?}", node.handle.figures());
}

/// Says so once the queues of votes and of actions have turned something away.
async fn tell_when_full(handle: agon_mesh::Handle) {
    let is_full = |dropped: [u64; 3]| dropped[0] > 0 && dropped[1] > 0;
    while !is_full(handle.figures().dropped) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    println!("full");
    std::io::stdout().flush().unwrap();
}

struct Victim {
    child: Child,
    said: Option<BufReader<ChildStdout>>,
}

impl Victim {
    fn start() -> (Self, String) {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .env(CHILD, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut address = String::new();
        said.read_line(&mut address).unwrap();
        (Self { child, said: Some(said) }, address.trim().to_owned())
    }

    /// A line of what the kernel says of its memory, in KiB: `VmRSS` now, `VmHWM` at most.
    fn kib(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// A task that ends when the node says that its queues are full.
    fn full(&mut self) -> JoinHandle<()> {
        let mut said = self.said.take().unwrap();
        tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            said.read_line(&mut line).unwrap();
            assert_eq!(line, "full\n");
        })
    }

    fn end(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

async fn memory_is_bounded_under_peers_that_send_more_than_the_application_takes() {
    let (mut victim, address) = Victim::start();
    let before = victim.kib("VmRSS");
    // Validators are heard the most: they fill what there is for votes, and for actions. A bound peer and a stranger
    // flood with the largest actions until they are cut.
    let mut peers = Vec::new();
    for n in 1..4 {
        let topic = if n == 3 { Topic::Actions } else { Topic::Consensus };
        peers.push((Node::validator(n, 4, Over::Tcp), topic, 8 << 10));
    }
    let key = NodeKey::generate();
    let bound = Node::start(key.clone(), Some(sign(9, body(9, key.peer()))), Over::Tcp);
    peers.push((bound, Topic::Actions, Topic::Actions.bytes_max()));
    peers.push((Node::start(NodeKey::generate(), None, Over::Tcp), Topic::Actions, 100));
    for (node, _, _) in &peers {
        node.handle.set_validators(validators(4));
        node.handle.dial(address.parse().unwrap()).await.unwrap();
        let sees =
            |peers: &[agon_mesh::PeerInfo]| peers.iter().any(|info| info.standing == Standing::Validator);
        stage::soon(node.handle.until(sees)).await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(700)).await;

    let full = victim.full();
    let (begun, mut said, mut since_full) = (Instant::now(), 0_u64, None);
    while since_full.is_none_or(|since: Instant| since.elapsed() < LONGER) {
        for (node, topic, size) in &peers {
            let mut bytes = vec![0; *size];
            bytes[..8].copy_from_slice(&said.to_le_bytes());
            said += u64::from(node.handle.publish(*topic, bytes).is_ok());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert!(begun.elapsed() < 4 * PATIENCE, "the queues of the node are full in time");
        if full.is_finished() {
            since_full.get_or_insert_with(Instant::now);
        }
    }
    full.await.unwrap();
    let (now, peak) = (victim.kib("VmRSS"), victim.kib("VmHWM"));
    println!(
        "{said} messages offered in {:?}; {before} KiB before, {now} after, {peak} at most",
        begun.elapsed()
    );
    assert!(peak < before + GROWTH_KIB_MAX, "{peak} KiB at most, from {before}");
    victim.end();
    println!("memory_is_bounded_under_peers_that_send_more_than_the_application_takes: ok");
}
