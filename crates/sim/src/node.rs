//! One node: the driver, the state that it keeps, its disk and its clock.

use crate::chance::Chance;
use crate::contest::{Contest, Terms};
use crate::disk::{Disk, File};
use crate::schedule::Role;
use crate::signatures::Shared;
use agon_agreement::driver::{Settings, Timer};
use agon_agreement::journal::Error;
use agon_agreement::message::Reply;
use agon_agreement::signatures::Checked;
use agon_agreement::{Driver, Pace, Signatures, Timing, Topic, Wal};
use agon_types::{Action, Block, Certificate, Digest, Height, SessionKey, SessionPair, Signed, TimeMs};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// When an event is due, and its number.
pub type Due = (u64, u64);

/// Messages that a copycat or a spammer remembers.
const HEARD: usize = 64;
/// Proposed blocks that it remembers.
const PROPOSED: usize = 8;

pub struct Node {
    pub role: Role,
    pub key: SessionPair,
    pub driver: Option<Driver>,
    /// Counts the starts, so that what a former life waited for is not brought to a later one.
    pub life: u64,
    pub contest: Contest,
    /// The decided blocks that are durable.
    pub ledger: Vec<(Block, Certificate)>,
    pub pool: Vec<(Digest, Signed<Action>)>,
    pub disk: Disk,
    pub timers: BTreeMap<Timer, Due>,
    pub heard: VecDeque<(Topic, Vec<u8>)>,
    /// The blocks that were proposed lately, for those who vote for others.
    pub proposed: VecDeque<(Height, Digest)>,
    pub is_asleep: bool,
    /// How far its clock is ahead.
    ahead_ms: i64,
    /// How long its timers take, of a thousand.
    pace_permille: u64,
    checks_all: bool,
}

impl Node {
    pub fn new(
        role: Role,
        key: SessionPair,
        contest: Contest,
        chance: &mut Chance,
        checks_all: bool,
    ) -> Self {
        let (off_ms, pace_permille) = match role {
            Role::Skewed => (600_000, chance.between(500, 2_000)),
            _ => (400, chance.between(990, 1_010)),
        };
        let ahead_ms = chance.between(0, 2 * off_ms) as i64 - off_ms as i64;
        Self {
            role,
            key,
            driver: None,
            life: 0,
            contest,
            ledger: Vec::new(),
            pool: Vec::new(),
            disk: Disk::default(),
            timers: BTreeMap::new(),
            heard: VecDeque::new(),
            proposed: VecDeque::new(),
            is_asleep: false,
            ahead_ms,
            pace_permille,
            checks_all,
        }
    }

    pub fn session(&self) -> SessionKey {
        self.key.session()
    }

    pub fn is_honest(&self) -> bool {
        self.role == Role::Honest
    }

    /// The time by its own clock.
    pub fn clock(&self, now_ms: u64) -> TimeMs {
        TimeMs(now_ms.saturating_add_signed(self.ahead_ms))
    }

    pub fn after_ms(&self, after_ms: u64) -> u64 {
        after_ms * self.pace_permille / 1_000
    }

    /// Makes a driver of what the disk has.
    pub fn start(&mut self, terms: &Terms, signatures: &Shared) -> Result<(), Error> {
        let (wal, records) = Wal::<File>::open("votes.wal", self.disk.clone())?;
        let network = terms.genesis.network.clone();
        let (timing, pace) = (Timing::default(), Pace::default());
        let settings = Settings { network, timing, pace, vote_from: Height(0) };
        let signatures: Box<dyn Signatures> =
            if self.checks_all { Box::new(Checked::default()) } else { Box::new(signatures.clone()) };
        self.driver = Some(Driver::new(settings, self.key.clone(), Box::new(wal), records, signatures));
        Ok(())
    }

    /// The machine goes off: what was not durable is gone.
    pub fn crash(&mut self, chance: &mut Chance) {
        self.driver = None;
        self.life += 1;
        self.disk.crash(chance);
        self.contest.crash();
        self.pool.clear();
        self.timers.clear();
    }

    pub fn add(&mut self, action: Signed<Action>) {
        let digest = action.digest();
        if self.pool.iter().all(|(known, _)| *known != digest) {
            self.pool.push((digest, action));
        }
    }

    /// Keeps a decided block; it is durable now.
    pub fn keep(&mut self, block: Block, certificate: Certificate) -> Result<(), String> {
        self.contest.advance(&block, certificate.clone())?;
        let decided: Vec<Digest> = block.actions.iter().map(Signed::digest).collect();
        self.pool.retain(|(digest, _)| !decided.contains(digest));
        self.ledger.push((block, certificate));
        Ok(())
    }

    /// The kept blocks from a height on, as one answer may have.
    pub fn blocks_from(&self, from: Height) -> Reply {
        let first = usize::try_from(from.0.saturating_sub(1)).unwrap_or(usize::MAX);
        let blocks = self.ledger.iter().skip(first).take(64).cloned().collect();
        Reply { blocks }
    }

    /// A faulty peer learns of a block that is proposed.
    pub fn learn(&mut self, height: Height, block: Digest) {
        if !self.proposed.contains(&(height, block)) {
            self.proposed.truncate(PROPOSED);
            self.proposed.push_front((height, block));
        }
    }

    pub fn hear(&mut self, topic: Topic, bytes: &[u8]) {
        if self.heard.len() >= HEARD {
            self.heard.pop_front();
        }
        self.heard.push_back((topic, bytes.to_vec()));
    }
}

/// What all nodes know from the beginning, for seats with these powers.
pub fn terms(keys: Vec<(SessionKey, u64)>, anchor: agon_types::Anchor, time_ms: TimeMs) -> Arc<Terms> {
    use agon_types::genesis::{Owner, Parameters, Window};
    use agon_types::{ChainBlock, Genesis, HotkeyPair};
    let window = Window { heights: 5, ms: 5_000 };
    let owner = HotkeyPair::from_seed(&[98; 32]).hotkey();
    let genesis = Genesis {
        network: "sim".parse().expect("it is a name"),
        time_ms,
        owner: Owner { threshold: 1, keys: vec![owner] },
        voters: agon_types::Voters::One(keys[0].0),
        burn: owner,
        chain_start: ChainBlock(0),
        parameters: Parameters {
            epoch_blocks: 100,
            commit_window: window,
            reveal_window: window,
            power_cap: "0.4".parse().expect("it is a score"),
            absences_max: 3,
            missed_max: 1_000,
        },
    };
    let voters = agon_agreement::context::Voters::new(&keys).expect("all have power");
    Arc::new(Terms { genesis, keys, voters, anchor })
}
