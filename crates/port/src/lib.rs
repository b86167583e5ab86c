//! The outside world as traits: what a node needs, and nothing about how it is done.
//!
//! ```text
//!   types <- port <- { node, adapters } <- bin/agon
//! ```
//!
//! This crate contains no engine, no file and no socket. With the feature `contract`, each port brings a suite of
//! checks, and every adapter runs it in its tests.
//!
//! # Layout
//! * [`order`]: how actions become decided blocks, and the application that executes them
//! * [`ledger`]: where decided blocks and their state are kept
//! * [`vault`]: where artifacts are kept by digest
//! * [`records`]: what one operator needs to run, and can be rebuilt
//! * [`sandbox`]: where foreign code runs, and what it may ask of the world
//! * [`web`]: the part of the web that a challenge may see
//! * [`audit`]: what foreign code asked of its host
//! * [`chain`]: the blockchain that knows stakes and pays
//! * [`clock`]: the time of day

pub mod audit;
pub mod chain;
pub mod clock;
pub mod ledger;
pub mod order;
pub mod records;
pub mod sandbox;
pub mod vault;
pub mod web;

pub use audit::Audit;
pub use chain::Chain;
pub use clock::Clock;
pub use ledger::Ledger;
pub use order::{Application, Order};
pub use records::Records;
pub use sandbox::Sandbox;
pub use vault::Vault;
pub use web::Web;
