//! The hub over a real node: its way in and who signs for it, its answers, its events, its pages, its description of itself, and what it makes of
//! bad input.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod bad_input;
mod description;
mod events;
mod faults;
mod fragments;
mod intake;
mod keeping;
mod lanes;
mod pages;
mod roles;
mod signed;
mod support;
mod vault;
mod whole_way;
