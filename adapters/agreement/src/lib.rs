//! Agreement of many voters on each block, weighted by power: Malachite's core, which is an implementation of
//! Tendermint, driven by one driver that the node and the simulator share.
//!
//! ```text
//!   node:       port::Order <- AgreementOrder -- tokio: timers, Wire, Application --+
//!                                                                                   v
//!   simulator:  virtual clock, links that lose and reorder, disks that fall --> Driver --> Malachite's core
//! ```
//!
//! A decision's precommits are exactly an `agon_types::Certificate`. This crate knows only port and types. It decides
//! nothing about the contest, opens no socket (a [`Wire`] does), and does not say who votes: the application does.
//!
//! # Layout
//! * [`driver`]: the one driver, without I/O, clock or chance; begin there
//! * [`order`]: the driver over tokio, and what carries its messages
//! * [`context`]: the core's words in ours: voters, proposers, votes
//! * [`message`]: what nodes say to each other
//! * [`journal`]: what a node has said, durable before anyone hears it
//! * [`signatures`]: the one place where signatures and certificates are checked
//! * [`misbehaviour`]: proof that a voter said two things
//! * `limits`: every maximum

pub mod context;
pub mod driver;
pub mod journal;
pub mod limits;
pub mod message;
pub mod misbehaviour;
pub mod order;
pub mod signatures;

pub use driver::{Driver, Input, Output, Pace, Settings, Timer, Timing};
pub use journal::{Journal, Wal};
pub use message::{Message, Topic};
pub use misbehaviour::Misbehaviour;
pub use order::{AgreementOrder, Archive, LedgerArchive, Wire};
pub use signatures::Signatures;
