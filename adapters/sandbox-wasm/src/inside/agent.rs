//! One instance of an agent: its own memory, its own fuel, and what it did with them.

use super::fault::{Fault, failure};
use super::guest::{self, Bounds, Guest};
use super::tally::Books;
use super::world::Code;
use agon_types::manifest::Limits;
use agon_types::{Failure, FailureReason};
use std::rc::Rc;
use wasmtime::component::Func;
use wasmtime::{Store, Trap};

/// What `call` takes and gives.
pub type CallParams<'a> = (&'a str, &'a [u8]);
pub type CallResults = (Result<Vec<u8>, String>,);

/// An instance of an agent. It is made when it is first called, so that a fault of its start is an answer too, and
/// it is never called again after a fault.
pub enum Agent {
    Fresh(Rc<Code<()>>),
    Alive(Alive),
    Failed(Failure),
}

pub struct Alive {
    store: Store<Guest<()>>,
    call: Func,
}

/// How a call ended, and the fuel that it took.
pub struct Answer {
    pub result: Result<Vec<u8>, Failure>,
    pub fuel: u64,
}

impl Agent {
    /// Nobody can play in a seat whose component cannot be loaded.
    pub fn unloadable() -> Self {
        let detail = "the component in this seat cannot be loaded";
        Self::Failed(failure(FailureReason::Unloadable, detail))
    }

    /// Calls the agent. An error is not its fault.
    pub fn call(
        &mut self,
        limits: &Limits,
        books: &Rc<Books>,
        method: &str,
        input: &[u8],
    ) -> Result<Answer, Fault> {
        let mut before = None;
        if let Self::Fresh(code) = self {
            before = Some(limits.agent_fuel);
            match Alive::new(code, limits, books) {
                Ok(alive) => *self = Self::Alive(alive),
                Err(fault) => return self.fail(fault, limits.agent_fuel),
            }
        }
        let alive = match self {
            Self::Alive(alive) => alive,
            Self::Failed(failure) => return Ok(Answer { result: Err(failure.clone()), fuel: 0 }),
            Self::Fresh(_) => return Err(Fault::Host("an agent was not made".to_owned())),
        };
        let before = before.unwrap_or_else(|| alive.fuel());
        let result = alive.call(limits, method, input);
        let fuel = before.saturating_sub(alive.fuel());
        match result {
            Ok(output) => Ok(Answer { result: Ok(output), fuel }),
            Err(fault) => self.fail(fault, fuel),
        }
    }

    fn fail(&mut self, fault: Fault, fuel: u64) -> Result<Answer, Fault> {
        let Fault::Guest(failure) = fault else { return Err(fault) };
        *self = Self::Failed(failure.clone());
        Ok(Answer { result: Err(failure), fuel })
    }
}

impl Alive {
    fn new(code: &Code<()>, limits: &Limits, books: &Rc<Books>) -> Result<Self, Fault> {
        let bounds = Bounds::new(limits.agent_memory_bytes, limits.agent_output_bytes);
        let guest = Guest { bounds, books: books.clone(), data: () };
        let made = guest::store(code.pre.engine(), guest, limits.agent_fuel);
        let mut store = made.map_err(|error| Fault::Host(error.to_string()))?;
        let made = code.pre.instantiate(&mut store);
        let instance = made.map_err(|error| Fault::of(error, &store.data().bounds))?;
        let call = code.exports.first().and_then(|index| instance.get_func(&mut store, index));
        let call = call.ok_or_else(|| Fault::Host("an agent was loaded without its export".to_owned()))?;
        Ok(Self { store, call })
    }

    fn fuel(&self) -> u64 {
        self.store.get_fuel().unwrap_or(0)
    }

    fn call(&mut self, limits: &Limits, method: &str, input: &[u8]) -> Result<Vec<u8>, Fault> {
        let called = self.call.typed::<CallParams, CallResults>(&self.store);
        let called = called.and_then(|call| call.call(&mut self.store, (method, input)));
        let (result,) = match called {
            Ok(results) => results,
            Err(error) => {
                // Where in its code a stack ends is the compiler's, so what it had burned by then says nothing.
                if error.downcast_ref() == Some(&Trap::StackOverflow) {
                    self.store.set_fuel(0).map_err(|error| Fault::Host(error.to_string()))?;
                }
                return Err(Fault::of(error, &self.store.data().bounds));
            }
        };
        match result {
            Ok(output) if output.len() as u64 > limits.agent_output_bytes => {
                let detail =
                    format!("it answered {} bytes of {} allowed", output.len(), limits.agent_output_bytes);
                Err(Fault::guest(FailureReason::OutputTooLarge, &detail))
            }
            Ok(output) => Ok(output),
            Err(words) => Err(Fault::Guest(failure(FailureReason::GaveUp, &words))),
        }
    }
}
