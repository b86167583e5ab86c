//! S6.13 and S7.4 to S7.6: how an epoch is weighed, and what that pays.

use crate::world::*;
use agon_protocol::pending::{Duty, Work, duties, task};
use agon_protocol::state::{Key, Verdict as Found, View};
use agon_protocol::{slots, weigh};
use agon_types::event::Event;
use agon_types::manifest::{Capabilities, WeightRule};
use agon_types::report::FailureReason;
use agon_types::*;

const ALL: u64 = 1_000_000_000;

/// Three submissions with these scores, and the epoch after: the job that weighs them is open.
fn scores(rules: Manifest, scores: [&str; 3]) -> (World, [SubmissionId; 3], JobId) {
    let mut world = World::contest(rules);
    let ids = [1, 2, 3].map(|n| world.submit("c", (9 + n, n), 5));
    world.next_epoch();
    let agreed: Vec<_> = ids.into_iter().zip(scores).collect();
    world.judge_all(&agreed, &weighed(&[], &[]));
    world.next_epoch();
    let job = world.weigh_job("c").unwrap();
    assert_eq!(job.epoch.next(), world.epoch());
    (world, ids, job)
}

fn rows(world: &World, job: JobId) -> Vec<weigh::Row> {
    let task = task(&world.state, job).unwrap();
    assert_eq!((task.epoch, task.manifest.id.as_str()), (job.epoch, "c"));
    let Work::Weigh(weighing) = task.work else { panic!("it is weighed") };
    weighing.rows
}

fn failure(events: &[Event]) -> Option<&str> {
    events.iter().find_map(|event| match event {
        Event::ChallengeWeighed { failure, .. } => failure.as_deref(),
        _ => None,
    })
}

/// Only the weighing is reported on, as each validator sees it.
fn weigh_as(world: &mut World, opinion: impl Fn(u8) -> Option<Outcome>) -> Vec<Event> {
    let weigh = world.weigh_id("c");
    world.judge(|n, id| if id == weigh { opinion(n) } else { Some(scored("0.1")) })
}

#[test]
fn the_agreed_points_are_paid() {
    let (mut world, ids, job) = scores(own_rule("c"), ["0.5", "0.9", "0.1"]);
    assert_eq!(world.state.seal(job.epoch), None, "the seal waits for it");
    let points = [(ids[0], 1), (ids[2], 3), (ids[1], 0)];
    let events = weigh_as(&mut world, |_| Some(weighed(&points, &[])));
    let told = Event::ChallengeWeighed { challenge: slug("c"), epoch: job.epoch, failure: None };
    assert!(events.contains(&told));
    assert_eq!(world.paid(job.epoch), [(10, ALL / 4), (12, ALL / 4 * 3)].into());
    let sealed = &world.state.seal(job.epoch).unwrap().challenges[0].points;
    let order: Vec<_> = sealed.iter().map(|points| (points.submission, points.points)).collect();
    assert_eq!(order, [(ids[2], 3), (ids[0], 1)], "most points first, and none are none");
    let weighing = world.state.weighed(job.epoch, slug("c")).unwrap();
    assert!(weighing.weight * 3 > weighing.assigned_weight * 2);
}

#[test]
fn a_validator_gets_the_ranking_with_all_that_was_measured() {
    let (mut world, ids, job) = scores(
        Manifest { benchmarks: vec![benchmark("main", "0.2")], ..own_rule("c") },
        ["0.5", "0.9", "0.1"],
    );
    let rows = rows(&world, job);
    let seen: Vec<_> = rows.iter().map(|row| (row.submission, row.score, row.eligible)).collect();
    let expected =
        [(ids[1], score("0.9"), true), (ids[0], score("0.5"), true), (ids[2], score("0.1"), false)];
    assert_eq!(seen, expected);
    assert_eq!((rows[0].hotkey, &rows[0].label[..]), (hotkey(11), "agent"));
    assert_eq!((&rows[0].measured[0].benchmark[..], rows[0].measured[0].score), ("main", score("0.9")));
    let session = session(1).session();
    assert!(duties(&world.state, hotkey(1), session).contains(&Duty::Evaluate(job)));
    weigh_as(&mut world, |_| Some(weighed(&[], &[])));
    assert!(!duties(&world.state, hotkey(1), session).contains(&Duty::Evaluate(job)));
}

