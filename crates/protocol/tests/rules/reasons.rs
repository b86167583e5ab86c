//! Every reason for a refusal is produced by somebody's mistake.

use crate::world::*;
use agon_protocol::{Begin, Input, Reason, State, Step, step};
use agon_types::action::Shift;
use agon_types::key::SigningKey;
use agon_types::misbehaviour::Conflict;
use agon_types::vote::Prevote;
use agon_types::*;
use std::collections::BTreeSet;

/// Version 1 has one kind of agent, and a manifest names at least one: nothing else can be announced.
const UNREACHABLE: [&str; 1] = ["kind_not_allowed"];

type Mistake = fn(&mut World) -> Done;

fn judged(world: &mut World) -> JobId {
    world.submit("c", (10, 1), 5);
    world.next_epoch();
    world.jobs()[0].0
}

fn announced(world: &mut World, change: fn(&mut Announcement)) -> Done {
    let mut stated = world.announcement("c", (10, 1, artifact(1)));
    world.commit_on_chain(&stated, 5);
    change(&mut stated);
    world.announce(&stated)
}

fn at(world: &mut World, heights: u64, ms: u64) -> Done {
    let now = world.state_now();
    let (height, time_ms) = (now.0.plus(heights), now.1.plus(ms));
    world.take(Entry::Begin(Begin { height, time_ms, anchor: None, signers: Vec::new() }))
}

fn anchored(world: &mut World, number: u64, facts: Vec<Fact>) -> Done {
    let anchor = world.anchor(number, facts);
    world.begin(Some(anchor))
}

fn decided(world: &mut World, number: u32, submission: Option<SubmissionId>, key: u8) -> Done {
    let id = world.submit("c", (10, 1), 5);
    let submission = submission.unwrap_or(id);
    let note = if number == 7 { "x".repeat(257) } else { String::new() };
    let decision = Decision { challenge: slug("c"), submission, number, verdict: Verdict::Approve, note };
    world.act(ActionBody::Decide(decision), &[pair(key)])
}

const BLOCKS: [(&str, Mistake); 6] = [
    ("wrong_height", |world| at(world, 2, 1)),
    ("time_not_after", |world| at(world, 1, 0)),
    ("anchor_not_after", |world| anchored(world, 1, Vec::new())),
    ("anchor_skips_boundary", |world| anchored(world, world.boundary() + 1, Vec::new())),
    ("anchor_too_large", |world| {
        let fact = Fact::Deregistered { hotkey: hotkey(9) };
        anchored(world, world.boundary(), vec![fact; 4097])
    }),
    ("expired", |world| {
        let action = world.sign(ActionBody::PublishChallenge(Box::new(manifest("d"))), &[pair(OWNER)]);
        world.blocks(101);
        world.take(Entry::Action(action))
    }),
];

const OWNERS: [(&str, Mistake); 12] = [
    ("expires_too_late", |world| {
        let body = ActionBody::PublishChallenge(Box::new(manifest("d")));
        let (network, expires_at_height) = (world.network(), Height(1_000_000));
        let action = Signed::new(&network, Action { expires_at_height, body }, &[pair(OWNER)]);
        world.take(Entry::Action(action.verify(&network).unwrap()))
    }),
    ("not_owner", |world| world.act(ActionBody::PublishChallenge(Box::new(manifest("d"))), &[pair(1)])),
    ("unknown_challenge", |world| world.shift("d", 1, Shift::Pause)),
    ("challenge_exists", |world| world.publish(Manifest { title: "Other".to_owned(), ..manifest("c") })),
    ("wrong_version", |world| world.publish(Manifest { version: 2, ..world.empty("d") })),
    ("shift_not_possible", |world| {
        world.shift("c", 1, Shift::Retire)?;
        world.shift("c", 1, Shift::Resume)
    }),
    ("superseded", |world| {
        world.shift("c", 1, Shift::Pause)?;
        world.shift("c", 1, Shift::Resume)
    }),
    ("invalid_manifest", |world| world.publish(Manifest { title: String::new(), ..manifest("d") })),
    ("emission_exceeded", |world| world.publish(manifest("d"))),
    ("too_many_challenges", |world| {
        (0..256).try_fold(Vec::new(), |_, n| world.publish(world.empty(&format!("d{n}"))))
    }),
    ("already_done", |world| world.publish(manifest("c"))),
    ("not_approver", |world| decided(world, 0, None, 1)),
];

