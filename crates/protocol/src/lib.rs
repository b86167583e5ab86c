//! The contest as a pure state machine: `step(&State, Input) -> writes and effects`.
//!
//! ```text
//!   types <- protocol <- node <- { hub, gate, host, sim } <- bin/agon
//! ```
//!
//! This crate does no I/O. It has no clock, no randomness, no floats, no threads, no hash maps and no foreign code:
//! the same inputs give the same state on every machine. Facts of the world come in as anchors and header times;
//! what agents achieved comes in as reports. `docs/spec.md` numbers the rules; the code cites them as `S1.1`.
//!
//! # Layout
//! The way of a submission, one file a step:
//! [`submission`] -> [`job`] -> [`report`] -> [`score`] -> [`board`] -> [`weights`].
//!
//! What a challenge decides and keeps for itself: [`post`] (messages to it), [`weigh`] (the job that turns an epoch's
//! scores into points), [`slots`] (its own state).
//!
//! Who decides blocks: [`voters`] (the set of each height), [`handover`] (from one set to the next), [`misbehaviour`].
//!
//! Beside the way: [`round`] (the windows of jobs), [`registry`] (the owner's changes), [`validator`] (session keys and power), [`standing`] (boards for
//! epochs that wait for their seal), [`anchor`] and [`epoch`] (facts of the chain, and the boundaries that follow from
//! them), [`state`] with [`draft`] (what is known), [`input`], [`reason`] and [`step`] (how it changes), [`pending`]
//! (what a validator has to do next).
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::float_arithmetic
    )
)]

pub mod anchor;
pub mod board;
pub mod draft;
pub mod epoch;
pub mod handover;
pub mod input;
pub mod job;
pub mod limits;
pub mod misbehaviour;
pub mod pending;
pub mod post;
pub mod reason;
pub mod registry;
pub mod report;
pub mod round;
pub mod score;
pub mod slots;
pub mod standing;
pub mod state;
pub mod step;
pub mod submission;
pub mod validator;
pub mod voters;
pub mod weigh;
pub mod weights;

pub use draft::Draft;
pub use input::{Begin, Input};
pub use reason::Reason;
pub use state::{Key, State, Value, View, Writes};
pub use step::{Step, step};
