//! A state in which most of what can be shown is there: a champion, a candidate, a failure, an old score, a newcomer.

use agon_protocol::state::{Agreed, Board, Challenge, Change, Key, Now, Session, Status, Submission, Value};
use agon_protocol::{State, View};
use agon_types::genesis::{Owner, Parameters, Window};
use agon_types::manifest::{
    AgentKind, Agreement, Approval, Assignment, Benchmark, Capabilities, ChallengeKind, Decay, Limits,
    WeightRule,
};
use agon_types::report::Measured;
use agon_types::*;

pub(crate) fn id(n: u8) -> SubmissionId {
    SubmissionId(Digest([n; 32]))
}

fn hotkey(n: u8) -> Hotkey {
    Hotkey([n; 32])
}

fn route() -> ChallengeId {
    "route".parse().unwrap()
}

fn genesis() -> Genesis {
    let window = Window { heights: 1, ms: 1 };
    Genesis {
        network: "sample".parse().unwrap(),
        time_ms: TimeMs(1_000),
        owner: Owner { threshold: 1, keys: vec![hotkey(1)] },
        voters: Voters::One(SessionKey([7; 32])),
        burn: hotkey(9),
        chain_start: ChainBlock(0),
        parameters: Parameters {
            epoch_blocks: 10,
            commit_window: window,
            reveal_window: window,
            power_cap: Score::ONE,
            absences_max: 3,
            missed_max: 1_000,
        },
    }
}

fn manifest() -> Manifest {
    let limits = Limits {
        challenge_fuel: 1,
        challenge_memory_bytes: 1,
        agent_fuel: 1_000_000,
        agent_memory_bytes: 1,
        agent_output_bytes: 1,
        agent_calls: 1,
        agent_instances: 1,
        wall_time_ms: 1,
    };
    Manifest {
        id: route(),
        version: 1,
        title: "Routes & towns".to_owned(),
        summary: String::new(),
        kind: ChallengeKind::Component,
        code: Digest::ZERO,
        engine: "test".parse().unwrap(),
        agents: [AgentKind::Component].into(),
        artifact_bytes_max: 1_000,
        limits,
        benchmarks: vec![Benchmark {
            name: "small".to_owned(),
            config: [("towns".to_owned(), "9".to_owned())].into(),
            score_min: Score::ZERO,
        }],
        assignment: Assignment::Seats(5),
        agreement: Agreement::Median { outlier_bound: Score::ZERO },
        rerun_top: 4,
        emission_share: "0.25".parse().unwrap(),
        weight_rule: WeightRule::Proportional,
        decay: Some(Decay { grace_epochs: 1, half_life_epochs: 2 }),
        win_margin: "0.05".parse().unwrap(),
        approval: Approval::Manual { approvers: Vec::new() },
        quota_per_epoch: 1,
        one_place_per_coldkey: true,
        capabilities: Capabilities::default(),
        opponents: 0,
        routes: Vec::new(),
        not_before_epoch: Epoch(0),
    }
}

fn submission(n: u8, last: Option<Epoch>) -> (Key, Value) {
    let announcement = Announcement {
        challenge: route(),
        hotkey: hotkey(n),
        version: 1,
        kind: AgentKind::Component,
        artifact: Digest([n; 32]),
        size_bytes: 10,
        label: format!("agent {n}"),
    };
    let known = Submission {
        announcement,
        epoch: Epoch(1),
        height: Height(u64::from(n)),
        time_ms: TimeMs(2_000),
        committed_at: ChainBlock(3),
        duplicate_of: None,
        attempts: 0,
        last: last.map(|epoch| (1, epoch)),
        barred: false,
    };
    (Key::Submission(id(n)), known.into())
}

fn score(n: u8, epoch: Epoch, outcome: Outcome) -> (Key, Value) {
    let score = agon_protocol::score::total(&outcome);
    let agreed = Agreed { score, outcome, weight: 3, assigned_weight: 4, outliers: 1, height: Height(20) };
    (Key::Score(route(), 1, epoch, id(n)), agreed.into())
}

fn scored(text: &str) -> Outcome {
    let measured = Measured {
        benchmark: "small".to_owned(),
        score: text.parse().unwrap(),
        fuel: 5,
        metrics: Vec::new(),
        recording: None,
        kept: Vec::new(),
    };
    Outcome::Scored(vec![measured])
}

/// Submission 1 is champion, 2 candidate, 3 failed, 4 has a score of epoch 1 only, 5 is new.
pub(crate) fn state() -> State {
    let failed = Outcome::Failed(Failure { reason: FailureReason::OutOfFuel, detail: "ran dry".to_owned() });
    let (height, time_ms) = (Height(30), TimeMs(9_000));
    let now = Now { height, time_ms, anchor: Some(ChainBlock(25)), epoch: Epoch(2), unsealed: Epoch(2) };
    let next = Some(Change { version: 1, status: Status::Paused });
    let challenge = Challenge { version: 1, status: Status::Active, next, shifted: Height(0) };
    let board = Board {
        ranked: Some((1, Epoch(2))),
        champion: Some(id(1)),
        candidate: Some(id(2)),
        decisions: 6,
        ..Board::default()
    };
    let session = Session { key: SessionKey([7; 32]), sequence: 1, absences: 2, ended: true };
    let state = State::new(&genesis());
    let entries = state.entries().map(|(key, value)| (key.clone(), value.clone()));
    let mut entries: Vec<(Key, Value)> = entries.collect();
    let opened = state.opened(Epoch(0)).cloned().unwrap();
    entries.extend([
        (Key::Now(), now.into()),
        (Key::Epoch(Epoch(2)), opened.into()),
        (Key::Challenge(route()), challenge.into()),
        (Key::Manifest(route(), 1), manifest().into()),
        (Key::Board(route()), board.into()),
        (Key::Session(hotkey(8)), session.into()),
        submission(1, Some(Epoch(2))),
        submission(2, Some(Epoch(2))),
        submission(3, Some(Epoch(2))),
        submission(4, Some(Epoch(1))),
        submission(5, None),
        score(1, Epoch(2), scored("0.5")),
        score(2, Epoch(2), scored("0.75")),
        score(3, Epoch(2), failed),
        score(4, Epoch(1), scored("0.9")),
    ]);
    State::from_entries(entries)
}
