//! Each kind of faulty peer alone against three honest ones, with trouble around them.

use agon_sim::run::{RECOVERY_MS, recover};
use agon_sim::world::World;
use agon_sim::{Figures, Role, Schedule, run};
use agon_types::Height;

/// Some heights with one such peer among four, under trouble of several kinds.
#[track_caller]
fn survives(role: Role) -> Figures {
    let mut sum = Figures::default();
    for seed in 0..4 {
        let troubled = Schedule::from_seed(seed, 40);
        let calm = Schedule::calm(seed, 4, 40).with(seed as usize, role);
        let figures =
            run(Schedule { seats: calm.seats, ..troubled }).unwrap_or_else(|failure| panic!("{failure}"));
        sum.heights += figures.heights;
        sum.accusations += figures.accusations;
    }
    assert!(sum.heights >= 160);
    sum
}

/// C1: no honest node votes for both, and who signs twice is proven to have done so.
#[test]
fn an_equivocator_splits_nobody_and_is_proven_to_be_one() {
    assert!(survives(Role::Equivocator).accusations > 0);
}

#[test]
fn two_nodes_with_one_key_split_nobody() {
    survives(Role::Twin);
}

#[test]
fn a_peer_that_sleeps_and_wakes_stops_nobody() {
    assert_eq!(survives(Role::Sleeper).accusations, 0);
}

#[test]
fn a_false_state_root_is_never_decided() {
    assert_eq!(survives(Role::Liar).accusations, 0);
}

/// C4: a voter's message counts once, whoever repeats it.
#[test]
fn a_copycat_gains_nothing() {
    assert_eq!(survives(Role::Copycat).accusations, 0);
}

#[test]
fn a_withholder_keeps_nobody_from_deciding() {
    assert_eq!(survives(Role::Withholder).accusations, 0);
}

#[test]
fn a_spammer_changes_nothing_and_no_honest_peer_is_blamed_for_it() {
    assert_eq!(survives(Role::Spammer).accusations, 0);
}

#[test]
fn a_wrong_clock_hurts_nobody_else() {
    assert_eq!(survives(Role::Skewed).accusations, 0);
}

/// C7: exactly two thirds are not more than two thirds, and who is silent counts as before.
#[test]
fn two_of_six_and_four_of_six_decide_nothing_apart_and_all_of_it_together() {
    let mut world = World::new(Schedule::calm(7, 6, 1_000));
    while world.watch.height() < Height(5) && world.step() {}
    world.links.cut(vec![1, 1, 0, 0, 0, 0]);
    // What was decided when the cut came may still be on its way.
    let settled = world.now_ms + 1_000;
    while world.now_ms < settled && world.step() {}
    let at = world.watch.height();
    let until = world.now_ms + 300_000;
    while world.now_ms < until && world.step() {}
    assert_eq!((world.watch.height(), world.watch.failed()), (at, None));
    world.links.heal();
    assert!(recover(&mut world).unwrap_or_else(|failure| panic!("{failure}")) < RECOVERY_MS);
}

/// N4: a node that comes back is heard at once, and what it said before its fall is of no use to anyone.
#[test]
fn a_node_that_comes_back_is_heard_at_once() {
    let mut world = World::new(Schedule::calm(9, 4, 1_000).with(3, Role::Copycat));
    for round in 0..10 {
        let goal = Height(world.watch.height().0 + 3);
        while world.watch.height() < goal && world.step() {}
        world.crash(round % 3);
        // The three that are left decide only while the copycat votes too, so the one that fell must be heard again.
        recover(&mut world).unwrap_or_else(|failure| panic!("{failure}"));
    }
    assert!(world.watch.height() > Height(40));
}

/// N9: whoever takes an action in brings it to the others, though it was cut off and will hardly ever propose.
#[test]
fn an_action_that_only_a_weak_node_heard_of_gets_into_a_block() {
    let mut schedule = Schedule::calm(11, 4, 1_000);
    schedule.action_every_ms = u64::MAX;
    schedule.seats.iter_mut().take(3).for_each(|seat| seat.power = 1_000_000);
    schedule.seats[3].power = 1;
    let mut world = World::new(schedule);
    while world.honest_heights().iter().any(|height| *height < Height(3)) && world.step() {}
    world.links.cut(vec![0, 0, 0, 1]);
    world.ask_at(3);
    let until = world.now_ms + 10_000;
    while world.now_ms < until && world.step() {}
    assert_eq!(world.clients.waiting().count(), 1);
    world.links.heal();
    recover(&mut world).unwrap_or_else(|failure| panic!("{failure}"));
    assert_eq!(world.clients.waiting().count(), 0);
}

#[test]
fn the_same_seed_is_the_same_world() {
    let once = || run(Schedule::from_seed(3, 60)).unwrap();
    assert_eq!(once(), once());
}
