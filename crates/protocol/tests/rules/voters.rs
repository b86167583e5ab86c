//! S8.1 to S8.6: who decides blocks.

use crate::world::*;
use agon_protocol::state::View;
use agon_protocol::{pending, voters};
use agon_types::event::Event;
use agon_types::*;

const THIRD: u64 = Power::TOTAL_MAX.0 / 3;

/// A mesh whose first voters have these powers, as the chain knows their stakes.
fn mesh(powers: &[(u8, u64)]) -> World {
    mesh_with(powers, |_| ())
}

fn mesh_with(powers: &[(u8, u64)], change: impl FnOnce(&mut Genesis)) -> World {
    let seat = |(n, power): &(u8, u64)| Seat {
        hotkey: hotkey(*n),
        session: session(*n).session(),
        power: Power(*power),
    };
    let seats: Vec<Seat> = powers.iter().map(seat).collect();
    let mut world = World::with(|genesis| {
        genesis.voters = Voters::Mesh(seats);
        change(genesis);
    });
    world.signers = powers.iter().map(|(n, _)| session(*n).session()).collect();
    for (n, power) in powers {
        stake(&mut world, *n, *power);
    }
    world
}

fn stake(world: &mut World, n: u8, stake: u64) {
    world.neuron(n, |neuron| (neuron.stake, neuron.permit) = (Stake(stake), true));
}

/// Hundredths of the power of each voter of the next height, by its number.
fn shares(world: &World) -> Vec<(u8, u64)> {
    let next = world.state.now().unwrap().height.next();
    shares_at(world, next)
}

fn shares_at(world: &World, height: Height) -> Vec<(u8, u64)> {
    let number = |session: SessionKey| (0..=255).find(|n| self::session(*n).session() == session).unwrap();
    let share = |power: u64| (power * 100 + Power::TOTAL_MAX.0 / 2) / Power::TOTAL_MAX.0;
    let keys = voters::at(&world.state, height).unwrap().keys();
    let mut shares: Vec<_> = keys.into_iter().map(|(key, power)| (number(key), share(power))).collect();
    shares.sort_unstable();
    shares
}

fn heights(world: &World) -> u64 {
    world.state.now().unwrap().height.0
}

#[test]
fn one_key_decides_for_ever_whatever_the_chain_says() {
    let mut world = World::new();
    world.join(&[(1, 100), (2, 100)]);
    for _ in 0..3 {
        world.next_epoch();
        let height = world.state.now().unwrap().height;
        let set = voters::at(&world.state, height.next()).unwrap();
        assert_eq!(set.keys(), [(session(201).session(), 1)]);
        assert!(world.state.missed().is_none(), "nobody else could sign");
    }
}

#[test]
fn the_voters_of_genesis_decide_until_the_chain_is_known() {
    let mut world = World::with(|genesis| {
        let seat = |n| Seat { hotkey: hotkey(n), session: session(n).session(), power: Power(1) };
        genesis.voters = Voters::Mesh(vec![seat(1), seat(2)]);
    });
    world.next_epoch();
    assert_eq!(shares(&world), [(1, 50), (2, 50)], "no hotkey is on the chain");
    assert_eq!(world.state.session(hotkey(1)).unwrap().sequence, 0);
    stake(&mut world, 1, 10);
    stake(&mut world, 2, 15);
    world.next_epoch();
    assert_eq!(shares(&world), [(1, 40), (2, 60)], "they need not register");
}

#[test]
fn a_set_decides_from_the_height_after_the_boundary_on_and_former_ones_are_known() {
    let mut world = mesh(&[(1, 50), (2, 50)]);
    stake(&mut world, 1, 150);
    let before = Height(heights(&world));
    let events = world.next_epoch();
    let boundary = before.next();
    assert!(events.contains(&Event::VotersChanged { epoch: Epoch(1), voters: 2 }));
    let of = |height| shares_at(&world, height);
    assert_eq!(of(Height(1)), [(1, 50), (2, 50)]);
    assert_eq!(of(boundary), [(1, 50), (2, 50)], "the boundary's block is decided by the former set");
    assert_eq!(of(boundary.next()), [(1, 75), (2, 25)]);
    assert!(voters::at(&world.state, boundary.plus(2)).is_none(), "nobody knows yet");
    assert!(voters::at(&world.state, Height(0)).is_none());
    let events = world.next_epoch();
    assert!(!events.iter().any(|event| matches!(event, Event::VotersChanged { .. })), "nothing changed");
}

