//! A thousand random histories, honest and otherwise: whatever happens, these facts hold.

use crate::world::*;
use agon_protocol::state::{Key, State, Value, View};
use agon_protocol::{Step, Writes, post, slots, submission, weights};
use agon_types::action::Shift;
use agon_types::anchor::Neuron;
use agon_types::manifest::{Agreement, Assignment, Capabilities, Decay, WeightRule};
use agon_types::report::FailureReason;
use agon_types::seal::UNITS_TOTAL;
use agon_types::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// One thing that somebody tries: what, and two numbers that say who and how.
type Move = (u8, u8, u8);

const VALIDATORS: u8 = 4;
const MINERS: u8 = 4;
const CONTESTS: [&str; 3] = ["exact", "median", "own"];
const STATE_BYTES_MAX: u64 = 12;

/// Where every history begins.
static START: LazyLock<(State, Vec<Entry>)> = LazyLock::new(|| {
    let mut world = World::new();
    world.join(&[(1, 40), (2, 30), (3, 20), (4, 10)]);
    for n in 10..10 + MINERS {
        world.neuron(n, |neuron| neuron.coldkey = hotkey(n / 2));
    }
    let part = |id: &str| Manifest { emission_share: score("0.3"), ..manifest(id) };
    world.publish(Manifest { approval: manual(), win_margin: score("0.1"), ..part("exact") }).unwrap();
    let median = Manifest {
        agreement: Agreement::Median { outlier_bound: score("0.1") },
        assignment: Assignment::Seats(5),
        weight_rule: WeightRule::Proportional,
        decay: Some(Decay { grace_epochs: 1, half_life_epochs: 1 }),
        ..part("median")
    };
    world.publish(median).unwrap();
    let capabilities =
        Capabilities { state_bytes_max: STATE_BYTES_MAX, posts_per_epoch: 2, ..Capabilities::default() };
    world.publish(Manifest { weight_rule: WeightRule::Weigh, capabilities, ..part("own") }).unwrap();
    world.next_epoch();
    (world.state, world.log)
});

/// A world with what its validators have hidden, and what they have rightly shown.
struct History {
    world: World,
    hidden: BTreeMap<(JobId, u8), Outcome>,
    shown: BTreeSet<(JobId, Hotkey)>,
    posted: Vec<(Epoch, Hotkey, u64)>,
}

impl History {
    fn new() -> Self {
        let mut world = World::new();
        (world.state, world.log) = START.clone();
        Self { world, hidden: BTreeMap::new(), shown: BTreeSet::new(), posted: Vec::new() }
    }

    fn play(&mut self, (what, a, b): Move) {
        let contest = CONTESTS[usize::from(a) % 3];
        let (validator, miner) = (1 + a % VALIDATORS, 10 + a % MINERS);
        // Whether it is refused or done is not the question here.
        let _ = match what % 21 {
            0 | 1 => self.world.begin(None),
            2 => Ok(self.world.next_epoch()),
            3 | 4 => {
                let stated = self.world.announcement(contest, (miner, u32::from(b % 4), artifact(b % 3)));
                let fact = Fact::Commitment {
                    hotkey: stated.hotkey,
                    commitment: stated.commitment(&self.world.network()),
                    block: ChainBlock(u64::from(a ^ b)),
                };
                self.world.facts(vec![fact]);
                self.world.announce(&stated)
            }
            5 => self.chain(miner, validator, b),
            6..=8 => self.commit(validator, b),
            9 | 10 => self.reveal(validator, b),
            11 => self.steal(validator, b),
            12 => self.decide(contest, b),
            13 => self.world.shift(
                contest,
                1 + u32::from(b % 2),
                [Shift::Pause, Shift::Resume][usize::from(b) / 2 % 2],
            ),
            14 => self.world.update(Manifest {
                version: 1 + u32::from(b % 3),
                rerun_top: u16::from(b),
                ..self.rules(contest)
            }),
            15 => self.world.register(validator, u64::from(b % 5)),
            16 | 17 => (1..=VALIDATORS).map(|n| self.commit(n, b)).last().unwrap_or(Ok(Vec::new())),
            18 => (1..=VALIDATORS).map(|n| self.reveal(n, b)).last().unwrap_or(Ok(Vec::new())),
            19 => self.post(miner, b),
            _ => self.judge(a),
        };
    }