#[test]
fn failures_have_no_row_and_without_scores_there_are_none() {
    let mut world = World::contest(own_rule("c"));
    let ids = [1, 2].map(|n| world.submit("c", (9 + n, n), 5));
    world.next_epoch();
    let empty = world.weigh_job("c").unwrap();
    assert_eq!(rows(&world, empty), []);
    let weigh = world.weigh_id("c");
    world.judge(|_, id| match id {
        _ if id == weigh => Some(weighed(&[], &[])),
        _ if id == ids[0] => Some(failed(FailureReason::Trapped, "")),
        _ => Some(scored("0.5")),
    });
    world.next_epoch();
    let job = world.weigh_job("c").unwrap();
    assert_eq!(rows(&world, job).iter().map(|row| row.submission).collect::<Vec<_>>(), [ids[1]]);
    let seeds = [empty, job].map(|job| match task(&world.state, job).unwrap().work {
        Work::Weigh(weighing) => weighing.seed,
        Work::Score(_) => panic!("it is weighed"),
    });
    assert_ne!(seeds[0], seeds[1], "each epoch has its own seed");
}

#[test]
fn only_challenges_that_have_something_to_weigh_are_weighed() {
    let with = |change: fn(&mut Capabilities), weight_rule| {
        let mut rules = Manifest { weight_rule, ..manifest("c") };
        change(&mut rules.capabilities);
        let mut world = World::contest(rules);
        world.next_epoch();
        world.weigh_job("c").is_some()
    };
    let champion = WeightRule::Champion;
    assert!(!with(|_| (), champion) && !with(|_| (), WeightRule::Proportional));
    assert!(!with(|reach| reach.submissions = true, champion));
    assert!(with(|_| (), WeightRule::Weigh));
    assert!(with(|reach| reach.state_bytes_max = 1, champion));
    assert!(with(|reach| reach.posts_per_epoch = 1, WeightRule::Proportional));
}

#[test]
fn a_built_in_rule_pays_by_itself_whatever_is_weighed() {
    let (mut world, ids, job) =
        scores(Manifest { weight_rule: WeightRule::Champion, ..own_rule("c") }, ["0.5", "0.9", "0.1"]);
    weigh_as(&mut world, |_| Some(weighed(&[(ids[2], 1)], &[("a", Some(b"1"))])));
    assert_eq!(world.paid(job.epoch), [(11, ALL)].into());
    world.next_epoch();
    assert_eq!(slots::all(&world.state, &slug("c")).len(), 1, "its state is its own all the same");
}

#[test]
fn a_report_that_says_what_it_may_not_is_refused() {
    type Say = fn(&World, [SubmissionId; 3]) -> Outcome;
    let cases: [(&str, Say, bool); 9] = [
        ("points for all", |_, ids| weighed(&ids.map(|id| (id, 1)), &[]), true),
        ("nothing", |_, _| weighed(&[], &[]), true),
        ("a failure", |_, _| failed(FailureReason::GaveUp, "no"), true),
        ("changes", |_, _| weighed(&[], &[("a", Some(b"1"))]), true),
        ("a score", |_, _| scored("0.5"), false),
        ("points for nobody", |_, _| weighed(&[(SubmissionId(Digest::ZERO), 1)], &[]), false),
        ("points for itself", |world, _| weighed(&[(world.weigh_id("c"), 1)], &[]), false),
        ("points twice", |_, ids| weighed(&[(ids[0], 1), (ids[0], 2)], &[]), false),
        ("an empty key", |_, _| weighed(&[], &[("", Some(b"1"))]), false),
    ];
    for (desc, say, taken) in cases {
        let (mut world, ids, job) = scores(own_rule("c"), ["0.5", "0.9", "0.1"]);
        let outcome = say(&world, ids);
        let hidden = world.hidden(1, job, outcome.clone());
        world.commit(1, job, hidden).unwrap();
        world.open_reveals();
        let code = world.reveal(1, job, outcome).err().map(|reason| reason.code());
        assert_eq!(code, (!taken).then_some("bad_report"), "{desc}");
    }
}

