//! The one loop that owns the swarm. It waits for the network and for commands, and never for the application.

mod gossiped;
mod members;
mod questions;

use crate::artifacts::Asked;
use crate::dialer::Dialer;
use crate::figures::{Counters, count, set};
use crate::handle::AskError;
use crate::inbox::{BlocksAsked, Incoming, Judgement, Verdict};
use crate::limits;
use crate::peers::{Book, PeerInfo, Standing, Validators};
use crate::swarm::{Behaviour, BehaviourEvent};
use crate::topic::{Names, Topic};
use agon_port::clock::Clock;
use agon_types::peer::{BlocksAnswer, BlocksAsk, ChunkAnswer, ChunkAsk};
use agon_types::{Binding, NetworkId, Signed};
use libp2p::futures::StreamExt as _;
use libp2p::request_response::{InboundRequestId, OutboundRequestId, ResponseChannel};
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::swarm::{DialError, ListenError, Swarm, SwarmEvent};
use libp2p::{Multiaddr, PeerId};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

type Answer<A> = oneshot::Sender<Result<A, AskError>>;

/// What the application wants.
#[derive(Debug)]
pub(crate) enum Command {
    Publish { topic: Topic, bytes: Vec<u8> },
    Chunk { peer: PeerId, ask: ChunkAsk, answer: Answer<ChunkAnswer> },
    Blocks { peer: PeerId, ask: BlocksAsk, answer: Answer<BlocksAnswer> },
    Dial(Multiaddr),
    Blame { peer: PeerId, faults: u32 },
}

/// What comes back from those who were given something. There are no more of these than there were things given, and
/// those are counted.
#[derive(Debug)]
pub(crate) enum Reply {
    Judged(Judgement, Verdict),
    Chunk(ResponseChannel<ChunkAnswer>, ChunkAnswer),
    Blocks(ResponseChannel<BlocksAnswer>, BlocksAnswer),
}

/// What the application sees of the swarm.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    pub peers: Vec<PeerInfo>,
    pub listening: Vec<Multiaddr>,
    pub observed: Option<Multiaddr>,
}

/// The ways to the application, and how much may be on them.
pub(crate) struct Queues {
    pub topics: [mpsc::Sender<Incoming>; 3],
    pub room: [Arc<Semaphore>; 3],
    pub blocks: mpsc::Sender<BlocksAsked>,
    pub asks: Asks,
}

/// How many questions may be answered at one time, until the asker has the last byte. Validators have places of their
/// own, so that nobody can take them.
pub(crate) struct Asks {
    chunks: [Arc<Semaphore>; 2],
    blocks: [Arc<Semaphore>; 2],
}

impl Asks {
    pub fn new() -> Self {
        let halves = |places: usize| [(); 2].map(|()| Arc::new(Semaphore::new(places / 2)));
        Self { chunks: halves(limits::CHUNK_ASKS_MAX), blocks: halves(limits::BLOCK_ASKS_MAX) }
    }
}

/// The kinds of questions whose numbers are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Chunk,
    Blocks,
}

/// Own questions that wait for their answers.
#[derive(Default)]
pub(crate) struct Waiting {
    chunks: HashMap<OutboundRequestId, Answer<ChunkAnswer>>,
    blocks: HashMap<OutboundRequestId, Answer<BlocksAnswer>>,
}

/// The swarm with all that its loop knows.
pub(crate) struct Task {
    pub swarm: Swarm<Behaviour>,
    pub names: Names,
    pub network: NetworkId,
    pub clock: Arc<dyn Clock>,
    pub book: Book,
    pub dialer: Dialer,
    pub queues: Queues,
    pub asked: mpsc::Sender<Asked>,
    pub replies: mpsc::UnboundedSender<Reply>,
    pub view: watch::Sender<View>,
    pub validators: watch::Receiver<Validators>,
    pub binding: watch::Receiver<Option<Signed<Binding>>>,
    pub counters: Arc<Counters>,
    pub waiting: Waiting,
    pub answering: Answering,
    pub attempt: u32,
}

/// The places of questions that are being answered.
pub(crate) type Answering = HashMap<AnsweringId, OwnedSemaphorePermit>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AnsweringId(Kind, InboundRequestId);

