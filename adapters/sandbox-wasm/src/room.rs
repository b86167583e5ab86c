//! What stands between a cage and the engine in it: the words that pass, and what the engine must do.

use agon_port::sandbox::{Answer, Calls, Done, Phase, Question, Role, Spoken};
use agon_types::Failure;
use agon_types::manifest::{Capabilities, Limits};
use borsh::{BorshDeserialize, BorshSerialize};
use std::fs::File;

/// One run, without code: that was loaded before.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Order {
    pub grants: Capabilities,
    pub limits: Limits,
    pub phase: Phase,
}

/// Why a run gave nothing, though the cage stands.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Trouble {
    /// The challenge broke the rules of its interface, or says that it cannot go on.
    Misuse(String),
    /// This machine could not do what the guest may ask for.
    Host(String),
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Finished {
    pub result: Result<Result<Done, Failure>, Trouble>,
    pub calls: Vec<Calls>,
    pub log: Vec<Spoken>,
}

/// What compiled code is for, in the order of loading: the challenge first, then the agents by seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Place {
    Code(Role),
    /// A seat whose agent cannot be loaded; whoever calls it hears that.
    Vacant,
}

/// The one who asked is gone, so nobody waits for the run any more.
#[derive(Clone, Copy, Debug)]
pub struct Gone;

/// Asks the node a question and waits for its answer.
pub type Ask<'a> = dyn FnMut(Question) -> Result<Answer, Gone> + 'a;

/// An engine in a cage: first code is loaded, then the cage closes, then it runs.
pub trait Room {
    /// Takes a place's compiled code. The file is this machine's own work, checked by whoever hands it over.
    fn load(&mut self, place: Place, code: Option<File>) -> Result<(), String>;

    /// Runs a phase. It is called after the cage has closed, any number of times.
    fn run(&mut self, order: Order, ask: &mut Ask<'_>) -> Finished;
}
