//! The watch sees what it watches for: worlds that are broken on purpose fail.

use agon_sim::clients::Clients;
use agon_sim::contest::Contest;
use agon_sim::node;
use agon_sim::signatures::Shared;
use agon_sim::watch::Watch;
use agon_sim::world::World;
use agon_sim::{Failure, Role, Schedule, run};
use agon_types::key::SigningKey as _;
use agon_types::signed::signing_bytes;
use agon_types::vote::Precommit;
use agon_types::{Block, Certificate, SessionPair, TimeMs};
use std::sync::Arc;

/// What fails first over some seeds.
fn failures(schedule: impl Fn(u64) -> Schedule, lie: bool) -> Vec<String> {
    let of_seed = |seed| {
        let mut world = World::new(schedule(seed));
        if lie {
            world.nodes.iter().for_each(|node| node.disk.lie());
        }
        world.trouble_begins();
        let until = world.now_ms + 120_000;
        while world.now_ms < until && world.step() {}
        world.watch.failed().map(str::to_owned)
    };
    (0..10).filter_map(of_seed).collect()
}

/// C16: without a durable journal, a node that fell signs something else.
#[test]
fn a_disk_that_forgets_what_was_synced_is_found_out_by_a_second_vote() {
    let schedule = |seed| {
        let calm = Schedule::calm(seed, 4, 1_000);
        Schedule { crash_every_ms: 1_000, seats: calm.seats, ..Schedule::from_seed(seed, 1_000) }
    };
    let found = failures(schedule, true);
    assert!(found.iter().any(|what| what.contains("signs a second")), "{found:?}");
    assert_eq!(failures(schedule, false), Vec::<String>::new());
}

/// C8, C14: a decision needs more than two thirds of all power, and the same block at every node.
#[test]
fn a_fork_and_a_decision_without_proof_are_found_out() {
    let keys: Vec<_> = (1..=3u8).map(|seed| SessionPair::from_seed(&[seed; 32])).collect();
    let powers = keys.iter().map(|key| (key.session(), 1)).collect();
    let terms = node::terms(powers, Clients::default().anchor(), TimeMs(1_000));
    let block = |time_ms| {
        let mut contest = Contest::new(Arc::clone(&terms), Shared::default());
        contest.build(keys[0].session(), TimeMs(time_ms), &[]).0
    };
    let decide = |watch: &mut Watch, node: usize, block: &Block, signers: usize| {
        let (height, round, digest) = (block.header.height, 0, block.header.digest());
        let precommit = Precommit { height, round, block: Some(digest) };
        let bytes = signing_bytes(&terms.genesis.network, &precommit);
        let signatures = keys.iter().take(signers).map(|key| (key.session(), key.sign(&bytes))).collect();
        watch.decided(node, block, &Certificate { height, round, block: digest, signatures });
    };
    let watch = || Watch::new(Arc::clone(&terms), Shared::default(), Vec::new());
    let mut forked = watch();
    decide(&mut forked, 0, &block(2_000), 3);
    decide(&mut forked, 1, &block(2_000), 3);
    assert_eq!(forked.failed(), None);
    decide(&mut forked, 1, &block(3_000), 3);
    assert!(forked.failed().is_some_and(|what| what.contains("a fork")), "{:?}", forked.failed());
    let mut unproven = watch();
    decide(&mut unproven, 0, &block(2_000), 2);
    assert!(unproven.failed().is_some_and(|what| what.contains("without proof")), "{:?}", unproven.failed());
}

#[test]
fn a_network_without_enough_power_is_found_out_and_says_how_to_see_it_again() {
    let schedule = Schedule::calm(5, 4, 20).with(0, Role::Spammer);
    let mut world = World::new(schedule);
    // Two of four are deaf for good.
    world.nodes[1].is_asleep = true;
    world.nodes[2].is_asleep = true;
    let failure = agon_sim::run::recover(&mut world).unwrap_err();
    assert!(failure.what.contains("of calm are not enough"), "{failure}");
    let again = Failure { seed: 5, heights: 20, at_ms: 1, what: "a fork".to_owned() }.to_string();
    assert!(again.ends_with("cargo run -p agon-sim -- --from 5 --to 6 --heights 20"), "{again}");
    assert!(run(Schedule::calm(5, 4, 5)).is_ok());
}
