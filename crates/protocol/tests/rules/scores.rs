//! S5.1 to S5.6: from reports to one score, or none.

use crate::world::*;
use agon_protocol::state::{Agreed, Key, Verdict, View};
use agon_types::manifest::{Agreement, Assignment};
use agon_types::report::FailureReason;
use agon_types::*;

fn trapped(detail: &str) -> Outcome {
    failed(FailureReason::Trapped, detail)
}

/// What it is about, the opinions by stake, and the score and outliers that are expected.
type Case = (&'static str, Vec<(u64, Option<Outcome>)>, Option<(&'static str, u32)>);

/// One round of a submission under validators with these stakes, each with its opinion.
fn round(agreement: Agreement, opinions: &[(u64, Option<Outcome>)]) -> (World, Option<Agreed>) {
    let mut world = World::new();
    let validators: Vec<(u8, u64)> = (1u8..).zip(opinions).map(|(n, (stake, _))| (n, *stake)).collect();
    world.join(&validators);
    world.publish(Manifest { agreement, ..manifest("c") }).unwrap();
    world.next_epoch();
    let id = world.submit("c", (10, 1), 5);
    world.next_epoch();
    world.judge(|n, _| opinions[usize::from(n) - 1].1.clone());
    let agreed = world.agreed("c", id).cloned();
    (world, agreed)
}

fn some(text: &str) -> Option<Outcome> {
    Some(scored(text))
}

#[test]
fn exact_reports_need_more_than_two_thirds_that_say_the_same() {
    let cases: [Case; 7] = [
        ("all agree", vec![(1, some("0.5")), (1, some("0.5")), (1, some("0.5"))], Some(("0.5", 0))),
        ("exactly two thirds are not enough", vec![(1, some("0.5")), (1, some("0.5")), (1, None)], None),
        ("nor with a dissenter", vec![(2, some("0.5")), (1, some("0.6"))], None),
        ("more than two thirds are", vec![(68, some("0.5")), (32, None)], Some(("0.5", 0))),
        (
            "stake counts, not heads",
            vec![(1, some("0.1")), (1, some("0.1")), (98, some("0.5"))],
            Some(("0.5", 2)),
        ),
        ("absence lowers nothing", vec![(60, some("0.5")), (20, None), (20, None)], None),
        ("a failure is an outcome", vec![(70, Some(trapped("x"))), (30, some("0.5"))], Some(("0", 1))),
    ];
    for (desc, opinions, expected) in cases {
        let (_, agreed) = round(Agreement::Exact, &opinions);
        // Dissenters may show their reports after the quorum is full; they are counted if they came before.
        let got = agreed.as_ref().map(|agreed| agreed.score);
        assert_eq!(got, expected.map(|(text, _)| score(text)), "{desc}");
        if let (Some(agreed), Some((_, most))) = (agreed, expected) {
            assert!(agreed.outliers <= most, "{desc}");
            assert!(agreed.weight * 3 > agreed.assigned_weight * 2, "{desc}");
        }
    }
}

#[test]
fn an_exact_score_stands_as_soon_as_a_quorum_says_it() {
    let mut world = World::contest(manifest("c"));
    let id = world.submit("c", (10, 1), 5);
    world.next_epoch();
    let (job, _) = world.jobs().remove(0);
    for n in [1, 2, 3] {
        let hidden = world.hidden(n, job, scored("0.5"));
        world.commit(n, job, hidden).unwrap();
    }
    world.open_reveals();
    world.reveal(1, job, scored("0.5")).unwrap();
    world.reveal(2, job, scored("0.5")).unwrap();
    assert_eq!(world.agreed("c", id), None);
    world.reveal(3, job, scored("0.5")).unwrap();
    assert_eq!(world.agreed("c", id).unwrap().score, score("0.5"));
}

#[test]
fn other_reports_take_the_median_by_weight_when_the_window_closes() {
    let cases: [Case; 9] = [
        (
            "the middle of three",
            vec![(1, some("0.1")), (1, some("0.5")), (1, some("0.52"))],
            Some(("0.5", 1)),
        ),
        ("weight moves it", vec![(8, some("0.1")), (1, some("0.5")), (1, some("0.52"))], Some(("0.1", 2))),
        ("of two middles the lower", vec![(1, some("0.2")), (1, some("0.6"))], Some(("0.2", 1))),
        ("two thirds are not enough", vec![(1, some("0.5")), (1, some("0.5")), (1, None)], None),
        ("more are", vec![(7, some("0.5")), (3, None)], Some(("0.5", 0))),
        ("most say it failed", vec![(6, Some(trapped("x"))), (4, some("0.5"))], Some(("0", 1))),
        ("half say it failed", vec![(5, Some(trapped("x"))), (5, some("0.5"))], Some(("0.5", 1))),
        ("a failure is an outlier", vec![(2, Some(trapped("x"))), (8, some("0.5"))], Some(("0.5", 1))),
        (
            "within the bound nobody is",
            vec![(1, some("0.45")), (1, some("0.5")), (1, some("0.55"))],
            Some(("0.5", 0)),
        ),
    ];
    for (desc, opinions, expected) in cases {
        let (_, agreed) = round(Agreement::Median { outlier_bound: score("0.05") }, &opinions);
        let got = agreed.as_ref().map(|agreed| (agreed.score, agreed.outliers));
        assert_eq!(got, expected.map(|(text, outliers)| (score(text), outliers)), "{desc}");
        if let Some(agreed) = agreed {
            let reported: u64 =
                opinions.iter().filter(|(_, outcome)| outcome.is_some()).map(|(stake, _)| stake).sum();
            let whole: u64 = opinions.iter().map(|(stake, _)| stake).sum();
            let near =
                (agreed.weight as f64 / agreed.assigned_weight as f64) - (reported as f64 / whole as f64);
            assert!(near.abs() < 0.01, "{desc}: the weight is what was reported");
        }
    }
}