#[test]
fn points_for_another_challenge_or_changes_without_a_state_are_refused() {
    let half = |id: &str| Manifest { emission_share: score("0.5"), ..own_rule(id) };
    let mut stateless = half("c");
    stateless.capabilities.state_bytes_max = 0;
    let mut world = World::contest(stateless);
    world.publish(half("d")).unwrap();
    world.next_epoch();
    world.judge_all(&[], &weighed(&[], &[]));
    let other = world.submit("d", (10, 1), 5);
    world.next_epoch();
    let job = world.weigh_job("c").unwrap();
    let reports = [(1, weighed(&[(other, 1)], &[])), (2, weighed(&[], &[("a", Some(b"1"))]))];
    for (n, outcome) in &reports {
        let hidden = world.hidden(*n, job, outcome.clone());
        world.commit(*n, job, hidden).unwrap();
    }
    world.open_reveals();
    for (n, outcome) in reports {
        assert_eq!(world.reveal(n, job, outcome).unwrap_err().code(), "bad_report");
    }
}

#[test]
fn a_dispute_goes_to_all_once_more_and_may_be_agreed_then() {
    let (mut world, ids, job) = scores(own_rule("c"), ["0.5", "0.9", "0.1"]);
    // Almost the same is not the same.
    weigh_as(&mut world, |n| Some(weighed(&[(ids[0], u64::from(n))], &[])));
    assert_eq!(world.state.job(job).unwrap().verdict, Found::Disputed);
    let again = world.weigh_job("c").unwrap();
    assert_eq!(again, JobId { round: 3, ..job });
    assert_eq!(again.first_round(), job);
    assert_eq!(rows(&world, again), rows(&world, job), "it is asked the same");
    assert_eq!(world.state.seal(job.epoch), None);
    weigh_as(&mut world, |n| (n != 3).then(|| weighed(&[(ids[0], 1)], &[])));
    let verdict = world.state.job(again).unwrap().verdict;
    assert_eq!(verdict, Found::Undecided, "two of three are not more than two thirds");
    assert_eq!(world.paid(job.epoch), [(BURN, ALL)].into());

    let (mut world, ids, job) = scores(own_rule("c"), ["0.5", "0.9", "0.1"]);
    weigh_as(&mut world, |_| None);
    weigh_as(&mut world, |_| Some(weighed(&[(ids[0], 1)], &[("a", Some(b"1"))])));
    assert_eq!(world.paid(job.epoch), [(10, ALL)].into());
    assert_eq!(slots::latest(&world.state, &slug("c")).len(), 1);
}

#[test]
fn what_is_undecided_or_failed_pays_nobody_and_changes_nothing() {
    let undecided = Some("undecided: the validators did not agree in two rounds");
    type Say = fn(u8, SubmissionId) -> Option<Outcome>;
    let cases: [(&str, Say, Option<&str>); 4] = [
        ("silence", |_, _| None, undecided),
        ("everyone else", |n, id| Some(weighed(&[(id, 1)], &[("a", Some(&[n]))])), undecided),
        ("it says no", |_, _| Some(failed(FailureReason::GaveUp, "no games")), Some("gave_up: no games")),
        (
            "too much state",
            |_, id| Some(weighed(&[(id, 1)], &[("a", Some(&[0; 100]))])),
            Some("out_of_memory: the state would have 101 bytes, and 100 are granted"),
        ),
    ];
    for (desc, say, expected) in cases {
        let (mut world, ids, job) = scores(own_rule("c"), ["0.5", "0.9", "0.1"]);
        let mut events = weigh_as(&mut world, |n| say(n, ids[0]));
        if world.weigh_job("c").is_some() {
            events.extend(weigh_as(&mut world, |n| say(n, ids[0])));
        }
        assert_eq!(failure(&events), expected, "{desc}");
        assert_eq!(world.paid(job.epoch), [(BURN, ALL)].into(), "{desc}");
        assert!(slots::latest(&world.state, &slug("c")).is_empty(), "{desc}");
    }
}

#[test]
fn whoever_is_away_when_an_epoch_is_weighed_is_not_absent() {
    let (mut world, _, job) = scores(own_rule("c"), ["0.5", "0.9", "0.1"]);
    let events = weigh_as(&mut world, |n| (n == 1).then(|| weighed(&[], &[])));
    let events = [events, weigh_as(&mut world, |_| None)].concat();
    assert!(!events.iter().any(|event| matches!(event, Event::ValidatorAbsent { .. })));
    assert!(world.state.seal(job.epoch).is_some());
    assert!((1..=3).all(|n| world.state.session(hotkey(n)).unwrap().absences == 0));
}

