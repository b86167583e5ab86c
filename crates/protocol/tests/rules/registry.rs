//! S6.1 to S6.6: what the owner changes, and when it acts.

use crate::world::*;
use agon_protocol::state::{Status, View};
use agon_types::action::Shift;
use agon_types::*;

fn code(done: Done) -> Option<&'static str> {
    done.err().map(|reason| reason.code())
}

fn status(world: &World, id: &str) -> Status {
    world.state.challenge(slug(id)).unwrap().status
}

#[test]
fn enough_keys_of_the_owner_act_together() {
    let owner = genesis::Owner { threshold: 2, keys: vec![hotkey(50), hotkey(51), hotkey(52)] };
    let publish = || ActionBody::PublishChallenge(Box::new(manifest("c")));
    let cases: [(&str, &[u8], Option<&str>); 5] = [
        ("none", &[60], Some("not_owner")),
        ("one of two", &[50], Some("not_owner")),
        ("one and a stranger", &[50, 60], Some("not_owner")),
        ("two", &[52, 50], None),
        ("two and a stranger", &[51, 60, 52], None),
    ];
    for (desc, keys, expected) in cases {
        let mut world = World::with(|genesis| genesis.owner = owner.clone());
        let keys: Vec<&dyn key::SigningKey> = keys.iter().map(|n| pair(*n) as &dyn key::SigningKey).collect();
        assert_eq!(code(world.act(publish(), &keys)), expected, "{desc}");
    }
}

#[test]
fn a_challenge_is_active_from_the_next_epoch_on() {
    let mut world = World::new();
    world.publish(manifest("c")).unwrap();
    assert_eq!(status(&world, "c"), Status::Proposed);
    world.next_epoch();
    assert_eq!(status(&world, "c"), Status::Active);
}

#[test]
fn what_cannot_be_published_is_refused() {
    type Change = fn(&mut Manifest);
    let cases: [(&str, Change, Option<&str>); 7] = [
        ("another one", |other| other.id = slug("d"), None),
        ("the very same again", |other| *other = manifest("c"), Some("already_done")),
        (
            "the same name",
            |other| (other.id, other.title) = (slug("c"), "x".to_owned()),
            Some("challenge_exists"),
        ),
        ("a later version", |other| other.version = 2, Some("wrong_version")),
        ("no title", |other| other.title = String::new(), Some("invalid_manifest")),
        ("no code", |other| other.code = Digest::ZERO, Some("invalid_manifest")),
        ("too large a share", |other| other.emission_share = score("0.6"), Some("emission_exceeded")),
    ];
    for (desc, change, expected) in cases {
        let mut world = World::new();
        world.publish(Manifest { emission_share: score("0.5"), ..manifest("c") }).unwrap();
        let mut other = Manifest { emission_share: score("0.5"), ..manifest("d") };
        change(&mut other);
        if expected == Some("already_done") {
            other.emission_share = score("0.5");
        }
        assert_eq!(code(world.publish(other)), expected, "{desc}");
    }
}

#[test]
fn an_update_replaces_the_rules_from_the_next_epoch_on() {
    let mut world = World::contest(manifest("c"));
    let second = Manifest { version: 2, title: "New".to_owned(), ..manifest("c") };
    assert_eq!(code(world.update(Manifest { version: 3, ..manifest("c") })), Some("wrong_version"));
    assert_eq!(code(world.update(Manifest { version: 2, ..manifest("d") })), Some("unknown_challenge"));
    assert_eq!(code(world.update(second.clone())), None);
    assert_eq!(code(world.update(second)), Some("already_done"));
    assert_eq!(code(world.update(Manifest { version: 3, ..manifest("c") })), None, "and another on top");
    assert_eq!(world.state.challenge(slug("c")).unwrap().version, 1);
    world.next_epoch();
    assert_eq!(world.state.challenge(slug("c")).unwrap().version, 3);
}

#[test]
fn jobs_keep_the_version_of_their_epoch_and_scores_of_versions_never_mix() {
    let mut world = World::contest(manifest("c"));
    let a = world.submit("c", (10, 1), 5);
    world.next_epoch();
    world.update(Manifest { version: 2, ..manifest("c") }).unwrap();
    world.judge(|_, _| Some(scored("0.9")));
    let job = JobId { epoch: world.epoch(), round: 0, submission: a };
    assert_eq!(world.state.job(job).unwrap().version, 1);
    world.compete(&[(a, "0.4")]);
    assert_eq!(world.board("c").ranked, Some((2, world.epoch())));
    let rows = agon_protocol::board::rows(&world.state, &slug("c"));
    assert_eq!(rows.iter().map(|row| row.score).collect::<Vec<_>>(), [score("0.4")]);
}

