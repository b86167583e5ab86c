//! S8.9 and S8.10: what a voter must never do, and what it costs.

use crate::world::*;
use agon_protocol::state::View;
use agon_protocol::voters;
use agon_types::event::Event;
use agon_types::key::SigningKey;
use agon_types::misbehaviour::Conflict;
use agon_types::signed::{Purpose, signing_bytes};
use agon_types::vote::{Precommit, Prevote, Proposal};
use agon_types::*;

fn mesh() -> World {
    let seat = |n| Seat { hotkey: hotkey(n), session: session(n).session(), power: Power(1) };
    let mut world = World::with(|genesis| genesis.voters = Voters::Mesh((1..=4).map(seat).collect()));
    (1..=4).for_each(|n| world.neuron(n, |neuron| (neuron.stake, neuron.permit) = (Stake(1), true)));
    world.signers = (1..=4).map(|n| session(n).session()).collect();
    world.blocks(1);
    world
}

fn signed<T: Purpose>(n: u8, said: T) -> (T, Signature) {
    let signature = session(n).sign(&signing_bytes(&"test".parse().unwrap(), &said));
    (said, signature)
}

/// Two prevotes of a voter at a height.
fn prevotes(n: u8, height: Height) -> Misbehaviour {
    let prevote = |block: Option<u8>| {
        let block = block.map(|byte| Digest([byte; 32]));
        signed(n, Prevote { height, round: 0, block })
    };
    Misbehaviour {
        offender: session(n).session(),
        conflict: Conflict::Prevotes([prevote(Some(1)), prevote(None)]),
    }
}

fn height(world: &World) -> Height {
    world.state.now().unwrap().height
}

/// Anybody shows it: here a key that nobody knows.
fn show(world: &mut World, shown: Misbehaviour) -> Done {
    world.act(ActionBody::Misbehaviour(Box::new(shown)), &[session(99)])
}

fn readmit(world: &mut World, n: u8, proven: Height) -> Done {
    world.act(ActionBody::Readmit { hotkey: hotkey(n), proven }, &[pair(OWNER)])
}

fn voting(world: &World) -> Vec<u8> {
    let set = voters::at(&world.state, height(world).next()).unwrap();
    (1..=4).filter(|n| set.seat(session(*n).session()).is_some()).collect()
}

fn code(done: Done) -> Option<&'static str> {
    done.err().map(|reason| reason.code())
}

#[test]
fn two_documents_that_exclude_each_other_cost_the_vote_from_the_next_epoch_on() {
    let at =
        |n, block| signed(n, Precommit { height: Height(1), round: 3, block: Some(Digest([block; 32])) });
    let put = |n, block| {
        signed(n, Proposal { height: Height(1), round: 3, block: Digest([block; 32]), polka_round: None })
    };
    let conflicts = [
        prevotes(4, Height(1)).conflict,
        Conflict::Precommits([at(4, 1), at(4, 2)]),
        Conflict::Proposals([put(4, 1), put(4, 2)]),
    ];
    for conflict in conflicts {
        let mut world = mesh();
        let shown = Misbehaviour { offender: session(4).session(), conflict };
        let told = show(&mut world, shown).unwrap();
        assert_eq!(told, [Event::ValidatorMisbehaved { validator: hotkey(4), height: Height(1) }]);
        assert_eq!(voting(&world), [1, 2, 3, 4], "not within the epoch");
        world.next_epoch();
        assert_eq!(voting(&world), [1, 2, 3]);
        assert_eq!(world.state.opened(world.epoch()).unwrap().validators.len(), 4, "it may evaluate");
        world.register(4, 1).unwrap();
        world.next_epoch();
        assert_eq!(voting(&world), [1, 2, 3], "a new registration changes nothing");
        assert_eq!(world.replayed(), world.state);
    }
}

#[test]
fn what_proves_nothing_is_refused() {
    let at =
        |round, block| signed(4, Precommit { height: Height(1), round, block: Some(Digest([block; 32])) });
    let by = |offender: u8, conflict| Misbehaviour { offender: session(offender).session(), conflict };
    let cases = [
        ("two rounds", by(4, Conflict::Precommits([at(0, 1), at(1, 2)])), "not_proven"),
        ("the same twice", by(4, Conflict::Precommits([at(0, 1), at(0, 1)])), "not_proven"),
        ("signed by another", by(3, Conflict::Precommits([at(0, 1), at(0, 2)])), "not_proven"),
        ("no voter", prevotes(9, Height(1)), "no_vote"),
        ("before the first height", prevotes(4, Height(0)), "no_vote"),
        ("a height to come", prevotes(4, Height(6)), "no_vote"),
    ];
    for (desc, shown, expected) in cases {
        let mut world = mesh();
        assert_eq!(height(&world), Height(5), "{desc}");
        assert_eq!(code(show(&mut world, shown)), Some(expected), "{desc}");
    }
}