    fn post(&mut self, miner: u8, b: u8) -> Done {
        let (epoch, sequence) = (self.world.epoch(), u64::from(b % 16));
        let done = self.world.post("own", (miner, sequence), &[b]);
        if done.is_ok() {
            self.posted.push((epoch, hotkey(miner), sequence));
        }
        done
    }

    fn rules(&self, contest: &str) -> Manifest {
        self.world.state.manifest(slug(contest), 1).unwrap().clone()
    }

    /// Somebody leaves, or comes with another stake.
    fn chain(&mut self, miner: u8, validator: u8, b: u8) -> Done {
        let neuron =
            |n, stake| Neuron { coldkey: hotkey(n), uid: u16::from(n), stake: Stake(stake), permit: n < 10 };
        let fact = match b % 4 {
            0 => Fact::Deregistered { hotkey: hotkey(miner) },
            1 => Fact::Neuron { hotkey: hotkey(miner), neuron: neuron(miner, 0) },
            2 => Fact::Neuron { hotkey: hotkey(BURN), neuron: neuron(BURN, 0) },
            _ => Fact::Neuron { hotkey: hotkey(validator), neuron: neuron(validator, u64::from(b)) },
        };
        self.world.facts(vec![fact]);
        Ok(Vec::new())
    }

    /// An epoch as it should be, but for one validator, who dissents or is away.
    fn judge(&mut self, a: u8) -> Done {
        self.world.next_epoch();
        let here = |n: &u8| a < 128 || *n != 1 + a % VALIDATORS;
        let all = || (0..4u8).flat_map(|job| (1..=VALIDATORS).filter(here).map(move |n| (n, job)));
        let opinion = |n, job: u8| if n == a % 8 { 64 + job } else { 128 + job };
        all().for_each(|(n, job)| drop(self.commit(n, opinion(n, job))));
        let jobs: Vec<JobId> = self.world.jobs().into_iter().map(|(job, _)| job).collect();
        self.world.open_reveals_of(&jobs);
        all().for_each(|(n, job)| drop(self.reveal(n, job)));
        Ok(self.world.blocks(2))
    }

    fn job(&self, b: u8) -> Option<JobId> {
        let jobs = self.world.jobs();
        jobs.get(usize::from(b) % jobs.len().max(1)).map(|(job, _)| *job)
    }

    fn commit(&mut self, validator: u8, b: u8) -> Done {
        let Some(job) = self.job(b) else { return Ok(Vec::new()) };
        let outcome = match b >> 6 {
            _ if job.is_weigh() => self.weighed(b),
            0 => failed(FailureReason::OutOfFuel, ""),
            1 => scored("0.4"),
            _ => scored("0.5"),
        };
        let hidden = self.world.hidden(validator, job, outcome.clone());
        let done = self.world.commit(validator, job, hidden);
        if done.is_ok() {
            self.hidden.insert((job, validator), outcome);
        }
        done
    }

    /// Points for every other submission, and a change of the state; a large one is too much after a smaller one.
    fn weighed(&self, b: u8) -> Outcome {
        if b % 16 == 1 {
            return failed(FailureReason::GaveUp, "");
        }
        let all = submission::of_challenge(&self.world.state, &slug("own"));
        let points: Vec<_> = all.into_iter().step_by(2).map(|id| (id, u64::from(b % 3))).collect();
        let value = vec![b; usize::from(b % 8)];
        weighed(
            &points,
            &[(["x", "y", "z"][usize::from(b / 8) % 3], (!b.is_multiple_of(8)).then_some(&value[..]))],
        )
    }

    fn reveal(&mut self, validator: u8, b: u8) -> Done {
        let Some(job) = self.job(b) else { return Ok(Vec::new()) };
        let outcome = self.hidden.get(&(job, validator)).cloned();
        let known = outcome.is_some();
        let done = self.world.reveal(validator, job, outcome.unwrap_or_else(|| scored("0.7")));
        if done.is_ok() {
            assert!(known, "nobody shows what was not hidden");
            self.shown.insert((job, hotkey(validator)));
        }
        done
    }

