//! Everyone who may ask a hub for something, each with the keys that it holds.

use crate::support::{OWNER, STRANGER, VALIDATOR, key};
use agon_types::key::SigningKey;
use agon_types::{HotkeyPair, SessionPair};

pub const MINER: u8 = 1;
pub const ANOTHER: u8 = 2;
/// A hotkey that the manifest names as an approver, and that the chain does not know.
pub const APPROVER: u8 = 104;
const VOTER_SESSION: u8 = 200;
const VALIDATOR_SESSION: u8 = 201;
const ANOTHER_SESSION: u8 = 202;

/// In the order of the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Anyone,
    Unregistered,
    Another,
    Miner,
    Validator,
    Session,
    AnotherSession,
    Voter,
    Owner,
    Approver,
    TicketHolder,
}

/// What a role signs with.
pub enum Pair {
    Nothing,
    Hotkey(u8),
    Session(u8),
}

impl Role {
    pub const ALL: [Self; 11] = [
        Self::Anyone,
        Self::Unregistered,
        Self::Another,
        Self::Miner,
        Self::Validator,
        Self::Session,
        Self::AnotherSession,
        Self::Voter,
        Self::Owner,
        Self::Approver,
        Self::TicketHolder,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Anyone => "anyone",
            Self::Unregistered => "unregistered hotkey",
            Self::Another => "another hotkey",
            Self::Miner => "miner",
            Self::Validator => "validator",
            Self::Session => "session key",
            Self::AnotherSession => "another session key",
            Self::Voter => "voter",
            Self::Owner => "owner",
            Self::Approver => "approver",
            Self::TicketHolder => "ticket holder",
        }
    }

    pub fn meaning(self) -> &'static str {
        match self {
            Self::Anyone => "whoever has no key, and signs nothing",
            Self::Unregistered => "a hotkey that the chain does not know",
            Self::Another => "a registered hotkey that the thing does not belong to",
            Self::Miner => "the registered hotkey that the submission and its ticket belong to",
            Self::Validator => "the hotkey of the validator that the job is assigned to",
            Self::Session => "the session key of that validator",
            Self::AnotherSession => "a session key that another hotkey has registered",
            Self::Voter => "the session key that decides the blocks",
            Self::Owner => "a key of the owner, not registered on the chain",
            Self::Approver => "a hotkey that the manifest names as an approver, not registered on the chain",
            Self::TicketHolder => "whoever has the upload address of a ticket, and no key",
        }
    }

    pub fn pair(self) -> Pair {
        match self {
            Self::Anyone | Self::TicketHolder => Pair::Nothing,
            Self::Unregistered => Pair::Hotkey(STRANGER),
            Self::Another => Pair::Hotkey(ANOTHER),
            Self::Miner => Pair::Hotkey(MINER),
            Self::Validator => Pair::Hotkey(VALIDATOR),
            Self::Session => Pair::Session(VALIDATOR_SESSION),
            Self::AnotherSession => Pair::Session(ANOTHER_SESSION),
            Self::Voter => Pair::Session(VOTER_SESSION),
            Self::Owner => Pair::Hotkey(OWNER),
            Self::Approver => Pair::Hotkey(APPROVER),
        }
    }

    /// What it signs actions with.
    pub fn signing_key(self) -> Option<Box<dyn SigningKey>> {
        match self.pair() {
            Pair::Nothing => None,
            Pair::Hotkey(n) => Some(Box::new(key(n))),
            Pair::Session(n) => Some(Box::new(SessionPair::from_seed(&[n; 32]))),
        }
    }

    /// What it signs requests with. A session key cannot, so its holder tries the hotkey of the same secret.
    pub fn request_key(self) -> Option<HotkeyPair> {
        match self.pair() {
            Pair::Nothing => None,
            Pair::Hotkey(n) | Pair::Session(n) => Some(key(n)),
        }
    }

    /// The hotkey in whose name it acts when it acts in its own; whoever has none takes one that the chain does not
    /// know.
    pub fn own_name(self) -> u8 {
        match (self, self.pair()) {
            (Self::Session, _) => VALIDATOR,
            (Self::AnotherSession, _) => ANOTHER,
            (_, Pair::Hotkey(n)) => n,
            _ => STRANGER,
        }
    }

    /// Whether it knows the upload address of the ticket: the hub tells it the miner, who may pass it on.
    pub fn knows_upload(self) -> bool {
        matches!(self, Self::Miner | Self::TicketHolder)
    }
}
