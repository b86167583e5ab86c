//! One instance of an agent: its own memory, its own fuel, and what it did with them.

use crate::fault::{Fault, failure};
use crate::guest::{self, Bounds, Control, Guest};
use crate::load::{Code, Export};
use agon_types::manifest::Limits;
use agon_types::{Failure, FailureReason};
use std::sync::Arc;
use wasmtime::component::{Component, Func, types::ComponentItem};
use wasmtime::{Engine, Store};

type Params<'a> = (&'a str, &'a [u8]);
type Results = (Result<Vec<u8>, String>,);

pub const EXPORTS: &[Export] = &[Export { name: "call", fits: is_call }];

fn is_call(component: &Component, item: &ComponentItem) -> bool {
    let ty = component.component_type();
    matches!(item, ComponentItem::ComponentFunc(f) if f.typecheck::<Params, Results>(&ty.instance_type()).is_ok())
}

/// An instance of an agent. It is made when it is first called, so that a fault of its start is an answer too, and
/// it is never called again after a fault.
pub enum Agent {
    Fresh(Arc<Code<()>>),
    Alive(Box<Alive>),
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
    /// Calls the agent. An error is not its fault.
    pub fn call(
        &mut self,
        limits: &Limits,
        control: &Arc<Control>,
        method: &str,
        input: &[u8],
    ) -> Result<Answer, Fault> {
        let mut before = None;
        if let Self::Fresh(code) = self {
            before = Some(limits.agent_fuel);
            match Alive::new(code, limits, control) {
                Ok(alive) => *self = Self::Alive(Box::new(alive)),
                Err(fault) => return self.fail(fault, limits.agent_fuel),
            }
        }
        let alive = match self {
            Self::Alive(alive) => alive,
            Self::Failed(failure) => return Ok(Answer { result: Err(failure.clone()), fuel: 0 }),
            Self::Fresh(_) => return Err(Fault::Host("an agent was not made".to_owned())),
        };
        let before = before.unwrap_or(alive.fuel());
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
    fn new(code: &Code<()>, limits: &Limits, control: &Arc<Control>) -> Result<Self, Fault> {
        let engine: &Engine = code.pre.engine();
        let bounds = Bounds::new(limits.agent_memory_bytes, limits.agent_output_bytes);
        let guest = Guest { bounds, control: control.clone(), data: () };
        let mut store =
            guest::store(engine, guest, limits.agent_fuel).map_err(|e| Fault::Host(e.to_string()))?;
        let made = code.pre.instantiate(&mut store);
        let instance = made.map_err(|error| Fault::of(error, &store.data().bounds))?;
        let call = instance.get_func(&mut store, "call");
        let call =
            call.ok_or_else(|| Fault::guest(FailureReason::Unloadable, "it does not export \"call\""))?;
        Ok(Self { store, call })
    }

    fn fuel(&self) -> u64 {
        self.store.get_fuel().unwrap_or(0)
    }

    fn call(&mut self, limits: &Limits, method: &str, input: &[u8]) -> Result<Vec<u8>, Fault> {
        let called = self.call.typed::<Params, Results>(&self.store);
        let called = called.and_then(|call| call.call(&mut self.store, (method, input)));
        let (result,) = called.map_err(|error| Fault::of(error, &self.store.data().bounds))?;
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
