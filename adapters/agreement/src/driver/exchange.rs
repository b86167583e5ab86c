//! What a driver is told, and what it says is to be done.

use super::pace::{Pace, Timing};
use crate::message::Topic;
use crate::misbehaviour::Misbehaviour;
use agon_types::{Action, Block, Certificate, Digest, Height, NetworkId, SessionKey, Signed, Verified};

/// What a driver is made for.
#[derive(Clone, Debug)]
pub struct Settings {
    pub network: NetworkId,
    pub timing: Timing,
    pub pace: Pace,
    /// It signs nothing about heights before this one: for a node that has lost its journal.
    pub vote_from: Height,
}

/// A time that the driver waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    Propose {
        height: Height,
        round: u32,
    },
    Prevote {
        height: Height,
        round: u32,
    },
    Precommit {
        height: Height,
        round: u32,
    },
    /// To say again what was said, in case it was lost.
    Repeat {
        height: Height,
        round: u32,
    },
    /// The next height begins though nobody asks for it.
    Idle(Height),
    /// The next height may begin.
    Busy(Height),
    /// A peer has not answered, or may be asked again.
    Ask,
}

/// What happens to a driver.
#[derive(Clone, Debug)]
pub enum Input {
    /// The last kept height, and the voters of the next one. Comes first, and once.
    Begin {
        tip: Height,
        voters: Vec<(SessionKey, u64)>,
    },
    /// A message came from a peer. The number is the caller's, to recognise it in `Judged`.
    Message {
        from: SessionKey,
        topic: Topic,
        bytes: Vec<u8>,
        number: u64,
    },
    Timer(Timer),
    /// The block that `Build` asked for.
    Built {
        height: Height,
        round: u32,
        block: Box<Block>,
    },
    /// Whether the application accepts the block that `Check` named.
    Checked {
        block: Digest,
        accepted: Result<(), String>,
    },
    /// The block that was decided is durable. Who votes on the next one, and in how many milliseconds it is due even
    /// if nobody asks for it.
    Kept {
        height: Height,
        voters: Vec<(SessionKey, u64)>,
        due_ms: Option<u64>,
    },
    /// An action that was given to this node's application.
    Submit(Box<Signed<Action>>),
    /// A peer asks for decided blocks.
    Asked {
        number: u64,
        bytes: Vec<u8>,
    },
    /// A peer answers.
    Reply {
        from: SessionKey,
        bytes: Vec<u8>,
    },
    /// A peer cannot be asked, or did not answer.
    Silent {
        from: SessionKey,
    },
}

/// What is to be done.
#[derive(Clone, Debug)]
pub enum Output {
    Publish {
        topic: Topic,
        bytes: Vec<u8>,
    },
    Set {
        timer: Timer,
        after_ms: u64,
    },
    Cancel(Timer),
    Build {
        height: Height,
        round: u32,
        bytes_max: usize,
    },
    Check(Box<Block>),
    Decide {
        block: Box<Block>,
        certificate: Certificate,
    },
    /// An action that another node has passed on.
    Pool(Box<Verified<Action>>),
    Ask {
        peer: SessionKey,
        bytes: Vec<u8>,
    },
    Serve {
        number: u64,
        from: Height,
    },
    Judged {
        number: u64,
        verdict: Verdict,
    },
    Misbehaved {
        voter: SessionKey,
        proof: Misbehaviour,
    },
}

/// What a driver is doing, for metrics and for those who look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// The height that is being decided, or waits to be.
    pub height: Height,
    pub round: u32,
    /// It votes on this height.
    pub is_voting: bool,
    pub counts: Counts,
}

/// Whether a message may be passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is right, and of use to others.
    Accept,
    /// Nothing is wrong with it, and nobody needs it.
    Ignore,
    /// Its sender should not have passed it on.
    Reject,
}

/// What was not let in, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub malformed: u64,
    pub other_network: u64,
    pub unknown_signer: u64,
    pub forged: u64,
    /// Of heights that are decided already.
    pub late: u64,
    /// Of heights or rounds too far ahead.
    pub far: u64,
    /// More than one voter may say at once.
    pub crowded: u64,
    pub refused_by_core: u64,
}