    /// A copycat takes over what another has hidden, or shows what another has shown.
    fn steal(&mut self, validator: u8, b: u8) -> Done {
        let Some(job) = self.job(b) else { return Ok(Vec::new()) };
        let of = 1 + b % VALIDATORS;
        if of == validator {
            return Ok(Vec::new());
        }
        let report = Report { job, validator: hotkey(of), outcome: scored("0.5") };
        let stolen = self.world.act(ActionBody::Reveal { report, salt: [of; 32] }, &[session(validator)]);
        assert!(stolen.is_err(), "nobody speaks for another");
        match self.world.state.commit(job, hotkey(of)).map(|commit| commit.0) {
            Some(copied) => self.world.commit(validator, job, copied),
            None => stolen,
        }
    }

    fn decide(&mut self, contest: &str, b: u8) -> Done {
        let board = self.world.board(contest);
        let verdict = [Verdict::Approve, Verdict::Reject, Verdict::Unapprove][usize::from(b) % 3];
        let subject = if b.is_multiple_of(5) { board.champion } else { board.candidate.or(board.champion) };
        self.world.decide(contest, (subject.unwrap_or(SubmissionId(Digest::ZERO)), verdict))
    }
}

/// The whole history again: one step after another, and all of its writes at once.
fn replays_to_the_same_state(history: &History) {
    let world = &history.world;
    let (mut state, mut whole) = (State::new(world.genesis()), BTreeMap::new());
    for entry in &world.log {
        if let Step::Done { writes, .. } = entry.step(&state) {
            let opens = writes.0.keys().any(|key| matches!(key, Key::Epoch(_)));
            let moves = writes.0.keys().any(|key| matches!(key, Key::Slot(..)));
            assert!(opens || !moves, "what a challenge keeps changes when an epoch opens");
            whole.extend(writes.0.clone());
            state.apply(writes);
        }
    }
    assert_eq!(state, world.state, "again");
    let mut at_once = State::new(world.genesis());
    let undo = at_once.apply(Writes(whole));
    assert_eq!(at_once, world.state, "at once");
    at_once.apply(undo);
    assert_eq!(at_once, State::new(world.genesis()), "and undone");
}

fn nothing_counts_twice(history: &History) {
    let world = &history.world;
    for entry in world.done.iter().filter_map(|at| world.log.get(*at)) {
        if matches!(entry, Entry::Action(_)) {
            assert!(matches!(entry.step(&history.world.state), Step::Refused(_)), "{entry:?}");
        }
    }
}

fn pay_is_exact(state: &State) {
    for (_, value) in state.entries() {
        let Value::Seal(seal) = value else { continue };
        assert_eq!(seal.weights.iter().map(|weight| weight.units).sum::<u64>(), UNITS_TOTAL);
        assert!(weights::is_sound(seal));
        for weight in &seal.weights {
            let mut earned = seal.challenges.iter().flat_map(|challenge| &challenge.points);
            let has_points = earned.any(|points| points.hotkey == weight.hotkey && points.points > 0);
            assert!(weight.units > 0 && (has_points || weight.hotkey == seal.burn));
        }
    }
}

fn only_shown_reports_count(history: &History) {
    let state = &history.world.state;
    for (key, value) in state.entries() {
        match (key, value) {
            (Key::Weighed(..), Value::Weighed(weighing)) => {
                assert!(weighing.weight * 3 > weighing.assigned_weight * 2, "a quorum is never lowered");
            }
            (Key::Report(job, validator), _) => assert!(history.shown.contains(&(*job, *validator))),
            (Key::Score(challenge, version, epoch, submission), Value::Score(agreed)) => {
                assert!(agreed.weight * 3 > agreed.assigned_weight * 2, "a quorum is never lowered");
                let exact =
                    state.manifest(challenge.clone(), *version).unwrap().agreement == Agreement::Exact;
                let job = |round| state.job(JobId { epoch: *epoch, round, submission: *submission });
                let Some((round, job)) = [1, 0].into_iter().find_map(|round| Some((round, job(round)?)))
                else {
                    continue;
                };
                let id = JobId { epoch: *epoch, round, submission: *submission };
                let shown = job
                    .assigned
                    .iter()
                    .filter_map(|(validator, weight)| Some((state.report(id, *validator)?, *weight)));
                let behind: u64 = shown
                    .filter(|(outcome, _)| !exact || **outcome == agreed.outcome)
                    .map(|(_, weight)| weight)
                    .sum();
                assert!(behind >= agreed.weight, "every unit of weight was shown");
            }
            _ => {}
        }
    }
}

