//! S7.7 to S7.10: what a challenge keeps, when it changes, and who sees it.

use crate::world::*;
use agon_protocol::draft::Draft;
use agon_protocol::state::{Holding, Key, Value, View};
use agon_protocol::{State, Step, slots};
use agon_types::action::Shift;
use agon_types::event::Event;
use agon_types::growth::Growth;
use agon_types::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

type Kept = Vec<(String, Vec<u8>)>;
type Writes<'w> = &'w [(&'w str, Option<&'w [u8]>)];

fn opened(world: &World) -> Kept {
    slots::all(&world.state, &slug("c")).into_iter().collect()
}

fn latest(world: &World) -> Kept {
    slots::latest(&world.state, &slug("c")).into_iter().collect()
}

fn kept(entries: &[(&str, &[u8])]) -> Kept {
    entries.iter().map(|(key, value)| ((*key).to_owned(), value.to_vec())).collect()
}

/// The next epoch, in which all agree on these changes by the one before.
fn write(world: &mut World, writes: Writes<'_>) -> Vec<Event> {
    world.next_epoch();
    world.judge_all(&[], &weighed(&[], writes))
}

fn failures(events: &[Event]) -> Vec<Option<String>> {
    let failures = events.iter().filter_map(|event| match event {
        Event::ChallengeWeighed { failure, .. } => Some(failure.clone()),
        _ => None,
    });
    failures.collect()
}

#[test]
fn agreed_changes_come_true_when_the_next_epoch_opens() {
    let mut world = World::contest(own_rule("c"));
    write(&mut world, &[("a", Some(b"1")), ("b", Some(b"2"))]);
    assert_eq!(opened(&world), kept(&[]), "the epoch goes on as it began");
    assert_eq!(latest(&world), kept(&[("a", b"1"), ("b", b"2")]));
    world.next_epoch();
    assert_eq!(opened(&world), kept(&[("a", b"1"), ("b", b"2")]));
    world.judge_all(&[], &weighed(&[], &[("a", None), ("c", Some(b"3"))]));
    assert_eq!(opened(&world), kept(&[("a", b"1"), ("b", b"2")]));
    world.next_epoch();
    assert_eq!(opened(&world), kept(&[("b", b"2"), ("c", b"3")]));
    assert_eq!(world.state.holding(slug("c")), Some(&Holding(4)));
}

#[test]
fn whoever_scores_late_sees_the_state_of_its_epoch_and_no_change_is_lost() {
    let mut world = World::contest(own_rule("c"));
    let id = world.submit("c", (10, 1), 5);
    world.next_epoch();
    world.judge_all(&[(id, "0.5")], &weighed(&[], &[("a", Some(b"1"))]));
    world.next_epoch();
    let (scored_in, old) = (world.epoch(), kept(&[("a", b"1")]));
    // The epoch before is weighed in time; about the scores of this one nobody says anything at first.
    let weigh = world.weigh_id("c");
    world.judge(|_, of| (of == weigh).then(|| weighed(&[], &[("a", Some(b"2")), ("b", Some(b"x"))])));
    let open = |world: &World| world.jobs().iter().map(|(job, _)| (job.epoch, job.round)).collect::<Vec<_>>();
    assert_eq!(open(&world), [(scored_in, 1)]);
    world.next_epoch();
    assert_eq!(opened(&world), old, "a score of an earlier epoch is open");
    assert_eq!(world.state.seal(scored_in), None);

    assert_eq!(open(&world), [(scored_in, 1), (scored_in.next(), 0)]);
    world.judge_all(&[(id, "0.5")], &weighed(&[], &[]));
    assert_eq!(opened(&world), old, "and the state moves under nobody");
    let late = world.weigh_job("c").unwrap();
    assert_eq!(late.epoch, scored_in, "it was scored late, so it is weighed late");
    assert_eq!(latest(&world), kept(&[("a", b"2"), ("b", b"x")]), "and goes on from the one before");

    // It is still being weighed when the next epoch opens, and sees the same.
    let outcome = weighed(&[], &[("b", None)]);
    for n in 1..=3 {
        let hidden = world.hidden(n, late, outcome.clone());
        world.commit(n, late, hidden).unwrap();
    }
    world.next_epoch();
    assert_eq!(opened(&world), kept(&[("a", b"2"), ("b", b"x")]));
    assert_eq!(latest(&world), opened(&world));
    (1..=3).for_each(|n| drop(world.reveal(n, late, outcome.clone()).unwrap()));
    assert_eq!((opened(&world).len(), latest(&world).len()), (2, 1));
    world.judge(|_, of| (of == id).then(|| scored("0.5")));
    assert_eq!(world.state.seal(scored_in).map(|seal| seal.epoch), Some(scored_in));
    world.next_epoch();
    assert_eq!(opened(&world), kept(&[("a", b"2")]));
}

