//! The entries of the state are on disks and under the root: their encodings are fixed, and their decoders are total.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its case has failed")]

use agon_protocol::state::{
    self, Agreed, Board, Challenge, Change, Claim, Commit, Commitments, Entrant, Holding, Job, Key, Missed,
    Now, Offence, Opened, Pending, Phase, Posted, Poster, Quota, Round, Session, Slot, Standing, Status,
    Submission, Value, Weighing,
};
use agon_types::*;
use proptest::prelude::*;

fn hotkey() -> Hotkey {
    Hotkey([1; 32])
}

fn submission() -> SubmissionId {
    SubmissionId(Digest([2; 32]))
}

fn slug() -> ChallengeId {
    "c".parse().unwrap()
}

fn job() -> JobId {
    JobId { epoch: Epoch(1), round: 2, submission: submission() }
}

/// A key of every kind, in the order of their numbers.
fn keys() -> Vec<Key> {
    vec![
        Key::Genesis(),
        Key::Now(),
        Key::Neuron(hotkey()),
        Key::Commitments(hotkey()),
        Key::Session(hotkey()),
        Key::Challenge(slug()),
        Key::Manifest(slug(), 3),
        Key::Submission(submission()),
        Key::Claim(slug(), Digest([3; 32])),
        Key::Quota(Epoch(4), slug(), hotkey()),
        Key::Entrant(slug(), submission()),
        Key::Epoch(Epoch(5)),
        Key::Round(Epoch(6), 1),
        Key::Job(job()),
        Key::Commit(job(), hotkey()),
        Key::Report(job(), hotkey()),
        Key::Score(slug(), 1, Epoch(7), submission()),
        Key::Board(slug()),
        Key::Seal(Epoch(8)),
        Key::Standing(slug(), Epoch(9)),
        Key::Post(Epoch(1), slug(), 2),
        Key::Poster(slug(), hotkey()),
        Key::Weighed(Epoch(3), slug()),
        Key::Slot(slug(), "a".to_owned()),
        Key::Pending(slug(), "b".to_owned()),
        Key::Holding(slug()),
        Key::Voters(Height(10)),
        Key::Missed(),
        Key::Offence(hotkey()),
    ]
}

/// A value of every kind that this crate defines.
fn values() -> Vec<Value> {
    [contest_values(), own_values(), voters_values()].concat()
}

/// Those of the way of a submission.
fn contest_values() -> Vec<Value> {
    let announcement = Announcement {
        challenge: slug(),
        hotkey: hotkey(),
        version: 1,
        kind: manifest::AgentKind::Component,
        artifact: Digest([3; 32]),
        size_bytes: 4,
        label: "a".to_owned(),
    };
    let known = Submission {
        announcement,
        epoch: Epoch(1),
        height: Height(2),
        time_ms: TimeMs(3),
        committed_at: ChainBlock(4),
        duplicate_of: Some(submission()),
        attempts: 5,
        last: Some((6, Epoch(7))),
        barred: true,
    };
    let (height, time_ms) = (Height(1), TimeMs(2));
    let outcome = Outcome::Scored(Vec::new());
    let agreed = Agreed { score: Score::ONE, outcome, weight: 1, assigned_weight: 2, outliers: 3, height };
    let opened = Opened {
        anchor: ChainBlock(1),
        seed: [2; 32],
        validators: vec![(hotkey(), Power(3))],
        challenges: vec![(slug(), 4)],
        height,
        time_ms,
    };
    let next = Some(Change { version: 2, status: Status::Paused });
    let board = Board {
        ranked: Some((1, Epoch(2))),
        champion: Some(submission()),
        candidate: Some(submission()),
        decisions: 3,
        approved: vec![submission()],
        leader: Some((submission(), Epoch(4))),
    };
    vec![
        Now { height, time_ms, anchor: Some(ChainBlock(3)), epoch: Epoch(4), unsealed: Epoch(5) }.into(),
        Commitments(vec![(Digest([1; 32]), ChainBlock(2))]).into(),
        Session { key: SessionKey([1; 32]), sequence: 2, absences: 3, ended: true }.into(),
        Challenge { version: 1, status: Status::Active, next, shifted: height }.into(),
        known.into(),
        Claim { submission: submission(), committed_at: ChainBlock(1) }.into(),
        Quota(1).into(),
        Entrant(Epoch(1)).into(),
        opened.into(),
        Round { phase: Phase::Reveal, height, time_ms }.into(),
        Job {
            challenge: slug(),
            version: 1,
            assigned: vec![(hotkey(), 2)],
            verdict: state::Verdict::Disputed,
        }
        .into(),
        Commit(Digest([1; 32])).into(),
        agreed.into(),
        board.clone().into(),
        Standing { board, spared: vec![submission()] }.into(),
    ]
}

