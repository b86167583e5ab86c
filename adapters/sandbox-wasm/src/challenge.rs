//! One run of a challenge: it gets its task and its agents, and says what they are worth.

use crate::abi;
use crate::agent::Agent;
use crate::fault::{Fault, failure};
use crate::guest::{self, Bounds, Control, Guest};
use crate::limits::AGENTS_LIVE_MAX;
use crate::load::{Code, Export};
use agon_types::limits::{METRICS_MAX, NAME_BYTES_MAX};
use agon_types::manifest::{Benchmark, Limits};
use agon_types::report::{Measured, Metric};
use agon_types::{Failure, FailureReason, Score};
use std::collections::BTreeMap;
use std::sync::Arc;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, Resource, ResourceType, WasmList, WasmStr};
use wasmtime::{AsContext, Store, StoreContextMut};

type Params<'a> = (abi::Task<'a>,);
type Results = (Result<abi::Outcome, abi::Failure>,);
type Called = Result<abi::Reply, abi::Failure>;

pub const EXPORTS: &[Export] =
    &[Export { name: "describe", fits: is_function }, Export { name: "score", fits: is_score }];

/// Nobody here calls it, so its exact type is between the author and whoever shows it.
fn is_function(_: &Component, item: &ComponentItem) -> bool {
    matches!(item, ComponentItem::ComponentFunc(_))
}

fn is_score(component: &Component, item: &ComponentItem) -> bool {
    let ty = component.component_type();
    matches!(item, ComponentItem::ComponentFunc(f) if f.typecheck::<Params, Results>(&ty.instance_type()).is_ok())
}

/// The agents of one run, as its challenge sees them.
pub struct Table {
    seats: Vec<Seat>,
    limits: Limits,
    live: BTreeMap<u32, (usize, Agent)>,
    next: u32,
    fuel: u64,
}

struct Seat {
    code: Arc<Code<()>>,
    calls_left: u32,
}

/// Marks handles to agents.
struct Handle;

impl Table {
    pub fn new(agents: Vec<Arc<Code<()>>>, limits: Limits) -> Self {
        let seats = agents.into_iter().map(|code| Seat { code, calls_left: limits.agent_calls }).collect();
        Self { seats, limits, live: BTreeMap::new(), next: 0, fuel: 0 }
    }

    fn open(&mut self, seat: u32) -> Result<u32, Fault> {
        let code = self.seats.get(seat as usize).map(|seat| seat.code.clone());
        let code =
            code.ok_or_else(|| Fault::Misuse(format!("it asked for seat {seat}, which nobody has")))?;
        if self.live.len() >= AGENTS_LIVE_MAX as usize {
            return Err(Fault::Misuse(format!("it holds more than {AGENTS_LIVE_MAX} agents at once")));
        }
        let handle = self.next;
        self.next =
            handle.checked_add(1).ok_or_else(|| Fault::Misuse("it made too many agents".to_owned()))?;
        self.live.insert(handle, (seat as usize, Agent::Fresh(code)));
        Ok(handle)
    }

    fn call(
        &mut self,
        (seat, agent): &mut (usize, Agent),
        control: &Arc<Control>,
        method: &str,
        input: &[u8],
    ) -> Result<Called, Fault> {
        let calls_left = &mut self.seats[*seat].calls_left;
        let Some(left) = calls_left.checked_sub(1) else {
            let detail = format!("it was called {} times and was not done", self.limits.agent_calls);
            return Ok(Err((&failure(FailureReason::CallsExhausted, &detail)).into()));
        };
        *calls_left = left;
        let answer = agent.call(&self.limits, control, method, input)?;
        self.fuel = self.fuel.saturating_add(answer.fuel);
        Ok(match answer.result {
            Ok(output) => Ok(abi::Reply { output, fuel: answer.fuel }),
            Err(failure) => Err((&failure).into()),
        })
    }
}

