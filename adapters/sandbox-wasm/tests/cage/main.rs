//! Cages as real processes: what they may not do, how they end, and that nothing of them remains.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its case has failed")]

mod cache;
mod ending;
mod escape;
mod figures;
mod setting;
mod wire;