#[test]
fn at_most_a_third_of_the_power_moves_at_a_boundary() {
    let mut world = mesh(&[(1, 40), (2, 30), (3, 30)]);
    (1..=3).for_each(|n| world.neuron(n, |neuron| neuron.permit = false));
    world.join(&[(4, 100)]);
    let mut seen = Vec::new();
    for _ in 0..4 {
        world.next_epoch();
        seen.push(shares(&world));
    }
    assert_eq!(seen[0], [(1, 40), (3, 27), (4, 33)], "the least powerful leave first");
    assert_eq!(seen[1], [(1, 33), (4, 67)]);
    assert_eq!(seen[2], [(1, 0), (4, 100)], "what rounding left");
    assert_eq!(seen[3], [(4, 100)]);
}

#[test]
fn a_new_session_key_takes_the_seat_over_within_the_same_bound() {
    let mut world = mesh(&[(1, 50), (2, 50)]);
    let body = ActionBody::RegisterSession { hotkey: hotkey(1), session: session(61).session(), sequence: 1 };
    world.act(body, &[pair(1), session(61)]).unwrap();
    world.next_epoch();
    assert_eq!(shares(&world), [(1, 17), (2, 50), (61, 33)]);
    world.next_epoch();
    assert_eq!(shares(&world), [(2, 50), (61, 50)]);
}

#[test]
fn the_largest_stakes_vote_and_power_is_capped() {
    let mut world = mesh_with(&[(1, 10), (2, 10)], |genesis| genesis.parameters.power_cap = score("0.4"));
    world.join(&[(3, 10), (4, 970)]);
    world.next_epoch();
    world.next_epoch();
    assert_eq!(shares(&world), [(1, 20), (2, 20), (3, 20), (4, 40)]);
}

#[test]
fn a_session_key_speaks_for_one_hotkey() {
    let mut world = mesh(&[(1, 50), (2, 50)]);
    stake(&mut world, 3, 1);
    let body = ActionBody::RegisterSession { hotkey: hotkey(3), session: session(1).session(), sequence: 1 };
    let refused = world.act(body, &[pair(3), session(1)]).unwrap_err();
    assert_eq!(refused.code(), "session_taken");
}

#[test]
fn missed_certificates_count_in_a_row_and_a_signature_or_a_new_key_begins_anew() {
    let mut world = mesh(&[(1, 50), (2, 50), (3, 50)]);
    let all = world.signers.clone();
    let missed = |world: &World| [1, 2, 3].map(|n| voters::missed(&world.state, session(n).session()));
    assert_eq!(missed(&world), [0, 0, 0]);
    world.signers = vec![all[0], all[1]];
    world.blocks(3);
    assert_eq!(missed(&world), [0, 0, 3]);
    world.signers = vec![all[0], all[2]];
    world.blocks(1);
    assert_eq!(missed(&world), [0, 1, 0]);
    world.register(2, 1).unwrap();
    assert_eq!(missed(&world), [0, 0, 0]);
    assert!(world.state.missed().unwrap().0.is_empty());
    assert_eq!(world.replayed(), world.state);
}

#[test]
fn a_silent_voter_votes_no_more_from_the_next_epoch_on_until_it_registers() {
    let mut world = mesh(&[(1, 40), (2, 40), (3, 20)]);
    world.signers.pop();
    world.blocks(3);
    world.next_epoch();
    assert_eq!(shares(&world), [(1, 40), (2, 40), (3, 20)], "four are not enough");
    world.blocks(1);
    assert_eq!(voters::missed(&world.state, session(3).session()), 5);
    assert_eq!(shares(&world), [(1, 40), (2, 40), (3, 20)], "not within the epoch");
    let events = world.next_epoch();
    assert!(events.contains(&Event::ValidatorSilent { validator: hotkey(3), missed: 6 }));
    assert_eq!(shares(&world), [(1, 50), (2, 50)]);
    assert_eq!(world.state.opened(world.epoch()).unwrap().validators.len(), 3, "it may evaluate");

    let duty = |world: &World| pending::duties(&world.state, hotkey(3), session(3).session());
    assert_eq!(duty(&world), [pending::Duty::Register { sequence: 1 }], "its node sees to it by itself");
    world.next_epoch();
    assert_eq!(shares(&world), [(1, 50), (2, 50)], "and not before");
    world.register(3, 1).unwrap();
    assert_eq!(duty(&world), []);
    world.next_epoch();
    assert_eq!(shares(&world), [(1, 40), (2, 40), (3, 20)]);
}

