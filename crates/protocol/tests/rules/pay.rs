//! S6.7 to S6.12: what an epoch pays.

use crate::world::*;
use agon_protocol::state::View;
use agon_protocol::weights;
use agon_types::manifest::{Decay, WeightRule};
use agon_types::*;
use std::collections::BTreeMap;

const ALL: u64 = 1_000_000_000;

fn proportional() -> Manifest {
    Manifest { weight_rule: WeightRule::Proportional, ..manifest("c") }
}

#[test]
fn an_epoch_is_sealed_once_all_its_jobs_have_ended() {
    let mut world = World::contest(manifest("c"));
    let id = world.submit("c", (10, 1), 5);
    world.next_epoch();
    let epoch = world.epoch();
    world.next_epoch();
    assert_eq!(world.state.seal(epoch), None, "its jobs are open");
    assert_eq!(world.state.seal(Epoch(epoch.0 - 1)).map(|seal| seal.epoch), Some(Epoch(epoch.0 - 1)));
    world.judge(|_, _| Some(scored("0.5")));
    let seal = world.state.seal(epoch).unwrap();
    assert_eq!(seal.challenges[0].points[0].submission, id);
    assert!(weights::is_sound(seal));
}

#[test]
fn a_champion_earns_all_of_its_share_and_without_one_it_is_burned() {
    let half = Manifest { emission_share: score("0.25"), ..manifest("c") };
    let mut world = World::contest(half);
    world.next_epoch();
    let id = world.submit("c", (10, 1), 5);
    world.compete(&[(id, "0.1")]);
    world.next_epoch();
    assert_eq!(world.paid(Epoch(1)), [(BURN, ALL)].into());
    assert_eq!(world.paid(Epoch(3)), [(10, ALL / 4), (BURN, ALL / 4 * 3)].into());
}

#[test]
fn nothing_is_paid_before_a_candidate_is_approved() {
    let mut world = World::contest(Manifest { approval: manual(), ..manifest("c") });
    let id = world.submit("c", (10, 1), 5);
    world.compete(&[(id, "0.5")]);
    world.next_epoch();
    assert_eq!(world.paid(Epoch(2)), [(BURN, ALL)].into());
    world.decide("c", (id, Verdict::Approve)).unwrap();
    world.judge(|_, _| Some(scored("0.5")));
    world.next_epoch();
    assert_eq!(world.paid(Epoch(3)), [(10, ALL)].into());
}

#[test]
fn every_eligible_row_earns_by_its_score_and_zero_earns_nothing() {
    let mut world = World::contest(Manifest { benchmarks: vec![benchmark("main", "0.1")], ..proportional() });
    let ids: Vec<_> = (0..4).map(|n| world.submit("c", (10 + n, n), 5)).collect();
    world.compete(&[(ids[0], "0.6"), (ids[1], "0.2"), (ids[2], "0.09"), (ids[3], "0")]);
    world.next_epoch();
    assert_eq!(world.paid(Epoch(2)), [(10, ALL / 4 * 3), (11, ALL / 4)].into());
}

#[test]
fn only_the_best_of_a_coldkey_earns_where_the_rules_say_so() {
    let cases = [
        (true, [(10, ALL / 5 * 3), (12, ALL / 5 * 2)].into()),
        (false, BTreeMap::from([(10, ALL / 2), (11, 166_666_667), (12, 333_333_333)])),
    ];
    for (one_place_per_coldkey, expected) in cases {
        let mut world = World::contest(Manifest { one_place_per_coldkey, ..proportional() });
        let ids: Vec<_> = (0..3).map(|n| world.submit("c", (10 + n, n), 5)).collect();
        world.neuron(11, |neuron| neuron.coldkey = hotkey(10));
        world.compete(&[(ids[0], "0.6"), (ids[1], "0.2"), (ids[2], "0.4")]);
        world.next_epoch();
        assert_eq!(world.paid(Epoch(2)), expected, "{one_place_per_coldkey}");
    }
}

