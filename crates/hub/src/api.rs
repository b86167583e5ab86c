//! The JSON API, one file for each kind of thing that it tells or takes.

pub(crate) mod actions;
pub(crate) mod blocks;
pub(crate) mod epochs;
pub(crate) mod events;
pub(crate) mod facts;
pub(crate) mod keeping;
pub(crate) mod proofs;
pub(crate) mod routes;
pub(crate) mod submissions;
pub(crate) mod uploads;
pub(crate) mod vault;
