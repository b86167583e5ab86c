//! S6.7: epochs that wait for their seal, because the ledger stood still or a round ended late.

use crate::world::*;
use agon_protocol::state::{Key, View};
use agon_protocol::{board, weights};
use agon_types::genesis::Window;
use agon_types::manifest::WeightRule;
use agon_types::*;

const ALL: u64 = 1_000_000_000;
/// The scores of the two submissions in an epoch, if they are agreed.
type Scores = Option<[&'static str; 2]>;
type Paid = &'static [(u8, u64)];

fn approved() -> Manifest {
    Manifest { approval: manual(), ..manifest("c") }
}

fn proportional() -> Manifest {
    Manifest { weight_rule: WeightRule::Proportional, ..manifest("c") }
}

/// A ledger whose windows end by time alone, and epoch 2 with two scores.
fn contest(manifest: Manifest, scores: [&'static str; 2]) -> (World, [SubmissionId; 2]) {
    let window = Window { heights: 1, ms: 1000 };
    let mut world = World::with(|genesis| {
        genesis.parameters.commit_window = window;
        genesis.parameters.reveal_window = window;
    });
    world.join(&[(1, 100), (2, 100), (3, 100)]);
    world.publish(manifest).unwrap();
    world.next_epoch();
    let ids = [world.submit("c", (10, 1), 5), world.submit("c", (11, 2), 6)];
    world.next_epoch();
    hear(&mut world, ids, |_| Some(scores));
    (world, ids)
}

/// One round of all epochs whose jobs are open, closed in one block.
fn hear(world: &mut World, ids: [SubmissionId; 2], scores: impl Fn(u64) -> Scores) {
    let mut reports = Vec::new();
    for (job, validators) in world.jobs() {
        let Some(scores) = scores(job.epoch.0) else { continue };
        let outcome = scored(scores[usize::from(job.submission == ids[1])]);
        reports.extend(validators.into_iter().map(|n| (n, job, outcome.clone())));
    }
    for (n, job, outcome) in &reports {
        let hidden = world.hidden(*n, *job, outcome.clone());
        world.commit(*n, *job, hidden).unwrap();
    }
    world.wait(1000);
    for (n, job, outcome) in reports {
        world.reveal(n, job, outcome).unwrap();
    }
    world.wait(1000);
}

fn paid(world: &World, epoch: u64) -> Vec<(u8, u64)> {
    assert!(weights::is_sound(world.state.seal(Epoch(epoch)).unwrap()));
    world.paid(Epoch(epoch)).into_iter().collect()
}

#[test]
fn epochs_that_are_sealed_together_are_each_paid_from_their_own_results() {
    let a: Paid = &[(10, ALL)];
    let b: Paid = &[(11, ALL)];
    let cases: [(&str, Manifest, [Scores; 6], [Paid; 5]); 3] = [
        (
            "by points",
            proportional(),
            [["0.1", "0.3"], ["0.3", "0.1"], ["0", "0.5"], ["0.2", "0.2"], ["0.1", "0"], ["0", "1"]]
                .map(Some),
            [
                &[(10, ALL / 4), (11, ALL / 4 * 3)],
                &[(10, ALL / 4 * 3), (11, ALL / 4)],
                b,
                &[(10, ALL / 2), (11, ALL / 2)],
                a,
            ],
        ),
        (
            "by champion, who must be good enough in that very epoch",
            manifest("c"),
            [["0.5", "0.4"], ["0.5", "0.6"], ["0.7", "0.6"], ["0", "0"], ["0.1", "0.2"], ["1", "0"]]
                .map(Some),
            [a, b, a, &[(BURN, ALL)], b],
        ),
        (
            "an epoch without a ranking is paid as the one before",
            proportional(),
            [Some(["0", "0.3"]), None, Some(["0.3", "0"]), None, None, Some(["0", "1"])],
            [b, b, a, a, a],
        ),
    ];
    for (desc, manifest, scores, expected) in cases {
        let (mut world, ids) = contest(manifest, ["0.5", "0.5"]);
        (3..=8).for_each(|_| drop(world.next_epoch()));
        let unsealed = |world: &World| world.state.now().unwrap().unsealed;
        assert_eq!(unsealed(&world), Epoch(3), "{desc}");
        hear(&mut world, ids, |epoch| scores[epoch as usize - 3]);
        // What had no quorum has a second round.
        hear(&mut world, ids, |_| None);
        assert_eq!(unsealed(&world), Epoch(8), "{desc}");
        assert_eq!(world.board("c").ranked, Some((1, Epoch(8))), "{desc}");
        for (epoch, expected) in (3..).zip(expected) {
            assert_eq!(paid(&world, epoch), expected, "{desc}: epoch {epoch}");
        }
        assert_eq!(world.replayed(), world.state);
    }
}

#[test]
fn an_old_round_that_ends_late_does_not_change_the_newest_board() {
    let (mut world, ids) = contest(proportional(), ["0.5", "0.5"]);
    (3..=5).for_each(|_| drop(world.next_epoch()));
    hear(&mut world, ids, |epoch| (epoch > 3).then_some(["0.1", "0.3"]));
    assert_eq!(world.board("c").ranked, Some((1, Epoch(2))), "epoch 3 is first");
    assert_eq!(world.state.seal(Epoch(4)), None);
    hear(&mut world, ids, |_| Some(["0.3", "0.1"]));
    assert_eq!(world.board("c").ranked, Some((1, Epoch(5))));
    let best = &board::rows(&world.state, &slug("c"))[0];
    assert_eq!((best.submission, best.score), (ids[1], score("0.3")));
    assert_eq!((world.champion("c"), world.board("c").leader), (Some(ids[1]), Some((ids[1], Epoch(4)))));
    assert_eq!(paid(&world, 3), [(10, ALL / 4 * 3), (11, ALL / 4)]);
    assert_eq!(paid(&world, 4), [(10, ALL / 4), (11, ALL / 4 * 3)]);
}

/// Epochs 3 and 4 are over and wait; decisions come in epoch 5; epoch 5 is over in the end.
#[test]
fn a_decision_counts_from_its_epoch_on_and_not_for_those_that_had_ended() {
    use Verdict::{Approve, Reject, Unapprove};
    let (a, b, burnt): (Paid, Paid, Paid) = (&[(10, ALL)], &[(11, ALL)], &[(BURN, ALL)]);
    let both: Paid = &[(10, ALL / 4), (11, ALL / 4 * 3)];
    type Decisions = &'static [(usize, Verdict)];
    let cases: [(&str, Manifest, Decisions, Decisions, [Paid; 3]); 7] = [
        ("none", approved(), &[(0, Approve)], &[], [a, a, a]),
        ("in time", approved(), &[(0, Approve), (0, Unapprove)], &[], [burnt; 3]),
        ("approved late", approved(), &[], &[(0, Approve)], [burnt, burnt, a]),
        ("un-approved late", approved(), &[(0, Approve)], &[(0, Unapprove)], [a, a, burnt]),
        ("both late", approved(), &[], &[(0, Approve), (0, Unapprove)], [burnt; 3]),
        ("where nobody approves", manifest("c"), &[], &[(0, Unapprove)], [b, b, b]),
        (
            "by points",
            Manifest { approval: manual(), ..proportional() },
            &[],
            &[(0, Reject)],
            [both, both, b],
        ),
    ];
    for (desc, manifest, in_time, late, expected) in cases {
        let (mut world, ids) = contest(manifest, ["0.5", "0.4"]);
        for (which, verdict) in in_time {
            world.decide("c", (ids[*which], *verdict)).unwrap();
        }
        (3..=5).for_each(|_| drop(world.next_epoch()));
        for (which, verdict) in late {
            world.decide("c", (ids[*which], *verdict)).unwrap();
        }
        let kept = Key::Standing(slug("c"), Epoch(5));
        assert_eq!(world.has(&kept), !late.is_empty(), "{desc}");
        hear(&mut world, ids, |_| Some(["0.1", "0.3"]));
        assert!(!world.has(&kept), "{desc}: forgotten with the seals");
        world.next_epoch();
        for (epoch, expected) in (3..).zip(expected) {
            assert_eq!(paid(&world, epoch), expected, "{desc}: epoch {epoch}");
        }
    }
}

#[test]
fn of_decisions_in_several_epochs_each_epoch_has_those_before_its_end() {
    let (mut world, ids) = contest(approved(), ["0.5", "0.4"]);
    world.next_epoch();
    world.next_epoch();
    world.decide("c", (ids[0], Verdict::Approve)).unwrap();
    world.next_epoch();
    world.decide("c", (ids[0], Verdict::Unapprove)).unwrap();
    hear(&mut world, ids, |_| Some(["0.1", "0.3"]));
    world.next_epoch();
    let got = [3, 4, 5].map(|epoch| paid(&world, epoch));
    assert_eq!(got, [vec![(BURN, ALL)], vec![(10, ALL)], vec![(BURN, ALL)]]);
}