const DECISIONS: [(&str, Mistake); 4] = [
    ("bad_note", |world| decided(world, 7, None, OWNER)),
    ("wrong_number", |world| decided(world, 1, None, OWNER)),
    ("unknown_submission", |world| decided(world, 0, Some(SubmissionId(Digest::ZERO)), OWNER)),
    ("not_candidate", |world| decided(world, 0, None, OWNER)),
];

const MINERS: [(&str, Mistake); 8] = [
    ("not_signed_by", |world| {
        let stated = world.announcement("c", (10, 1, artifact(1)));
        world.act(ActionBody::Announce(stated), &[pair(11)])
    }),
    ("not_registered", |world| {
        let stated = world.announcement("c", (10, 1, artifact(1)));
        world.announce(&stated)
    }),
    ("challenge_closed", |world| {
        world.shift("c", 1, Shift::Pause)?;
        world.next_epoch();
        announced(world, |_| ())
    }),
    ("wrong_size", |world| announced(world, |stated| stated.size_bytes = 0)),
    ("bad_label", |world| announced(world, |stated| stated.label = "\n".to_owned())),
    ("version_taken", |world| {
        announced(world, |_| ())?;
        announced(world, |stated| stated.label = "other".to_owned())
    }),
    ("no_commitment", |world| announced(world, |stated| stated.artifact = Digest::ZERO)),
    ("quota_exceeded", |world| {
        (1..=8).for_each(|n| assert_ne!(world.submit("c", (10, n), 5).0, Digest::ZERO));
        let stated = world.announcement("c", (10, 9, artifact(9)));
        world.announce(&stated)
    }),
];

/// A contest with an inbox, whose miner 10 is on the chain.
fn with_inbox(world: &mut World) {
    world.neuron(10, |_| ());
    let share = Score::ZERO;
    world.publish(Manifest { emission_share: share, ..own_rule("d") }).unwrap();
    world.next_epoch();
}

const POSTS: [(&str, Mistake); 3] = [
    ("no_inbox", |world| world.post("c", (1, 1), b"")),
    ("post_too_large", |world| {
        with_inbox(world);
        world.post("d", (10, 1), &[0; 4097])
    }),
    ("inbox_full", |world| {
        with_inbox(world);
        (0..86).for_each(|n| world.neuron(100 + n, |_| ()));
        (0..256).for_each(|n| drop(world.post("d", (100 + (n / 3) as u8, n + 1), b"").unwrap()));
        world.post("d", (10, 1), b"")
    }),
];

const VALIDATORS: [(&str, Mistake); 10] = [
    ("session_taken", |world| {
        let body =
            ActionBody::RegisterSession { hotkey: hotkey(1), session: session(2).session(), sequence: 9 };
        world.act(body, &[pair(1), session(2)])
    }),
    ("not_signed_by_session", |world| {
        let body =
            ActionBody::RegisterSession { hotkey: hotkey(1), session: session(1).session(), sequence: 9 };
        world.act(body, &[pair(1)])
    }),
    ("stale_sequence", |world| world.register(1, 0)),
    ("unknown_job", |world| {
        let job = JobId { round: 1, ..judged(world) };
        world.commit(1, job, Digest::ZERO)
    }),
    ("not_assigned", |world| {
        world.join(&[(4, 100)]);
        world.neuron(4, |neuron| neuron.permit = false);
        let job = judged(world);
        world.commit(4, job, Digest::ZERO)
    }),
    ("outside_window", |world| {
        let job = judged(world);
        world.reveal(1, job, scored("0.5"))
    }),
    ("commit_stands", |world| {
        let job = judged(world);
        world.commit(1, job, Digest::ZERO)?;
        world.commit(1, job, artifact(1))
    }),
    ("no_commit", |world| {
        let job = judged(world);
        world.open_reveals();
        world.reveal(1, job, scored("0.5"))
    }),
    ("commit_mismatch", |world| {
        let job = judged(world);
        world.commit(1, job, Digest::ZERO)?;
        world.open_reveals();
        world.reveal(1, job, scored("0.5"))
    }),
    ("bad_report", |world| {
        let job = judged(world);
        let (empty, hidden) =
            (Outcome::Scored(Vec::new()), world.hidden(1, job, Outcome::Scored(Vec::new())));
        world.commit(1, job, hidden)?;
        world.open_reveals();
        world.reveal(1, job, empty)
    }),
];

