//! S5.7 to S5.12: the ranking, the champion, the candidate and the owner's decisions.

use crate::world::*;
use agon_protocol::board;
use agon_protocol::state::View;
use agon_types::event::Event;
use agon_types::manifest::Approval;
use agon_types::report::FailureReason;
use agon_types::*;

fn code(done: Done) -> Option<&'static str> {
    done.err().map(|reason| reason.code())
}

#[test]
fn every_benchmark_must_reach_its_minimum() {
    let benchmarks = vec![benchmark("a", "0.5"), benchmark("b", "0.2")];
    let cases = [
        ("both reach it", [("a", "0.5"), ("b", "0.2")], true),
        ("a good mean is not enough", [("a", "0.4"), ("b", "1")], false),
        ("nor the other way", [("a", "1"), ("b", "0.1")], false),
    ];
    for (desc, outcome, expected) in cases {
        let mut world = World::contest(Manifest { benchmarks: benchmarks.clone(), ..manifest("c") });
        let id = world.submit("c", (10, 1), 5);
        world.next_epoch();
        world.judge(|_, _| Some(scored_all(&outcome)));
        assert_eq!(board::rows(&world.state, &slug("c"))[0].eligible, expected, "{desc}");
        assert_eq!(world.champion("c"), expected.then_some(id), "{desc}");
    }
}

#[test]
fn nothing_is_no_champion() {
    let mut world = World::contest(manifest("c"));
    world.submit("c", (10, 1), 5);
    world.submit("c", (11, 2), 5);
    world.next_epoch();
    let first = world.jobs()[0].0.submission;
    world.judge(|_, id| Some(if id == first { scored("0") } else { failed(FailureReason::GaveUp, "") }));
    assert_eq!(world.champion("c"), None);
    world.next_epoch();
    assert_eq!(world.paid(Epoch(2)), [(BURN, 1_000_000_000)].into());
}

#[test]
fn of_equal_scores_the_earlier_submission_is_first() {
    let cases = [
        ("the earlier commitment", (10, 20), 0),
        ("though announced later", (20, 10), 1),
        ("of one block, the earlier announcement", (10, 10), 0),
    ];
    for (desc, (first, second), expected) in cases {
        let mut world = World::contest(manifest("c"));
        let ids = [world.submit("c", (10, 1), first), world.submit("c", (11, 2), second)];
        world.compete(&[(ids[0], "0.5"), (ids[1], "0.5")]);
        assert_eq!(board::rows(&world.state, &slug("c"))[0].submission, ids[expected], "{desc}");
        assert_eq!(world.champion("c"), Some(ids[expected]), "{desc}");
    }
}

#[test]
fn only_scores_of_one_seed_are_compared() {
    let mut world = World::contest(Manifest { rerun_top: 0, ..manifest("c") });
    let (a, b) = (world.submit("c", (10, 1), 5), world.submit("c", (11, 2), 6));
    world.compete(&[(a, "0.6"), (b, "0.5")]);
    let newcomer = world.submit("c", (12, 3), 7);
    world.compete(&[(a, "0.3"), (newcomer, "0.4")]);
    let rows: Vec<_> = board::rows(&world.state, &slug("c")).into_iter().map(|row| row.submission).collect();
    assert_eq!(rows, [newcomer, a], "the older score of {b} is shown, and not ranked");
    assert_eq!(world.champion("c"), Some(newcomer));
}

#[test]
fn a_challenger_must_beat_the_champion_by_more_than_the_margin() {
    let cases = [
        ("equal", "0", "0.5", false),
        ("a little better, no margin", "0", "0.500000001", true),
        ("exactly the margin", "0.1", "0.55", false),
        ("just more", "0.1", "0.550000001", true),
        ("a margin of all", "1", "1", false),
    ];
    for (desc, margin, text, expected) in cases {
        let mut world = World::contest(Manifest { win_margin: score(margin), ..manifest("c") });
        let champion = world.submit("c", (10, 1), 5);
        world.compete(&[(champion, "0.9")]);
        let challenger = world.submit("c", (11, 2), 6);
        world.compete(&[(champion, "0.5"), (challenger, text)]);
        let expected = if expected { challenger } else { champion };
        assert_eq!(world.champion("c"), Some(expected), "{desc}");
    }
}