#[test]
fn a_challenge_is_paused_resumed_and_retired() {
    use Shift::{Pause, Resume, Retire};
    use Status::{Active, Paused, Retired};
    type Case = (&'static str, &'static [Shift], Shift, Option<&'static str>, Status);
    let cases: [Case; 8] = [
        ("paused", &[], Pause, None, Paused),
        ("paused twice", &[Pause], Pause, Some("already_done"), Paused),
        ("resumed", &[Pause], Resume, None, Active),
        ("resumed while active", &[], Resume, Some("already_done"), Active),
        ("retired", &[], Retire, None, Retired),
        ("retired while paused", &[Pause], Retire, None, Retired),
        ("retired twice", &[Retire], Retire, Some("already_done"), Retired),
        ("resumed from the end", &[Retire], Resume, Some("shift_not_possible"), Retired),
    ];
    for (desc, before, shift, refused, expected) in cases {
        let mut world = World::contest(manifest("c"));
        for shift in before {
            world.shift("c", 1, *shift).unwrap();
            world.next_epoch();
        }
        let during = status(&world, "c");
        assert_eq!(code(world.shift("c", 1, shift)), refused, "{desc}");
        assert_eq!(status(&world, "c"), during, "{desc}: not within the epoch");
        world.next_epoch();
        assert_eq!(status(&world, "c"), expected, "{desc}");
    }
}

#[test]
fn a_change_names_the_version_that_it_is_about() {
    let mut world = World::contest(manifest("c"));
    assert_eq!(code(world.shift("c", 2, Shift::Pause)), Some("wrong_version"));
    assert_eq!(code(world.shift("d", 1, Shift::Pause)), Some("unknown_challenge"));
    world.shift("c", 1, Shift::Retire).unwrap();
    assert_eq!(code(world.update(Manifest { version: 2, ..manifest("c") })), Some("shift_not_possible"));
}

#[test]
fn a_paused_challenge_takes_no_submissions_runs_no_jobs_and_pays_nothing() {
    let mut world = World::contest(manifest("c"));
    let id = world.submit("c", (10, 1), 5);
    world.compete(&[(id, "0.5")]);
    world.shift("c", 1, Shift::Pause).unwrap();
    world.next_epoch();
    assert!(world.jobs().is_empty());
    let stated = world.announcement("c", (11, 2, artifact(2)));
    world.commit_on_chain(&stated, 6);
    assert_eq!(code(world.announce(&stated)), Some("challenge_closed"));
    world.next_epoch();
    assert_eq!(
        world.paid(Epoch(2)),
        [(10, 1_000_000_000)].into(),
        "what was contested before the pause is paid"
    );
    assert_eq!(world.paid(Epoch(3)), [(BURN, 1_000_000_000)].into());
}

#[test]
fn rules_and_openings_wait_for_their_epoch_and_a_pause_never_does() {
    let mut world = World::new();
    world.publish(Manifest { not_before_epoch: Epoch(3), ..manifest("c") }).unwrap();
    let mut seen = Vec::new();
    for _ in 0..3 {
        world.next_epoch();
        seen.push(status(&world, "c"));
    }
    assert_eq!(seen, [Status::Proposed, Status::Proposed, Status::Active]);

    world.update(Manifest { version: 2, not_before_epoch: Epoch(7), ..manifest("c") }).unwrap();
    world.shift("c", 2, Shift::Pause).unwrap();
    world.next_epoch();
    let known = world.state.challenge(slug("c")).unwrap();
    assert_eq!((known.version, known.status), (1, Status::Paused));
    world.shift("c", 2, Shift::Resume).unwrap();
    world.next_epoch();
    let known = world.state.challenge(slug("c")).unwrap();
    assert_eq!((known.version, known.status), (1, Status::Active), "under the rules that it has");
    world.next_epoch();
    world.next_epoch();
    let known = world.state.challenge(slug("c")).unwrap().clone();
    assert_eq!((known.version, known.status, known.next), (2, Status::Active, None));
}

#[test]
fn a_challenge_may_end_before_it_opened() {
    let mut world = World::new();
    world.publish(Manifest { not_before_epoch: Epoch(9), ..manifest("c") }).unwrap();
    world.shift("c", 1, Shift::Retire).unwrap();
    world.next_epoch();
    assert_eq!(status(&world, "c"), Status::Retired);
    world.publish(manifest("d")).unwrap();
}

#[test]
fn all_shares_fit_into_the_whole_whatever_waits() {
    let part =
        |id: &str, version, share: &str| Manifest { version, emission_share: score(share), ..manifest(id) };
    let mut world = World::contest(part("a", 1, "0.5"));
    world.update(part("a", 2, "0.2")).unwrap();
    assert_eq!(code(world.publish(part("b", 1, "0.6"))), Some("emission_exceeded"), "the larger one counts");
    world.publish(part("b", 1, "0.5")).unwrap();
    world.next_epoch();
    assert_eq!(code(world.update(part("a", 3, "0.6"))), Some("emission_exceeded"));
    world.shift("b", 1, Shift::Retire).unwrap();
    assert_eq!(code(world.publish(part("d", 1, "0.5"))), Some("emission_exceeded"), "until it has ended");
    world.next_epoch();
    world.publish(part("d", 1, "0.7")).unwrap();
    world.update(part("a", 3, "0.3")).unwrap();
    assert_eq!(code(world.publish(part("e", 1, "0.1"))), Some("emission_exceeded"), "what waits is larger");
}

#[test]
fn whoever_retires_makes_room_for_another() {
    let mut world = World::new();
    let nth = |n: usize| Manifest { emission_share: Score::ZERO, ..manifest(&format!("c{n}")) };
    (0..256).for_each(|n| drop(world.publish(nth(n)).unwrap()));
    assert_eq!(code(world.publish(nth(256))), Some("too_many_challenges"));
    world.shift("c7", 1, Shift::Retire).unwrap();
    world.next_epoch();
    world.publish(nth(256)).unwrap();
}
