//! The world: its queue of events in virtual time, and what happens in each. One thread, and no clock but its own.

use crate::chance::Chance;
use crate::clients::Clients;
use crate::contest::{Contest, Terms};
use crate::link::Links;
use crate::node::{self, Node};
use crate::peer;
use crate::schedule::{Role, Schedule};
use crate::signatures::Shared;
use crate::watch::Watch;
use agon_agreement::{Input, Output, Topic};
use agon_types::{Block, Certificate, Digest, Height, SessionPair, TimeMs};
use std::collections::BTreeMap;
use std::sync::Arc;

mod trouble;

pub use trouble::Trouble;

/// When a world begins.
const BEGIN_MS: u64 = 1_000_000;
/// How long the application and the disk take at most.
const WORK_MS: u64 = 3;
/// Until a peer that cannot be reached is known to be silent.
const SILENT_MS: u64 = 200;

/// Something that happens at some time.
#[derive(Debug)]
enum Event {
    /// Only in the life that waited for it.
    Input {
        life: u64,
        input: Box<Input>,
    },
    Message {
        from: usize,
        topic: Topic,
        bytes: Vec<u8>,
    },
    Asked {
        from: usize,
        bytes: Vec<u8>,
    },
    Keep {
        life: u64,
        block: Box<Block>,
        certificate: Certificate,
    },
    Start,
    Trouble(Trouble),
}

/// What has happened so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub events: u64,
    pub messages: u64,
    pub crashes: u64,
    /// Of them, in the middle of a write or a sync.
    pub torn: u64,
    pub cuts: u64,
    pub actions: u64,
}

/// All nodes with all that is between them.
pub struct World {
    pub schedule: Schedule,
    pub now_ms: u64,
    pub nodes: Vec<Node>,
    pub links: Links,
    pub watch: Watch,
    pub clients: Clients,
    pub counts: Counts,
    pub chance: Chance,
    /// How long after its first block was asked for each honest node has decided a height.
    pub latencies_ms: Vec<u64>,
    began: BTreeMap<Height, u64>,
    terms: Arc<Terms>,
    signatures: Shared,
    queue: BTreeMap<(u64, u64), (usize, Event)>,
    number: u64,
    is_troubled: bool,
    /// Says on standard error what happens.
    is_loud: bool,
}

impl World {
    pub fn new(schedule: Schedule) -> Self {
        let mut chance = Chance::new(schedule.seed ^ 0x0a90_9a06);
        let clients = Clients::default();
        let key = |seat: usize| SessionPair::from_seed(&[seat as u8 + 1; 32]);
        let keys = schedule.seats.iter().enumerate().map(|(seat, of)| (key(seat).session(), of.power));
        let terms = node::terms(keys.collect(), clients.anchor(), TimeMs(BEGIN_MS));
        let signatures = Shared::default();
        let two_faced = |(seat, of): (usize, &crate::schedule::Seat)| {
            (!of.role.signs_once()).then(|| key(seat).session())
        };
        let two_faced = schedule.seats.iter().enumerate().filter_map(two_faced).collect();
        let mut nodes = Vec::new();
        for (seat, of) in schedule.seats.iter().enumerate() {
            for _ in 0..if of.role == Role::Twin { 2 } else { 1 } {
                let contest = Contest::new(Arc::clone(&terms), signatures.clone());
                nodes.push(Node::new(of.role, key(seat), contest, &mut chance, schedule.checks_all));
            }
        }
        let mut world = Self {
            now_ms: BEGIN_MS,
            links: Links::new(nodes.len()),
            watch: Watch::new(Arc::clone(&terms), signatures.clone(), two_faced),
            schedule,
            nodes,
            clients,
            counts: Counts::default(),
            chance,
            latencies_ms: Vec::new(),
            began: BTreeMap::new(),
            terms,
            signatures,
            queue: BTreeMap::new(),
            number: 0,
            is_troubled: false,
            is_loud: std::env::var_os("AGON_SIM_LOUD").is_some(),
        };
        if world.is_loud {
            eprintln!("{:?}", world.schedule);
        }
        for node in 0..world.nodes.len() {
            let after = world.chance.below(1_000);
            world.push(after, node, Event::Start);
        }
        world.begin_trouble();
        world
    }

    /// Where each honest node stands.
    pub fn honest_heights(&self) -> Vec<Height> {
        self.nodes.iter().filter(|node| node.is_honest()).map(|node| node.contest.height).collect()
    }

    /// A fresh contest that executes the blocks of the longest ledger once more.
    pub fn replay(&self) -> Result<Digest, String> {
        let mut contest = Contest::new(Arc::clone(&self.terms), self.signatures.clone());
        let ledger = self.nodes.iter().map(|node| &node.ledger).max_by_key(|ledger| ledger.len());
        for (block, certificate) in ledger.into_iter().flatten() {
            contest.advance(block, certificate.clone())?;
        }
        Ok(contest.root())
    }