#[test]
fn of_many_failures_the_heaviest_reason_counts_and_its_commonest_words() {
    let fuel = |detail: &str| Some(failed(FailureReason::OutOfFuel, detail));
    let opinions = [
        (20, Some(trapped("at 1"))),
        (25, Some(trapped("at 2"))),
        (10, Some(trapped("at 3"))),
        (30, fuel("spent")),
        (15, some("0.5")),
    ];
    let (_, agreed) = round(Agreement::Median { outlier_bound: Score::ZERO }, &opinions);
    assert_eq!(agreed.unwrap().outcome, trapped("at 2"));
}

#[test]
fn the_score_is_the_mean_of_the_benchmarks_rounded_down() {
    let cases = [
        (vec![("a", "0.5")], "0.5"),
        (vec![("a", "0.1"), ("b", "0.2"), ("c", "0.3")], "0.2"),
        (vec![("a", "0.000000001"), ("b", "0")], "0"),
        (vec![("a", "1"), ("b", "1")], "1"),
        (vec![], "0"),
    ];
    for (benchmarks, expected) in cases {
        assert_eq!(agon_protocol::score::total(&scored_all(&benchmarks)), score(expected), "{benchmarks:?}");
    }
    assert_eq!(agon_protocol::score::total(&trapped("")), Score::ZERO);
}

#[test]
fn without_a_quorum_all_validators_are_asked_once() {
    let mut world = World::new();
    world.join(&(1..=9).map(|n| (n, 100)).collect::<Vec<_>>());
    world.publish(Manifest { assignment: Assignment::Seats(1), ..manifest("c") }).unwrap();
    world.next_epoch();
    let id = world.submit("c", (10, 1), 5);
    world.next_epoch();
    assert_eq!(world.jobs()[0].1.len(), 1);
    world.judge(|_, _| None);
    let (job, validators) = world.jobs().remove(0);
    assert_eq!((job.round, validators.len()), (1, 9));
    let first = JobId { round: 0, ..job };
    assert_eq!(world.state.job(first).unwrap().verdict, Verdict::Disputed);
    world.judge(|_, _| Some(scored("0.5")));
    assert_eq!(world.agreed("c", id).unwrap().score, score("0.5"));
    assert_eq!(world.champion("c"), Some(id));
}

#[test]
fn what_two_rounds_leave_open_is_undecided_and_the_former_score_stands() {
    let mut world = World::contest(manifest("c"));
    let id = world.submit("c", (10, 1), 5);
    world.compete(&[(id, "0.5")]);
    let scored_in = world.epoch();
    world.next_epoch();
    world.judge(|_, _| None);
    world.judge(|_, _| None);
    let job = JobId { epoch: world.epoch(), round: 1, submission: id };
    assert_eq!(world.state.job(job).unwrap().verdict, Verdict::Undecided);
    assert_eq!(world.agreed("c", id), None);
    assert_eq!(world.state.submission(id).unwrap().last, Some((1, scored_in)));
    assert_eq!(world.champion("c"), Some(id));
    world.next_epoch();
    assert_eq!(world.paid(Epoch(scored_in.0 + 1)), [(10, 1_000_000_000)].into());
}

#[test]
fn an_undecided_newcomer_is_tried_again_a_few_times() {
    let mut world = World::contest(manifest("c"));
    world.submit("c", (10, 1), 5);
    let mut tried = 0;
    for _ in 0..6 {
        world.next_epoch();
        (1..=3).for_each(|n| drop(world.register(n, 10 + u64::from(world.epoch().0 as u32))));
        if !world.jobs().is_empty() {
            tried += 1;
            world.judge(|_, _| None);
            world.judge(|_, _| None);
        }
    }
    assert_eq!(tried, 3);
}

#[test]
fn without_validators_nothing_is_agreed() {
    let mut world = World::new();
    world.publish(manifest("c")).unwrap();
    world.next_epoch();
    let id = world.submit("c", (10, 1), 5);
    world.next_epoch();
    world.blocks(10);
    let job = JobId { epoch: world.epoch(), round: 1, submission: id };
    assert_eq!(world.state.job(job).unwrap().verdict, Verdict::Undecided);
}

#[test]
fn a_late_round_of_an_older_epoch_does_not_turn_a_submission_back() {
    let mut world = World::contest(Manifest {
        agreement: Agreement::Median { outlier_bound: Score::ONE },
        ..manifest("c")
    });
    let id = world.submit("c", (10, 1), 5);
    world.next_epoch();
    let older = world.epoch();
    world.judge(|_, _| None);
    let again = world.jobs();
    assert_eq!(again[0].0.round, 1);
    world.next_epoch();
    assert!(
        !world.has(&Key::Job(JobId { epoch: older.next(), round: 0, submission: id })),
        "it is still being judged"
    );
}
