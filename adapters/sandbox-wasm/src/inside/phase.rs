//! The five phases: what each gives to the challenge, and what may come back.

mod observe;
mod score;
mod serve;
mod weigh;

pub use observe::{Observed, Params as ObserveParams};
pub use score::{Params as ScoreParams, Scored};
pub use serve::{Params as ServeParams, Served};
pub use weigh::{Params as WeighParams, Weighed};

use super::abi;
use super::desk::{Desk, Kind};
use super::fault::Fault;
use super::guest::{self, Bounds, Guest};
use super::tally::Books;
use super::world::Code;
use crate::room::Order;
use agon_port::sandbox::{Description, Done, Phase, Task};
use agon_types::Failure;
use agon_types::limits::{SUMMARY_BYTES_MAX, TITLE_BYTES_MAX};
use std::rc::Rc;
use wasmtime::Store;
use wasmtime::component::{ComponentNamedList, Instance, Lift, Lower};

pub type Described = (abi::Description,);

/// How a phase ended. In phases with an agent the failure is the agent's, else the challenge's own.
pub type Ended = Result<Result<Done, Failure>, Fault>;

/// Runs one phase in a fresh instance of the challenge.
pub fn run(code: &Code<Desk>, order: &Order, desk: Desk, books: &Rc<Books>) -> Ended {
    let kind = desk.kind;
    let opened = Session::open(code, order, desk, books);
    let ended = opened.and_then(|session| match &order.phase {
        Phase::Describe => describe(session).map(Ok),
        Phase::Observe(task) => observe::run(session, task).map(Ok),
        Phase::Score { task, recording } => score::run(session, task, recording),
        Phase::Weigh(weighing) => weigh::run(session, weighing),
        Phase::Serve(request) => serve::run(session, request).map(Ok),
    });
    match ended {
        Err(Fault::Guest(failure)) if matches!(kind, Kind::Weigh | Kind::Serve) => Ok(Err(failure)),
        Err(Fault::Guest(failure)) => Err(Fault::Misuse(failure.detail)),
        ended => ended,
    }
}

/// One instance of the challenge, for one call.
struct Session<'c> {
    code: &'c Code<Desk>,
    store: Store<Guest<Desk>>,
    instance: Instance,
    fuel: u64,
}

impl<'c> Session<'c> {
    fn open(code: &'c Code<Desk>, order: &Order, desk: Desk, books: &Rc<Books>) -> Result<Self, Fault> {
        let limits = &order.limits;
        let bounds = Bounds::new(limits.challenge_memory_bytes, limits.challenge_memory_bytes);
        let guest = Guest { bounds, books: books.clone(), data: desk };
        let made = guest::store(code.pre.engine(), guest, limits.challenge_fuel);
        let mut store = made.map_err(|error| Fault::Host(error.to_string()))?;
        let made = code.pre.instantiate(&mut store);
        let instance = made.map_err(|error| Fault::of(error, &store.data().bounds))?;
        Ok(Self { code, store, instance, fuel: limits.challenge_fuel })
    }

    fn call<P, R>(&mut self, kind: Kind, params: P) -> Result<R, Fault>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift,
    {
        let index = &self.code.exports[kind as usize];
        let called = self.instance.get_typed_func::<P, R>(&mut self.store, index);
        let called = called.and_then(|function| function.call(&mut self.store, params));
        called.map_err(|error| Fault::of(error, &self.store.data().bounds))
    }

    /// Of the challenge and its agents together.
    fn fuel_used(&self) -> u64 {
        let agents = self.store.data().data.table.as_ref().map_or(0, |table| table.fuel);
        self.fuel.saturating_sub(self.store.get_fuel().unwrap_or(0)).saturating_add(agents)
    }

    /// What the run left behind.
    fn into_desk(self) -> Desk {
        self.store.into_data().data
    }
}

fn describe(mut session: Session<'_>) -> Result<Done, Fault> {
    let (said,): Described = session.call(Kind::Describe, ())?;
    within(said.title.len(), TITLE_BYTES_MAX, "title")?;
    within(said.summary.len(), SUMMARY_BYTES_MAX, "summary")?;
    Ok(Done::Described(Description { title: said.title, summary: said.summary }))
}

fn task(task: &Task, seats: usize) -> abi::Task<'_> {
    let config = task.benchmark.config.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let benchmark = &task.benchmark.name;
    abi::Task { benchmark, config, seed: &task.seed, epoch: task.epoch.0, seats: seats as u32 }
}

/// What a challenge says must fit where it goes.
fn within(size: usize, max: usize, what: &str) -> Result<(), Fault> {
    match size <= max {
        true => Ok(()),
        false => Err(Fault::Misuse(format!("its {what} has {size} bytes of {max} allowed"))),
    }
}
