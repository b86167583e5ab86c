//! The one driver of the agreement's core, for the node and for the simulator. It has no clock, no socket, no disk but
//! a [`Journal`], no thread and no randomness: whoever runs it brings it [`Input`]s and carries out its [`Output`]s in
//! their order.
//!
//! ```text
//!   Begin ──> Publish(Tip), Set(Idle)                     the application's tip, and who votes on the next height
//!   Timer(Idle) or an action ──> Build | Set(Propose)     the height begins; the proposer of the round is asked for a block
//!   Built ──> Publish(Blocks)                             its proposal, with the block
//!   Message(Blocks) ──> Check                             others execute it ..
//!   Checked ──> Publish(Votes)                            .. and only then prevote
//!   Message(Votes) .. ──> Decide                          more than two thirds have precommitted
//!   Kept ──> Publish(Tip), Set(Idle)                      it is durable; the next height waits for its time
//! ```
//!
//! How to drive it: feed `Begin` first. After that, any input may come at any time; one that no longer fits is ignored.
//! * `Publish` goes to all others, best effort; bytes, topic and repetition are opaque.
//! * `Set` asks for `Timer` after so many milliseconds, and replaces what was set of the same timer; `Cancel` takes it
//!   back. A timer that fires though it was cancelled does no harm.
//! * `Build`, `Check`, `Decide` and `Pool` go to the application. The first three are answered by `Built`, `Checked`
//!   and `Kept`, in any order and after any time; only `Kept` lets the next height begin.
//! * `Ask` puts a question to one peer; what comes back is a `Reply`, or `Silent`. The peer's driver gets it as `Asked`
//!   and says `Serve`: answer with `Reply::encode` of kept blocks.
//! * `Judged` says whether a message may be passed on to others.
//! * An `Err` ends the driver: nothing of that call may be carried out. After a crash, make another one from the
//!   journal's records.

use crate::context::{BadVoters, Voters};
use crate::journal::Journal;
use crate::message::{Message, Topic};
use crate::signatures::Signatures;
use agon_port::order::Fault;
use agon_types::{Digest, Height, SessionKey, SessionPair};
use arc_malachitebft_core_consensus::{Params, State, ThresholdParams, process};
use arc_malachitebft_core_types::{Validity, ValueOrigin, ValuePayload};

mod blocks;
mod catchup;
mod early;
mod effect;
mod exchange;
mod gate;
mod own;
mod pace;
mod proof;
mod record;
mod replay;
mod shell;
mod sign;

pub use exchange::{Counts, Input, Output, Settings, Status, Timer, Verdict};
pub use pace::{Pace, Timing};
use shell::{CoreInput, Phase, Shell};

/// Decides height after height with others.
pub struct Driver {
    core: Option<State<crate::context::Terms>>,
    shell: Shell,
}

impl std::fmt::Debug for Driver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver").field("status", &self.status()).finish_non_exhaustive()
    }
}

impl Driver {
    /// `records` are those of the journal, as they were when it was opened.
    pub fn new(
        settings: Settings,
        key: SessionPair,
        journal: Box<dyn Journal>,
        records: Vec<Vec<u8>>,
        signatures: Box<dyn Signatures>,
    ) -> Self {
        Self { core: None, shell: Shell::new(settings, key, journal, records, signatures) }
    }

    pub fn status(&self) -> Status {
        let round = self.core.as_ref().map(|core| crate::context::number(core.round()));
        Status {
            height: self.shell.height,
            round: round.unwrap_or_default(),
            is_voting: self.shell.is_voting(),
            counts: self.shell.counts,
        }
    }

    /// Takes one input in; what is to be done about it comes back, in order.
    pub fn handle(&mut self, input: Input) -> Result<Vec<Output>, Fault> {
        match input {
            Input::Begin { tip, voters } => self.begin(tip, &voters)?,
            Input::Kept { height, voters, due_ms } => self.kept(height, &voters, due_ms)?,
            Input::Message { from, topic, bytes, number } => self.receive(from, topic, &bytes, number),
            Input::Timer(timer) => self.fire(timer),
            Input::Built { height, round, block } => self.shell.built(height, round, *block)?,
            Input::Checked { block, accepted } => self.checked(block, accepted),
            Input::Submit(action) => self.shell.submit(*action),
            Input::Asked { number, bytes } => self.shell.asked(number, &bytes),
            Input::Reply { from, bytes } => self.shell.replied(from, &bytes),
            Input::Silent { from } => self.shell.silent(from),
        }
        self.pump()?;
        Ok(std::mem::take(&mut self.shell.outputs))
    }