#[test]
fn a_state_that_would_be_too_large_fails_the_whole_weighing() {
    let value = [0u8; 99];
    let cases: [(&str, Writes<'_>, Writes<'_>, Option<u64>); 6] = [
        ("as large as is granted", &[("a", Some(&value))], &[], None),
        ("one byte more", &[("ab", Some(&value))], &[], Some(101)),
        (
            "two that are too much together",
            &[("a", Some(&value[..50]))],
            &[("b", Some(&value[..50]))],
            Some(102),
        ),
        ("one takes the place of another", &[("a", Some(&value))], &[("a", None), ("b", Some(&value))], None),
        ("a value grows in its place", &[("a", Some(&value[..50]))], &[("a", Some(&value))], None),
        ("nothing is removed", &[("a", None)], &[("a", Some(&value))], None),
    ];
    for (desc, first, second, too_large) in cases {
        let mut world = World::contest(own_rule("c"));
        let mut told = failures(&write(&mut world, first));
        let before = latest(&world);
        if !second.is_empty() {
            told = failures(&write(&mut world, second));
        }
        let expected = too_large
            .map(|bytes| format!("out_of_memory: the state would have {bytes} bytes, and 100 are granted"));
        assert_eq!(told, std::slice::from_ref(&expected), "{desc}");
        if expected.is_some() && !second.is_empty() {
            assert_eq!(latest(&world), before, "{desc}: nothing changes");
        }
        let size: usize = latest(&world).iter().map(|(key, value)| key.len() + value.len()).sum();
        assert!(size <= 100, "{desc}");
        let holding = world.state.holding(slug("c")).map_or(0, |holding| holding.0);
        assert_eq!(holding, size as u64, "{desc}");
    }
}

#[test]
fn a_state_above_a_lower_bound_may_shrink() {
    let mut world = World::contest(own_rule("c"));
    write(&mut world, &[("a", Some(&[0; 49])), ("b", Some(&[0; 49]))]);
    let mut lower = Manifest { version: 2, ..own_rule("c") };
    lower.capabilities.state_bytes_max = 20;
    world.update(lower).unwrap();
    write(&mut world, &[]);
    let cases: [(Writes<'_>, bool, u64); 4] = [
        (&[], false, 100),
        (&[("c", Some(b""))], true, 100),
        (&[("a", None)], false, 50),
        (&[("b", Some(b"")), ("c", Some(b"x"))], false, 3),
    ];
    for (writes, fails, size) in cases {
        let told = failures(&write(&mut world, writes));
        assert_eq!((told.len(), told[0].is_some()), (1, fails), "{writes:?}");
        assert_eq!(world.state.holding(slug("c")), Some(&Holding(size)), "{writes:?}");
    }
}

#[test]
fn challenges_do_not_touch_each_other() {
    let half = |id: &str| Manifest { emission_share: score("0.5"), ..own_rule(id) };
    let mut world = World::contest(half("c"));
    world.publish(half("d")).unwrap();
    world.next_epoch();
    world.judge_all(&[], &weighed(&[], &[]));
    world.next_epoch();
    let ours = world.weigh_id("c");
    let opinion = |id| if id == ours { weighed(&[], &[("k", Some(b"c"))]) } else { weighed(&[], &[]) };
    world.judge(|_, id| Some(opinion(id)));
    world.next_epoch();
    assert_eq!(opened(&world), kept(&[("k", b"c")]));
    assert!(slots::latest(&world.state, &slug("d")).is_empty());
}

#[test]
fn what_a_retired_challenge_kept_stays() {
    let mut world = World::contest(own_rule("c"));
    write(&mut world, &[("a", Some(b"1"))]);
    world.shift("c", 1, Shift::Retire).unwrap();
    // The last epoch is weighed after the end, and its changes come true as any others.
    write(&mut world, &[("b", Some(b"2"))]);
    for _ in 0..5 {
        world.next_epoch();
        assert_eq!(world.weigh_job("c"), None);
        assert_eq!(opened(&world), kept(&[("a", b"1"), ("b", b"2")]));
    }
}

#[test]
fn keys_of_any_characters_are_read_in_their_order() {
    let last = char::MAX.to_string().repeat(32);
    let mut world = World::contest(Manifest {
        capabilities: manifest::Capabilities { state_bytes_max: 1000, ..Default::default() },
        ..own_rule("c")
    });
    write(&mut world, &[("\0", Some(b"1")), ("ä", Some(b"2")), (&last, Some(b"3"))]);
    world.next_epoch();
    let keys: Vec<String> = opened(&world).into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["\0".to_owned(), "ä".to_owned(), last]);
    assert!(!world.state.entries().any(|(key, _)| matches!(key, Key::Pending(..))));
}

