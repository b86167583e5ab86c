//! The words of Agon: ids, digests, keys, amounts, and every document that one part hands to another.
//!
//! ```text
//!   types <- protocol <- node <- { hub, gate, host, sim } <- bin/agon
//!   types <- port     <- { node, adapters }               <- bin/agon
//! ```
//!
//! This crate does no I/O, decides nothing about the contest, and reads no clock. Each document has one canonical
//! encoding ([`codec`]), and every decoder is total: any bytes give a value or an error, never a panic, and never
//! more memory than a small multiple of the input.
//!
//! # Layout
//! * [`codec`], [`digest`], [`key`], [`signed`]: how bytes are made, named and signed
//! * [`id`], [`time`], [`score`], [`stake`], [`limits`]: what is counted
//! * [`manifest`], [`action`], [`report`], [`anchor`]: what people, validators and the chain say
//! * [`growth`]: how what a challenge keeps is counted
//! * [`genesis`], [`block`], [`voters`], [`vote`], [`seal`]: what the ledger keeps, and how voters decide it
//! * [`misbehaviour`]: the proof that a voter said two things at once
//! * [`binding`], [`peer`]: which node speaks for a hotkey, and what nodes ask each other
//! * [`event`]: what the world is told of it

pub mod action;
pub mod anchor;
pub mod binding;
pub mod block;
pub mod codec;
pub mod digest;
pub mod event;
pub mod genesis;
pub mod growth;
pub mod id;
pub mod key;
pub mod limits;
pub mod manifest;
pub mod misbehaviour;
pub mod peer;
pub mod report;
pub mod score;
pub mod seal;
pub mod signed;
pub mod stake;
pub mod time;
pub mod vote;
pub mod voters;

pub use action::{Action, ActionBody, Announcement, Decision, Post, Verdict};
pub use anchor::{Anchor, Fact};
pub use binding::Binding;
pub use block::{Block, Certificate, Header};
pub use digest::Digest;
pub use genesis::Genesis;
pub use id::{ChallengeId, JobId, NetworkId, SubmissionId};
pub use key::{Hotkey, HotkeyPair, PublicKey, SessionKey, SessionPair, Signature};
pub use manifest::Manifest;
pub use misbehaviour::Misbehaviour;
pub use report::{Agreed, Failure, FailureReason, Outcome, Report, Weighed};
pub use score::Score;
pub use seal::Seal;
pub use signed::{Signed, Verified};
pub use stake::{Power, Stake};
pub use time::{ChainBlock, Epoch, Height, TimeMs};
pub use voters::{Seat, Voters};
