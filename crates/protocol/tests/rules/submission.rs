//! S1: what it takes to enter, and who owns an artifact.

use crate::world::*;
use agon_protocol::Key;
use agon_protocol::state::View;
use agon_protocol::submission::{Status, status};
use agon_types::event::Event;
use agon_types::report::FailureReason;
use agon_types::*;

type Change = fn(&mut World, &mut Announcement);

#[test]
fn an_announcement_enters_only_by_the_rules() {
    let cases: [(&str, Change, Option<&str>); 12] = [
        ("as it should be", |_, _| (), None),
        ("the largest artifact", |_, stated| stated.size_bytes = 100, None),
        ("the longest label", |_, stated| stated.label = "ä".repeat(16), None),
        ("no such challenge", |_, stated| stated.challenge = slug("other"), Some("unknown_challenge")),
        ("an empty artifact", |_, stated| stated.size_bytes = 0, Some("wrong_size")),
        ("too large an artifact", |_, stated| stated.size_bytes = 101, Some("wrong_size")),
        ("too long a label", |_, stated| stated.label = "x".repeat(33), Some("bad_label")),
        ("a label with a line break", |_, stated| stated.label = "a\nb".to_owned(), Some("bad_label")),
        (
            "a hotkey that left the chain",
            |world, stated| world.facts(vec![Fact::Deregistered { hotkey: stated.hotkey }]),
            Some("not_registered"),
        ),
        (
            "another artifact than committed",
            |_, stated| stated.artifact = artifact(99),
            Some("no_commitment"),
        ),
        (
            "a commitment for another hotkey",
            |world, stated| {
                world.neuron(11, |_| ());
                stated.hotkey = hotkey(11);
            },
            Some("no_commitment"),
        ),
        (
            "a paused challenge",
            |world, _| {
                world.shift("c", 1, action::Shift::Pause).unwrap();
                world.next_epoch();
            },
            Some("challenge_closed"),
        ),
    ];
    for (desc, change, expected) in cases {
        let mut world = World::contest(manifest("c"));
        let mut stated = world.announcement("c", (10, 1, artifact(1)));
        world.commit_on_chain(&stated, 5);
        change(&mut world, &mut stated);
        let code = world.announce(&stated).err().map(|reason| reason.code());
        assert_eq!(code, expected, "{desc}");
    }
}

#[test]
fn only_the_hotkey_itself_announces() {
    let mut world = World::contest(manifest("c"));
    let stated = world.announcement("c", (10, 1, artifact(1)));
    world.commit_on_chain(&stated, 5);
    let refused = world.act(ActionBody::Announce(stated), &[pair(11), session(10)]);
    assert_eq!(refused.unwrap_err().code(), "not_signed_by");
}

#[test]
fn an_announcement_counts_once_and_a_version_is_one_artifact() {
    let mut world = World::contest(manifest("c"));
    let stated = world.announcement("c", (10, 1, artifact(1)));
    world.commit_on_chain(&stated, 5);
    world.announce(&stated).unwrap();
    assert_eq!(world.announce(&stated).unwrap_err().code(), "already_done");
    let other = Announcement { artifact: artifact(2), ..stated };
    world.commit_on_chain(&other, 6);
    assert_eq!(world.announce(&other).unwrap_err().code(), "version_taken");
}

#[test]
fn a_quota_is_for_one_epoch_and_one_challenge() {
    let half = |id: &str| Manifest { quota_per_epoch: 2, emission_share: score("0.5"), ..manifest(id) };
    let mut world = World::contest(half("a"));
    world.publish(half("b")).unwrap();
    world.next_epoch();
    world.submit("a", (10, 1), 5);
    world.submit("a", (10, 2), 5);
    world.submit("b", (10, 3), 5);
    world.submit("a", (11, 4), 5);
    let third = world.announcement("a", (10, 5, artifact(5)));
    world.commit_on_chain(&third, 6);
    assert_eq!(world.announce(&third).unwrap_err().code(), "quota_exceeded");
    world.next_epoch();
    world.announce(&third).unwrap();
}

#[test]
fn a_commitment_serves_one_announcement() {
    let mut world = World::contest(manifest("c"));
    world.submit("c", (10, 1), 5);
    assert!(!world.has(&Key::Commitments(hotkey(10))), "nothing is left open");
    let again = world.announcement("c", (10, 2, artifact(1)));
    assert_eq!(world.announce(&again).unwrap_err().code(), "no_commitment");
}

#[test]
fn a_commitment_that_is_written_again_keeps_its_first_block() {
    let mut world = World::contest(manifest("c"));
    let stated = world.announcement("c", (10, 1, artifact(1)));
    world.commit_on_chain(&stated, 5);
    world.commit_on_chain(&stated, 50);
    world.announce(&stated).unwrap();
    let id = stated.submission(&world.network());
    assert_eq!(world.state.submission(id).unwrap().committed_at, ChainBlock(5));
}

