//! The hub: how people and programs reach the contest, over HTTP.
//!
//! ```text
//!   miners, owners ──► tickets, actions ──►┐
//!   programs ────────► JSON API, events ──►├──► hub ──► node::Handle ──► ledger
//!   people ──────────► pages ─────────────►┘     └───► vault, records, sandbox
//! ```
//!
//! This crate decides nothing about the contest: a rule is the protocol's, and a refusal is passed on in its words. It
//! holds no state of its own but permits, speaks no TLS, signs nothing and forges nothing: a hub can delay, no more.
//! It does not encrypt artifacts: until custody exists they are kept in plain, and the network document says so.
//!
//! # Layout
//! * [`serve`] and [`router`]: the hub with and without a listener; `hub`: what every route holds
//! * `ask`, `problem`, `guard`, `fresh`: what comes in, what goes wrong, what surrounds every answer, and what need
//!   not be sent twice
//! * `metrics`, `openapi`: what the hub counts, and its own description for programs
//! * [`signature`]: requests that a hotkey signs, for both ends
//! * `view`: what is shown, read from the state; the API and the pages show the same
//! * `api`: the JSON routes; `tickets`: uploads and what becomes of them; `stream`: live events
//! * `pages`: the same for people, whole or by fragment, from `templates/` and `static/`
//! * `patience`: connections whose other end does not read are closed
//! * `rate`, `turns`: how often the routes of a challenge are asked, and how many at once
//! * `limits`, `time`: every maximum, and how times are written

mod api;
mod ask;
mod fresh;
mod guard;
mod hub;
pub mod limits;
mod metrics;
mod openapi;
mod pages;
mod patience;
mod problem;
mod rate;
mod router;
mod server;
pub mod signature;
mod stream;
mod tickets;
mod time;
mod turns;
mod view;

pub use hub::Parts;
pub use router::router;
pub use server::serve;
