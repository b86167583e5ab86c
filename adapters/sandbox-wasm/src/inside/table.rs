//! The agents of one run, as its challenge sees them: who sits where, who is alive, how many there may be, and how often
//! each may be called.

use super::abi;
use super::agent::Agent;
use super::fault::{Fault, failure};
use super::tally::Books;
use super::world::Code;
use crate::limits::AGENTS_LIVE_MAX;
use agon_types::FailureReason;
use agon_types::manifest::Limits;
use std::rc::Rc;

/// What a call gives to the challenge.
pub type Called = Result<abi::Reply, abi::Failure>;

pub struct Table {
    seats: Vec<Seat>,
    limits: Limits,
    /// A handle is a place in here; a place that was left is taken again.
    live: Vec<Option<(usize, Agent)>>,
    instances_left: u32,
    /// Of all agents so far.
    pub fuel: u64,
}

struct Seat {
    code: Option<Rc<Code<()>>>,
    calls_left: u32,
}

impl Table {
    pub fn new(agents: &[Option<Rc<Code<()>>>], limits: Limits) -> Self {
        let seat = |code: &Option<_>| Seat { code: code.clone(), calls_left: limits.agent_calls };
        let seats = agents.iter().map(seat).collect();
        let instances_left = limits.agent_instances;
        Self { seats, limits, live: Vec::new(), instances_left, fuel: 0 }
    }

    pub fn seats(&self) -> usize {
        self.seats.len()
    }

    /// A fresh agent of a seat. How many there are is the challenge's choice, so one too many is its fault. (S3.11)
    pub fn open(&mut self, seat: u32) -> Result<u32, Fault> {
        let Some(of) = self.seats.get(seat as usize) else {
            return Err(Fault::Misuse(format!("it asked for seat {seat}, which nobody has")));
        };
        let agent = of.code.clone().map_or_else(Agent::unloadable, Agent::Fresh);
        let free = self.live.iter().position(Option::is_none).unwrap_or(self.live.len());
        if free >= AGENTS_LIVE_MAX as usize {
            return Err(Fault::Misuse(format!("it holds more than {AGENTS_LIVE_MAX} agents at once")));
        }
        let Some(left) = self.instances_left.checked_sub(1) else {
            let max = self.limits.agent_instances;
            return Err(Fault::Misuse(format!("it opened more than the {max} agents of agent_instances")));
        };
        self.instances_left = left;
        if free == self.live.len() {
            self.live.push(None);
        }
        self.live[free] = Some((seat as usize, agent));
        Ok(free as u32)
    }

    pub fn close(&mut self, handle: u32) {
        if let Some(place) = self.live.get_mut(handle as usize) {
            *place = None;
        }
    }

    pub fn call(
        &mut self,
        handle: u32,
        books: &Rc<Books>,
        method: &str,
        input: &[u8],
    ) -> Result<Called, Fault> {
        let place = self.live.get_mut(handle as usize).and_then(Option::as_mut);
        let Some((seat, agent)) = place else {
            return Err(Fault::Misuse("it called an agent that it had dropped".to_owned()));
        };
        let calls_left = &mut self.seats[*seat].calls_left;
        let Some(left) = calls_left.checked_sub(1) else {
            let detail = format!("it was called {} times and was not done", self.limits.agent_calls);
            return Ok(Err((&failure(FailureReason::CallsExhausted, &detail)).into()));
        };
        *calls_left = left;
        let answer = agent.call(&self.limits, books, method, input)?;
        self.fuel = self.fuel.saturating_add(answer.fuel);
        Ok(match answer.result {
            Ok(output) => Ok(abi::Reply { output, fuel: answer.fuel }),
            Err(failure) => Err((&failure).into()),
        })
    }
}
