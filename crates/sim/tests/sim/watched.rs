//! The watch sees what it watches for: worlds that are broken on purpose fail.

use agon_sim::world::World;
use agon_sim::{Failure, Role, Schedule, run};

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

#[test]
fn more_than_a_third_of_liars_is_found_out() {
    let schedule = |seed| {
        let calm = Schedule::calm(seed, 4, 1_000).with(0, Role::Equivocator).with(1, Role::Equivocator);
        Schedule { seats: calm.seats, ..Schedule::from_seed(seed, 1_000) }
    };
    let found = failures(schedule, false);
    assert!(found.iter().any(|what| what.contains("a fork")), "{found:?}");
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