fn boards_hold(state: &State) {
    for (key, value) in state.entries() {
        let (Key::Board(_), Value::Board(board)) = (key, value) else { continue };
        assert!(board.candidate.is_none() || board.candidate != board.champion);
        for id in board.champion.iter().chain(&board.candidate).chain(&board.approved) {
            let known = state.submission(*id).unwrap();
            assert!(!known.barred && known.duplicate_of.is_none() && known.last.is_some());
        }
    }
}

fn what_is_kept_is_bounded(state: &State) {
    let kept = slots::latest(state, &slug("own"));
    let bytes: usize = kept.iter().map(|(key, value)| key.len() + value.len()).sum();
    let holding = state.holding(slug("own")).map_or(0, |holding| holding.0);
    assert!(holding == bytes as u64 && holding <= STATE_BYTES_MAX, "{holding} of {kept:?}");
}

fn no_post_is_lost_before_it_is_read(history: &History) {
    let state = &history.world.state;
    let unsealed = state.now().unwrap().unsealed;
    for (epoch, hotkey, sequence) in history.posted.iter().filter(|(epoch, ..)| *epoch >= unsealed) {
        let inbox = post::of_epoch(state, &slug("own"), *epoch);
        let found = inbox.iter().filter(|post| (post.hotkey, post.sequence) == (*hotkey, *sequence));
        assert_eq!(found.count(), 1, "{epoch}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_rules_hold(moves in prop::collection::vec(any::<Move>(), 10..60)) {
        let mut history = History::new();
        moves.into_iter().for_each(|one| history.play(one));
        replays_to_the_same_state(&history);
        nothing_counts_twice(&history);
        pay_is_exact(&history.world.state);
        only_shown_reports_count(&history);
        boards_hold(&history.world.state);
        what_is_kept_is_bounded(&history.world.state);
        no_post_is_lost_before_it_is_read(&history);
    }
}

/// A history of so many moves that is the same in every run.
fn fixed(seed: u32, moves: u32) -> History {
    let mut history = History::new();
    let bytes = (0..moves).map(|n| Digest::tagged("move", &(seed, n)).0);
    bytes.map(|bytes| (bytes[0], bytes[1], bytes[2])).for_each(|one| history.play(one));
    history
}

#[test]
fn every_step_can_be_undone() {
    let history = fixed(0, 400);
    assert_eq!(history.world.replayed(), history.world.state);
}

#[test]
fn much_happens_in_a_history() {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..250 {
        for (_, value) in fixed(seed, 40).world.state.entries() {
            let what = match value {
                Value::Score(_) => "scores",
                Value::Report(_) => "reports",
                Value::Board(board) if board.champion.is_some() => "champions",
                Value::Board(board) if board.candidate.is_some() => "candidates",
                Value::Seal(seal) if seal.weights.len() > 1 => "shared pay",
                Value::Submission(known) if known.duplicate_of.is_some() => "duplicates",
                Value::Submission(known) if known.attempts > 0 => "undecided",
                Value::Session(known) if known.absences > 0 => "absences",
                Value::Post(_) => "posts",
                Value::Slot(_) => "slots",
                Value::Pending(_) => "changes that wait",
                Value::Weighed(weighing) => match &weighing.outcome {
                    Outcome::Weighed(_) => "weighed",
                    _ => "not weighed",
                },
                _ => continue,
            };
            *seen.entry(what).or_default() += 1;
        }
    }
    assert!(seen.len() == 13 && seen.values().all(|count| *count >= 10), "{seen:?}");
}