    fn begin(&mut self, tip: Height, voters: &[(SessionKey, u64)]) -> Result<(), Fault> {
        if self.core.is_some() {
            return Ok(());
        }
        let height = tip.next();
        let voters = Voters::new(voters).map_err(|error| unfit(height, &error))?;
        self.shell.enter(height, voters.clone());
        let params = Params {
            address: self.shell.address(),
            threshold_params: ThresholdParams::default(),
            value_payload: ValuePayload::ProposalAndParts,
            enabled: true,
        };
        let (terms, at) = (crate::context::Terms, crate::context::At(height));
        // Its own queue stays empty: what is early waits in the gate, where it was checked.
        self.core = Some(State::new(terms, at, voters, params, 1, 1));
        let entries = self.shell.take_records()?;
        self.shell.say(&Message::Tip(tip), 0);
        if entries.is_empty() {
            self.shell.reset_journal()?;
            self.shell.wait(None);
            return Ok(());
        }
        self.replay(entries)
    }

    fn kept(
        &mut self,
        height: Height,
        voters: &[(SessionKey, u64)],
        due_ms: Option<u64>,
    ) -> Result<(), Fault> {
        if self.shell.phase != Phase::Keeping || height != self.shell.height {
            return Ok(());
        }
        let next = height.next();
        self.shell.enter(next, Voters::new(voters).map_err(|error| unfit(next, &error))?);
        self.shell.reset_journal()?;
        self.shell.say(&Message::Tip(height), 0);
        self.shell.say_own();
        self.shell.wait(due_ms);
        self.shell.prove();
        Ok(())
    }

    fn fire(&mut self, timer: Timer) {
        if !self.shell.armed.remove(&timer) {
            return;
        }
        match timer {
            Timer::Idle(_) => self.shell.is_due = true,
            Timer::Busy(_) => self.shell.is_rested = true,
            Timer::Ask => self.shell.ask(),
            _ => self.shell.next.extend(pace::timeout(timer).map(CoreInput::TimeoutElapsed)),
        }
    }

    fn receive(&mut self, from: SessionKey, topic: Topic, bytes: &[u8], number: u64) {
        let round = self.core.as_ref().map(|core| crate::context::number(core.round()));
        let verdict = self.shell.receive(from, topic, bytes, round.unwrap_or_default());
        self.shell.outputs.push(Output::Judged { number, verdict });
    }

    fn checked(&mut self, block: Digest, accepted: Result<(), String>) {
        if self.shell.is_proving(block) {
            if self.shell.proved(accepted) {
                self.leave();
            }
            return;
        }
        let is_valid = accepted.is_ok();
        if let Err(reason) = accepted {
            tracing::warn!(block = %block.short(), %reason, "a proposed block is refused");
        }
        if let Some(value) = self.shell.blocks.judge(block, is_valid) {
            let validity = Validity::from_bool(is_valid);
            let value = value.proposed(self.shell.height, validity);
            self.shell.next.push_back(CoreInput::ProposedValue(value, ValueOrigin::Consensus));
        }
    }

    /// Gives the present height up to a certificate; what it has shown of others is kept.
    fn leave(&mut self) {
        if let Some(core) = &mut self.core {
            let evidence = arc_malachitebft_core_consensus::MisbehaviorEvidence {
                proposals: core.driver.take_proposal_evidence(),
                votes: core.driver.take_vote_evidence(),
            };
            self.shell.accuse(&evidence);
        }
        self.shell.cancel_round_timers();
        self.shell.next.clear();
    }

    /// Lets the core work until it has nothing more to do.
    fn pump(&mut self) -> Result<(), Fault> {
        loop {
            if self.shell.phase == Phase::Keeping {
                self.shell.next.clear();
            }
            if self.shell.may_start() {
                self.start();
            }
            let Some(input) = self.shell.next.pop_front() else { return Ok(()) };
            self.feed(input)?;
        }
    }

    fn start(&mut self) {
        let round = 0;
        self.shell.start(false);
        self.shell.admit_early(round);
    }

    fn feed(&mut self, input: CoreInput) -> Result<(), Fault> {
        let Some(core) = &mut self.core else { return Ok(()) };
        if matches!(input, CoreInput::StartHeight(..)) {
            core.params.enabled = self.shell.is_voting();
        }
        let shell = &mut self.shell;
        let result: Result<(), arc_malachitebft_core_consensus::Error<crate::context::Terms>> = process!(
            input: input,
            state: core,
            metrics: &(),
            with: effect => shell.effect(effect)
        );
        let lasting = core.driver.round_state();
        let lasting = [&lasting.locked, &lasting.valid];
        shell.blocks.prune(&lasting.map(|value| value.as_ref().map(|value| value.value.0)));
        if let Some(fault) = shell.fault.take() {
            return Err(fault);
        }
        match result {
            Ok(()) => Ok(()),
            Err(error @ arc_malachitebft_core_consensus::Error::ReplayDivergence(..)) => {
                Err(Fault(format!("this node does not vote any more, lest it votes twice: {error}")))
            }
            Err(error) => {
                shell.counts.refused_by_core += 1;
                tracing::warn!(%error, "the core refuses an input");
                Ok(())
            }
        }
    }
}

fn unfit(height: Height, error: &BadVoters) -> Fault {
    Fault(format!("nobody can decide height {height}: {error}"))
}