#[test]
fn whoever_was_away_when_scores_were_made_is_absent_once_whatever_it_weighs() {
    let mut world = World::contest(own_rule("c"));
    world.join(&[(4, 100)]);
    let id = world.submit("c", (10, 1), 5);
    world.next_epoch();
    let absences = |world: &World| world.state.session(hotkey(4)).unwrap().absences;
    let weigh = world.weigh_id("c");
    let opinion = |_, of| Some(if of == weigh { weighed(&[], &[]) } else { scored("0.5") });
    world.judge(|n, of| opinion(n, of).filter(|_| n != 4 && of == id));
    assert_eq!(absences(&world), 1);
    world.judge(|n, of| opinion(n, of).filter(|_| n != 4));
    assert_eq!(absences(&world), 1, "nor does it count twice");
    world.next_epoch();
    world.judge(|n, of| opinion(n, of).filter(|_| n != 4 || of == weigh));
    assert_eq!(absences(&world), 2, "and to weigh ends no row");
}

#[test]
fn a_decision_after_the_end_changes_nothing_in_what_is_weighed() {
    let (mut world, ids, job) = scores(own_rule("c"), ["0.5", "0.9", "0.1"]);
    let before = rows(&world, job);
    assert_eq!(world.champion("c"), Some(ids[1]));
    world.decide("c", (ids[1], Verdict::Unapprove)).unwrap();
    assert_eq!(rows(&world, job), before);
    let points = [(ids[1], 3), (ids[0], 1)];
    weigh_as(&mut world, |_| Some(weighed(&points, &[])));
    assert_eq!(world.paid(job.epoch)[&11], ALL / 4 * 3, "it was barred later");
    world.next_epoch();
    let next = world.weigh_job("c").unwrap();
    weigh_as(&mut world, |_| Some(weighed(&points, &[])));
    assert_eq!(world.paid(next.epoch), [(10, ALL)].into(), "and earns nothing from then on");
}

#[test]
fn only_the_submission_of_a_coldkey_with_most_points_earns() {
    let (mut world, ids, job) = scores(own_rule("c"), ["0.5", "0.9", "0.1"]);
    world.neuron(12, |neuron| neuron.coldkey = hotkey(10));
    weigh_as(&mut world, |_| Some(weighed(&[(ids[0], 1), (ids[1], 1), (ids[2], 3)], &[])));
    assert_eq!(world.paid(job.epoch), [(11, ALL / 4), (12, ALL / 4 * 3)].into());
}

#[test]
fn a_duplicate_earns_nothing() {
    let mut world = World::contest(own_rule("c"));
    let first = world.submit("c", (10, 1), 5);
    let copy = world.announcement("c", (20, 1, artifact(1)));
    world.commit_on_chain(&copy, 6);
    world.announce(&copy).unwrap();
    world.next_epoch();
    let copy = copy.submission(&world.network());
    world.judge_all(&[(first, "0.5")], &weighed(&[(first, 1), (copy, 9)], &[]));
    assert_eq!(world.paid(Epoch(1)), [(10, ALL)].into());
}

#[test]
fn what_was_weighed_is_forgotten_as_reports_are() {
    let (mut world, ids, job) = scores(own_rule("c"), ["0.5", "0.9", "0.1"]);
    weigh_as(&mut world, |_| Some(weighed(&[(ids[0], 1)], &[])));
    let keys = [
        Key::Weighed(job.epoch, slug("c")),
        Key::Job(job),
        Key::Report(job, hotkey(1)),
        Key::Round(job.epoch, 2),
    ];
    assert!(keys.iter().all(|key| world.has(key)));
    world.next_epoch();
    assert!(keys.iter().all(|key| world.has(key)));
    world.judge_all(&[], &weighed(&[], &[]));
    world.next_epoch();
    assert!(!keys.iter().any(|key| world.has(key)));
    assert_eq!(world.state.seal(job.epoch).unwrap().challenges[0].points.len(), 1, "the seal stays");
}

#[test]
fn without_validators_nobody_weighs_and_the_epochs_go_on() {
    let mut world = World::new();
    world.publish(own_rule("c")).unwrap();
    world.next_epoch();
    world.next_epoch();
    world.blocks(12);
    assert_eq!(world.paid(Epoch(1)), [(BURN, ALL)].into());
}