#[test]
fn a_champion_stands_until_it_is_beaten_under_the_same_seed() {
    let mut world = World::contest(manifest("c"));
    let champion = world.submit("c", (10, 1), 5);
    world.compete(&[(champion, "0.5")]);
    let challenger = world.submit("c", (11, 2), 6);
    world.next_epoch();
    for _ in 0..2 {
        world.judge(|_, id| (id == challenger).then(|| scored("0.9")));
    }
    assert_eq!(world.champion("c"), Some(champion), "it has no score to compare with");
    world.compete(&[(champion, "0.5"), (challenger, "0.9")]);
    assert_eq!(world.champion("c"), Some(challenger));
}

#[test]
fn a_champion_that_fell_below_the_minimum_earns_nothing_and_yields_to_any_that_did_not() {
    let benchmarks = vec![benchmark("a", "0.5"), benchmark("b", "0")];
    let mut world = World::contest(Manifest { benchmarks, ..manifest("c") });
    let champion = world.submit("c", (10, 1), 5);
    let good = scored_all(&[("a", "0.9"), ("b", "0.9")]);
    world.next_epoch();
    world.judge(|_, _| Some(good.clone()));
    world.next_epoch();
    let fallen = scored_all(&[("a", "0.4"), ("b", "1")]);
    world.judge(|_, _| Some(fallen.clone()));
    assert_eq!(world.champion("c"), Some(champion), "nobody beats it");
    let modest = world.submit("c", (11, 2), 6);
    world.next_epoch();
    assert_eq!(world.paid(Epoch(3)), [(BURN, 1_000_000_000)].into());
    let enough = scored_all(&[("a", "0.5"), ("b", "0.1")]);
    world.judge(|_, id| Some(if id == modest { enough.clone() } else { fallen.clone() }));
    assert_eq!(world.champion("c"), Some(modest));
}

fn contested() -> (World, SubmissionId, SubmissionId) {
    let mut world = World::contest(Manifest { approval: manual(), ..manifest("c") });
    let first = world.submit("c", (10, 1), 5);
    world.compete(&[(first, "0.5")]);
    world.decide("c", (first, Verdict::Approve)).unwrap();
    let second = world.submit("c", (11, 2), 6);
    world.compete(&[(first, "0.5"), (second, "0.6")]);
    (world, first, second)
}

#[test]
fn a_candidate_waits_for_approval() {
    let (mut world, first, second) = contested();
    assert_eq!((world.champion("c"), world.board("c").candidate), (Some(first), Some(second)));
    let events = world.decide("c", (second, Verdict::Approve)).unwrap();
    assert_eq!((world.champion("c"), world.board("c").candidate), (Some(second), None));
    assert!(events.iter().any(|event| matches!(event, Event::CandidateApproved { .. })));
    assert!(events.iter().any(|event| matches!(event, Event::ChampionChanged { .. })));
}

#[test]
fn a_candidate_that_beats_the_champion_no_longer_is_none() {
    let (mut world, first, second) = contested();
    world.compete(&[(first, "0.5"), (second, "0.5")]);
    assert_eq!((world.champion("c"), world.board("c").candidate), (Some(first), None));
    assert_eq!(code(world.decide("c", (second, Verdict::Approve))), Some("not_candidate"));
}

#[test]
fn a_candidate_without_a_new_score_stays() {
    let (mut world, first, second) = contested();
    world.next_epoch();
    for _ in 0..2 {
        world.judge(|_, id| (id == first).then(|| scored("0.5")));
    }
    assert_eq!(world.board("c").candidate, Some(second));
}

#[test]
fn a_better_candidate_takes_the_place_of_the_former() {
    let (mut world, first, second) = contested();
    let third = world.submit("c", (12, 3), 7);
    world.compete(&[(first, "0.5"), (second, "0.6"), (third, "0.7")]);
    assert_eq!(world.board("c").candidate, Some(third));
}

