//! Single messages: whatever is not exactly right is turned away, and counted.

use crate::attacks::{leader, sign};
use crate::book::{Book, equals, network, pair};
use crate::disk::{Disk, Open};
use crate::room::settings;
use crate::rounds::action;
use agon_agreement::driver::Verdict;
use agon_agreement::message::{Ballot, Reply, Request, RoundVote};
use agon_agreement::signatures::Checked;
use agon_agreement::{Driver, Input, Message, Output, Topic, Wal};
use agon_types::{Digest, Height, SessionKey, vote};
use proptest::prelude::*;

type ChangeProposal = fn(&mut Ballot<vote::Proposal>, &mut agon_types::Block);
type ChangeVote = fn(&mut Ballot<vote::Prevote>);

/// A node of four that waits for its first height, and is not its leader.
fn node() -> Driver {
    let me = (leader(4, 1) + 1) % 4;
    let (journal, records) = Wal::<Open>::open("votes", Disk::default()).unwrap();
    let mut driver = Driver::new(settings(), pair(me), Box::new(journal), records, Box::<Checked>::default());
    driver.handle(Input::Begin { tip: Height(0), voters: equals(4) }).unwrap();
    driver
}

fn verdict(driver: &mut Driver, topic: Topic, bytes: Vec<u8>) -> Verdict {
    let from = SessionKey([9; 32]);
    let outputs = driver.handle(Input::Message { from, topic, bytes, number: 5 }).unwrap();
    let judged = |output: &Output| match output {
        Output::Judged { number: 5, verdict } => Some(*verdict),
        _ => None,
    };
    outputs.iter().find_map(judged).expect("each message is judged")
}

fn judge(message: &Message) -> Verdict {
    verdict(&mut node(), message.topic(), message.encode(&network(), 0))
}

fn proposal() -> (Ballot<vote::Proposal>, Box<agon_types::Block>) {
    let leader = leader(4, 1);
    let book = Book::new(pair(leader).session(), equals(4));
    let block = book.build();
    let digest = block.header.digest();
    let body = vote::Proposal { height: Height(1), round: 0, block: digest, polka_round: None };
    (sign(leader, body), Box::new(block))
}

/// C2: a vote of one kind is no vote of another.
#[test]
fn a_signature_for_one_kind_of_vote_is_none_for_another() {
    let (height, round, block) = (Height(1), 0, Some(Digest([7; 32])));
    let prevote = sign(0, vote::Prevote { height, round, block });
    let precommit = sign(0, vote::Precommit { height, round, block });
    assert_eq!(judge(&Message::Prevote(prevote.clone())), Verdict::Accept);
    assert_eq!(judge(&Message::Precommit(precommit.clone())), Verdict::Accept);
    let swapped = Ballot { body: prevote.body.clone(), voter: prevote.voter, signature: precommit.signature };
    assert_eq!(judge(&Message::Prevote(swapped)), Verdict::Reject);
    let swapped = Ballot { body: precommit.body, voter: precommit.voter, signature: prevote.signature };
    assert_eq!(judge(&Message::Precommit(swapped)), Verdict::Reject);
}

/// C3: every field that changes the meaning is under the signature.
#[test]
fn a_changed_field_is_refused() {
    let (ballot, block) = proposal();
    assert_eq!(judge(&Message::Proposal(ballot.clone(), block.clone())), Verdict::Accept);
    let changes: [(&str, ChangeProposal); 9] = [
        ("height", |ballot, _| ballot.body.height = Height(2)),
        ("round", |ballot, _| ballot.body.round = 4),
        ("block", |ballot, _| ballot.body.block = Digest([1; 32])),
        ("polka", |ballot, _| ballot.body.polka_round = Some(0)),
        ("voter", |ballot, _| ballot.voter = pair((leader(4, 1) + 1) % 4).session()),
        ("signature", |ballot, _| ballot.signature.0[3] ^= 1),
        ("time", |_, block| block.header.time_ms.0 += 1),
        ("root", |_, block| block.header.state_root = Digest([1; 32])),
        ("body", |_, block| block.actions.push(action(1))),
    ];
    for (field, change) in changes {
        let (mut ballot, mut block) = (ballot.clone(), block.clone());
        change(&mut ballot, &mut block);
        assert_ne!(judge(&Message::Proposal(ballot, block)), Verdict::Accept, "{field}");
    }
    let vote = sign(0, vote::Prevote { height: Height(1), round: 0, block: None });
    let changes: [(&str, ChangeVote); 4] = [
        ("round", |ballot| ballot.body.round = 1),
        ("block", |ballot| ballot.body.block = Some(Digest([1; 32]))),
        ("voter", |ballot| ballot.voter = pair(1).session()),
        ("signature", |ballot| ballot.signature.0[60] ^= 1),
    ];
    for (field, change) in changes {
        let mut ballot = vote.clone();
        change(&mut ballot);
        assert_eq!(judge(&Message::Prevote(ballot)), Verdict::Reject, "{field}");
    }
}

