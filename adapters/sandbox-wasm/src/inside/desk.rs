//! What stands behind a challenge during one run: its grants, its agents, and what it did to the outside.

use super::asking::Line;
use super::fault::Fault;
use super::host::artifacts::Kept;
use super::host::random::Streams;
use super::host::refused::Refused;
use super::host::state::Overlay;
use super::host::web::Recorder;
use super::table::Table;
use crate::room::{Gone, Order};
use agon_port::sandbox::{Answer, Phase, Question};
use agon_types::manifest::Capabilities;

/// A phase without what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Describe,
    Observe,
    Score,
    Weigh,
    Serve,
}

impl Kind {
    pub fn of(phase: &Phase) -> Self {
        match phase {
            Phase::Describe => Self::Describe,
            Phase::Observe(_) => Self::Observe,
            Phase::Score { .. } => Self::Score,
            Phase::Weigh(_) => Self::Weigh,
            Phase::Serve(_) => Self::Serve,
        }
    }

    /// The chance that all validators share in this phase.
    fn seed(phase: &Phase) -> Option<[u8; 32]> {
        match phase {
            Phase::Observe(task) | Phase::Score { task, .. } => Some(task.seed),
            Phase::Weigh(weighing) => Some(weighing.seed),
            Phase::Describe | Phase::Serve(_) => None,
        }
    }
}

/// The host's side of a challenge.
pub struct Desk {
    pub kind: Kind,
    pub grants: Capabilities,
    line: Line,
    /// Not here while one of the agents is called.
    pub table: Option<Box<Table>>,
    /// Only in phases that have a seed.
    pub streams: Option<Streams>,
    pub overlay: Overlay,
    pub recorder: Recorder,
    pub kept: Kept,
}

impl Desk {
    pub fn new(order: &Order, table: Table, line: Line) -> Self {
        let state_bytes = match &order.phase {
            Phase::Weigh(weighing) => weighing.state_bytes,
            _ => 0,
        };
        Self {
            kind: Kind::of(&order.phase),
            grants: order.grants.clone(),
            line,
            table: Some(Box::new(table)),
            streams: Kind::seed(&order.phase).map(Streams::new),
            overlay: Overlay::new(state_bytes, order.grants.state_bytes_max),
            recorder: Recorder::default(),
            kept: Kept::default(),
        }
    }

    /// Refuses in every other phase.
    pub fn only(&self, kinds: &[Kind], what: &str) -> Result<(), Refused> {
        match kinds.contains(&self.kind) {
            true => Ok(()),
            false => Err(Refused::Denied(format!("{what} is not in this phase"))),
        }
    }

    /// Refuses what the manifest does not grant.
    pub fn granted(&self, holds: bool, field: &str) -> Result<(), Refused> {
        match holds {
            true => Ok(()),
            false => Err(Refused::Denied(format!("the manifest does not grant {field}"))),
        }
    }

    /// What the node says, whatever it is.
    pub fn ask_raw(&self, question: Question) -> Result<Answer, Refused> {
        let gone = |Gone| Refused::Stop(Fault::Host("nobody waits for this run any more".to_owned()));
        match self.line.ask(question).map_err(gone)? {
            Answer::Broken(words) => Err(Refused::Stop(Fault::Host(words))),
            answer => Ok(answer),
        }
    }

    /// The answer of the node, unless that is a refusal.
    pub fn ask(&self, question: Question) -> Result<Answer, Refused> {
        match self.ask_raw(question)? {
            Answer::Denied(words) => Err(Refused::Denied(words)),
            Answer::Failed(words) => Err(Refused::Failed(words)),
            answer => Ok(answer),
        }
    }
}

/// The node answered another question than it was asked.
pub fn astray() -> Refused {
    Refused::Stop(Fault::Host("the node answered another question".to_owned()))
}