/// Those of what a challenge decides and keeps for itself.
fn own_values() -> Vec<Value> {
    let height = Height(1);
    let points = vec![(submission(), 1)];
    let weighed = Outcome::Weighed(Weighed { points, writes: vec![("a".to_owned(), None)], fuel: 2 });
    vec![
        Posted { hotkey: hotkey(), sequence: 1, message: vec![2], height }.into(),
        Poster { sequence: 1, message: Digest([2; 32]), epoch: Epoch(3), posts: 4 }.into(),
        Weighing { outcome: weighed, weight: 1, assigned_weight: 2, height }.into(),
        Slot(vec![1]).into(),
        Pending(Some(vec![1])).into(),
        Holding(1).into(),
    ]
}

/// Those of who decides.
fn voters_values() -> Vec<Value> {
    let session = SessionKey([1; 32]);
    let seat = Seat { hotkey: hotkey(), session, power: Power(2) };
    let (height, proven, readmitted) = (Height(1), Height(2), Some(Height(3)));
    vec![
        Voters::One(session).into(),
        Voters::Mesh(vec![seat]).into(),
        Missed([(session, 4)].into()).into(),
        Offence { session, height, proven, readmitted }.into(),
    ]
}

#[test]
fn a_key_has_the_number_of_its_kind_and_reads_back() {
    for (number, key) in keys().into_iter().enumerate() {
        let bytes = codec::encode(&key);
        assert_eq!(usize::from(bytes[0]), number, "{key:?}");
        assert_eq!(codec::decode::<Key>(&bytes, 1000), Ok(key));
    }
}

#[test]
fn the_encodings_of_keys_and_values_are_fixed() {
    let got = [Digest::of(&codec::encode(&keys())), Digest::of(&codec::encode(&values()))]
        .map(|one| one.to_string());
    assert_eq!(
        got,
        [
            "312a6c856487bdfd1c6f4b6100523810a95a2f597646fb1133ef51ad7d84e62b",
            "df373b60f413f4c7e83529e02a753730734d2aae4ef50b08e596c597a127ca75",
        ]
    );
    for value in values() {
        assert_eq!(codec::decode::<Value>(&codec::encode(&value), 1000), Ok(value));
    }
}

#[test]
fn a_proof_finds_a_score_where_the_state_has_it() {
    let (version, epoch) = (7, Epoch(8));
    let claim = agon_proof::Claim { challenge: slug(), version, epoch, submission: submission() };
    assert_eq!(claim.key(), codec::encode(&Key::Score(slug(), version, epoch, submission())));
    let (outcome, height) = (Outcome::Scored(Vec::new()), Height(1));
    let agreed = Agreed { score: Score::ONE, outcome, weight: 1, assigned_weight: 2, outliers: 3, height };
    assert_eq!(agon_proof::entry::value(&agreed), codec::encode(&Value::from(agreed)));
}

proptest! {
    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(key) = codec::decode::<Key>(&bytes, 1000) {
            prop_assert_eq!(codec::encode(&key), &bytes[..]);
        }
        if let Ok(value) = codec::decode::<Value>(&bytes, 1000) {
            prop_assert_eq!(codec::encode(&value), &bytes[..]);
        }
    }
}