#[test]
fn a_rejected_candidate_is_never_champion() {
    let (mut world, first, second) = contested();
    world.decide("c", (second, Verdict::Reject)).unwrap();
    for _ in 0..2 {
        world.compete(&[(first, "0.5"), (second, "0.9")]);
        assert_eq!((world.champion("c"), world.board("c").candidate), (Some(first), None));
    }
}

#[test]
fn an_unapproved_champion_yields_to_the_runner_up() {
    let (mut world, first, second) = contested();
    world.decide("c", (second, Verdict::Approve)).unwrap();
    world.decide("c", (second, Verdict::Unapprove)).unwrap();
    assert_eq!(world.champion("c"), Some(first));
    world.decide("c", (first, Verdict::Unapprove)).unwrap();
    assert_eq!(world.champion("c"), None);
    assert_eq!(code(world.decide("c", (first, Verdict::Unapprove))), Some("not_candidate"));
}

#[test]
fn a_former_champion_that_was_rejected_later_is_nobodys_runner_up() {
    let (mut world, first, second) = contested();
    world.decide("c", (second, Verdict::Approve)).unwrap();
    world.compete(&[(first, "0.9"), (second, "0.6")]);
    world.decide("c", (first, Verdict::Reject)).unwrap();
    world.decide("c", (second, Verdict::Unapprove)).unwrap();
    assert_eq!(world.champion("c"), None);
}

#[test]
fn where_nobody_approves_the_best_of_the_board_follows() {
    let mut world = World::contest(manifest("c"));
    let ids: Vec<_> = (0..3).map(|n| world.submit("c", (10 + n, n), 5)).collect();
    world.compete(&[(ids[0], "0.3"), (ids[1], "0.5"), (ids[2], "0.4")]);
    world.decide("c", (ids[1], Verdict::Unapprove)).unwrap();
    assert_eq!(world.champion("c"), Some(ids[2]));
}

#[test]
fn a_candidate_that_becomes_champion_as_runner_up_is_a_candidate_no_more() {
    let (mut world, first, second) = contested();
    world.decide("c", (second, Verdict::Approve)).unwrap();
    world.compete(&[(first, "0.9"), (second, "0.6")]);
    assert_eq!(world.board("c").candidate, Some(first));
    world.decide("c", (second, Verdict::Unapprove)).unwrap();
    assert_eq!((world.champion("c"), world.board("c").candidate), (Some(first), None));
}

#[test]
fn the_owner_and_named_approvers_decide_each_decision_once() {
    let mut world = World::contest(Manifest {
        approval: Approval::Manual { approvers: vec![hotkey(40)] },
        ..manifest("c")
    });
    let id = world.submit("c", (10, 1), 5);
    world.compete(&[(id, "0.5")]);
    let decision = |number, verdict, submission, note: &str| {
        let note = note.to_owned();
        ActionBody::Decide(Decision { challenge: slug("c"), submission, number, verdict, note })
    };
    let approve = |number| decision(number, Verdict::Approve, id, "fine");
    assert_eq!(code(world.act(approve(0), &[pair(41)])), Some("not_approver"));
    assert_eq!(code(world.act(approve(1), &[pair(40)])), Some("wrong_number"));
    let long = decision(0, Verdict::Approve, id, &"x".repeat(257));
    assert_eq!(code(world.act(long, &[pair(40)])), Some("bad_note"));
    let unknown = decision(0, Verdict::Approve, SubmissionId(Digest::ZERO), "");
    assert_eq!(code(world.act(unknown, &[pair(40)])), Some("unknown_submission"));
    assert_eq!(code(world.act(approve(0), &[pair(40)])), None);
    assert_eq!(code(world.act(approve(0), &[pair(40)])), Some("wrong_number"), "once");
    assert_eq!(code(world.act(decision(1, Verdict::Unapprove, id, ""), &[pair(OWNER)])), None);
    assert_eq!(world.state.board(slug("c")).unwrap().decisions, 2);
}
