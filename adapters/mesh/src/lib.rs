//! One libp2p swarm per node: gossip of votes, actions and announcements, artifacts by digest, and blocks to catch up.
//!
//! ```text
//!   agreement, node, hub <- bin/agon -- Handle ------------> swarm <- QUIC, TCP -> other nodes
//!                                    <- Inbox: messages ----
//!                                    -- Verdict: pass on? ->
//!   port::Vault <- artifacts that are fetched, or asked for by others
//! ```
//!
//! The swarm has a task of its own that never waits for the application: what the application does not take in time is
//! dropped and counted. Who a peer speaks for follows from its binding alone, and who is a validator from what the
//! application says.
//!
//! This crate knows only ports and types. It decides nothing about the contest, does not read what it carries, and
//! finds no peers by itself: it dials those that it is given.
//!
//! # Layout
//! * [`config`], [`key`], [`mesh`], [`handle`], [`inbox`]: what a node sees of it
//! * `task`: the one loop that owns the swarm; `swarm`, `quic`: what it is made of
//! * [`topic`], `gossip`, `meter`: gossip with its sizes, scores and rates
//! * `wire`, `artifacts`: questions and answers, and artifacts in pieces
//! * [`peers`], `door`, `dialer`, `bucket`: who is connected, who is let in, who is dialled
//! * [`figures`], `limits`: what is counted, and every maximum

pub mod config;
pub mod figures;
pub mod handle;
pub mod inbox;
pub mod key;
pub mod mesh;
pub mod peers;
pub mod topic;

mod artifacts;
mod bucket;
mod dialer;
mod door;
mod gossip;
mod limits;
mod meter;
mod quic;
mod swarm;
mod task;
mod wire;

pub use config::Config;
pub use figures::Figures;
pub use handle::{AskError, FetchError, Handle, PublishError};
pub use inbox::{BlocksAsked, Inbox, Incoming, Verdict};
pub use key::NodeKey;
pub use libp2p::{Multiaddr, PeerId};
pub use mesh::{Mesh, StartError};
pub use peers::{PeerInfo, Standing, Validators};
pub use topic::Topic;
