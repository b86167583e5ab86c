//! S4: hidden first, shown later.

use crate::world::*;
use agon_protocol::state::{Key, View};
use agon_types::event::Event;
use agon_types::report::{FailureReason, Measured, Metric};
use agon_types::*;

fn opened() -> (World, JobId) {
    let mut world = World::contest(manifest("c"));
    world.submit("c", (10, 1), 5);
    world.next_epoch();
    let (job, _) = world.jobs().remove(0);
    (world, job)
}

fn code(done: Done) -> Option<&'static str> {
    done.err().map(|reason| reason.code())
}

#[test]
fn commits_and_reveals_have_their_windows() {
    let (mut world, job) = opened();
    let hidden = world.hidden(1, job, scored("0.5"));
    assert_eq!(code(world.commit(1, job, hidden)), None);
    assert_eq!(code(world.commit(1, job, hidden)), Some("already_done"));
    assert_eq!(code(world.commit(1, job, Digest::ZERO)), Some("commit_stands"));
    assert_eq!(
        code(world.reveal(1, job, scored("0.5"))),
        Some("outside_window"),
        "nobody shows while others hide"
    );
    world.open_reveals();
    assert_eq!(
        code(world.commit(2, job, hidden)),
        Some("outside_window"),
        "nobody hides what others have shown"
    );
    assert_eq!(code(world.reveal(2, job, scored("0.5"))), Some("no_commit"));
    assert_eq!(code(world.reveal(1, job, scored("0.6"))), Some("commit_mismatch"));
    assert_eq!(code(world.reveal(1, job, scored("0.5"))), None);
    assert_eq!(code(world.reveal(1, job, scored("0.5"))), Some("already_done"));
    let hidden = world.state.commit(job, hotkey(1)).unwrap().0;
    world.blocks(2);
    assert_eq!(code(world.commit(1, job, hidden)), Some("already_done"));
    assert_eq!(code(world.reveal(3, job, scored("0.5"))), Some("outside_window"));
}

#[test]
fn a_window_ends_when_its_heights_and_its_time_have_passed() {
    let window = |heights, ms| genesis::Window { heights, ms };
    let cases = [("heights last longer", window(5, 1), 5), ("time lasts longer", window(1, 70), 7)];
    for (desc, commit_window, expected) in cases {
        let mut world = World::with(|genesis| genesis.parameters.commit_window = commit_window);
        world.join(&[(1, 1)]);
        world.publish(manifest("c")).unwrap();
        world.next_epoch();
        world.submit("c", (10, 1), 5);
        world.next_epoch();
        let began = world.state.now().unwrap().height;
        world.open_reveals();
        assert_eq!(world.state.now().unwrap().height.since(began), expected, "{desc}");
    }
}

#[test]
fn only_the_assigned_report_and_only_on_jobs_that_exist() {
    let (mut world, job) = opened();
    world.join(&[(4, 100)]);
    assert_eq!(code(world.commit(4, job, Digest::ZERO)), Some("not_assigned"));
    let other = JobId { round: 1, ..job };
    assert_eq!(code(world.commit(1, other, Digest::ZERO)), Some("unknown_job"));
    let body = ActionBody::Commit { job, validator: hotkey(1), commit: Digest::ZERO };
    assert_eq!(code(world.act(body, &[session(2)])), Some("not_signed_by_session"));
}

