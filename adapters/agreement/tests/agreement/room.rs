//! Many drivers with one clock that is not a clock: messages take a while, get lost, and cross each other.

use crate::book::{Book, network, pair};
use crate::disk::{Disk, Falling, Open};
use agon_agreement::message::Reply;
use agon_agreement::signatures::Checked;
use agon_agreement::{
    Driver, Input, Message, Misbehaviour, Output, Pace, Settings, Timer, Timing, Topic, Wal,
};
use agon_types::{Block, Certificate, Digest, Height, SessionKey};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

pub const PACE: Pace = Pace { busy_ms: 50, idle_ms: 1_000 };

pub fn settings() -> Settings {
    Settings { network: network(), timing: Timing::default(), pace: PACE, vote_from: Height(0) }
}

/// One node: what it has lost when it falls, and what not.
pub struct Node {
    pub driver: Option<Driver>,
    pub book: Book,
    pub disk: Disk,
    /// Appends until it falls.
    pub left: Arc<Mutex<Option<usize>>>,
    pub proofs: Vec<(SessionKey, Misbehaviour)>,
    timers: BTreeMap<Timer, u64>,
    pub settings: Settings,
    /// Which life this is; what belongs to another is forgotten.
    life: u64,
}

impl Node {
    /// Whether the core has begun a height: it has a timer of it.
    pub fn is_deciding(&self, height: u64) -> bool {
        let is_of = |timer: &Timer| matches!(timer, Timer::Repeat { height: of, .. } if of.0 == height);
        self.timers.keys().any(is_of) || self.book.tip() >= Height(height)
    }
}

enum Event {
    Message { to: usize, from: SessionKey, topic: Topic, bytes: Vec<u8> },
    Timer { node: usize, timer: Timer },
    Answer { node: usize, life: u64, input: Input },
    Keep { node: usize, life: u64, block: Box<Block>, certificate: Certificate },
    Question { to: usize, from: usize, bytes: Vec<u8> },
    Reply { to: usize, from: SessionKey, bytes: Vec<u8> },
}

/// Says whether a message reaches a node: from, to, what, when.
pub type Filter = Box<dyn FnMut(usize, usize, &Message, u64) -> bool>;

pub struct Room {
    pub nodes: Vec<Node>,
    pub now: u64,
    pub latency_ms: (u64, u64),
    pub loss_percent: u64,
    pub filter: Filter,
    /// All that was ever signed: by whom, what, at which height and round, for which blocks.
    pub said: BTreeMap<(SessionKey, &'static str, Height, u32), BTreeSet<Option<Digest>>>,
    pub messages: Vec<(usize, Message)>,
    pub questions: usize,
    queue: BTreeMap<(u64, u64), Event>,
    count: u64,
    chance: u64,
}

impl Room {
    pub fn new(voters: Vec<(SessionKey, u64)>, seed: u64) -> Self {
        let node = |index: usize| Node {
            driver: None,
            book: Book::new(pair(index).session(), voters.clone()),
            disk: Disk::default(),
            left: Arc::default(),
            proofs: Vec::new(),
            timers: BTreeMap::new(),
            settings: settings(),
            life: 0,
        };
        Self {
            nodes: (0..voters.len()).map(node).collect(),
            now: 0,
            latency_ms: (40, 100),
            loss_percent: 0,
            filter: Box::new(|_, _, _, _| true),
            said: BTreeMap::new(),
            messages: Vec::new(),
            questions: 0,
            queue: BTreeMap::new(),
            count: 0,
            chance: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
        }
    }

    pub fn all_begin(mut self) -> Self {
        for node in 0..self.nodes.len() {
            self.begin(node);
        }
        self
    }

    pub fn with_settings(mut self, index: usize, settings: Settings) -> Self {
        self.nodes[index].settings = settings;
        self
    }

    pub fn begin(&mut self, index: usize) {
        let node = &mut self.nodes[index];
        let (journal, records) = Wal::<Open>::open("votes", node.disk.clone()).unwrap();
        let journal = Box::new(Falling { journal, left: Arc::clone(&node.left) });
        node.driver = Some(Driver::new(
            node.settings.clone(),
            pair(index),
            journal,
            records,
            Box::<Checked>::default(),
        ));
        node.life += 1;
        node.timers.clear();
        let tip = node.book.tip();
        let voters = node.book.voters_at(tip.next());
        self.bring(index, Input::Begin { tip, voters });
    }

    /// The power of a node fails.
    pub fn fall(&mut self, index: usize, torn_bytes: usize) {
        let node = &mut self.nodes[index];
        node.driver = None;
        node.disk.fall(torn_bytes);
    }

    pub fn random(&mut self, below: u64) -> u64 {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        (self.chance >> 11) % below
    }

    /// Runs until something holds, for so much virtual time at most; says whether it did.
    pub fn run(&mut self, limit_ms: u64, mut until: impl FnMut(&Self) -> bool) -> bool {
        let end = self.now + limit_ms;
        while !until(self) {
            let Some(((at, _), event)) = self.queue.pop_first() else { return false };
            if at > end {
                self.later(at - self.now, event);
                self.now = end;
                return until(self);
            }
            self.now = at;
            self.happen(event);
        }
        true
    }

    pub fn lowest(&self) -> Height {
        self.nodes.iter().map(|node| node.book.tip()).min().unwrap()
    }

