//! The rules of the contest as people and validators meet them: a small network is driven through `step`.

mod boards;
mod copies;
mod histories;
mod manifest;
mod pay;
mod pending;
mod reasons;
mod registry;
mod reports;
mod scores;
mod submission;
mod time;
mod validators;
mod world;
