//! Many nodes in one thread and in virtual time: the very driver of `agon-agreement` that ships, on links that lose and
//! reorder, on disks that forget what was not synced, among peers that lie.
//!
//! ```text
//!   Schedule::from_seed ──> World ── inputs ──> Driver (agreement) ── outputs ──> links, disks, timers, Contest
//!                             │                                                         │
//!                             └── Watch: no fork, no second vote, no lost action <──────┘
//! ```
//!
//! This crate does no I/O and has no clock. It does not decide about the contest: the rules are those of
//! `agon-protocol`, with the state tree of `agon-proof`.
//!
//! # Layout
//! * [`schedule`]: what a seed decides: voters, power, faulty peers, links
//! * [`world`]: the queue of events and what happens in it; [`node`]: one node; [`link`], [`disk`]: what it stands on
//! * [`peer`]: what faulty peers do instead
//! * [`contest`]: the state machine that the nodes run; [`signatures`]: checks that nodes share
//! * [`watch`]: what must hold after every event; [`clients`]: the actions that must not get lost
//! * [`run`]: one seed from beginning to end

pub mod chance;
pub mod clients;
pub mod contest;
pub mod disk;
pub mod link;
pub mod node;
pub mod peer;
pub mod run;
pub mod schedule;
pub mod signatures;
pub mod watch;
pub mod world;

pub use run::{Figures, run, run_all};
pub use schedule::{Role, Schedule};
pub use watch::Failure;