#[test]
fn a_report_has_the_benchmarks_of_the_manifest_within_their_limits() {
    let with = |change: fn(&mut Measured)| {
        let Outcome::Scored(mut measured) = scored("0.5") else { unreachable!() };
        change(&mut measured[0]);
        Outcome::Scored(measured)
    };
    let cases = [
        ("as it should be", scored("0.5"), None),
        ("a failure", failed(FailureReason::OutOfFuel, "spent"), None),
        (
            "metrics may be negative",
            with(|one| one.metrics = vec![Metric { name: "m".to_owned(), value: -1 }]),
            None,
        ),
        ("a recording without hosts", with(|one| one.recording = Some(Digest::ZERO)), Some("bad_report")),
        ("kept without a grant", with(|one| one.kept = vec![Digest::ZERO]), Some("bad_report")),
        ("what weighs", weighed(&[], &[]), Some("bad_report")),
        ("no benchmark", Outcome::Scored(Vec::new()), Some("bad_report")),
        ("another benchmark", scored_all(&[("other", "0.5")]), Some("bad_report")),
        ("one too many", scored_all(&[("main", "0.5"), ("main", "0.5")]), Some("bad_report")),
        (
            "too many metrics",
            with(|one| one.metrics = vec![Metric { name: String::new(), value: 0 }; 17]),
            Some("bad_report"),
        ),
        (
            "a long name",
            with(|one| one.metrics = vec![Metric { name: "n".repeat(33), value: 0 }]),
            Some("bad_report"),
        ),
        ("a long explanation", failed(FailureReason::GaveUp, &"x".repeat(257)), Some("bad_report")),
    ];
    for (desc, outcome, expected) in cases {
        let (mut world, job) = opened();
        let hidden = world.hidden(1, job, outcome.clone());
        world.commit(1, job, hidden).unwrap();
        world.open_reveals();
        assert_eq!(code(world.reveal(1, job, outcome)), expected, "{desc}");
    }
}

#[test]
fn what_the_manifest_grants_may_be_named_in_a_report() {
    let mut granting =
        Manifest { agreement: manifest::Agreement::Median { outlier_bound: Score::ZERO }, ..manifest("c") };
    granting.capabilities.hosts = vec!["api.example.org".to_owned()];
    granting.capabilities.kept_bytes_max = 1;
    let mut world = World::contest(granting);
    let id = world.submit("c", (10, 1), 5);
    world.next_epoch();
    let Outcome::Scored(mut measured) = scored("0.5") else { unreachable!() };
    (measured[0].recording, measured[0].kept) = (Some(Digest::ZERO), vec![Digest::ZERO]);
    let outcome = Outcome::Scored(measured);
    world.judge(|_, _| Some(outcome.clone()));
    assert_eq!(world.agreed("c", id).unwrap().outcome, outcome);
}

#[test]
fn a_commit_and_a_reveal_are_told() {
    let (mut world, job) = opened();
    let events = world.judge(|_, _| Some(scored("0.5")));
    let count = |wanted: fn(&Event) -> bool| events.iter().filter(|event| wanted(event)).count();
    assert_eq!(count(|event| matches!(event, Event::ReportCommitted { .. })), 3);
    assert_eq!(count(|event| matches!(event, Event::ReportRevealed { .. })), 3);
    assert!(world.has(&Key::Report(job, hotkey(1))));
}

#[test]
fn reports_leave_two_epochs_after_their_score_and_scores_stay() {
    let (mut world, job) = opened();
    world.judge(|_, _| Some(scored("0.5")));
    let kept = |world: &World| {
        [Key::Job(job), Key::Commit(job, hotkey(1)), Key::Report(job, hotkey(1)), Key::Round(job.epoch, 0)]
            .map(|key| world.has(&key))
    };
    world.next_epoch();
    world.next_epoch();
    assert_eq!(kept(&world), [true; 4]);
    world.next_epoch();
    assert_eq!(kept(&world), [false; 4]);
    assert!(world.has(&Key::Score(slug("c"), 1, job.epoch, job.submission)));
    assert!(!world.has(&Key::Quota(Epoch(1), slug("c"), hotkey(10))));
}

#[test]
fn jobs_of_an_epoch_that_is_not_sealed_are_never_forgotten() {
    let mut world = World::with(|genesis| genesis.parameters.commit_window.heights = 20);
    world.join(&[(1, 1)]);
    world.publish(manifest("c")).unwrap();
    world.next_epoch();
    let id = world.submit("c", (10, 1), 5);
    world.next_epoch();
    let job = JobId { epoch: world.epoch(), round: 0, submission: id };
    (0..4).for_each(|_| drop(world.next_epoch()));
    assert!(world.has(&Key::Job(job)), "its window is still open");
    let hidden = world.hidden(1, job, scored("0.5"));
    world.commit(1, job, hidden).unwrap();
    world.blocks(40);
    world.blocks(40);
    (0..2).for_each(|_| drop(world.next_epoch()));
    assert!(world.state.now().unwrap().unsealed > job.epoch);
    (0..4).for_each(|_| drop(world.next_epoch()));
    assert!(!world.has(&Key::Job(job)), "and forgotten after all");
}
