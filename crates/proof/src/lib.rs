//! The authenticated tree over the state, proofs of what is in it, and the light verifier: proof in, yes or no out.
//!
//! ```text
//!   types <- proof <- { node, whoever checks a score }
//!
//!   genesis ──► voting set ──► hand-over ──► voting set ──► header ──► state root ──► score
//!               digest          certificate                 certificate  inclusion
//! ```
//!
//! This crate does no I/O, reads no clock, stores nothing on a disk and knows nothing of the contest but where a score
//! stands in the state. The tree lives in memory and is rebuilt from the stored state at start
//! (`docs/adr/0002-state-tree.md`). It also builds for `wasm32-unknown-unknown`.
//!
//! # Layout
//! * [`document`]: the proof of a score as it travels; [`verify()`]: what it shows, or why it shows nothing
//! * [`entry`]: where the state has a score
//! * [`tree`]: the tree, its updates and its root
//! * [`inclusion`]: the proof that a key has a value, or none, under a root
//! * `nodes`: the nodes of the newest version, in memory
//! * [`limits`]: every maximum

pub mod document;
pub mod entry;
pub mod inclusion;
pub mod limits;
mod nodes;
pub mod tree;
pub mod verify;

pub use document::{Handover, Malformed, Proof};
pub use entry::Claim;
pub use inclusion::Inclusion;
pub use tree::{Tree, Update};
pub use verify::{Invalid, Proven, verify};
