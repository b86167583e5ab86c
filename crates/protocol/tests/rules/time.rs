//! S2: heights, times, anchors and epochs.

use crate::world::*;
use agon_protocol::state::View;
use agon_protocol::{Begin, State, Step, step};
use agon_types::event::Event;
use agon_types::*;

#[test]
fn a_ledger_begins_with_epoch_0_open_and_nobody_in_it() {
    let state = State::new(&genesis());
    let now = state.now().unwrap();
    assert_eq!((now.height, now.epoch, now.anchor), (Height(0), Epoch(0), None));
    let opened = state.opened(Epoch(0)).unwrap();
    assert!(opened.validators.is_empty() && opened.challenges.is_empty());
}

#[test]
fn heights_follow_one_another_and_time_goes_forward() {
    let cases = [
        ("the next height", 1, 1, None),
        ("the same height", 0, 1, Some("wrong_height")),
        ("one left out", 2, 1, Some("wrong_height")),
        ("no time passed", 1, 0, Some("time_not_after")),
    ];
    for (desc, heights, ms, expected) in cases {
        let world = World::contest(manifest("c"));
        let now = world.state.now().unwrap();
        let (height, time_ms) = (now.height.plus(heights), now.time_ms.plus(ms));
        let begin = Begin { height, time_ms, anchor: None, signers: Vec::new() };
        let code = match step(&world.state, agon_protocol::Input::Begin(begin)) {
            Step::Done { .. } => None,
            Step::Refused(reason) => Some(reason.code()),
        };
        assert_eq!(code, expected, "{desc}");
    }
}

#[test]
fn a_block_with_a_refused_anchor_changes_nothing() {
    let mut world = World::contest(manifest("c"));
    let before = world.state.clone();
    let anchor = world.anchor(world.boundary() + 1, Vec::new());
    assert_eq!(world.begin(Some(anchor)).unwrap_err().code(), "anchor_skips_boundary");
    assert_eq!(world.state, before);
}

#[test]
fn without_anchors_the_ledger_goes_on_and_epochs_wait() {
    let mut world = World::contest(manifest("c"));
    let epoch = world.epoch();
    world.blocks(5000);
    assert_eq!(world.epoch(), epoch);
    let events = world.next_epoch();
    assert!(events.contains(&Event::EpochOpened { epoch: epoch.next() }));
}

#[test]
fn a_boundary_does_all_in_one_block() {
    // Windows of epoch 1 end, epoch 2 opens with its change, and epoch 1 is sealed: in this order.
    let mut world = World::contest(manifest("c"));
    world.submit("c", (10, 1), 5);
    world.next_epoch();
    let (job, validators) = world.jobs().remove(0);
    for n in &validators {
        let hidden = world.hidden(*n, job, scored("0.5"));
        world.commit(*n, job, hidden).unwrap();
    }
    world.open_reveals();
    validators.iter().for_each(|n| drop(world.reveal(*n, job, scored("0.5")).unwrap()));
    world.blocks(1);
    world.shift("c", 1, action::Shift::Pause).unwrap();
    let events = world.next_epoch();
    let place = |wanted: fn(&Event) -> bool| events.iter().position(wanted).unwrap();
    let order = [
        place(|event| matches!(event, Event::ChampionChanged { .. })),
        place(|event| matches!(event, Event::EpochOpened { .. })),
        place(|event| matches!(event, Event::ChallengeChanged { .. })),
        place(|event| matches!(event, Event::EpochSealed { .. })),
    ];
    assert!(order.is_sorted(), "{events:?}");
}

#[test]
fn the_seed_of_an_epoch_comes_from_its_first_block() {
    let seed = |hash: &[u8]| {
        let mut world = World::contest(manifest("c"));
        let anchor = Anchor { hash: Digest::of(hash), ..world.anchor(world.boundary(), Vec::new()) };
        world.begin(Some(anchor)).unwrap();
        world.state.opened(world.epoch()).unwrap().seed
    };
    assert_eq!(seed(b"one"), seed(b"one"));
    assert_ne!(seed(b"one"), seed(b"two"));
}

#[test]
fn an_action_counts_until_its_height_only() {
    let cases = [
        ("at its height", 100, 100, None),
        ("one later", 100, 101, Some("expired")),
        ("as late as may be", 10_000, 0, None),
        ("later than may be", 10_001, 0, Some("expires_too_late")),
    ];
    for (desc, expires, passed, expected) in cases {
        let mut world = World::contest(manifest("c"));
        let body =
            ActionBody::PublishChallenge(Box::new(Manifest { emission_share: Score::ZERO, ..manifest("d") }));
        let network = world.network();
        let expires_at_height = world.state.now().unwrap().height.plus(expires);
        let action = Signed::new(&network, Action { expires_at_height, body }, &[pair(OWNER)]);
        world.blocks(passed);
        let code =
            world.take(Entry::Action(action.verify(&network).unwrap())).err().map(|reason| reason.code());
        assert_eq!(code, expected, "{desc}");
    }
}
