//! The agreement from outside: drivers in a room with virtual time, and orders in one process.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its case has failed")]

mod attacks;
mod book;
mod catchup;
mod disk;
mod falls;
mod order;
mod room;
mod rounds;
mod words;