fn shown(world: &mut World, offender: u8, height: u64) -> Done {
    let said = Prevote { height: Height(height), round: 0, block: None };
    let signature = session(offender).sign(&[]);
    let conflict = Conflict::Prevotes([(said.clone(), signature), (said, signature)]);
    let shown = Misbehaviour { offender: session(offender).session(), conflict };
    world.act(ActionBody::Misbehaviour(Box::new(shown)), &[session(99)])
}

const VOTERS: [(&str, Mistake); 4] = [
    ("evidence_too_old", |world| {
        world.blocks(10_002);
        shown(world, 1, 0)
    }),
    ("no_vote", |world| shown(world, 1, 1)),
    ("not_proven", |world| {
        let seat = Seat { hotkey: hotkey(1), session: session(1).session(), power: Power(1) };
        *world = World::with(|genesis| genesis.voters = Voters::Mesh(vec![seat]));
        world.blocks(1);
        shown(world, 1, 1)
    }),
    ("no_offence", |world| {
        world.act(ActionBody::Readmit { hotkey: hotkey(1), proven: Height(1) }, &[pair(OWNER)])
    }),
];

impl World {
    fn state_now(&self) -> (Height, TimeMs) {
        use agon_protocol::state::View;
        let now = self.state.now().unwrap();
        (now.height, now.time_ms)
    }

    /// A challenge that takes no share.
    fn empty(&self, id: &str) -> Manifest {
        Manifest { emission_share: Score::ZERO, ..manifest(id) }
    }
}

#[test]
fn every_reason_is_somebodys_mistake_and_a_refusal_changes_nothing() {
    let mut seen: BTreeSet<&str> = UNREACHABLE.into();
    let contest = BLOCKS.iter().chain(&OWNERS).chain(&DECISIONS).chain(&MINERS).chain(&POSTS);
    for (code, mistake) in contest.chain(&VALIDATORS).chain(&VOTERS) {
        let mut world = World::contest(manifest("c"));
        let reason = mistake(&mut world).expect_err(code);
        assert_eq!(reason.code(), *code, "{reason}");
        let last = world.log.pop().unwrap();
        let before = world.state.clone();
        assert_eq!(last.step(&world.state), Step::Refused(reason));
        assert_eq!(world.state, before, "{code}");
        seen.insert(code);
    }
    let begin = Begin { height: Height(1), time_ms: TimeMs(1), anchor: None, signers: Vec::new() };
    assert_eq!(step(&State::default(), Input::Begin(begin)), Step::Refused(Reason::NoGenesis));
    seen.insert("no_genesis");
    assert_eq!(seen, Reason::CODES.iter().copied().collect());
}

#[test]
fn a_reason_says_what_to_do_in_a_sentence() {
    let reason = Reason::QuotaExceeded { max: 2, epoch: Epoch(7) };
    assert_eq!(
        reason.to_string(),
        "2 of one hotkey in one epoch are allowed, and epoch 7 has them: wait for the next"
    );
    let codes: BTreeSet<_> = Reason::CODES.iter().collect();
    assert_eq!(codes.len(), Reason::CODES.len(), "each code is there once");
}
