//! A contest that is large enough to be measured: its actions are signed beforehand, and the order is the real one.

use agon_protocol::{Begin, Input, State, Step, Writes, step};
use agon_types::action::Action;
use agon_types::anchor::Neuron;
use agon_types::genesis::{Owner, Parameters, Window};
use agon_types::key::SigningKey;
use agon_types::manifest::{
    AgentKind, Agreement, Approval, Assignment, Benchmark, Capabilities, ChallengeKind, Limits, WeightRule,
};
use agon_types::report::Measured;
use agon_types::*;
use std::collections::{BTreeMap, BTreeSet};

pub const VALIDATORS: u8 = 16;
pub const SUBMISSIONS: u32 = 1000;
const EPOCH_BLOCKS: u64 = 100;

/// What a ledger holds: blocks, each with its anchor and its signed actions.
pub struct Contest {
    pub genesis: Genesis,
    pub blocks: Vec<(Begin, Vec<Signed<Action>>)>,
    state: State,
}

fn validator(n: u8) -> (HotkeyPair, SessionPair) {
    (HotkeyPair::from_seed(&[n; 32]), SessionPair::from_seed(&[100 + n; 32]))
}

fn miner(n: u32) -> HotkeyPair {
    HotkeyPair::from_seed(&Digest::tagged("miner", &n).0)
}

fn genesis() -> Genesis {
    let window = Window { heights: 1, ms: 1 };
    Genesis {
        network: "bench".parse().expect("a slug"),
        time_ms: TimeMs(0),
        owner: Owner { threshold: 1, keys: vec![validator(90).0.hotkey()] },
        voters: Voters::One(validator(91).1.session()),
        burn: validator(92).0.hotkey(),
        chain_start: ChainBlock(0),
        parameters: Parameters {
            epoch_blocks: EPOCH_BLOCKS,
            commit_window: window,
            reveal_window: Window { heights: 3, ms: 1 },
            power_cap: Score::ONE,
            absences_max: 3,
            missed_max: Parameters::MISSED_MAX,
        },
    }
}

fn manifest() -> Manifest {
    Manifest {
        id: "bench".parse().expect("a slug"),
        version: 1,
        title: "Bench".to_owned(),
        summary: String::new(),
        kind: ChallengeKind::Component,
        code: Digest::of(b"code"),
        engine: "engine".parse().expect("a slug"),
        agents: BTreeSet::from([AgentKind::Component]),
        artifact_bytes_max: 100,
        limits: Limits {
            challenge_fuel: 1,
            challenge_memory_bytes: 1,
            agent_fuel: 1,
            agent_memory_bytes: 1,
            agent_output_bytes: 1,
            agent_calls: 1,
            agent_instances: 1,
            wall_time_ms: 1,
        },
        capabilities: Capabilities::default(),
        opponents: 0,
        routes: Vec::new(),
        benchmarks: vec![Benchmark {
            name: "main".to_owned(),
            config: BTreeMap::new(),
            score_min: Score::ZERO,
        }],
        assignment: Assignment::All,
        agreement: Agreement::Exact,
        rerun_top: 0,
        emission_share: Score::ONE,
        weight_rule: WeightRule::Champion,
        decay: None,
        win_margin: Score::ZERO,
        approval: Approval::Automatic,
        quota_per_epoch: 8,
        one_place_per_coldkey: true,
        not_before_epoch: Epoch(0),
    }
}

fn announcement(n: u32) -> Announcement {
    Announcement {
        challenge: manifest().id,
        hotkey: miner(n).hotkey(),
        version: 1,
        kind: AgentKind::Component,
        artifact: Digest::tagged("artifact", &n),
        size_bytes: 10,
        label: "agent".to_owned(),
    }
}

/// Executes an input; every input of this contest is a good one.
pub fn execute(state: &State, input: Input<'_>) -> Writes {
    match step(state, input) {
        Step::Done { writes, .. } => writes,
        Step::Refused(reason) => panic!("refused: {reason}"),
    }
}

