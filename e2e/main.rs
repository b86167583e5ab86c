//! Drives the built binary as people do: every test has its own folder and its own free ports.
#![expect(clippy::unwrap_used, reason = "in a test a missing value is the failure that it shows")]

mod artifact;
mod bad_input;
mod browser;
mod caged;
mod commands;
mod documents;
mod killed;
mod network;
mod proofs;
mod typed;
mod until_epoch;
