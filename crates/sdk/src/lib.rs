//! All that a challenge or an agent written in Rust depends on: traits to fill in, and typed words for the host.
//!
//! ```text
//!   your Challenge, your Agent
//!        │ challenge!(..), agent!(..)
//!   agon-sdk ──► guest: bindings of wit/agon.wit      in WASM, in a cage of every validator
//!        └─────► stage: a host for tests              natively, in `cargo test`
//! ```
//!
//! A whole challenge:
//!
//! ```
//! use agon_sdk::{Challenge, Description, Failure, Fault, Outcome, Score, Task};
//!
//! struct Echo;
//!
//! impl Challenge for Echo {
//!     fn describe() -> Description {
//!         Description::new("Echo", "Who gives back what it was given?")
//!     }
//!
//!     fn score(task: &Task, _observed: &[u8]) -> Result<Outcome, Fault> {
//!         let word = task.dice("word").word().to_le_bytes();
//!         let reply = task.agent(0).call("echo", &word)?;
//!         if reply.output.len() != word.len() {
//!             return Err(Failure::wrong_output("an answer has 8 bytes").into());
//!         }
//!         let same = word.iter().zip(&reply.output).filter(|(a, b)| a == b).count();
//!         Ok(Outcome::new(Score::ratio(same as u64, 8)).metric("same_bytes", same))
//!     }
//! }
//!
//! agon_sdk::challenge!(Echo);
//!
//! let stage = &mut agon_sdk::stage::Stage::new().seat_fn(|_, input| Ok(input.to_vec()));
//! assert_eq!(stage.score::<Echo>().unwrap().score, Score::ONE);
//! ```
//!
//! # What this crate does not do
//! It does no scoring of its own, meters nothing natively (there fuel is zero), and gives neither clock, files nor
//! network but what `wit/agon.wit` names.
//!
//! # Layout
//! * [`challenge`], [`agent`]: what authors fill in
//! * [`task`], [`score`], [`fault`], [`weigh`], [`route`], [`json`]: the words of the phases
//! * [`dice`]: chance that every validator draws alike
//! * [`log`], [`random`], [`state`], [`inbox`], [`submissions`], [`web`], [`artifacts`]: what a host grants
//! * [`stage`]: that host, for tests; `guest`: the same functions in WASM

pub mod agent;
pub mod artifacts;
pub mod challenge;
pub mod dice;
pub mod fault;
pub mod inbox;
pub mod json;
pub mod log;
pub mod random;
pub mod route;
pub mod score;
pub mod state;
pub mod submissions;
pub mod task;
pub mod web;
pub mod weigh;

#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod guest;
#[cfg(not(target_arch = "wasm32"))]
pub mod stage;

#[cfg(target_arch = "wasm32")]
use guest::host;
#[cfg(not(target_arch = "wasm32"))]
use stage::host;

pub use agent::Agent;
pub use challenge::{Challenge, Description};
pub use dice::Dice;
pub use fault::{Failure, Fault, Misconfigured, Reason, Refusal};
pub use route::{Request, Response, Router};
pub use score::{Metric, Outcome, Score};
pub use task::{Instance, Reply, Task};
pub use weigh::{Points, Row, Weighing};
