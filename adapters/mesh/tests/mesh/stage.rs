//! What the tests share: nodes on loopback, each with its keys, a vault in memory, and an application that judges.

use agon_mesh::{
    Config, Handle, Inbox, Incoming, Mesh, NodeKey, PeerId, Standing, Topic, Validators, Verdict,
};
use agon_port::clock::Clock;
use agon_port::vault::{Error, Vault};
use agon_types::{Binding, Digest, HotkeyPair, NetworkId, SessionPair, Signed, TimeMs};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Far more than anything here takes, so that only what never happens is late.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> TimeMs {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        TimeMs(now.as_millis() as u64)
    }
}

#[derive(Default)]
pub struct Shelf {
    kept: Mutex<BTreeMap<Digest, Arc<[u8]>>>,
}

impl Shelf {
    /// Keeps bytes under a name that may be wrong.
    pub fn keep_as(&self, name: Digest, bytes: &[u8]) {
        self.kept.lock().unwrap().insert(name, bytes.into());
    }
}

#[async_trait]
impl Vault for Shelf {
    async fn put(&self, expected: Digest, bytes: &[u8]) -> Result<(), Error> {
        let got = Digest::of(bytes);
        if got != expected {
            return Err(Error::WrongDigest { expected, got });
        }
        self.keep_as(expected, bytes);
        Ok(())
    }

    async fn get(&self, digest: Digest) -> Result<Option<Arc<[u8]>>, Error> {
        Ok(self.kept.lock().unwrap().get(&digest).cloned())
    }

    async fn size(&self, digest: Digest) -> Result<Option<u64>, Error> {
        Ok(self.kept.lock().unwrap().get(&digest).map(|bytes| bytes.len() as u64))
    }
}

pub fn network() -> NetworkId {
    "test".parse().unwrap()
}

/// The keys of a validator, by number.
pub fn keys(n: u8) -> (HotkeyPair, SessionPair) {
    (HotkeyPair::from_seed(&[n + 1; 32]), SessionPair::from_seed(&[n + 101; 32]))
}

pub fn validators(count: u8) -> Validators {
    (0..count).map(|n| (keys(n).0.hotkey(), keys(n).1.session())).collect()
}

pub fn body(n: u8, peer: PeerId) -> Binding {
    let (hot, session) = keys(n);
    Binding {
        network: network(),
        hotkey: hot.hotkey(),
        peer: peer.to_bytes(),
        session: session.session(),
        wrap: [n; 32],
        sequence: 1,
        expires: TimeMs(u64::MAX),
    }
}

pub fn sign(n: u8, body: Binding) -> Signed<Binding> {
    let (hot, session) = keys(n);
    Signed::new(&network(), body, &[&hot, &session])
}

/// How the nodes of a test find each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    Quic,
    Tcp,
}

impl Over {
    pub fn loopback(self) -> agon_mesh::Multiaddr {
        match self {
            Self::Quic => "/ip4/127.0.0.1/udp/0/quic-v1".parse().unwrap(),
            Self::Tcp => "/ip4/127.0.0.1/tcp/0".parse().unwrap(),
        }
    }
}

pub struct Node {
    pub handle: Handle,
    pub inbox: Inbox,
    pub shelf: Arc<Shelf>,
    pub key: NodeKey,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Node {
    pub fn start(key: NodeKey, binding: Option<Signed<Binding>>, over: Over) -> Self {
        Self::start_in(network(), key, binding, over)
    }

    pub fn start_in(network: NetworkId, key: NodeKey, binding: Option<Signed<Binding>>, over: Over) -> Self {
        let mut config = Config::on_loopback(network, Digest::ZERO);
        config.listen = vec![over.loopback()];
        config.binding = binding;
        let (shelf, stop) = (Arc::new(Shelf::default()), CancellationToken::new());
        let mesh =
            Mesh::start(config, key.clone(), shelf.clone(), Arc::new(SystemClock), stop.clone()).unwrap();
        let Mesh { handle, inbox, task } = mesh;
        Self { handle, inbox, shelf, key, stop, task }
    }

    /// A validator by number, which knows that there are so many.
    pub fn validator(n: u8, count: u8, over: Over) -> Self {
        let key = NodeKey::generate();
        let binding = sign(n, body(n, key.peer()));
        let node = Self::start(key, Some(binding), over);
        node.handle.set_validators(validators(count));
        node
    }

    pub async fn connect(&self, to: &Node) {
        let address = to.address().await;
        self.handle.dial(address).await.unwrap();
    }

    pub async fn address(&self) -> agon_mesh::Multiaddr {
        eventually(|| !self.handle.listening().is_empty()).await;
        self.handle.listening()[0].clone()
    }

    /// Waits until this node takes another for what it is.
    pub async fn sees(&self, other: PeerId, standing: Standing) {
        let is_there = |peers: &[agon_mesh::PeerInfo]| {
            peers.iter().any(|info| info.peer == other && info.standing == standing)
        };
        soon(self.handle.until(is_there)).await.unwrap();
    }

    pub async fn loses(&self, other: PeerId) {
        soon(self.handle.until(|peers| peers.iter().all(|info| info.peer != other))).await.unwrap();
    }

    pub async fn next(&mut self, topic: Topic) -> Incoming {
        let queue = match topic {
            Topic::Consensus => &mut self.inbox.consensus,
            Topic::Actions => &mut self.inbox.actions,
            Topic::Artifacts => &mut self.inbox.artifacts,
        };
        let incoming = tokio::time::timeout(PATIENCE, queue.recv()).await;
        let figures = self.handle.figures();
        incoming.unwrap_or_else(|_| panic!("nothing about {topic:?} comes: {figures:?}")).unwrap()
    }

    /// Takes one message, judges it, and gives its bytes.
    pub async fn takes(&mut self, topic: Topic, verdict: Verdict) -> Vec<u8> {
        let mut incoming = self.next(topic).await;
        let bytes = std::mem::take(&mut incoming.bytes);
        incoming.judge(verdict);
        bytes
    }

    pub async fn stop(self) {
        self.stop.cancel();
        soon(self.task).await.unwrap();
    }
}

/// So many validators, all of which know each other.
pub async fn crowd(count: u8, over: Over) -> Vec<Node> {
    let nodes: Vec<Node> = (0..count).map(|n| Node::validator(n, count, over)).collect();
    for (n, node) in nodes.iter().enumerate() {
        for other in &nodes[..n] {
            node.connect(other).await;
        }
    }
    for node in &nodes {
        for other in nodes.iter().filter(|other| other.key.peer() != node.key.peer()) {
            node.sees(other.key.peer(), Standing::Validator).await;
        }
    }
    // Gossip tells of subscriptions right after the connection; a heartbeat later the topics' meshes stand.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    nodes
}

/// Nodes that know only the one before and the one after.
pub async fn line(count: u8, over: Over) -> Vec<Node> {
    let nodes: Vec<Node> = (0..count).map(|n| Node::validator(n, count, over)).collect();
    for pair in nodes.windows(2) {
        pair[1].connect(&pair[0]).await;
        pair[1].sees(pair[0].key.peer(), Standing::Validator).await;
        pair[0].sees(pair[1].key.peer(), Standing::Validator).await;
    }
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    nodes
}

pub async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future).await.expect("it happens soon")
}

/// Waits until something holds that no event tells of.
pub async fn eventually(mut holds: impl FnMut() -> bool) {
    soon(async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}