    /// No two nodes have kept different blocks.
    pub fn assert_no_fork(&self) {
        let longest = self.nodes.iter().max_by_key(|node| node.book.tip()).unwrap();
        for node in &self.nodes {
            for ((mine, _), (theirs, _)) in node.book.kept.iter().zip(&longest.book.kept) {
                assert_eq!(mine.header, theirs.header, "a fork");
            }
        }
    }

    /// None of these nodes has ever signed two things of one kind in one round.
    pub fn assert_nobody_voted_twice(&self, honest: impl Fn(&SessionKey) -> bool) {
        for ((voter, kind, height, round), blocks) in &self.said {
            let is_double = blocks.len() > 1 && honest(voter);
            assert!(!is_double, "{voter} has said two {kind}s at {height} in round {round}: {blocks:?}");
        }
    }

    fn later(&mut self, after_ms: u64, event: Event) {
        self.count += 1;
        self.queue.insert((self.now + after_ms, self.count), event);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Message { to, from, topic, bytes } => {
                self.bring(to, Input::Message { from, topic, bytes, number: 0 });
            }
            Event::Timer { node, timer } => {
                if self.nodes[node].timers.get(&timer) == Some(&self.now) {
                    self.nodes[node].timers.remove(&timer);
                    self.bring(node, Input::Timer(timer));
                }
            }
            Event::Answer { node, life, input } if self.nodes[node].life == life => self.bring(node, input),
            Event::Keep { node, life, block, certificate } if self.nodes[node].life == life => {
                let height = block.header.height;
                if self.nodes[node].driver.is_some() {
                    self.nodes[node].book.keep(*block, certificate);
                }
                let voters = self.nodes[node].book.voters_at(height.next());
                self.bring(node, Input::Kept { height, voters, due_ms: None });
            }
            Event::Question { to, from, bytes } => {
                self.bring(to, Input::Asked { number: from as u64, bytes })
            }
            Event::Reply { to, from, bytes } => self.bring(to, Input::Reply { from, bytes }),
            Event::Answer { .. } | Event::Keep { .. } => {}
        }
    }

    pub fn bring(&mut self, node: usize, input: Input) {
        let Some(driver) = &mut self.nodes[node].driver else { return };
        match driver.handle(input) {
            Ok(outputs) => outputs.into_iter().for_each(|output| self.carry_out(node, output)),
            Err(fault) => {
                let has_fallen = self.nodes[node].left.lock().unwrap().is_some();
                assert!(has_fallen, "node {node}: {fault}");
                self.nodes[node].driver = None;
            }
        }
    }

    fn carry_out(&mut self, node: usize, output: Output) {
        let life = self.nodes[node].life;
        match output {
            Output::Publish { topic, bytes } => self.publish(node, topic, bytes),
            Output::Set { timer, after_ms } => {
                self.nodes[node].timers.insert(timer, self.now + after_ms);
                self.later(after_ms, Event::Timer { node, timer });
            }
            Output::Cancel(timer) => drop(self.nodes[node].timers.remove(&timer)),
            Output::Build { height, round, .. } => {
                let block = Box::new(self.nodes[node].book.build());
                self.later(1, Event::Answer { node, life, input: Input::Built { height, round, block } });
            }
            Output::Check(block) => {
                let (accepted, block) = (self.nodes[node].book.check(&block), block.header.digest());
                self.later(1, Event::Answer { node, life, input: Input::Checked { block, accepted } });
            }
            Output::Decide { block, certificate } => {
                self.later(1, Event::Keep { node, life, block, certificate });
            }
            Output::Pool(action) => self.nodes[node].book.pool.push(action.into_signed()),
            Output::Ask { peer, bytes } => {
                self.questions += 1;
                let to = self.nodes.iter().position(|node| node.book.me == peer).unwrap();
                self.later(20, Event::Question { to, from: node, bytes });
            }
            Output::Serve { number, from } => {
                let book = &self.nodes[node].book;
                let blocks = book.kept.iter().skip(from.0 as usize - 1).take(64).cloned().collect();
                let (from, bytes) = (book.me, Reply { blocks }.encode(&network()));
                self.later(20, Event::Reply { to: number as usize, from, bytes });
            }
            Output::Judged { .. } => {}
            Output::Misbehaved { voter, proof } => self.nodes[node].proofs.push((voter, proof)),
        }
    }

    fn publish(&mut self, node: usize, topic: Topic, bytes: Vec<u8>) {
        let message = Message::decode(&bytes, topic, &network()).unwrap();
        self.note(&message);
        for to in 0..self.nodes.len() {
            let is_lost = self.random(100) < self.loss_percent;
            let (least, most) = self.latency_ms;
            let after_ms = least + self.random(most - least + 1);
            if to != node && !is_lost && (self.filter)(node, to, &message, self.now) {
                let from = self.nodes[node].book.me;
                self.later(after_ms, Event::Message { to, from, topic, bytes: bytes.clone() });
            }
        }
        self.messages.push((node, message));
    }

    fn note(&mut self, message: &Message) {
        let (voter, kind, round, block) = match message {
            Message::Proposal(ballot, _) => {
                (ballot.voter, "proposal", ballot.body.round, Some(ballot.body.block))
            }
            Message::Prevote(ballot) => (ballot.voter, "prevote", ballot.body.round, ballot.body.block),
            Message::Precommit(ballot) => (ballot.voter, "precommit", ballot.body.round, ballot.body.block),
            _ => return,
        };
        let height = message.height().unwrap();
        self.said.entry((voter, kind, height, round)).or_default().insert(block);
    }
}
