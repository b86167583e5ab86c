//! What comes into the state machine: the beginning of a block, then its actions one by one.

use agon_types::{Action, Anchor, Height, TimeMs, Verified};

/// One input.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    Begin(Begin),
    /// Only actions whose signatures were checked get here.
    Action(&'a Verified<Action>),
}

/// A new height with its time and, perhaps, facts of the chain.
#[derive(Clone, Debug)]
pub struct Begin {
    pub height: Height,
    pub time_ms: TimeMs,
    pub anchor: Option<Anchor>,
}
