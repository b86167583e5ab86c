//! Actions that were given to this node. A message may get lost, and this node may seldom propose, or never: so it says
//! them again until a block has them, ever more seldom.

use super::shell::Shell;
use crate::limits::OWN_MAX;
use crate::message::Message;
use agon_types::{Action, Block, Digest, Height, Signed};
use std::collections::BTreeMap;

/// Each with the number of blocks that have left it out.
#[derive(Debug, Default)]
pub struct Own(BTreeMap<Digest, (Signed<Action>, u32)>);

impl Own {
    fn keep(&mut self, action: Signed<Action>) {
        if self.0.len() < OWN_MAX {
            self.0.entry(action.digest()).or_insert((action, 0));
        }
    }

    /// Forgets what a block has, and what is too old for the next.
    pub fn decided(&mut self, block: &Block, height: Height) {
        if self.0.is_empty() {
            return;
        }
        for action in &block.actions {
            self.0.remove(&action.digest());
        }
        self.0.retain(|_, (action, _)| action.body.expires_at_height > height);
    }

    /// What was left out by two blocks, by four, by eight, and so on.
    fn due(&mut self) -> Vec<(Signed<Action>, u32)> {
        let mut due = Vec::new();
        for (action, passed) in self.0.values_mut() {
            *passed = passed.saturating_add(1);
            if *passed > 1 && passed.is_power_of_two() {
                due.push((action.clone(), *passed));
            }
        }
        due
    }
}

impl Shell {
    /// An action from this node, which has it already.
    pub fn submit(&mut self, action: Signed<Action>) {
        self.note(action.digest());
        self.own.keep(action.clone());
        self.say(&Message::Action(Box::new(action)), 0);
    }

    /// Says again what others may not have heard.
    pub fn say_own(&mut self) {
        for (action, passed) in self.own.due() {
            self.say(&Message::Action(Box::new(action)), passed);
        }
    }
}
