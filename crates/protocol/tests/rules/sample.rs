//! The plainest keys, outcomes, network and rules.

use agon_types::genesis::{Owner, Parameters, Window};
use agon_types::manifest::{
    AgentKind, Agreement, Approval, Assignment, Benchmark, Capabilities, ChallengeKind, Limits, WeightRule,
};
use agon_types::report::{Failure, FailureReason, Measured};
use agon_types::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

pub const OWNER: u8 = 200;
pub const BURN: u8 = 202;
/// Blocks of the chain in one epoch; every anchor of a test takes one.
pub const EPOCH_BLOCKS: u64 = 1000;

static HOTKEYS: LazyLock<Vec<HotkeyPair>> =
    LazyLock::new(|| (0..=255).map(|n| HotkeyPair::from_seed(&[n; 32])).collect());
static SESSIONS: LazyLock<Vec<SessionPair>> =
    LazyLock::new(|| (0..=255).map(|n| SessionPair::from_seed(&[n; 32])).collect());

pub fn pair(n: u8) -> &'static HotkeyPair {
    &HOTKEYS[usize::from(n)]
}

pub fn session(n: u8) -> &'static SessionPair {
    &SESSIONS[usize::from(n)]
}

pub fn hotkey(n: u8) -> Hotkey {
    pair(n).hotkey()
}

pub fn slug(text: &str) -> ChallengeId {
    text.parse().unwrap()
}

pub fn score(text: &str) -> Score {
    text.parse().unwrap()
}

/// The outcome of the one benchmark that the plain manifest has.
pub fn scored(text: &str) -> Outcome {
    scored_all(&[("main", text)])
}

pub fn scored_all(benchmarks: &[(&str, &str)]) -> Outcome {
    let measured = |(name, text): &(&str, &str)| Measured {
        benchmark: (*name).to_owned(),
        score: score(text),
        fuel: 1,
        metrics: Vec::new(),
        recording: None,
        kept: Vec::new(),
    };
    Outcome::Scored(benchmarks.iter().map(measured).collect())
}

/// What a challenge's own rule says: points for submissions, and changes of its state.
pub fn weighed(points: &[(SubmissionId, u64)], writes: &[(&str, Option<&[u8]>)]) -> Outcome {
    let mut points = points.to_vec();
    points.sort();
    let writes = writes.iter().map(|(key, value)| ((*key).to_owned(), value.map(<[u8]>::to_vec)));
    Outcome::Weighed(Weighed { points, writes: writes.collect(), fuel: 1 })
}

pub fn failed(reason: FailureReason, detail: &str) -> Outcome {
    Outcome::Failed(Failure { reason, detail: detail.to_owned() })
}

/// The digest of a miner's artifact, by a number.
pub fn artifact(n: u8) -> Digest {
    Digest::of(&[b'a', n])
}

pub fn genesis() -> Genesis {
    let window = Window { heights: 2, ms: 20 };
    Genesis {
        network: "test".parse().unwrap(),
        time_ms: TimeMs(1_000),
        owner: Owner { threshold: 1, keys: vec![hotkey(OWNER)] },
        voters: Voters::One(session(201).session()),
        burn: hotkey(BURN),
        chain_start: ChainBlock(0),
        parameters: Parameters {
            epoch_blocks: EPOCH_BLOCKS,
            commit_window: window,
            reveal_window: window,
            power_cap: Score::ONE,
            absences_max: 3,
            missed_max: 5,
        },
    }
}

/// A contest with the plainest rules.
pub fn manifest(id: &str) -> Manifest {
    Manifest {
        id: slug(id),
        version: 1,
        title: "A contest".to_owned(),
        summary: String::new(),
        kind: ChallengeKind::Component,
        code: Digest::of(b"code"),
        engine: "engine".parse().unwrap(),
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
        benchmarks: vec![benchmark("main", "0")],
        assignment: Assignment::All,
        agreement: Agreement::Exact,
        rerun_top: 5,
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

/// A contest that pays by its own rule, and has a state and an inbox.
pub fn own_rule(id: &str) -> Manifest {
    let capabilities = Capabilities { state_bytes_max: 100, posts_per_epoch: 3, ..Capabilities::default() };
    Manifest { weight_rule: WeightRule::Weigh, capabilities, ..manifest(id) }
}

pub fn benchmark(name: &str, score_min: &str) -> Benchmark {
    Benchmark { name: name.to_owned(), config: BTreeMap::new(), score_min: score(score_min) }
}

pub fn manual() -> Approval {
    Approval::Manual { approvers: Vec::new() }
}