    /// The next thing happens; false if nothing ever does, or if something did not hold.
    pub fn step(&mut self) -> bool {
        let Some(((at, _), (node, event))) = self.queue.pop_first() else { return false };
        self.now_ms = at;
        self.counts.events += 1;
        match event {
            Event::Input { life, input } if life == self.nodes[node].life => {
                if let Input::Timer(timer) = &*input {
                    self.nodes[node].timers.remove(timer);
                }
                self.input(node, *input);
            }
            Event::Message { from, topic, bytes } => self.deliver(node, from, topic, bytes),
            Event::Asked { from, bytes } => {
                self.input(node, Input::Asked { number: from as u64, bytes });
            }
            Event::Keep { life, block, certificate } if life == self.nodes[node].life => {
                self.keep(node, *block, certificate);
            }
            Event::Start => self.start(node),
            Event::Trouble(trouble) => self.trouble(node, trouble),
            Event::Input { .. } | Event::Keep { .. } => {}
        }
        self.watch.failed().is_none()
    }

    fn push(&mut self, after_ms: u64, node: usize, event: Event) -> node::Due {
        self.number += 1;
        let due = (self.now_ms.saturating_add(after_ms), self.number);
        self.queue.insert(due, (node, event));
        due
    }

    /// Brings an input to this life of a node, after some time.
    fn later(&mut self, node: usize, after_ms: u64, input: Input) -> node::Due {
        let life = self.nodes[node].life;
        self.push(after_ms, node, Event::Input { life, input: Box::new(input) })
    }

    fn deliver(&mut self, node: usize, from: usize, topic: Topic, bytes: Vec<u8>) {
        if self.nodes[node].driver.is_none() || self.nodes[node].is_asleep {
            return;
        }
        self.counts.messages += 1;
        if !self.nodes[node].is_honest() {
            self.overhear(node, topic, &bytes);
        }
        let key = self.nodes[from].session();
        self.input(node, Input::Message { from: key, topic, bytes, number: from as u64 });
    }

    /// A faulty peer remembers what it hears, and may say it itself.
    fn overhear(&mut self, node: usize, topic: Topic, bytes: &[u8]) {
        self.nodes[node].hear(topic, bytes);
        if topic == Topic::Blocks
            && let Ok(agon_agreement::Message::Proposal(ballot, _)) =
                agon_agreement::Message::decode(bytes, topic, &self.terms.genesis.network)
        {
            self.nodes[node].learn(ballot.body.height, ballot.body.block);
        }
        if let Some(said) = peer::echo(&mut self.nodes[node], &mut self.chance) {
            (0..self.nodes.len()).for_each(|to| self.send(node, to, &said));
        }
    }

    fn send(&mut self, from: usize, to: usize, (topic, bytes): &peer::Said) {
        if from == to {
            return;
        }
        for after_ms in self.links.deliveries(&mut self.chance, from, to) {
            self.push(after_ms, to, Event::Message { from, topic: *topic, bytes: bytes.clone() });
        }
    }

    /// Gives a driver an input and carries out what it says.
    fn input(&mut self, node: usize, input: Input) {
        let Some(driver) = &mut self.nodes[node].driver else { return };
        if self.is_loud {
            eprintln!("{} node {node}: {}", self.now_ms, brief(&input));
        }
        match driver.handle(input) {
            Ok(outputs) => outputs.into_iter().for_each(|output| self.carry_out(node, output)),
            Err(_) if self.nodes[node].disk.is_off() => {
                self.counts.torn += 1;
                self.crash(node);
            }
            Err(fault) if self.nodes[node].is_honest() => {
                self.watch.fail(format!("node {node} gives up: {fault}"));
            }
            Err(_) => self.crash(node),
        }
    }

    fn carry_out(&mut self, node: usize, output: Output) {
        if self.is_loud {
            eprintln!("{}   node {node} -> {output:.0?}", self.now_ms);
        }
        match output {
            Output::Publish { topic, bytes } => self.publish(node, (topic, bytes)),
            Output::Set { timer, after_ms } => {
                let after_ms = self.nodes[node].after_ms(after_ms);
                let due = self.later(node, after_ms, Input::Timer(timer));
                if let Some(former) = self.nodes[node].timers.insert(timer, due) {
                    self.queue.remove(&former);
                }
            }
            Output::Cancel(timer) => {
                if let Some(due) = self.nodes[node].timers.remove(&timer) {
                    self.queue.remove(&due);
                }
            }
            Output::Build { height, round, .. } => self.build(node, height, round),
            Output::Check(block) => self.check(node, &block),
            Output::Decide { block, certificate } => {
                self.watch.decided(node, &block, &certificate);
                self.measure(node, block.header.height);
                let (life, after) = (self.nodes[node].life, self.chance.between(1, WORK_MS));
                self.push(after, node, Event::Keep { life, block, certificate });
            }
            Output::Pool(action) => {
                let action = action.into_signed();
                if !self.watch.has(&action.digest()) {
                    self.nodes[node].add(action);
                }
            }
            Output::Ask { peer, bytes } => self.ask(node, peer, bytes),
            Output::Serve { number, from } => self.serve(node, number as usize, from),
            Output::Judged { number, verdict } => {
                let sender = number as usize;
                if self.nodes[node].is_honest() && self.nodes[sender].is_honest() {
                    self.watch.judged(node, sender, verdict);
                }
            }
            Output::Misbehaved { voter, proof } => self.watch.accused(voter, proof),
        }
    }