#[test]
fn silence_ends_no_vote_if_no_more_than_two_thirds_would_be_left() {
    type Powers = &'static [(u8, u64)];
    let cases: [(&str, Powers, &[u8], Powers); 5] = [
        ("less than a third away", &[(1, 70), (2, 30)], &[2], &[(1, 100)]),
        ("exactly a third away", &[(1, 10), (2, 10), (3, 10)], &[3], &[(1, 33), (2, 33), (3, 33)]),
        (
            "two away, of whom only the lesser can be spared",
            &[(1, 60), (2, 10), (3, 30)],
            &[2, 3],
            &[(1, 67), (3, 33)],
        ),
        ("nobody is there", &[(1, 60), (2, 40)], &[1, 2], &[(1, 60), (2, 40)]),
        ("both can be spared", &[(1, 80), (2, 10), (3, 10)], &[2, 3], &[(1, 100)]),
    ];
    for (desc, powers, away, expected) in cases {
        let mut world = mesh(powers);
        world.signers =
            powers.iter().filter(|(n, _)| !away.contains(n)).map(|(n, _)| session(*n).session()).collect();
        world.blocks(6);
        world.next_epoch();
        assert_eq!(shares(&world), expected, "{desc}");
    }
}

#[test]
fn no_minority_becomes_the_whole_by_waiting() {
    let mut world = mesh(&[(1, 30), (2, 40), (3, 30)]);
    let all = world.signers.clone();
    world.signers = vec![all[0], all[1]];
    world.blocks(6);
    world.next_epoch();
    assert_eq!(shares(&world), [(1, 43), (2, 57)]);
    // Those who are left split again: 2 has less than two thirds of all, though more than half of what votes.
    world.signers = vec![all[1]];
    for _ in 0..3 {
        world.blocks(6);
        world.next_epoch();
        assert_eq!(shares(&world), [(1, 43), (2, 57)]);
    }
}

#[test]
fn whoever_has_lost_its_vote_already_is_looked_at_first() {
    let mut world = mesh(&[(1, 50), (2, 25), (3, 25)]);
    let all = world.signers.clone();
    world.signers = vec![all[0], all[1]];
    world.blocks(6);
    world.next_epoch();
    assert_eq!(shares(&world), [(1, 67), (2, 33)]);
    // 2 now misses more than 3 ever did, and both cannot be spared.
    world.signers = vec![all[0]];
    world.blocks(20);
    world.next_epoch();
    assert_eq!(shares(&world), [(1, 67), (2, 33)]);
}

#[test]
fn keys_that_neither_vote_nor_speak_for_anyone_are_forgotten() {
    let mut world = mesh(&[(1, 70), (2, 30)]);
    world.signers.pop();
    world.blocks(2);
    let body = ActionBody::RegisterSession { hotkey: hotkey(2), session: session(62).session(), sequence: 1 };
    world.act(body, &[pair(2), session(62)]).unwrap();
    world.blocks(2);
    assert_eq!(voters::missed(&world.state, session(2).session()), 2, "it still has its seat");
    world.next_epoch();
    assert_eq!(shares(&world), [(1, 70), (62, 30)]);
    assert_eq!(world.state.missed().unwrap().0.len(), 0);
}

#[test]
fn a_third_is_rounded_down() {
    let mut world = mesh(&[(1, 1)]);
    world.neuron(1, |neuron| neuron.permit = false);
    world.join(&[(2, 1)]);
    world.next_epoch();
    let next = world.state.now().unwrap().height.next();
    let powers: Vec<u64> =
        voters::at(&world.state, next).unwrap().keys().into_iter().map(|(_, power)| power).collect();
    assert!(powers.contains(&THIRD) && powers.contains(&(Power::TOTAL_MAX.0 - THIRD)), "{powers:?}");
}