/// Grants the interface `agents`.
pub fn link_agents(linker: &mut Linker<Guest<Table>>) -> wasmtime::Result<()> {
    type Cx<'a> = StoreContextMut<'a, Guest<Table>>;
    let mut agents = linker.instance(abi::AGENTS)?;
    agents.resource("agent", ResourceType::host::<Handle>(), |mut store: Cx, handle| {
        store.data_mut().data.live.remove(&handle);
        Ok(())
    })?;
    agents.func_wrap("[constructor]agent", |mut store: Cx, (seat,): (u32,)| {
        guest::charge(&mut store, 0)?;
        let handle = store.data_mut().data.open(seat).map_err(wasmtime::Error::new)?;
        Ok((Resource::<Handle>::new_own(handle),))
    })?;
    agents.func_wrap(
        "[method]agent.call",
        |mut store: Cx, (handle, method, input): (Resource<Handle>, WasmStr, WasmList<u8>)| {
            guest::charge(&mut store, input.len())?;
            let called = call(&mut store, handle.rep(), &method, &input)?;
            guest::charge(&mut store, called.as_ref().map_or(0, |reply| reply.output.len()))?;
            Ok((called,))
        },
    )
}

/// Calls an agent with bytes that stay in the challenge's memory. The table leaves the store meanwhile.
fn call(
    store: &mut StoreContextMut<'_, Guest<Table>>,
    handle: u32,
    method: &WasmStr,
    input: &WasmList<u8>,
) -> wasmtime::Result<Called> {
    let missing = || wasmtime::Error::new(Fault::Misuse("it called an agent that it had dropped".to_owned()));
    let mut agent = store.data_mut().data.live.remove(&handle).ok_or_else(missing)?;
    let empty = Table::new(Vec::new(), store.data().data.limits.clone());
    let mut table = std::mem::replace(&mut store.data_mut().data, empty);
    let control = store.data().control.clone();
    let called = match method.to_str(&*store) {
        Ok(method) => table.call(&mut agent, &control, &method, input.as_le_slice(store.as_context())),
        Err(error) => Err(Fault::Misuse(error.to_string())),
    };
    table.live.insert(handle, agent);
    store.data_mut().data = table;
    called.map_err(wasmtime::Error::new)
}

/// Runs one benchmark.
pub fn run(
    code: &Code<Table>,
    table: Table,
    control: &Arc<Control>,
    benchmark: &Benchmark,
    seed: &[u8; 32],
) -> Result<Result<Measured, Failure>, Fault> {
    let (limits, seats) = (table.limits.clone(), table.seats.len() as u32);
    let bounds = Bounds::new(limits.challenge_memory_bytes, limits.challenge_memory_bytes);
    let guest = Guest { bounds, control: control.clone(), data: table };
    let made = guest::store(code.pre.engine(), guest, limits.challenge_fuel);
    let mut store = made.map_err(|error| Fault::Host(error.to_string()))?;
    let config = benchmark.config.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let task = abi::Task { benchmark: &benchmark.name, config, seed, seats };
    let scored = score(code, &mut store, task).map_err(|error| Fault::of(error, &store.data().bounds))?;
    let fuel = limits.challenge_fuel - store.get_fuel().unwrap_or(0) + store.data().data.fuel;
    match scored {
        Ok(outcome) => measured(&benchmark.name, outcome, fuel).map(Ok),
        Err(refused) => Ok(Err(failure(refused.reason.into(), &refused.detail))),
    }
}

fn score(
    code: &Code<Table>,
    store: &mut Store<Guest<Table>>,
    task: abi::Task<'_>,
) -> wasmtime::Result<Result<abi::Outcome, abi::Failure>> {
    let instance = code.pre.instantiate(&mut *store)?;
    let score = instance.get_typed_func::<Params, Results>(&mut *store, "score")?;
    Ok(score.call(store, (task,))?.0)
}

/// What a challenge says must fit into a report.
fn measured(benchmark: &str, outcome: abi::Outcome, fuel: u64) -> Result<Measured, Fault> {
    let misuse = |what: String| Err(Fault::Misuse(what));
    let Some(score) = Score::new(outcome.score) else {
        return misuse(format!("its score {} is above 1000000000", outcome.score));
    };
    if outcome.metrics.len() > METRICS_MAX {
        return misuse(format!("it reports {} metrics of {METRICS_MAX} allowed", outcome.metrics.len()));
    }
    if outcome.metrics.iter().any(|metric| !(1..=NAME_BYTES_MAX).contains(&metric.name.len())) {
        return misuse(format!("the name of a metric has not 1 to {NAME_BYTES_MAX} bytes"));
    }
    let metrics = outcome.metrics.into_iter().map(|metric| Metric { name: metric.name, value: metric.value });
    Ok(Measured { benchmark: benchmark.to_owned(), score, fuel, metrics: metrics.collect() })
}
