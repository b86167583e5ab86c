//! S3: who evaluates, with what weight, and what is evaluated.

use crate::world::*;
use agon_protocol::state::View;
use agon_types::manifest::Assignment;
use agon_types::*;

#[test]
fn a_session_key_needs_both_signatures_and_a_registered_hotkey() {
    let body =
        |sequence| ActionBody::RegisterSession { hotkey: hotkey(4), session: session(4).session(), sequence };
    let mut world = World::contest(manifest("c"));
    let code = |done: Done| done.err().map(|reason| reason.code());
    let both: [&dyn key::SigningKey; 2] = [pair(4), session(4)];
    assert_eq!(code(world.act(body(1), &both)), Some("not_registered"));
    world.neuron(4, |_| ());
    assert_eq!(code(world.act(body(1), &[pair(4)])), Some("not_signed_by_session"));
    assert_eq!(code(world.act(body(1), &[session(4)])), Some("not_signed_by"));
    assert_eq!(code(world.act(body(5), &both)), None);
    assert_eq!(code(world.act(body(5), &both)), Some("already_done"));
    assert_eq!(code(world.act(body(4), &both)), Some("stale_sequence"));
    let other = ActionBody::RegisterSession { hotkey: hotkey(4), session: session(5).session(), sequence: 5 };
    assert_eq!(code(world.act(other, &[pair(4), session(5)])), Some("stale_sequence"));
    assert_eq!(code(world.act(body(6), &both)), None);
}

#[test]
fn only_the_newest_session_key_speaks_for_a_validator() {
    let mut world = World::contest(manifest("c"));
    world.submit("c", (10, 1), 5);
    world.next_epoch();
    let (job, _) = world.jobs().remove(0);
    let body = ActionBody::RegisterSession { hotkey: hotkey(1), session: session(77).session(), sequence: 2 };
    world.act(body, &[pair(1), session(77)]).unwrap();
    let commit = ActionBody::Commit { job, validator: hotkey(1), commit: Digest::ZERO };
    for (desc, key, expected) in [
        ("the former key", session(1) as &dyn key::SigningKey, Some("not_signed_by_session")),
        ("the hotkey itself", pair(1), Some("not_signed_by_session")),
        ("the new key", session(77), None),
    ] {
        let code = world.act(commit.clone(), &[key]).err().map(|reason| reason.code());
        assert_eq!(code, expected, "{desc}");
    }
}

