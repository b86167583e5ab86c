//! One running node: inputs are decided, executed, kept and told, and the node's own duties follow from the state.
//!
//! ```text
//!            chain ──► watcher ──► anchor ┐
//!   hub ──► handle ──► order ──► action   ├──► driver: build, check, decided ──► ledger ──► state ──► events
//!            duties ──► order ──► action  ┘                                        │
//!               ▲                                                                  │
//!               └────────────────────────── state of the last decided block ◄──────┘
//! ```
//!
//! This crate knows no engine, no file format and no socket: those are ports. It decides nothing about the contest:
//! that is `agon-protocol`.
//!
//! # Layout
//! * [`start`]: puts a node together and brings it back after a crash
//! * `driver`: the one loop that owns the ledger's head; `machine`: how a block is built, checked and executed
//! * `application`: the loop as the order sees it; [`handle`]: as everyone else does
//! * `watcher`: facts of the chain become anchors; `witness`: those of others are compared with the own chain
//! * `duties`: registers, evaluates, commits, reveals; `lanes`: which jobs run at once; [`evaluation`]: one job, from its
//!   bytes to its outcome; [`audited`]: a run between its two lines of the audit log; [`observing`]: one look for all that
//!   are scored over it
//! * [`outside`]: what foreign code hears when it asks; `submitter`: sets weights
//! * [`proving`]: the proof of a score, from the head of the ledger
//! * `limits`: every maximum
//! * [`replay`]: the same blocks once more, from the beginning

mod application;
pub mod audited;
mod driver;
mod duties;
pub mod evaluation;
pub mod handle;
mod lanes;
mod limits;
mod machine;
pub mod observing;
pub mod outside;
mod pool;
pub mod proving;
pub mod replay;
pub mod start;
mod submitter;
mod watcher;
mod witness;

pub use handle::{Handle, SubmitError};
pub use proving::Unproven;
pub use replay::{Replayed, replay};
pub use start::{Identity, Parts, Running, start};
