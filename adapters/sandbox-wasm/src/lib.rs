//! Runs component challenges and component agents on wasmtime: bytes in, a metered outcome out.
//!
//! ```text
//!   port::Sandbox
//!        │ run(challenge, agents, benchmark, seed, limits)
//!   WasmSandbox ── permits ── cache of compiled modules, by digest
//!        │ a blocking thread
//!   challenge  ── own store: memory, fuel ──► score
//!        │ only through the host: counted, bounded, charged
//!   agent, agent, ...  ── each its own store: memory, fuel
//! ```
//!
//! Fuel is the clock: the same components, seed and limits give the same outcome and the same fuel on every machine
//! of one engine profile. Wall time only guards the machine, and never enters an outcome.
//!
//! # What this crate does not do
//! It puts no kernel boundary around the engine, keeps no compiled code on disk, decides nothing about the contest,
//! and grants no network, clock, randomness or files: there is no WASI.
//!
//! # Layout
//! * [`sandbox`]: the adapter itself, with its threads and deadlines
//! * [`engine`]: the engine profile, every setting in one place
//! * [`load`], [`cache`]: from bytes to code that may run in a role
//! * [`guest`]: what every instance has: bounds, a log, a stop signal
//! * [`challenge`], [`agent`]: the two worlds, from the host's side
//! * [`abi`]: the records of `wit/agon.wit`
//! * [`fault`]: from what the engine says to whose fault it is
//! * [`limits`]: every maximum that is not in a manifest

mod abi;
mod agent;
mod cache;
mod challenge;
mod engine;
mod fault;
mod guest;
mod limits;
mod load;
mod sandbox;

pub use engine::PROFILE;
pub use sandbox::{Start, WasmSandbox};