#[test]
fn a_step_that_opens_an_epoch_can_be_undone() {
    let mut world = World::contest(own_rule("c"));
    write(&mut world, &[("a", Some(b"1"))]);
    write(&mut world, &[("a", None), ("b", Some(b"2"))]);
    world.next_epoch();
    assert_eq!(world.replayed(), world.state);
    let puts = |entry: &Entry, state: &agon_protocol::State| match entry.step(state) {
        Step::Done { writes, .. } => writes.0.values().any(|value| matches!(value, Some(Value::Slot(_)))),
        Step::Refused(_) => false,
    };
    let mut state = agon_protocol::State::new(world.genesis());
    for entry in &world.log {
        assert!(!puts(entry, &state) || matches!(entry, Entry::Begin(begin) if begin.anchor.is_some()));
        if let Step::Done { writes, .. } = entry.step(&state) {
            state.apply(writes);
        }
    }
}

/// Some keys with values of some sizes; a change without one removes.
fn changes(most: usize) -> impl Strategy<Value = Vec<(String, Option<Vec<u8>>)>> {
    let size = prop_oneof![1 => Just(None), 3 => (0..12_usize).prop_map(Some)];
    let change = ("[a-f]{1,2}", size).prop_map(|(key, size)| (key, size.map(|size| vec![0; size])));
    prop::collection::vec(change, 0..most)
}

/// A state that holds these, without any bound.
fn holding(changes: &BTreeMap<String, Option<Vec<u8>>>) -> State {
    let mut state = State::new(World::new().genesis());
    let changes: Vec<_> = changes.clone().into_iter().collect();
    let mut draft = Draft::new(&state);
    slots::keep(&mut draft, &slug("c"), (&changes, u64::MAX)).unwrap();
    let (writes, _) = draft.finish();
    state.apply(writes);
    state
}

proptest! {
    /// A run counts change by change and refuses each by itself; the ledger gets what was left of them, at once.
    #[test]
    fn a_run_is_refused_exactly_what_the_ledger_would_not_take(
        before in changes(12), tried in changes(24), bytes_max in 0..80_u64,
    ) {
        let (challenge, before) = (slug("c"), before.into_iter().collect());
        let state = holding(&before);
        let known = slots::latest(&state, &challenge);
        let size: usize = known.iter().map(|(key, value)| key.len() + value.len()).sum();
        prop_assert_eq!(slots::held(&state, &challenge), size as u64);
        let mut growth = Growth::new(slots::held(&state, &challenge), bytes_max);
        let mut made: BTreeMap<String, Option<Vec<u8>>> = BTreeMap::new();
        for (key, value) in tried {
            let now = made.get(&key).cloned().unwrap_or_else(|| known.get(&key).cloned());
            let next = growth.with(&key, (now.as_deref(), value.as_deref()));
            let mut with_it = made.clone();
            with_it.insert(key, value);
            let report: Vec<_> = with_it.clone().into_iter().collect();
            let taken = slots::keep(&mut Draft::new(&state), &challenge, (&report, bytes_max));
            prop_assert_eq!(next.check(), taken);
            if taken.is_ok() {
                (growth, made) = (next, with_it);
            }
        }
    }
}

#[test]
fn whoever_weighs_is_told_what_the_state_takes_with_the_changes_that_wait() {
    use agon_protocol::pending::{Work, task};
    let mut world = World::contest(own_rule("c"));
    write(&mut world, &[("a", Some(b"12")), ("b", Some(b"3"))]);
    world.next_epoch();
    let job = world.weigh_job("c").unwrap();
    let Work::Weigh(weighing) = task(&world.state, job).unwrap().work else { panic!("it is weighed") };
    assert_eq!(weighing.state_bytes, 5);
}

#[test]
fn a_state_is_read_page_by_page_in_the_order_of_its_keys() {
    let mut world = World::contest(own_rule("c"));
    write(&mut world, &[("a", Some(b"1")), ("b", Some(b"2")), ("c", Some(b"3"))]);
    assert!(slots::page(&world.state, &slug("c"), ("", 9)).is_empty(), "changes that wait are in no page");
    world.next_epoch();
    let page = |after, limit| -> Vec<&str> {
        slots::page(&world.state, &slug("c"), (after, limit)).into_iter().map(|(key, _)| key).collect()
    };
    assert_eq!(page("", 2), ["a", "b"]);
    assert_eq!(page("b", 2), ["c"]);
    assert_eq!(page("aa", 9), ["b", "c"], "a place may be where no key is");
    assert!(page("c", 2).is_empty());
}