#[test]
fn whoever_left_the_chain_is_not_paid_and_nobody_else_is_in_its_place() {
    let mut world = World::contest(proportional());
    let ids: Vec<_> = (0..2).map(|n| world.submit("c", (10 + n, n), 5)).collect();
    world.compete(&[(ids[0], "0.5"), (ids[1], "0.5")]);
    world.facts(vec![Fact::Deregistered { hotkey: hotkey(10) }]);
    world.next_epoch();
    assert_eq!(world.paid(Epoch(2)), [(11, ALL / 2), (BURN, ALL / 2)].into());
}

#[test]
fn an_unbeaten_leader_is_paid_less_and_less_and_a_new_one_all_of_it() {
    let decay = Some(Decay { grace_epochs: 1, half_life_epochs: 1 });
    let mut world = World::contest(Manifest { decay, ..manifest("c") });
    let first = world.submit("c", (10, 1), 5);
    (0..4).for_each(|_| drop(world.compete(&[(first, "0.5")])));
    let second = world.submit("c", (11, 2), 6);
    world.compete(&[(first, "0.5"), (second, "0.6")]);
    world.next_epoch();
    let paid = |epoch, n| world.paid(Epoch(epoch)).get(&n).copied().unwrap_or(0);
    assert_eq!([2, 3, 4, 5].map(|epoch| paid(epoch, 10)), [ALL, ALL, ALL / 2, ALL / 4]);
    assert_eq!([4, 5].map(|epoch| paid(epoch, BURN)), [ALL / 2, ALL / 4 * 3]);
    assert_eq!((paid(6, 10), paid(6, 11)), (0, ALL));
}

#[test]
fn an_epoch_pays_by_the_rules_that_it_opened_with() {
    let share = |version, share: &str| Manifest { version, emission_share: score(share), ..manifest("c") };
    let mut world = World::contest(share(1, "0.5"));
    let id = world.submit("c", (10, 1), 5);
    world.compete(&[(id, "0.5")]);
    world.update(share(2, "0.1")).unwrap();
    world.publish(Manifest { emission_share: score("0.5"), ..manifest("d") }).unwrap();
    world.compete(&[(id, "0.5")]);
    world.next_epoch();
    assert_eq!(world.paid(Epoch(2))[&10], ALL / 2);
    assert_eq!(world.paid(Epoch(3))[&10], ALL / 10);
    let contested = |epoch| world.state.seal(Epoch(epoch)).unwrap().challenges.len();
    assert_eq!((contested(2), contested(3)), (1, 2));
}

#[test]
fn the_vector_names_uids_in_order_and_the_largest_is_65535() {
    let mut world = World::contest(proportional());
    let ids: Vec<_> = (0..2).map(|n| world.submit("c", (10 + n, n), 5)).collect();
    world.compete(&[(ids[0], "0.5"), (ids[1], "0.25")]);
    world.next_epoch();
    let uid = |n| world.state.neuron(hotkey(n)).unwrap().uid;
    let seal = world.state.seal(Epoch(2)).unwrap();
    assert_eq!(seal.vector, [(uid(10), 65535), (uid(11), 32767)]);
    let mut forged = seal.clone();
    forged.weights[0].units += 1;
    assert!(weights::is_sound(seal) && !weights::is_sound(&forged));
}

#[test]
fn the_burn_hotkey_is_on_the_vector_once_it_is_registered() {
    let mut world = World::contest(manifest("c"));
    world.next_epoch();
    assert!(world.state.seal(Epoch(1)).unwrap().vector.is_empty());
    world.neuron(BURN, |_| ());
    world.next_epoch();
    let uid = world.state.neuron(hotkey(BURN)).unwrap().uid;
    assert_eq!(world.state.seal(Epoch(2)).unwrap().vector, [(uid, 65535)]);
}
