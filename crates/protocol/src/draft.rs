//! A step in the making: the state as it will be, and what will be told of it.

use crate::state::{Key, Now, State, Value, View, Writes};
use agon_types::event::Event;
use agon_types::{Epoch, Genesis};
use std::collections::BTreeMap;

/// A state with changes on top.
#[derive(Debug)]
pub struct Draft<'a> {
    base: &'a State,
    writes: BTreeMap<Key, Option<Value>>,
    effects: Vec<Event>,
}

impl<'a> Draft<'a> {
    pub fn new(base: &'a State) -> Self {
        Self { base, writes: BTreeMap::new(), effects: Vec::new() }
    }

    pub fn put(&mut self, key: Key, value: impl Into<Value>) {
        self.writes.insert(key, Some(value.into()));
    }

    pub fn remove(&mut self, key: Key) {
        self.writes.insert(key, None);
    }

    pub fn tell(&mut self, event: Event) {
        self.effects.push(event);
    }

    pub fn finish(self) -> (Writes, Vec<Event>) {
        (Writes(self.writes), self.effects)
    }

    /// What the network began with. Every state has it, so a state without it stands still.
    pub fn network(&self) -> Option<&'a Genesis> {
        self.base.genesis()
    }

    pub fn time(&self) -> Option<Now> {
        self.now().cloned()
    }

    /// The epoch that is open.
    pub fn epoch(&self) -> Epoch {
        self.now().map_or(Epoch(0), |now| now.epoch)
    }
}

impl View for Draft<'_> {
    fn get(&self, key: &Key) -> Option<&Value> {
        match self.writes.get(key) {
            Some(written) => written.as_ref(),
            None => self.base.get(key),
        }
    }

    fn range(&self, from: &Key, to: &Key) -> Vec<(&Key, &Value)> {
        let mut merged: BTreeMap<&Key, &Value> = self.base.range(from, to).into_iter().collect();
        for (key, written) in self.writes.range(from..=to) {
            match written {
                Some(value) => merged.insert(key, value),
                None => merged.remove(key),
            };
        }
        merged.into_iter().collect()
    }

    fn last(&self, from: &Key, to: &Key) -> Option<(&Key, &Value)> {
        match self.writes.range(from..=to).next_back() {
            Some(_) => self.range(from, to).pop(),
            None => self.base.last(from, to),
        }
    }
}