#[test]
fn validators_have_permit_stake_and_a_live_key() {
    type Case = (&'static str, fn(&mut World), usize);
    let cases: [Case; 5] = [
        ("all of it", |_| (), 3),
        ("no permit", |world| world.neuron(1, |neuron| neuron.permit = false), 2),
        ("no stake", |world| world.neuron(1, |neuron| neuron.stake = Stake(0)), 2),
        ("not registered", |world| world.facts(vec![Fact::Deregistered { hotkey: hotkey(1) }]), 2),
        ("no key", |world| world.neuron(4, |neuron| (neuron.permit, neuron.stake) = (true, Stake(9))), 3),
    ];
    for (desc, change, expected) in cases {
        let mut world = World::contest(manifest("c"));
        change(&mut world);
        world.next_epoch();
        assert_eq!(world.state.opened(world.epoch()).unwrap().validators.len(), expected, "{desc}");
    }
}

#[test]
fn power_is_frozen_for_an_epoch_and_capped() {
    let mut world = World::with(|genesis| genesis.parameters.power_cap = score("0.4"));
    world.join(&[(1, 1_000_000), (2, 1_000_000), (3, 1_000_000), (4, 97_000_000)]);
    world.next_epoch();
    let shares = |world: &World| {
        let validators = &world.state.opened(world.epoch()).unwrap().validators;
        let whole: u64 = validators.iter().map(|(_, power)| power.0).sum();
        let mut shares: Vec<_> = validators.iter().map(|(_, power)| power.0 * 1000 / whole).collect();
        shares.sort_unstable();
        shares
    };
    let expected = [200, 200, 200, 400];
    let near =
        shares(&world).iter().zip(expected).all(|(got, expected): (&u64, u64)| got.abs_diff(expected) <= 1);
    assert!(near, "{:?}", shares(&world));
    world.neuron(1, |neuron| neuron.stake = Stake(0));
    assert_eq!(world.state.opened(world.epoch()).unwrap().validators.len(), 4, "until the next epoch");
}

#[test]
fn three_epochs_without_a_report_end_the_assignment_until_a_new_registration() {
    let mut world = World::contest(manifest("c"));
    world.join(&[(4, 100)]);
    world.submit("c", (10, 1), 5);
    let absent = |n: u8, _| (n != 4).then(|| scored("0.5"));
    let mut seen = Vec::new();
    for _ in 0..3 {
        world.next_epoch();
        world.judge(absent);
        let known = world.state.session(hotkey(4)).unwrap();
        seen.push((known.absences, known.ended));
    }
    assert_eq!(seen, [(1, false), (2, false), (3, true)]);
    world.next_epoch();
    assert_eq!(world.jobs()[0].1.len(), 3);
    world.judge(absent);
    world.register(4, 2).unwrap();
    world.next_epoch();
    assert_eq!(world.jobs()[0].1.len(), 4);
}

#[test]
fn an_epoch_counts_once_and_only_if_something_was_agreed_in_it() {
    type Opinions = [Option<&'static str>; 4];
    let (a, b) = (Some("0.5"), Some("0.6"));
    let cases: [(&str, Opinions, Opinions, [u32; 4]); 5] = [
        ("away in the only round", [a, a, a, None], [None; 4], [0, 0, 0, 1]),
        ("away in both rounds", [a, b, a, None], [a, a, a, None], [0, 0, 0, 1]),
        ("here in one of two rounds", [a, b, a, None], [a, a, None, a], [0; 4]),
        ("in the first one", [a, None, None, b], [a, a, a, None], [0; 4]),
        ("nothing was agreed", [a, None, None, None], [None; 4], [0; 4]),
    ];
    for (desc, first, second, expected) in cases {
        let mut world = World::contest(manifest("c"));
        world.join(&[(4, 100)]);
        world.submit("c", (10, 1), 5);
        world.next_epoch();
        for opinions in [first, second] {
            world.judge(|n, _| opinions[usize::from(n) - 1].map(scored));
        }
        assert!(world.jobs().is_empty(), "{desc}");
        let got = [1, 2, 3, 4].map(|n| world.state.session(hotkey(n)).unwrap().absences);
        assert_eq!(got, expected, "{desc}");
    }
}

#[test]
fn while_nothing_is_agreed_no_assignment_ends_and_presence_ends_a_row() {
    let mut world = World::contest(manifest("c"));
    world.join(&[(4, 100)]);
    world.submit("c", (10, 1), 5);
    let mut seen = Vec::new();
    for here in [&[1u8, 2, 3][..], &[1], &[1, 4], &[1, 2, 3], &[], &[], &[]] {
        world.next_epoch();
        for _ in 0..2 {
            world.judge(|n, _| here.contains(&n).then(|| scored("0.5")));
        }
        seen.push([1, 4].map(|n| world.state.session(hotkey(n)).unwrap().absences));
    }
    assert_eq!(seen, [[0, 1], [0, 1], [0, 0], [0, 1], [0, 1], [0, 1], [0, 1]]);
    world.next_epoch();
    assert_eq!(world.jobs()[0].1.len(), 4);
}

#[test]
fn one_report_ends_a_row_of_absences() {
    let mut world = World::contest(manifest("c"));
    world.join(&[(4, 100)]);
    world.submit("c", (10, 1), 5);
    for present in [false, false, true, false, false] {
        world.next_epoch();
        world.judge(|n, _| (n != 4 || present).then(|| scored("0.5")));
    }
    let known = world.state.session(hotkey(4)).unwrap();
    assert_eq!((known.absences, known.ended), (2, false));
}

#[test]
fn champion_candidate_newcomers_and_the_best_run_under_a_new_seed() {
    let mut world = World::contest(Manifest { rerun_top: 2, approval: manual(), ..manifest("c") });
    let ids: Vec<_> = (0..6).map(|n| world.submit("c", (10 + n, 10 + n), 5)).collect();
    let scores: Vec<_> = ids.iter().copied().zip(["0.1", "0.2", "0.3", "0.4", "0.5", "0"]).collect();
    world.compete(&scores);
    let newcomer = world.submit("c", (30, 30), 6);
    world.next_epoch();
    let running = |world: &World| {
        let mut running: Vec<_> = world.jobs().into_iter().map(|(job, _)| job.submission).collect();
        running.sort_unstable();
        running
    };
    let sorted = |mut ids: Vec<SubmissionId>| {
        ids.sort_unstable();
        ids
    };
    assert_eq!(world.board("c").candidate, Some(ids[4]));
    assert_eq!(running(&world), sorted(vec![ids[4], ids[3], newcomer]));

    // The champion runs even when it is not among the best any more.
    world.decide("c", (ids[4], Verdict::Approve)).unwrap();
    world.judge(|_, id| Some(scored(if id == ids[4] { "0.1" } else { "0.6" })));
    world.next_epoch();
    assert!(running(&world).contains(&ids[4]));
}

#[test]
fn whoever_is_announced_in_an_epoch_competes_in_the_next() {
    let mut world = World::contest(manifest("c"));
    let id = world.submit("c", (10, 1), 5);
    assert!(world.jobs().is_empty());
    world.next_epoch();
    assert_eq!(world.jobs()[0].0, JobId { epoch: world.epoch(), round: 0, submission: id });
}

#[test]
fn seats_are_equal_and_fixed_by_the_seed() {
    let mut world = World::contest(Manifest { assignment: Assignment::Seats(7), ..manifest("c") });
    let id = world.submit("c", (10, 1), 5);
    world.next_epoch();
    let job = world.state.job(JobId { epoch: world.epoch(), round: 0, submission: id }).unwrap();
    assert_eq!(job.assigned.iter().map(|(_, seats)| seats).sum::<u64>(), 7);
    assert_eq!(world.replayed(), world.state);
}

#[test]
fn all_of_a_benchmark_run_under_one_seed_and_benchmarks_under_their_own() {
    let world = World::contest(manifest("c"));
    let opened = world.state.opened(world.epoch()).unwrap();
    let seed = |id: &str, name: &str| agon_protocol::job::seed(opened, &slug(id), name);
    assert_eq!(seed("c", "a"), seed("c", "a"));
    assert_ne!(seed("c", "a"), seed("c", "b"));
    assert_ne!(seed("c", "a"), seed("d", "a"));
}
