//! The rules of the contest as people and validators meet them: a small network is driven through `step`.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up its case has failed")]

mod arrears;
mod boards;
mod copies;
mod histories;
mod manifest;
mod misbehaviour;
mod opponents;
mod pay;
mod pending;
mod posts;
mod reasons;
mod registry;
mod reports;
mod sample;
mod scores;
mod slots;
mod submission;
mod time;
mod validators;
mod voters;
mod weighing;
mod world;
