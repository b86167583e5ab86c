//! Inputs tried on the real state, one after the other, and all taken back at the end.

use super::Keys;
use agon_protocol::{Input, Reason, State, Step, Writes, step, voters};
use agon_types::event::Event;
use agon_types::{Height, Voters};
use std::sync::{PoisonError, RwLock, RwLockWriteGuard};

pub(super) struct Run<'a> {
    state: RwLockWriteGuard<'a, State>,
    undo: Vec<Writes>,
    writes: Writes,
    effects: Vec<Event>,
}

/// What inputs of a height did, and who decides it and the one after it.
pub(super) struct Done {
    pub writes: Writes,
    pub effects: Vec<Event>,
    pub voters: Keys,
    pub next_voters: Keys,
}

impl<'a> Run<'a> {
    pub fn new(state: &'a RwLock<State>) -> Self {
        let state = state.write().unwrap_or_else(PoisonError::into_inner);
        Self { state, undo: Vec::new(), writes: Writes::default(), effects: Vec::new() }
    }

    /// One more input, which changes nothing if it is refused.
    pub fn input(&mut self, input: Input<'_>) -> Result<(), Reason> {
        match step(&self.state, input) {
            Step::Refused(reason) => Err(reason),
            Step::Done { writes, effects } => {
                self.writes.0.extend(writes.0.clone());
                self.undo.push(self.state.apply(writes));
                self.effects.extend(effects);
                Ok(())
            }
        }
    }

    /// What came of it. The set of the next height is known only as long as the inputs count.
    pub fn finish(mut self, height: Height) -> Done {
        let known = |state: &State, height| voters::at(state, height).map(Voters::keys).unwrap_or_default();
        let (voters, next_voters) = (known(&self.state, height), known(&self.state, height.next()));
        let (writes, effects) = (std::mem::take(&mut self.writes), std::mem::take(&mut self.effects));
        Done { writes, effects, voters, next_voters }
    }
}

/// However a run ends, also in a refusal, the state is what it was.
impl Drop for Run<'_> {
    fn drop(&mut self) {
        while let Some(undo) = self.undo.pop() {
            self.state.apply(undo);
        }
    }
}
