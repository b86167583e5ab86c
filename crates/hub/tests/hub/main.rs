//! The hub over a real node: its way in, its answers, its events, its pages, and what it makes of bad input.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod bad_input;
mod events;
mod intake;
mod pages;
mod support;
mod whole_way;