#[test]
fn what_is_not_for_this_node_is_turned_away_and_counted() {
    let mut driver = node();
    let vote = |voter: usize, height: u64, round: u32| {
        Message::Prevote(sign(voter, vote::Prevote { height: Height(height), round, block: None }))
    };
    let other: agon_types::NetworkId = "other".parse().unwrap();
    let good = vote(0, 1, 0);
    let cases = [
        ("another network", good.encode(&other, 0), Verdict::Reject),
        ("half of it", good.encode(&network(), 0)[..40].to_vec(), Verdict::Reject),
        ("too long", vec![0; Topic::Votes.bytes_max() + 1], Verdict::Reject),
        ("no voter", vote(8, 1, 0).encode(&network(), 0), Verdict::Reject),
        ("a far height", vote(0, 9, 0).encode(&network(), 0), Verdict::Ignore),
        ("a far round", vote(0, 1, 11).encode(&network(), 0), Verdict::Ignore),
        ("a decided height", vote(0, 0, 0).encode(&network(), 0), Verdict::Ignore),
    ];
    for (desc, bytes, expected) in cases {
        assert_eq!(verdict(&mut driver, Topic::Votes, bytes), expected, "{desc}");
    }
    assert_eq!(verdict(&mut driver, Topic::Actions, good.encode(&network(), 0)), Verdict::Reject, "topic");
    let counts = driver.status().counts;
    let counted = (counts.other_network, counts.malformed, counts.unknown_signer, counts.far, counts.late);
    assert_eq!(counted, (1, 3, 1, 2, 1), "{counts:?}");
}

/// A voter that fills the waiting room fills its own place only.
#[test]
fn one_voter_cannot_crowd_out_the_others() {
    let mut driver = node();
    let vote = |voter: usize, round: u32, byte: u8| {
        let block = Some(Digest([byte; 32]));
        Message::Prevote(sign(voter, vote::Prevote { height: Height(2), round, block }))
    };
    let mut say = |message: &Message| verdict(&mut driver, Topic::Votes, message.encode(&network(), 0));
    let verdicts: Vec<Verdict> = (0..40).map(|byte| say(&vote(0, 0, byte))).collect();
    assert_eq!(verdicts.iter().filter(|verdict| **verdict == Verdict::Accept).count(), 16);
    assert_eq!(say(&vote(1, 0, 1)), Verdict::Accept, "another voter has its own place");
    assert_eq!(driver.status().counts.crowded, 24);
}

/// Nodes of different builds speak with each other: what these digests are of may change with `VERSION` only.
#[test]
fn the_encoding_of_messages_stands() {
    let (height, round, block) = (Height(1), 2, Some(Digest([7; 32])));
    let (ballot, body) = proposal();
    let signature = ballot.signature;
    let signatures = vec![(pair(0).session(), signature)];
    let vote = RoundVote { is_precommit: true, block, voter: pair(1).session(), signature };
    let messages = [
        ("proposal", Message::Proposal(ballot, body)),
        ("prevote", Message::Prevote(sign(0, vote::Prevote { height, round, block }))),
        ("precommit", Message::Precommit(sign(0, vote::Precommit { height, round, block: None }))),
        ("polka", Message::Polka { height, round, block: Digest([7; 32]), signatures }),
        ("round", Message::Round { height, round, is_skip: true, votes: vec![vote] }),
        ("tip", Message::Tip(height)),
        ("action", Message::Action(Box::new(action(1)))),
    ];
    let short = |message: &Message| Digest::of(&message.encode(&network(), 3)).short();
    let found = messages.map(|(name, message)| format!("{name} {}", short(&message)));
    let expected = [
        "proposal dcb25e2970c3",
        "prevote eadb97f330a1",
        "precommit 3a43e61ca720",
        "polka c394aed8f054",
        "round 825ff6198cfe",
        "tip e3af03767d67",
        "action 0b0a0008e0b9",
    ];
    assert_eq!(found, expected);
}

