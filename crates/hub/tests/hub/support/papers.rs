//! What a test network begins with: its genesis, its neurons, and one challenge.

use super::{BURN, CODE, OWNER, VALIDATOR, key};
use agon_types::anchor::Neuron;
use agon_types::genesis::{Owner, Parameters, Window};
use agon_types::manifest::{
    AgentKind, Agreement, Approval, Assignment, Benchmark, Capabilities, ChallengeKind, Limits, Route,
    WeightRule,
};
use agon_types::{
    ChainBlock, Digest, Epoch, Genesis, Hotkey, Manifest, Score, SessionPair, Stake, TimeMs, Voters,
};
use std::collections::BTreeMap;

pub fn genesis() -> Genesis {
    // Long enough for a validator on a busy machine to commit and reveal.
    let window = Window { heights: 2, ms: 1_500 };
    Genesis {
        network: "test".parse().unwrap(),
        time_ms: TimeMs(1_000),
        owner: Owner { threshold: 1, keys: vec![key(OWNER).hotkey()] },
        voters: Voters::One(SessionPair::from_seed(&[200; 32]).session()),
        burn: key(BURN).hotkey(),
        chain_start: ChainBlock(0),
        parameters: Parameters {
            epoch_blocks: 10,
            commit_window: window,
            reveal_window: window,
            power_cap: "1".parse().unwrap(),
            absences_max: 100,
            missed_max: 1_000,
        },
    }
}

pub fn neurons() -> BTreeMap<Hotkey, Neuron> {
    let known = [1u8, 2, 3, BURN, VALIDATOR].into_iter().zip(0u16..);
    let neuron = |n, uid| {
        let permit = n == VALIDATOR;
        Neuron { coldkey: key(n).hotkey(), uid, stake: Stake(if permit { 1_000 } else { 0 }), permit }
    };
    known.map(|(n, uid)| (key(n).hotkey(), neuron(n, uid))).collect()
}

pub fn manifest() -> Manifest {
    Manifest {
        id: "route".parse().unwrap(),
        version: 1,
        title: "Shortest route".to_owned(),
        summary: "Visit every town & come home.".to_owned(),
        kind: ChallengeKind::Component,
        code: Digest::of(CODE),
        engine: "test-1".parse().unwrap(),
        agents: [AgentKind::Component].into(),
        artifact_bytes_max: 1000,
        limits: Limits {
            challenge_fuel: 1000,
            challenge_memory_bytes: 1000,
            agent_fuel: 1_000_000,
            agent_memory_bytes: 1000,
            agent_output_bytes: 1000,
            agent_calls: 10,
            agent_instances: 10,
            wall_time_ms: 1000,
        },
        capabilities: Capabilities { posts_per_epoch: 20, ..Capabilities::default() },
        opponents: 0,
        routes: vec![Route { path: "/echo/{word}".to_owned(), summary: String::new() }],
        benchmarks: vec![Benchmark {
            name: "small".to_owned(),
            config: BTreeMap::new(),
            score_min: Score::ZERO,
        }],
        assignment: Assignment::All,
        agreement: Agreement::Exact,
        rerun_top: 0,
        emission_share: "0.5".parse().unwrap(),
        weight_rule: WeightRule::Champion,
        decay: None,
        win_margin: Score::ZERO,
        approval: Approval::Automatic,
        quota_per_epoch: 2,
        one_place_per_coldkey: true,
        not_before_epoch: Epoch(0),
    }
}
