//! S7.1 to S7.3: messages to a challenge.

use crate::world::*;
use agon_protocol::{Key, post};
use agon_types::action::Shift;
use agon_types::event::Event;
use agon_types::*;

/// An open challenge with an inbox, and two miners on the chain.
fn contest() -> World {
    let mut world = World::contest(own_rule("c"));
    (10..12).for_each(|n| world.neuron(n, |_| ()));
    world
}

fn code(done: Done) -> Option<&'static str> {
    done.err().map(|reason| reason.code())
}

/// What somebody tries, and the code of the refusal.
type Case = (&'static str, fn(&mut World) -> Done, Option<&'static str>);

fn check(cases: &[Case]) {
    for (desc, story, expected) in cases {
        assert_eq!(code(story(&mut contest())), *expected, "{desc}");
    }
}

#[test]
fn whoever_is_on_the_chain_posts_to_an_open_challenge_with_an_inbox() {
    check(&[
        ("as it should be", |w| w.post("c", (10, 1), b"hello"), None),
        ("an empty message", |w| w.post("c", (10, 1), b""), None),
        ("any sequence may be the first", |w| w.post("c", (10, 77), b""), None),
        ("the largest message", |w| w.post("c", (10, 1), &[0; 4096]), None),
        ("a larger one", |w| w.post("c", (10, 1), &[0; 4097]), Some("post_too_large")),
        (
            "for another",
            |w| {
                let (challenge, message) = (slug("c"), Vec::new());
                let post = Post { challenge, hotkey: hotkey(10), sequence: 1, message };
                w.act(ActionBody::Post(post), &[pair(11)])
            },
            Some("not_signed_by"),
        ),
        ("who is not on the chain", |w| w.post("c", (12, 1), b""), Some("not_registered")),
        ("to nobody", |w| w.post("d", (10, 1), b""), Some("unknown_challenge")),
        (
            "to a closed challenge",
            |w| {
                w.shift("c", 1, Shift::Pause)?;
                w.next_epoch();
                w.post("c", (10, 1), b"")
            },
            Some("challenge_closed"),
        ),
        (
            "to one without an inbox",
            |w| {
                let mut closed = Manifest { version: 2, ..own_rule("c") };
                closed.capabilities.posts_per_epoch = 0;
                w.update(closed)?;
                w.next_epoch();
                w.post("c", (10, 1), b"")
            },
            Some("no_inbox"),
        ),
    ]);
}

#[test]
fn a_sequence_counts_once_and_a_quota_for_one_epoch() {
    check(&[
        (
            "the same again",
            |w| {
                w.post("c", (10, 5), b"a")?;
                w.post("c", (10, 5), b"a")
            },
            Some("already_done"),
        ),
        (
            "another message of the same sequence",
            |w| {
                w.post("c", (10, 5), b"a")?;
                w.post("c", (10, 5), b"b")
            },
            Some("stale_sequence"),
        ),
        (
            "a lower sequence in a later epoch",
            |w| {
                w.post("c", (10, 5), b"a")?;
                w.next_epoch();
                w.post("c", (10, 4), b"b")
            },
            Some("stale_sequence"),
        ),
        (
            "the same sequence of another",
            |w| {
                w.post("c", (10, 5), b"a")?;
                w.post("c", (11, 5), b"a")
            },
            None,
        ),
        (
            "one too many",
            |w| {
                (1..=3).try_for_each(|n| w.post("c", (10, n), b"").map(drop))?;
                w.post("c", (10, 4), b"")
            },
            Some("quota_exceeded"),
        ),
    ]);
}

#[test]
fn the_next_epoch_has_an_inbox_and_a_quota_of_its_own() {
    let mut world = contest();
    (1..=3).for_each(|n| drop(world.post("c", (10, n), b"").unwrap()));
    let full = world.epoch();
    world.next_epoch();
    assert_eq!(code(world.post("c", (10, 4), b"")), None);
    let count = |epoch| post::of_epoch(&world.state, &slug("c"), epoch).len();
    assert_eq!((count(full), count(full.next())), (3, 1));
}

#[test]
fn an_inbox_has_its_posts_in_the_order_in_which_they_were_decided() {
    let mut world = contest();
    let events = world.post("c", (11, 9), b"first").unwrap();
    let told = Event::ChallengePosted { challenge: slug("c"), hotkey: hotkey(11), sequence: 9 };
    assert_eq!(events, [told]);
    world.post("c", (10, 1), b"second").unwrap();
    world.post("c", (11, 10), b"third").unwrap();
    let inbox = post::of_epoch(&world.state, &slug("c"), world.epoch());
    let read: Vec<_> = inbox.iter().map(|post| (post.hotkey, post.sequence, &post.message[..])).collect();
    assert_eq!(
        read,
        [(hotkey(11), 9, &b"first"[..]), (hotkey(10), 1, b"second"), (hotkey(11), 10, b"third")]
    );
}

#[test]
fn a_full_inbox_takes_no_more_before_the_next_epoch() {
    let mut wide = own_rule("c");
    wide.capabilities.posts_per_epoch = 64;
    let mut world = World::contest(wide);
    (10..15).for_each(|n| world.neuron(n, |_| ()));
    for n in 10..14 {
        (1..=64).for_each(|sequence| drop(world.post("c", (n, sequence), b"").unwrap()));
    }
    assert_eq!(code(world.post("c", (14, 1), b"")), Some("inbox_full"));
    world.next_epoch();
    assert_eq!(code(world.post("c", (14, 1), b"")), None);
}

#[test]
fn posts_are_forgotten_as_reports_are_and_a_sequence_never() {
    let mut world = contest();
    world.post("c", (10, 5), b"a").unwrap();
    let post = Key::Post(world.epoch(), slug("c"), 0);
    let there: Vec<bool> = (0..4)
        .map(|_| {
            world.next_epoch();
            world.judge_all(&[], &weighed(&[], &[]));
            world.has(&post)
        })
        .collect();
    assert_eq!(there, [true, true, false, false]);
    assert_eq!(code(world.post("c", (10, 5), b"a")), Some("already_done"));
}
