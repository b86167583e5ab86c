//! What goes wrong in a world: nodes fall and rise, the network is cut and heals, peers do what they should not.

use super::{Event, World};
use crate::peer;
use crate::schedule::{Role, Weather};
use agon_agreement::Input;

/// Something that happens again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Some node falls, if there is trouble.
    Fall,
    /// The network is cut, or heals.
    Cut,
    /// A client asks for something.
    Action,
    /// A peer does what only it does.
    Mischief,
}

/// How long a node is down at most.
const DOWN_MS: u64 = 15_000;
/// How often peers do what only they do.
const MISCHIEF_MS: u64 = 500;
/// A fall within so many writes and syncs from now.
const FUSE: u64 = 40;

impl World {
    /// Sets everything going that happens again and again.
    pub(super) fn begin_trouble(&mut self) {
        self.again(self.schedule.crash_every_ms, 0, Trouble::Fall);
        self.again(self.schedule.cut_every_ms, 0, Trouble::Cut);
        self.again(self.schedule.action_every_ms, 0, Trouble::Action);
        for node in 0..self.nodes.len() {
            if matches!(self.nodes[node].role, Role::Sleeper | Role::Spammer) {
                self.again(MISCHIEF_MS, node, Trouble::Mischief);
            }
        }
    }

    fn again(&mut self, every_ms: u64, node: usize, trouble: Trouble) {
        if every_ms < u64::MAX {
            let after = self.chance.between(every_ms / 2, every_ms + every_ms / 2);
            self.push(after, node, Event::Trouble(trouble));
        }
    }

    /// From now on, links lose, the network is cut, and nodes fall.
    pub fn trouble_begins(&mut self) {
        self.is_troubled = true;
        self.links.weather = self.schedule.weather;
    }

    /// From now on, nothing new goes wrong, but peers stay as they are.
    pub fn trouble_ends(&mut self) {
        self.is_troubled = false;
        self.links.weather = Weather::CALM;
        self.links.heal();
    }

    pub(super) fn trouble(&mut self, node: usize, trouble: Trouble) {
        match trouble {
            Trouble::Fall => {
                if self.is_troubled {
                    self.fall();
                }
                self.again(self.schedule.crash_every_ms, 0, trouble);
            }
            Trouble::Cut => {
                if self.is_troubled {
                    self.cut();
                }
                self.again(self.schedule.cut_every_ms, 0, trouble);
            }
            Trouble::Action => {
                self.action();
                self.again(self.schedule.action_every_ms, 0, trouble);
            }
            Trouble::Mischief => {
                self.mischief(node);
                self.again(MISCHIEF_MS, node, trouble);
            }
        }
    }

    /// Some node falls: now, or while it writes.
    fn fall(&mut self) {
        let node = self.chance.index(self.nodes.len());
        if self.nodes[node].driver.is_none() {
            return;
        }
        if self.chance.hits(300) {
            self.crash(node);
        } else {
            let operations = self.chance.below(FUSE);
            self.nodes[node].disk.light_fuse(operations);
        }
    }

    /// A node goes off now, and comes back later.
    pub fn crash(&mut self, node: usize) {
        self.counts.crashes += 1;
        let timers: Vec<_> = self.nodes[node].timers.values().copied().collect();
        for due in timers {
            self.queue.remove(&due);
        }
        self.nodes[node].crash(&mut self.chance);
        let after = self.chance.between(10, DOWN_MS);
        self.push(after, node, Event::Start);
    }

    pub(super) fn start(&mut self, node: usize) {
        if self.nodes[node].driver.is_some() {
            return;
        }
        if self.is_troubled && self.chance.hits(50) {
            // It falls again while it looks at what it left.
            let operations = self.chance.below(4);
            self.nodes[node].disk.light_fuse(operations);
        }
        if let Err(error) = self.nodes[node].start(&self.terms, &self.signatures) {
            if !self.nodes[node].disk.is_off() {
                return self.watch.fail(format!("node {node} does not start: {error}"));
            }
            self.counts.torn += 1;
            return self.crash(node);
        }
        let (tip, voters) = (self.nodes[node].contest.height, self.terms.keys.clone());
        self.input(node, Input::Begin { tip, voters });
        // Whoever waited at it has seen it fall, and asks it again.
        let waiting: Vec<_> =
            self.clients.waiting().filter(|waiting| waiting.node == node).cloned().collect();
        for waiting in waiting {
            self.nodes[node].add(waiting.action.clone());
            self.input(node, Input::Submit(Box::new(waiting.action)));
        }
    }

    fn cut(&mut self) {
        if self.links.is_cut() {
            return self.links.heal();
        }
        self.counts.cuts += 1;
        let parts = self.chance.between(2, 3);
        let parts = (0..self.nodes.len()).map(|_| self.chance.below(parts)).collect();
        self.links.cut(parts);
    }

    fn action(&mut self) {
        let node = self.chance.index(self.nodes.len());
        if self.nodes[node].driver.is_some() && self.nodes[node].is_honest() {
            self.ask_at(node);
        }
    }

    /// A client asks a node for something.
    pub fn ask_at(&mut self, node: usize) {
        let of = &self.nodes[node];
        let (network, height) = (&self.terms.genesis.network, of.contest.height);
        let Some(waiting) = self.clients.ask(network, node, height) else { return };
        self.counts.actions += 1;
        self.nodes[node].add(waiting.action.clone());
        self.input(node, Input::Submit(Box::new(waiting.action)));
    }

    fn mischief(&mut self, node: usize) {
        let of = &mut self.nodes[node];
        if of.role == Role::Sleeper && self.chance.hits(60) {
            of.is_asleep = !of.is_asleep;
        }
        let network = &self.terms.genesis.network;
        if let Some(said) = peer::rubbish(of, &mut self.chance, network) {
            (0..self.nodes.len()).for_each(|to| self.send(node, to, &said));
        }
    }
}
