//! Proofs as a stranger gets them: what holds is told, and what was touched anywhere is refused.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its case has failed")]

mod flips;
mod refusals;
mod sample;
mod told;