    fn measure(&mut self, node: usize, height: Height) {
        if let Some(began) = self.began.get(&height).filter(|_| self.nodes[node].is_honest()) {
            self.latencies_ms.push(self.now_ms - began);
        }
    }

    fn publish(&mut self, node: usize, said: peer::Said) {
        if self.nodes[node].role.signs_once() {
            let voter = self.nodes[node].session();
            self.watch.said(voter, said.0, &said.1);
        }
        for to in 0..self.nodes.len() {
            let network = &self.terms.genesis.network;
            let peer = (&mut self.nodes[node], to);
            let said = peer::said_to(peer, &mut self.chance, network, &said);
            if let Some(said) = said {
                self.send(node, to, &said);
            }
        }
        self.conspire(node);
    }

    /// Equivocators tell each other of their blocks.
    fn conspire(&mut self, node: usize) {
        if self.nodes[node].role != Role::Equivocator {
            return;
        }
        let known: Vec<_> = self.nodes[node].proposed.iter().copied().collect();
        for other in self.nodes.iter_mut().filter(|other| other.role == Role::Equivocator) {
            known.iter().for_each(|(height, block)| other.learn(*height, *block));
        }
    }

    fn build(&mut self, node: usize, height: Height, round: u32) {
        let of = &mut self.nodes[node];
        if of.contest.height.next() != height {
            return self.watch.fail(format!("node {node} is asked for block {height} too early"));
        }
        self.began.entry(height).or_insert(self.now_ms);
        let actions: Vec<_> = of.pool.iter().map(|(_, action)| action.clone()).collect();
        let (block, refusals) = of.contest.build(of.session(), of.clock(self.now_ms), &actions);
        let block = Box::new(peer::built(of.role, block));
        for (digest, reason) in refusals {
            of.pool.retain(|(known, _)| *known != digest);
            self.watch.refused(digest, &reason.to_string());
        }
        let after = self.chance.below(WORK_MS);
        self.later(node, after, Input::Built { height, round, block });
    }

    fn check(&mut self, node: usize, block: &Block) {
        let of = &mut self.nodes[node];
        let checked = of.contest.check(block, of.clock(self.now_ms));
        let accepted = if of.role == Role::Liar { Ok(()) } else { checked };
        let after = self.chance.below(WORK_MS);
        self.later(node, after, Input::Checked { block: block.header.digest(), accepted });
    }

    /// The block is durable. A node may fall before its driver hears of it.
    fn keep(&mut self, node: usize, block: Block, certificate: Certificate) {
        let height = block.header.height;
        if let Err(problem) = self.nodes[node].keep(block.clone(), certificate) {
            return self.watch.fail(format!("node {node} cannot execute block {height}: {problem}"));
        }
        self.watch.kept(node, &block, self.nodes[node].contest.root());
        let watch = &self.watch;
        self.clients.settle(|digest| watch.has(digest));
        if self.is_troubled && self.chance.hits(5) {
            return self.crash(node);
        }
        let voters = self.terms.keys.clone();
        self.input(node, Input::Kept { height, voters, due_ms: None });
    }

    fn ask(&mut self, node: usize, peer: agon_types::SessionKey, bytes: Vec<u8>) {
        let with_key = |other: &usize| self.nodes[*other].session() == peer && *other != node;
        let others: Vec<usize> = (0..self.nodes.len()).filter(with_key).collect();
        let Some(other) = others.get(self.chance.index(others.len())).copied() else { return };
        let is_up = self.nodes[other].driver.is_some() && self.links.connects(node, other);
        if !is_up {
            self.later(node, SILENT_MS, Input::Silent { from: peer });
            return;
        }
        for after_ms in self.links.deliveries(&mut self.chance, node, other) {
            self.push(after_ms, other, Event::Asked { from: node, bytes: bytes.clone() });
        }
    }

    fn serve(&mut self, node: usize, asker: usize, from: Height) {
        if self.nodes[node].is_asleep {
            return;
        }
        let reply = self.nodes[node].blocks_from(from);
        let (role, network) = (self.nodes[node].role, &self.terms.genesis.network);
        let bytes = peer::answer(role, &mut self.chance, network, reply);
        let from = self.nodes[node].session();
        for after_ms in self.links.deliveries(&mut self.chance, node, asker) {
            self.later(asker, after_ms, Input::Reply { from, bytes: bytes.clone() });
        }
    }
}

fn brief(input: &Input) -> String {
    match input {
        Input::Message { from, topic, bytes, .. } => {
            format!("{} bytes of {} from {from}", bytes.len(), topic.name())
        }
        other => format!("{other:.0?}"),
    }
}
