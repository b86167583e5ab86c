//! Runs component challenges and component agents on wasmtime, in cages: bytes in, a metered outcome out.
//!
//! ```text
//!   port::Sandbox
//!        │ run, inspect
//!   WasmSandbox ── permits, deadlines
//!        │                     ┌─ compiler: a closed process for each component
//!        ├── cache of code ────┘  memory, disk; sealed, and vouched for by a local key
//!        └── keeper ── spares, idle cages, memory groups, the one who kills
//!               │ a socket: words in turn
//!        ═══════╪══════════════════════════ seccomp, Landlock, a user of its own
//!             cage ── Room ── inside ── challenge ── own store: memory, fuel
//!                               │          │ only through the host: counted, bounded, charged
//!                               │        agent, agent, ... ── each its own store: memory, fuel
//!                               └── questions that only the node can answer ──► back through the socket
//! ```
//!
//! Fuel is the clock: the same components, seed and limits give the same outcome and the same fuel on every machine
//! of one engine profile. Wall time only guards the machine, and never enters an outcome.
//!
//! # What this crate does not do
//! It decides nothing about the contest, answers no question of a guest itself, and grants no clock, files or network:
//! there is no WASI.
//!
//! # Layout
//! * [`sandbox`]: the adapter itself; [`program`]: how its processes are started
//! * [`keeper`]: what the node has of cages: their start, their deadline, their end, and the code for them
//! * [`cage`]: what a cage has of the node: how it is told what to do, and how it closes itself
//! * [`room`]: what stands between a cage and the engine in it
//! * [`inside`]: the engine in a cage, its phases and its host interfaces
//! * [`compile`]: from a component to code for this machine
//! * [`componentize`]: from the module that a compiler makes to a component
//! * [`engine`]: the engine profile, every setting in one place
//! * [`names`]: digests of bytes that are hashed once
//! * [`limits`]: every maximum that is not in a manifest

#[cfg(not(target_os = "linux"))]
compile_error!("cages are made of Linux: Landlock, seccomp, sealed memory; run the node on Linux");

mod cage;
pub mod compile;
mod componentize;
mod engine;
mod inside;
mod keeper;
mod limits;
mod names;
mod program;
pub mod room;
mod sandbox;

pub use cage::compile::run as compiler;
pub use cage::lock::{Lock, User};
pub use cage::run as cage;
pub use compile::Compiled;
pub use componentize::{NotAGuest, componentize};
pub use engine::PROFILE;
pub use inside::Inside;
pub use keeper::compile::Allowance;
pub use keeper::{CageProgram, Level, Row, Version};
pub use program::enter;
pub use room::{Ask, Finished, Gone, Order, Place, Room, Trouble};
pub use sandbox::{Config, EngineFacts, Granted, Start, WasmSandbox};
