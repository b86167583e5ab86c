//! What comes into the state machine: the beginning of a block, then its actions one by one.

use agon_types::{Action, Anchor, Height, SessionKey, TimeMs, Verified};

/// One input.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    Begin(Begin),
    /// Only actions whose signatures were checked get here.
    Action(&'a Verified<Action>),
}

/// A new height with its time, who signed the certificate before it and, perhaps, facts of the chain.
#[derive(Clone, Debug)]
pub struct Begin {
    pub height: Height,
    pub time_ms: TimeMs,
    pub anchor: Option<Anchor>,
    /// The signers of the certificate in the block, which was checked; the first block has none.
    pub signers: Vec<SessionKey>,
}