/// Two miners enter one artifact; the events between decide whose it is.
fn owner_of(first_block: u64, second_block: u64, between: fn(&mut World)) -> (u8, World) {
    let mut world = World::contest(manifest("c"));
    let first = world.submit("c", (10, 1), first_block);
    between(&mut world);
    let second = world.submit("c", (11, 1), second_block);
    let owner = world.state.claim(slug("c"), artifact(1)).unwrap().submission;
    let (owner_number, other) = if owner == first { (10, second) } else { (11, first) };
    assert_eq!(world.state.submission(other).unwrap().duplicate_of, Some(owner));
    assert_eq!(world.state.submission(owner).unwrap().duplicate_of, None);
    assert_eq!(status(&world.state, other), Some(Status::Duplicate));
    (owner_number, world)
}

#[test]
fn the_earliest_commitment_owns_an_artifact() {
    let judged: fn(&mut World) = |world| {
        world.next_epoch();
        world.judge(|_, _| Some(scored("0.5")));
    };
    let failed: fn(&mut World) = |world| {
        world.next_epoch();
        world.judge(|_, _| Some(failed(FailureReason::Trapped, "")));
    };
    type Case = (&'static str, u64, u64, fn(&mut World), u8);
    let cases: [Case; 6] = [
        ("who announces first may have committed later", 20, 10, |_| (), 11),
        ("the first announcement with the first commitment", 10, 20, |_| (), 10),
        ("of one block the first announcement", 10, 10, |_| (), 10),
        ("a late announcement never unseats a scored one", 20, 10, judged, 10),
        ("nor one that was evaluated and failed", 20, 10, failed, 10),
        ("one that is being evaluated has no score yet", 20, 10, |world| drop(world.next_epoch()), 11),
    ];
    for (desc, first, second, between, expected) in cases {
        assert_eq!(owner_of(first, second, between).0, expected, "{desc}");
    }
}

/// Both have committed when the first one's job begins, and the second announces only then.
fn unseated_while_evaluated() -> World {
    let mut world = World::contest(manifest("c"));
    world.submit("c", (10, 1), 20);
    let stated = world.announcement("c", (11, 1, artifact(1)));
    world.commit_on_chain(&stated, 10);
    world.next_epoch();
    world.announce(&stated).unwrap();
    world
}

#[test]
fn a_duplicate_is_neither_judged_nor_ranked() {
    let mut world = unseated_while_evaluated();
    let owner = world.announcement("c", (11, 1, artifact(1))).submission(&world.network());
    world.judge(|_, _| Some(scored("0.9")));
    assert_eq!(world.champion("c"), None, "the unseated one was judged, and has no place");
    world.next_epoch();
    assert_eq!(world.jobs().len(), 1);
    world.judge(|_, _| Some(scored("0.8")));
    assert_eq!(world.champion("c"), Some(owner));
    world.next_epoch();
    assert_eq!(world.jobs().len(), 1, "the duplicate never runs again");
}

#[test]
fn an_unseated_newcomer_that_nobody_could_judge_does_not_come_back() {
    let mut world = unseated_while_evaluated();
    world.judge(|_, _| None);
    world.judge(|_, _| None);
    world.next_epoch();
    assert_eq!(world.jobs().len(), 1, "the owner alone");
}

#[test]
fn one_artifact_may_enter_two_challenges() {
    let half = |id: &str| Manifest { emission_share: score("0.5"), ..manifest(id) };
    let mut world = World::contest(half("a"));
    world.publish(half("b")).unwrap();
    world.next_epoch();
    let (a, b) = (world.submit("a", (10, 1), 5), world.submit("b", (11, 1), 9));
    assert_eq!([a, b].map(|id| world.state.submission(id).unwrap().duplicate_of), [None, None]);
}

#[test]
fn a_submission_says_where_it_stands() {
    let mut world = World::contest(Manifest { approval: manual(), ..manifest("c") });
    let (a, b) = (world.submit("c", (10, 1), 5), world.submit("c", (11, 2), 6));
    let mut seen = vec![status(&world.state, a)];
    world.next_epoch();
    seen.push(status(&world.state, a));
    let opinion = |_, id| Some(if id == a { scored("0.5") } else { failed(FailureReason::Trapped, "") });
    let events = world.judge(opinion);
    assert!(events.iter().any(|event| matches!(event, Event::CandidateProposed { .. })));
    seen.push(status(&world.state, a));
    world.decide("c", (a, Verdict::Approve)).unwrap();
    seen.push(status(&world.state, a));
    let expected = [Status::Announced, Status::Evaluating, Status::Candidate, Status::Champion];
    assert_eq!(seen, expected.map(Some));
    assert_eq!(status(&world.state, b), Some(Status::Failed));
    world.decide("c", (a, Verdict::Unapprove)).unwrap();
    assert_eq!(status(&world.state, a), Some(Status::Scored));
    let c = world.submit("c", (12, 3), 7);
    world.next_epoch();
    world.judge(|_, _| None);
    world.judge(|_, _| None);
    assert_eq!(status(&world.state, c), Some(Status::Undecided));
    assert_eq!(status(&world.state, SubmissionId(Digest::ZERO)), None);
}
