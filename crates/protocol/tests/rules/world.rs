//! A small network that is driven input by input, and remembers them all.

pub use crate::sample::*;
use agon_protocol::state::{Phase, View};
use agon_protocol::{Begin, Input, Key, Reason, State, Step, step};
use agon_types::anchor::Neuron;
use agon_types::event::Event;
use agon_types::key::SigningKey;
use agon_types::manifest::AgentKind;
use agon_types::*;
use std::collections::BTreeMap;

/// One input, as a node would store it.
#[derive(Clone, Debug)]
pub enum Entry {
    Begin(Begin),
    Action(Verified<Action>),
}

impl Entry {
    pub fn step(&self, state: &State) -> Step {
        match self {
            Self::Begin(begin) => step(state, Input::Begin(begin.clone())),
            Self::Action(action) => step(state, Input::Action(action)),
        }
    }
}

pub type Done = Result<Vec<Event>, Reason>;

/// The network.
pub struct World {
    pub state: State,
    pub log: Vec<Entry>,
    /// Which of them changed something.
    pub done: Vec<usize>,
    /// The next uid that the chain gives away.
    uid: u16,
    /// Who signs the certificates.
    pub signers: Vec<SessionKey>,
}

impl World {
    pub fn new() -> Self {
        Self::with(|_| ())
    }

    pub fn with(change: impl FnOnce(&mut Genesis)) -> Self {
        let mut genesis = genesis();
        change(&mut genesis);
        Self { state: State::new(&genesis), log: Vec::new(), done: Vec::new(), uid: 0, signers: Vec::new() }
    }

    /// Three equal validators, and one active challenge.
    pub fn contest(manifest: Manifest) -> Self {
        let mut world = Self::new();
        world.join(&[(1, 100), (2, 100), (3, 100)]);
        world.publish(manifest).unwrap();
        world.next_epoch();
        world
    }

    pub fn genesis(&self) -> &Genesis {
        self.state.genesis().unwrap()
    }

    pub fn network(&self) -> NetworkId {
        self.genesis().network.clone()
    }

    pub fn epoch(&self) -> Epoch {
        self.state.now().unwrap().epoch
    }

    /// Takes one input.
    pub fn take(&mut self, entry: Entry) -> Done {
        let done = entry.step(&self.state);
        self.log.push(entry);
        match done {
            Step::Refused(reason) => Err(reason),
            Step::Done { writes, effects } => {
                self.done.push(self.log.len() - 1);
                self.state.apply(writes);
                Ok(effects)
            }
        }
    }

    pub fn begin(&mut self, anchor: Option<Anchor>) -> Done {
        let now = self.state.now().unwrap();
        let (height, time_ms) = (now.height.next(), now.time_ms.plus(10));
        self.take(Entry::Begin(Begin { height, time_ms, anchor, signers: self.signers.clone() }))
    }

    /// A block that comes after a long time.
    pub fn wait(&mut self, ms: u64) -> Vec<Event> {
        let now = self.state.now().unwrap();
        let (height, time_ms) = (now.height.next(), now.time_ms.plus(ms));
        self.take(Entry::Begin(Begin { height, time_ms, anchor: None, signers: self.signers.clone() }))
            .unwrap()
    }

    pub fn blocks(&mut self, count: u64) -> Vec<Event> {
        (0..count).flat_map(|_| self.begin(None).unwrap()).collect()
    }

    pub fn anchor(&self, number: u64, facts: Vec<Fact>) -> Anchor {
        Anchor {
            number: ChainBlock(number),
            hash: Digest::of(&number.to_le_bytes()),
            time_ms: TimeMs(0),
            facts,
        }
    }

    /// The chain says something new, one block after it last did.
    pub fn facts(&mut self, facts: Vec<Fact>) {
        let number = self.state.now().unwrap().anchor.map_or(0, |last| last.0 + 1);
        let anchor = self.anchor(number, facts);
        self.begin(Some(anchor)).unwrap();
    }

    pub fn boundary(&self) -> u64 {
        (self.epoch().0 + 1) * EPOCH_BLOCKS
    }

    pub fn next_epoch(&mut self) -> Vec<Event> {
        let anchor = self.anchor(self.boundary(), Vec::new());
        self.begin(Some(anchor)).unwrap()
    }

    pub fn neuron(&mut self, n: u8, change: impl FnOnce(&mut Neuron)) {
        let known = self.state.neuron(hotkey(n)).copied();
        let mut neuron = known.unwrap_or_else(|| {
            self.uid += 1;
            Neuron { coldkey: hotkey(n), uid: self.uid, stake: Stake(0), permit: false }
        });
        change(&mut neuron);
        self.facts(vec![Fact::Neuron { hotkey: hotkey(n), neuron }]);
    }

    pub fn register(&mut self, n: u8, sequence: u64) -> Done {
        let body = ActionBody::RegisterSession { hotkey: hotkey(n), session: session(n).session(), sequence };
        self.act(body, &[pair(n), session(n)])
    }

