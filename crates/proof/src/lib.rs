//! The authenticated tree over the state: one root that pins every entry, and proofs that show a single one.
//!
//! ```text
//!   types <- proof <- { node, verify }
//! ```
//!
//! This crate does no I/O, stores nothing on a disk and knows nothing of the contest: an entry is a key and a value
//! of bytes. The tree lives in memory and is rebuilt from the stored state at start (`docs/adr/0002-state-tree.md`).
//!
//! # Layout
//! * [`tree`]: the tree, its updates and its root
//! * [`inclusion`]: the proof that a key has a value, or none, under a root
//! * `nodes`: the nodes of the newest version, in memory

pub mod inclusion;
mod nodes;
pub mod tree;

pub use inclusion::Proof;
pub use tree::{Tree, Update};
