//! Drives the built binary as people do: every test has its own folder and its own free ports.

mod bad_input;
mod killed;
mod network;
mod until_epoch;