impl Contest {
    /// One epoch to enter, and one to be judged: an announcement per submission, a commit and a reveal of each
    /// validator for each.
    pub fn new() -> Self {
        let genesis = genesis();
        let mut contest = Self { state: State::new(&genesis), genesis, blocks: Vec::new() };
        contest.begin(Some((1, contest.neurons())));
        for n in 0..VALIDATORS {
            let (hotkey, session) = validator(n);
            let body = ActionBody::RegisterSession {
                hotkey: hotkey.hotkey(),
                session: session.session(),
                sequence: 1,
            };
            contest.act(body, &[&hotkey, &session]);
        }
        contest.act(ActionBody::PublishChallenge(Box::new(manifest())), &[&validator(90).0]);
        contest.begin(Some((EPOCH_BLOCKS, Vec::new())));
        for n in 0..SUBMISSIONS {
            contest.act(ActionBody::Announce(announcement(n)), &[&miner(n)]);
        }
        contest.begin(Some((EPOCH_BLOCKS * 2, Vec::new())));
        contest.reports(|job, report, salt, network| ActionBody::Commit {
            job,
            validator: report.validator,
            commit: report.commit(network, &salt),
        });
        contest.begin(None);
        contest.reports(|_, report, salt, _| ActionBody::Reveal { report, salt });
        (0..3).for_each(|_| contest.begin(None));
        contest
    }

    fn neurons(&self) -> Vec<Fact> {
        let neuron = |hotkey: Hotkey, uid, stake| {
            let neuron = Neuron { coldkey: hotkey, uid, stake: Stake(stake), permit: stake > 0 };
            Fact::Neuron { hotkey, neuron }
        };
        let validators = (0..VALIDATORS).map(|n| neuron(validator(n).0.hotkey(), u16::from(n), 100));
        let miners = (0..SUBMISSIONS).flat_map(|n| {
            let stated = announcement(n);
            let commitment = stated.commitment(&self.genesis.network);
            let committed = Fact::Commitment { hotkey: stated.hotkey, commitment, block: ChainBlock(1) };
            [neuron(stated.hotkey, 100 + n as u16, 0), committed]
        });
        validators.chain(miners).collect()
    }

    fn reports(&mut self, body: impl Fn(JobId, Report, [u8; 32], &NetworkId) -> ActionBody) {
        for n in 0..SUBMISSIONS {
            let submission = announcement(n).submission(&self.genesis.network);
            for v in 0..VALIDATORS {
                let (hotkey, session) = validator(v);
                let job = JobId { epoch: Epoch(2), round: 0, submission };
                let score = Score::new(n + 1).expect("small");
                let measured = Measured {
                    benchmark: "main".to_owned(),
                    score,
                    fuel: 1,
                    metrics: Vec::new(),
                    recording: None,
                    kept: Vec::new(),
                };
                let report =
                    Report { job, validator: hotkey.hotkey(), outcome: Outcome::Scored(vec![measured]) };
                let body = body(job, report, [v; 32], &self.genesis.network);
                self.act(body, &[&session]);
            }
        }
    }

    fn begin(&mut self, anchor: Option<(u64, Vec<Fact>)>) {
        let height = Height(self.blocks.len() as u64 + 1);
        let anchor = anchor.map(|(number, facts)| {
            let hash = Digest::of(&number.to_le_bytes());
            Anchor { number: ChainBlock(number), hash, time_ms: TimeMs(0), facts }
        });
        let begin = Begin { height, time_ms: TimeMs(height.0 * 10), anchor, signers: Vec::new() };
        let writes = execute(&self.state, Input::Begin(begin.clone()));
        self.state.apply(writes);
        self.blocks.push((begin, Vec::new()));
    }

    fn act(&mut self, body: ActionBody, keys: &[&dyn SigningKey]) {
        let action = Action { expires_at_height: Height(100), body };
        let signed = Signed::new(&self.genesis.network, action, keys);
        if let Some((_, actions)) = self.blocks.last_mut() {
            actions.push(signed);
        }
    }
}