/// Blocks are large, so of a height that has not begun there is room for two, whoever sends more.
#[test]
fn a_leader_cannot_fill_the_memory_with_blocks() {
    let mut driver = node();
    let leader = leader(4, 1);
    let book = Book::new(pair(leader).session(), equals(4));
    let verdicts = (0..10).map(|later_ms| {
        let block = book.block(pair(leader).session(), Vec::new(), later_ms);
        let (height, digest) = (Height(1), block.header.digest());
        let body = vote::Proposal { height, round: 0, block: digest, polka_round: None };
        let message = Message::Proposal(sign(leader, body), Box::new(block));
        verdict(&mut driver, Topic::Blocks, message.encode(&network(), 0))
    });
    assert_eq!(verdicts.filter(|verdict| *verdict == Verdict::Accept).count(), 2);
}

/// An action counts once, however often it comes.
#[test]
fn an_action_that_waits_already_is_not_passed_on_again() {
    let mut driver = node();
    let message = Message::Action(Box::new(action(1)));
    let verdicts =
        [0, 1, 2].map(|attempt| verdict(&mut driver, Topic::Actions, message.encode(&network(), attempt)));
    assert_eq!(verdicts, [Verdict::Accept, Verdict::Ignore, Verdict::Ignore]);
    let mut forged = action(2);
    forged.endorsements = action(3).endorsements;
    let forged = Message::Action(Box::new(forged)).encode(&network(), 0);
    assert_eq!(verdict(&mut driver, Topic::Actions, forged), Verdict::Reject);
}

#[test]
fn questions_and_answers_read_back_and_stay_within_their_size() {
    let request = Request { from: Height(7) };
    assert_eq!(Request::decode(&request.encode(&network()), &network()), Ok(request));
    let book = Book::new(pair(0).session(), equals(4));
    let certificate =
        agon_types::Certificate { height: Height(1), round: 0, block: Digest::ZERO, signatures: Vec::new() };
    let blocks = vec![(book.build(), certificate); 100];
    let reply = Reply::decode(&Reply { blocks }.encode(&network()), &network()).unwrap();
    assert_eq!(reply.blocks.len(), 64);
}

proptest! {
    /// Nothing that arrives brings a node down, and nothing forged gets in.
    #[test]
    fn any_bytes_are_judged(bytes in proptest::collection::vec(any::<u8>(), 0..600), topic in 0..3usize) {
        prop_assert_ne!(verdict(&mut node(), Topic::ALL[topic], bytes.clone()), Verdict::Accept);
        let asked = node().handle(Input::Asked { number: 1, bytes: bytes.clone() });
        prop_assert!(asked.is_ok());
        let replied = node().handle(Input::Reply { from: pair(0).session(), bytes });
        prop_assert!(replied.is_ok());
    }

    /// One flipped bit in a proposal with its block: it is not accepted, whatever bit it is.
    #[test]
    fn a_flipped_bit_is_never_accepted(at in any::<prop::sample::Index>(), bit in 0..8u8) {
        let (ballot, block) = proposal();
        let mut bytes = Message::Proposal(ballot, block).encode(&network(), 0);
        // The number of the attempt is the one thing that means nothing.
        let attempt = 2 + 4 + network().as_str().len();
        let at = at.index(bytes.len());
        prop_assume!(!(attempt..attempt + 4).contains(&at));
        bytes[at] ^= 1 << bit;
        prop_assert_ne!(verdict(&mut node(), Topic::Blocks, bytes), Verdict::Accept);
    }
}