    /// Validators with their stakes.
    pub fn join(&mut self, validators: &[(u8, u64)]) {
        for (n, stake) in validators {
            self.neuron(*n, |neuron| (neuron.stake, neuron.permit) = (Stake(*stake), true));
            self.register(*n, 1).unwrap();
        }
    }

    pub fn sign(&self, body: ActionBody, keys: &[&dyn SigningKey]) -> Verified<Action> {
        let expires_at_height = self.state.now().unwrap().height.plus(100);
        let network = self.network();
        Signed::new(&network, Action { expires_at_height, body }, keys).verify(&network).unwrap()
    }

    pub fn act(&mut self, body: ActionBody, keys: &[&dyn SigningKey]) -> Done {
        let action = self.sign(body, keys);
        self.take(Entry::Action(action))
    }

    pub fn publish(&mut self, manifest: Manifest) -> Done {
        self.act(ActionBody::PublishChallenge(Box::new(manifest)), &[pair(OWNER)])
    }

    pub fn update(&mut self, manifest: Manifest) -> Done {
        self.act(ActionBody::UpdateChallenge(Box::new(manifest)), &[pair(OWNER)])
    }

    pub fn shift(&mut self, id: &str, version: u32, shift: agon_types::action::Shift) -> Done {
        self.act(ActionBody::ShiftChallenge { challenge: slug(id), version, shift }, &[pair(OWNER)])
    }

    pub fn announcement(&self, id: &str, (n, version, artifact): (u8, u32, Digest)) -> Announcement {
        Announcement {
            challenge: slug(id),
            hotkey: hotkey(n),
            version,
            kind: AgentKind::Component,
            artifact,
            size_bytes: 10,
            label: "agent".to_owned(),
        }
    }

    /// The miner writes on the chain what it will announce, at a block.
    pub fn commit_on_chain(&mut self, stated: &Announcement, block: u64) {
        let commitment = stated.commitment(&self.network());
        if self.state.neuron(stated.hotkey).is_none() {
            let n = (0..=255).find(|n| hotkey(*n) == stated.hotkey).unwrap();
            self.neuron(n, |_| ());
        }
        self.facts(vec![Fact::Commitment { hotkey: stated.hotkey, commitment, block: ChainBlock(block) }]);
    }

    pub fn announce(&mut self, stated: &Announcement) -> Done {
        let n = (0..=255).find(|n| hotkey(*n) == stated.hotkey).unwrap();
        self.act(ActionBody::Announce(stated.clone()), &[pair(n)])
    }

    /// A miner enters its artifact: commitment on the chain at this block, then announcement.
    pub fn submit(&mut self, id: &str, (n, number): (u8, u8), block: u64) -> SubmissionId {
        let stated = self.announcement(id, (n, u32::from(number), artifact(number)));
        self.commit_on_chain(&stated, block);
        self.announce(&stated).unwrap();
        stated.submission(&self.network())
    }

    pub fn post(&mut self, id: &str, (n, sequence): (u8, u64), message: &[u8]) -> Done {
        let message = message.to_vec();
        let post = Post { challenge: slug(id), hotkey: hotkey(n), sequence, message };
        self.act(ActionBody::Post(post), &[pair(n)])
    }

    /// What stands in the place of a submission in the job that weighs.
    pub fn weigh_id(&self, id: &str) -> SubmissionId {
        SubmissionId::weigh(&self.network(), &slug(id))
    }

    /// The open job that weighs a challenge.
    pub fn weigh_job(&self, id: &str) -> Option<JobId> {
        let submission = self.weigh_id(id);
        let mut jobs = self.jobs().into_iter().map(|(job, _)| job);
        jobs.find(|job| job.is_weigh() && job.submission == submission)
    }

    /// All agree: on these scores where a submission is scored, and on this where an epoch is weighed.
    pub fn judge_all(&mut self, scores: &[(SubmissionId, &str)], weighed: &Outcome) -> Vec<Event> {
        let weigh: Vec<SubmissionId> = self
            .jobs()
            .into_iter()
            .filter(|(job, _)| job.is_weigh())
            .map(|(job, _)| job.submission)
            .collect();
        let known: BTreeMap<SubmissionId, &str> = scores.iter().copied().collect();
        self.judge(|_, id| match weigh.contains(&id) {
            true => Some(weighed.clone()),
            false => Some(scored(known.get(&id).copied().unwrap_or("0"))),
        })
    }

    /// The jobs of the open rounds, with the numbers of their validators.
    pub fn jobs(&self) -> Vec<(JobId, Vec<u8>)> {
        let rounds = agon_protocol::score::open_rounds(&self.state).into_iter();
        let jobs = rounds.flat_map(|(epoch, round, _)| agon_protocol::score::jobs(&self.state, epoch, round));
        let number = |hotkey: Hotkey| (0..100).find(|n| self::hotkey(*n) == hotkey).unwrap();
        jobs.map(|(id, job)| (id, job.assigned.iter().map(|(hotkey, _)| number(*hotkey)).collect())).collect()
    }