#[test]
fn it_counts_while_its_height_is_decided_and_for_ten_thousand_heights() {
    let mut world = mesh();
    assert_eq!(code(show(&mut world, prevotes(4, Height(5)))), None, "of the height that is decided now");
    world.blocks(9_997);
    assert_eq!(height(&world), Height(10_002));
    assert_eq!(code(show(&mut world, prevotes(3, Height(1)))), Some("evidence_too_old"));
    assert_eq!(code(show(&mut world, prevotes(3, Height(2)))), None);
}

#[test]
fn a_key_answers_for_its_seat_of_then() {
    let mut world = mesh();
    let body = ActionBody::RegisterSession { hotkey: hotkey(4), session: session(64).session(), sequence: 1 };
    world.act(body, &[pair(4), session(64)]).unwrap();
    world.next_epoch();
    assert_eq!(voting(&world), [1, 2, 3], "its former key has no seat any more");
    let before = height(&world);
    assert_eq!(code(show(&mut world, prevotes(4, before.next()))), Some("no_vote"));
    assert_eq!(code(show(&mut world, prevotes(4, before))), None);
    assert!(world.state.offence(hotkey(4)).is_some());
}

#[test]
fn it_is_proven_once_and_the_owner_readmits_for_what_was_before() {
    let mut world = mesh();
    show(&mut world, prevotes(4, Height(1))).unwrap();
    let proven = height(&world);
    assert_eq!(code(show(&mut world, prevotes(4, Height(1)))), Some("already_done"));
    assert_eq!(code(show(&mut world, prevotes(4, Height(2)))), Some("already_done"), "one is enough");
    world.next_epoch();

    let stranger = world.act(ActionBody::Readmit { hotkey: hotkey(4), proven }, &[pair(1)]);
    assert_eq!(code(stranger), Some("not_owner"));
    assert_eq!(code(readmit(&mut world, 3, proven)), Some("no_offence"));
    assert_eq!(code(readmit(&mut world, 4, proven.next())), Some("no_offence"));
    let told = readmit(&mut world, 4, proven).unwrap();
    assert_eq!(told, [Event::ValidatorReadmitted { validator: hotkey(4) }]);
    assert_eq!(code(readmit(&mut world, 4, proven)), Some("already_done"));
    let readmitted = height(&world);
    assert_eq!(code(show(&mut world, prevotes(4, Height(2)))), Some("already_done"), "that is done with");
    assert_eq!(voting(&world), [1, 2, 3]);
    world.next_epoch();
    assert_eq!(voting(&world), [1, 2, 3, 4]);

    // Again, and the former readmission does not help.
    world.blocks(1);
    assert!(height(&world) > readmitted);
    let again = height(&world);
    show(&mut world, prevotes(4, again)).unwrap();
    assert_eq!(code(readmit(&mut world, 4, proven)), Some("no_offence"));
    world.next_epoch();
    assert_eq!(voting(&world), [1, 2, 3]);
}

#[test]
fn many_offenders_leave_as_fast_as_sets_may_change_and_the_last_ones_stay() {
    let mut world = mesh();
    for n in 2..=4 {
        show(&mut world, prevotes(n, Height(1))).unwrap();
    }
    let mut seen = Vec::new();
    for _ in 0..4 {
        world.next_epoch();
        seen.push(voting(&world));
    }
    assert_eq!(seen.last().unwrap(), &[1]);
    assert!(seen[0].len() > 1, "a third at a time: {seen:?}");
    show(&mut world, prevotes(1, Height(1))).unwrap();
    world.next_epoch();
    assert_eq!(voting(&world), [1], "somebody must decide");
}

#[test]
fn who_decides_alone_has_no_vote_to_lose() {
    let mut world = World::new();
    world.blocks(2);
    assert_eq!(code(show(&mut world, prevotes(201, Height(1)))), Some("no_vote"));
}