impl Task {
    pub async fn run(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        mut replies: mpsc::UnboundedReceiver<Reply>,
        stop: CancellationToken,
    ) {
        let mut tick = tokio::time::interval(Duration::from_millis(limits::TICK_MS));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                event = self.swarm.select_next_some() => self.on_event(event),
                Some(command) = commands.recv() => self.on_command(command),
                Some(reply) = replies.recv() => self.on_reply(reply),
                Ok(()) = self.validators.changed() => {
                    let validators = self.validators.borrow_and_update().clone();
                    self.book.set_validators(validators);
                    self.refresh();
                }
                Ok(()) = self.binding.changed() => self.greet_all(),
                _ = tick.tick() => self.on_tick(),
            }
        }
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Publish { topic, bytes } => self.publish(topic, bytes),
            Command::Chunk { peer, ask, answer } => {
                let id = self.swarm.behaviour_mut().chunks.send_request(&peer, Some(ask));
                self.waiting.chunks.insert(id, answer);
            }
            Command::Blocks { peer, ask, answer } => {
                let id = self.swarm.behaviour_mut().blocks.send_request(&peer, Some(ask));
                self.waiting.blocks.insert(id, answer);
            }
            Command::Dial(address) => self.dialer.add(address, Instant::now()),
            Command::Blame { peer, faults } => self.blame(&peer, faults),
        }
    }

    fn on_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(event) => self.on_behaviour(event),
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, num_established, .. } => {
                self.dialer.reached(connection_id, peer_id, Instant::now());
                if num_established.get() == 1 {
                    self.welcome(peer_id);
                }
                set(&self.counters.connections, self.swarm.behaviour().door.connections());
            }
            SwarmEvent::ConnectionClosed { peer_id, num_established, .. } => {
                if num_established == 0 {
                    self.book.disconnect(&peer_id);
                    self.show_peers();
                }
                set(&self.counters.connections, self.swarm.behaviour().door.connections());
            }
            SwarmEvent::OutgoingConnectionError { connection_id, error, .. } => match error {
                DialError::LocalPeerId { .. } => self.dialer.is_self(connection_id),
                _ => self.dialer.failed(connection_id, Instant::now()),
            },
            SwarmEvent::IncomingConnectionError { error: ListenError::Denied { .. }, .. } => {
                count(&self.counters.refused_connections);
            }
            SwarmEvent::NewListenAddr { .. } | SwarmEvent::ExpiredListenAddr { .. } => {
                let listening: Vec<Multiaddr> = self.swarm.listeners().cloned().collect();
                self.view.send_modify(|view| view.listening = listening);
            }
            _ => {}
        }
    }

    fn on_behaviour(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Metered(event) => self.on_gossip(event),
            BehaviourEvent::Greetings(event) => self.on_greeting(event),
            BehaviourEvent::Chunks(event) => self.on_chunk(event),
            BehaviourEvent::Blocks(event) => self.on_blocks(event),
            BehaviourEvent::Identify(event) => {
                if let libp2p::identify::Event::Received { info, .. } = event {
                    self.view.send_modify(|view| view.observed = Some(info.observed_addr));
                }
            }
            // Whoever does not answer, or cannot, is as good as gone.
            BehaviourEvent::Ping(event) => {
                if event.result.is_err() {
                    self.swarm.close_connection(event.connection);
                }
            }
        }
    }

    /// Looks after what no event tells: frames above a rate, scores, bindings that end, peers to dial.
    fn on_tick(&mut self) {
        let now = Instant::now();
        for (peer, over) in self.swarm.behaviour_mut().metered.take_overruns() {
            self.counters.flooded.fetch_add(u64::from(over), std::sync::atomic::Ordering::Relaxed);
            self.blame(&peer, over);
        }
        self.cut_low_scores();
        self.refresh();
        let swarm = &self.swarm;
        for address in self.dialer.due(now, |peer| swarm.is_connected(peer)) {
            let options = DialOpts::from(address.clone());
            let id = options.connection_id();
            self.dialer.dials(&address, id);
            if self.swarm.dial(options).is_err() {
                self.dialer.failed(id, now);
            }
        }
    }

    fn show_peers(&mut self) {
        let peers = self.book.infos();
        let validators = peers.iter().filter(|info| info.standing == Standing::Validator).count();
        set(&self.counters.peers, peers.len());
        set(&self.counters.validators, validators);
        self.view.send_if_modified(|view| {
            let is_new = view.peers != peers;
            view.peers = peers;
            is_new
        });
    }
}
