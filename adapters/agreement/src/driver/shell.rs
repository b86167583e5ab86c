//! What the driver has besides the core: the height's blocks, timers, journal, and what is to be done.

use super::blocks::{Blocks, Origin};
use super::catchup::CatchUp;
use super::early::Early;
use super::exchange::{Counts, Output, Settings, Timer};
use super::own::Own;
use crate::context::{Address, At, BlockId, Terms, Voters};
use crate::journal::Journal;
use crate::message::Message;
use crate::misbehaviour::Misbehaviour;
use crate::signatures::Signatures;
use agon_port::order::Fault;
use agon_types::{Block, Digest, Height, SessionPair, codec, limits};
use arc_malachitebft_core_consensus as consensus;
use arc_malachitebft_core_types::{Round, VoteExtensionPolicy};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

pub type CoreInput = consensus::Input<Terms>;

/// Where a height stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nothing has begun.
    Off,
    /// The height waits for its time.
    Waiting,
    /// The core decides it.
    Deciding,
    /// It is decided, and the application keeps it.
    Keeping,
}

/// A kind of document that a voter signs once a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Proposal,
    Prevote,
    Precommit,
}

/// All but the core.
pub struct Shell {
    pub settings: Settings,
    pub key: SessionPair,
    pub journal: Box<dyn Journal>,
    pub records: Vec<Vec<u8>>,
    pub signatures: Box<dyn Signatures>,
    pub voters: Option<Voters>,
    pub height: Height,
    pub phase: Phase,
    pub blocks: Blocks,
    /// What this node has signed at this height, by the digest of the signed bytes.
    pub signed: BTreeMap<(Kind, u32), Digest>,
    /// The blocks that this node has built at this height.
    pub built: BTreeMap<u32, Digest>,
    /// While the journal is replayed: the digests of its records, and the round that waits for a block.
    pub replay: Option<(BTreeSet<Digest>, Option<u32>)>,
    /// Some record is not durable yet.
    pub is_dirty: bool,
    /// Records up to here tell of votes above the ledger's tip; they stay.
    pub journal_until: Height,
    pub armed: BTreeSet<Timer>,
    pub early: Early,
    pub catchup: CatchUp,
    /// Actions that wait for a block, and how many blocks have passed without them.
    pub waiting: BTreeMap<Digest, u8>,
    pub own: Own,
    /// Others have begun this height, or the last block was full.
    pub is_wanted: bool,
    pub is_rested: bool,
    pub is_due: bool,
    /// How often something was said again.
    pub attempt: u32,
    pub next: VecDeque<CoreInput>,
    pub outputs: Vec<Output>,
    pub fault: Option<Fault>,
    pub counts: Counts,
}

impl Shell {
    pub fn new(
        settings: Settings,
        key: SessionPair,
        journal: Box<dyn Journal>,
        records: Vec<Vec<u8>>,
        signatures: Box<dyn Signatures>,
    ) -> Self {
        Self {
            settings,
            key,
            journal,
            records,
            signatures,
            voters: None,
            height: Height(0),
            phase: Phase::Off,
            blocks: Blocks::default(),
            signed: BTreeMap::new(),
            built: BTreeMap::new(),
            replay: None,
            is_dirty: false,
            journal_until: Height(0),
            armed: BTreeSet::new(),
            early: Early::default(),
            catchup: CatchUp::default(),
            waiting: BTreeMap::new(),
            own: Own::default(),
            is_wanted: false,
            is_rested: true,
            is_due: false,
            attempt: 0,
            next: VecDeque::new(),
            outputs: Vec::new(),
            fault: None,
            counts: Counts::default(),
        }
    }

    pub fn address(&self) -> Address {
        Address(self.key.session())
    }

    /// Whether this node's votes count at this height, and it may cast them.
    pub fn is_voting(&self) -> bool {
        let is_voter = self.voters.as_ref().is_some_and(|voters| voters.get(&self.key.session()).is_some());
        is_voter && self.height >= self.settings.vote_from && self.height > self.journal_until
    }

    /// Makes everything ready for a height.
    pub fn enter(&mut self, height: Height, voters: Voters) {
        self.height = height;
        self.voters = Some(voters);
        self.blocks.clear();
        self.signed.clear();
        self.built.clear();
        self.next.clear();
        self.attempt = 0;
    }

    /// Says something to all others.
    pub fn say(&mut self, message: &Message, attempt: u32) {
        let bytes = message.encode(&self.settings.network, attempt);
        self.outputs.push(Output::Publish { topic: message.topic(), bytes });
    }

    pub fn set(&mut self, timer: Timer, after_ms: u64) {
        self.armed.insert(timer);
        self.outputs.push(Output::Set { timer, after_ms });
    }

