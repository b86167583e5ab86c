//! Messages that come before their height begins here.

use crate::limits::{BLOCKS_OF_ROUND_MAX, EARLY_MAX};
use crate::message::Message;
use agon_types::{Height, SessionKey};

/// Checked messages of the next height, until it begins.
#[derive(Debug, Default)]
pub struct Early(Vec<(SessionKey, Height, Message)>);

impl Early {
    pub fn has(&self, height: Height) -> bool {
        self.0.iter().any(|(_, of, _)| *of == height)
    }

    /// Keeps a message for later, if its voter has room.
    pub fn keep(&mut self, voter: SessionKey, height: Height, message: Message) -> bool {
        let is_known = self.0.iter().any(|(by, _, known)| *by == voter && *known == message);
        let is_block = |message: &Message| matches!(message, Message::Proposal(..));
        let count = self.0.iter().filter(|(by, ..)| *by == voter).count();
        let blocks = self.0.iter().filter(|(.., known)| is_block(known)).count();
        let fits = !is_block(&message) || blocks < BLOCKS_OF_ROUND_MAX;
        let has_room = !is_known && count < EARLY_MAX && fits;
        if has_room {
            self.0.push((voter, height, message));
        }
        has_room || is_known
    }

    /// All of one height; older ones are gone for good.
    pub fn take(&mut self, height: Height) -> Vec<Message> {
        let (now, later) = std::mem::take(&mut self.0).into_iter().partition(|(_, of, _)| *of <= height);
        self.0 = later;
        let now: Vec<(SessionKey, Height, Message)> = now;
        now.into_iter().filter(|(_, of, _)| *of == height).map(|(.., message)| message).collect()
    }
}