    pub fn commit(&mut self, n: u8, job: JobId, commit: Digest) -> Done {
        self.act(ActionBody::Commit { job, validator: hotkey(n), commit }, &[session(n)])
    }

    pub fn reveal(&mut self, n: u8, job: JobId, outcome: Outcome) -> Done {
        let report = Report { job, validator: hotkey(n), outcome };
        self.act(ActionBody::Reveal { report, salt: [n; 32] }, &[session(n)])
    }

    pub fn hidden(&self, n: u8, job: JobId, outcome: Outcome) -> Digest {
        Report { job, validator: hotkey(n), outcome }.commit(&self.network(), &[n; 32])
    }

    pub fn open_reveals(&mut self) {
        while agon_protocol::score::open_rounds(&self.state)
            .iter()
            .any(|(_, _, round)| round.phase == Phase::Commit)
        {
            self.blocks(1);
        }
    }

    /// Time passes until whatever was committed to these jobs can be shown.
    pub fn open_reveals_of(&mut self, jobs: &[JobId]) {
        let hidden = |world: &Self, job: &JobId| {
            world.state.round(job.epoch, job.round).is_some_and(|round| round.phase == Phase::Commit)
        };
        while jobs.iter().any(|job| hidden(self, job)) {
            self.blocks(1);
        }
    }

    /// All validators report on the jobs of the open round as they see fit, until it closes.
    pub fn judge(&mut self, opinion: impl Fn(u8, SubmissionId) -> Option<Outcome>) -> Vec<Event> {
        let mut events = Vec::new();
        let mut reports = Vec::new();
        for (job, validators) in self.jobs() {
            let seen = validators.into_iter().filter_map(|n| Some((n, job, opinion(n, job.submission)?)));
            reports.extend(seen);
        }
        for (n, job, outcome) in &reports {
            let hidden = self.hidden(*n, *job, outcome.clone());
            events.extend(self.commit(*n, *job, hidden).unwrap());
        }
        let jobs: Vec<JobId> = self.jobs().into_iter().map(|(job, _)| job).collect();
        self.open_reveals_of(&jobs);
        for (n, job, outcome) in reports {
            events.extend(self.reveal(n, job, outcome).unwrap());
        }
        events.extend(self.blocks(2));
        events
    }

    /// The next epoch, in which all agree on these scores; what is not named scores nothing.
    pub fn compete(&mut self, scores: &[(SubmissionId, &str)]) -> Vec<Event> {
        let mut events = self.next_epoch();
        let known: BTreeMap<SubmissionId, &str> = scores.iter().copied().collect();
        events.extend(self.judge(|_, id| Some(scored(known.get(&id).copied().unwrap_or("0")))));
        events
    }

    pub fn decide(&mut self, id: &str, (submission, verdict): (SubmissionId, Verdict)) -> Done {
        let number = self.board(id).decisions;
        let decision = Decision { challenge: slug(id), submission, number, verdict, note: String::new() };
        self.act(ActionBody::Decide(decision), &[pair(OWNER)])
    }

    pub fn board(&self, id: &str) -> agon_protocol::state::Board {
        self.state.board(slug(id)).cloned().unwrap_or_default()
    }

    pub fn champion(&self, id: &str) -> Option<SubmissionId> {
        self.board(id).champion
    }

    /// Units of an epoch's seal, by the number of the hotkey.
    pub fn paid(&self, epoch: Epoch) -> BTreeMap<u8, u64> {
        let seal = self.state.seal(epoch).expect("the epoch is sealed");
        let number = |hotkey: Hotkey| (0..=255).find(|n| self::hotkey(*n) == hotkey).unwrap();
        seal.weights.iter().map(|weight| (number(weight.hotkey), weight.units)).collect()
    }

    pub fn agreed(&self, id: &str, submission: SubmissionId) -> Option<&agon_protocol::state::Agreed> {
        let version = self.state.challenge(slug(id))?.version;
        self.state.agreed(slug(id), version, self.epoch(), submission)
    }

    /// Every input again from the beginning, undoing and redoing each: the same state must come out.
    pub fn replayed(&self) -> State {
        let mut state = State::new(self.genesis());
        for entry in &self.log {
            if let Step::Done { writes, .. } = entry.step(&state) {
                let before = state.clone();
                let undo = state.apply(writes);
                let after = state.clone();
                let redo = state.apply(undo);
                assert_eq!(state, before, "undone");
                state.apply(redo);
                assert_eq!(state, after, "and done again");
            }
        }
        state
    }

    pub fn has(&self, key: &Key) -> bool {
        self.state.get(key).is_some()
    }
}
