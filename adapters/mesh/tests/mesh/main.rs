//! Meshes over real sockets on loopback.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its case has failed")]

mod artifacts;
mod bindings;
mod catching_up;
mod evil;
mod gossip;
mod malice;
mod stage;