    pub fn cancel(&mut self, timer: Timer) {
        if self.armed.remove(&timer) {
            self.outputs.push(Output::Cancel(timer));
        }
    }

    /// Takes back all timers of rounds.
    pub fn cancel_round_timers(&mut self) {
        let is_of_round = |timer: &Timer| !matches!(timer, Timer::Idle(_) | Timer::Busy(_) | Timer::Ask);
        let timers: Vec<Timer> = self.armed.iter().copied().filter(is_of_round).collect();
        timers.into_iter().for_each(|timer| self.cancel(timer));
    }

    /// Waits for the time of a height; no longer than until it is due.
    pub fn wait(&mut self, due_ms: Option<u64>) {
        let pace = self.settings.pace;
        self.phase = Phase::Waiting;
        self.is_due = false;
        self.set(Timer::Idle(self.height), due_ms.map_or(pace.idle_ms, |due_ms| due_ms.min(pace.idle_ms)));
        if self.height.0 > 1 && !self.is_rested {
            self.set(Timer::Busy(self.height), pace.busy_ms);
        }
        self.is_wanted |= self.early.has(self.height);
    }

    /// Whether the height that waits may begin.
    pub fn may_start(&self) -> bool {
        let is_wanted = self.is_wanted || !self.waiting.is_empty();
        self.phase == Phase::Waiting && self.is_rested && (self.is_due || is_wanted)
    }

    /// Has the core begin the height.
    pub fn start(&mut self, is_restart: bool) {
        let Some(voters) = self.voters.clone() else { return };
        self.cancel(Timer::Idle(self.height));
        self.cancel(Timer::Busy(self.height));
        (self.phase, self.is_wanted, self.is_due) = (Phase::Deciding, false, false);
        let at = At(self.height);
        let policy = VoteExtensionPolicy::Disabled;
        self.next.push_back(CoreInput::StartHeight(at, voters, is_restart, None, policy));
    }

    /// Hands a decided block to the application.
    pub fn decide(&mut self, block: Block, certificate: agon_types::Certificate) {
        self.phase = Phase::Keeping;
        self.is_rested = false;
        if !self.waiting.is_empty() {
            for action in &block.actions {
                self.waiting.remove(&action.digest());
            }
        }
        self.own.decided(&block, self.height);
        // One that two blocks have left out was refused, or waits elsewhere.
        self.waiting.retain(|_, passed| std::mem::replace(passed, 1) == 0);
        self.is_wanted = codec::encode(&block).len() + limits::ACTION_BYTES_MAX > limits::BLOCK_BYTES_MAX;
        self.outputs.push(Output::Decide { block: Box::new(block), certificate });
    }

    /// The application has built a block for a round in which this node proposes.
    pub fn built(&mut self, height: Height, round: u32, block: Block) -> Result<(), Fault> {
        if height != self.height || self.phase != Phase::Deciding || self.built.contains_key(&round) {
            return Ok(());
        }
        let (size, proposer) = (codec::encode(&block).len(), self.key.session());
        let header = &block.header;
        if header.height != height || header.proposer != proposer || size > limits::BLOCK_BYTES_MAX {
            let (got, by) = (header.height, header.proposer);
            return Err(Fault(format!(
                "block {height} of {proposer} was asked for, and block {got} of {by} with {size} bytes built"
            )));
        }
        let origin = Origin { digest: header.digest(), round, proposer };
        self.built.insert(round, origin.digest);
        self.blocks.insert(origin, block, Some(true));
        self.propose(round, origin.digest);
        Ok(())
    }

    pub fn propose(&mut self, round: u32, digest: Digest) {
        if self.signed.contains_key(&(Kind::Proposal, round)) {
            return;
        }
        let (height, round, value) = (At(self.height), Round::new(round), BlockId(digest));
        let value = consensus::LocallyProposedValue { height, round, value };
        self.next.push_back(CoreInput::Propose(value));
    }

    pub fn accuse(&mut self, evidence: &consensus::MisbehaviorEvidence<Terms>) {
        for (voter, proof) in Misbehaviour::of(evidence) {
            self.outputs.push(Output::Misbehaved { voter, proof });
        }
    }

    /// Begins the journal anew, unless it still says more than the ledger.
    pub fn reset_journal(&mut self) -> Result<(), Fault> {
        if self.height <= self.journal_until {
            return Ok(());
        }
        self.is_dirty = false;
        self.journal.reset(self.height).map_err(|error| unwritable(&error))
    }
}

pub fn unwritable(error: &std::io::Error) -> Fault {
    Fault(format!("this node's journal cannot be written, so it may not vote: {error}"))
}
