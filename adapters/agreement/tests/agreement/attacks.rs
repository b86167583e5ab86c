//! Voters that lie.

use crate::book::{equals, network, pair};
use crate::room::Room;
use agon_agreement::context::Voters;
use agon_agreement::message::Ballot;
use agon_agreement::{Input, Message, Misbehaviour};
use agon_types::key::SigningKey as _;
use agon_types::signed::{Purpose, signing_bytes};
use agon_types::{Height, vote};

pub fn sign<T: Purpose>(voter: usize, body: T) -> Ballot<T> {
    let signature = pair(voter).sign(&signing_bytes(&network(), &body));
    Ballot { body, voter: pair(voter).session(), signature }
}

pub fn bring(room: &mut Room, to: usize, from: usize, message: &Message) {
    let (topic, bytes) = (message.topic(), message.encode(&network(), 0));
    room.bring(to, Input::Message { from: pair(from).session(), topic, bytes, number: 0 });
}

/// Who proposes first at a height, of so many equals.
pub fn leader(count: usize, height: u64) -> usize {
    let voters = Voters::new(&equals(count)).unwrap();
    let key = voters.proposer(Height(height), 0).address.0;
    (0..count).find(|index| pair(*index).session() == key).unwrap()
}

/// C1: a leader that proposes two blocks gets one vote of each honest node, and is found out.
#[test]
fn a_leader_with_two_proposals_gets_one_vote_of_each_and_is_proven_to_lie() {
    let leader = leader(4, 1);
    let honest: Vec<usize> = (0..4).filter(|node| *node != leader).collect();
    let mut room = Room::new(equals(4), 41);
    for node in &honest {
        room.begin(*node);
    }
    let propose = |room: &Room, later_ms: u64| {
        let block = room.nodes[leader].book.block(pair(leader).session(), Vec::new(), later_ms);
        let (height, digest) = (Height(1), block.header.digest());
        let body = vote::Proposal { height, round: 0, block: digest, polka_round: None };
        Message::Proposal(sign(leader, body), Box::new(block))
    };
    let (one, two, three) = (propose(&room, 0), propose(&room, 1), propose(&room, 2));
    for (index, node) in honest.iter().enumerate() {
        let order = if index == 0 { [&one, &two, &three] } else { [&two, &one, &three] };
        order.iter().for_each(|message| bring(&mut room, *node, leader, message));
    }
    let all = |room: &Room| honest.iter().all(|node| room.nodes[*node].book.tip() >= Height(2));
    assert!(room.run(100_000, all), "the honest three go on");
    room.assert_no_fork();
    room.assert_nobody_voted_twice(|key| *key != pair(leader).session());
    for node in &honest {
        let proofs = &room.nodes[*node].proofs;
        assert!(!proofs.is_empty(), "node {node} has proof");
        for (voter, proof) in proofs {
            let Misbehaviour::Proposals(pair_of) = proof else { panic!("{proof:?}") };
            assert_eq!(*voter, pair(leader).session());
            assert_ne!(pair_of.0.body, pair_of.1.body);
            for signed in [&pair_of.0, &pair_of.1] {
                assert!(signed.clone().verify(&network()).is_ok(), "anyone can verify it");
            }
        }
    }
}

#[test]
fn a_voter_with_two_votes_is_counted_once_and_proven_to_lie() {
    let liar = (leader(4, 1) + 1) % 4;
    let honest: Vec<usize> = (0..4).filter(|node| *node != liar).collect();
    let mut room = Room::new(equals(4), 43);
    for node in &honest {
        room.begin(*node);
    }
    for byte in 0..3u8 {
        let block = (byte > 0).then_some(agon_types::Digest([byte; 32]));
        let prevote = Message::Prevote(sign(liar, vote::Prevote { height: Height(1), round: 0, block }));
        let precommit =
            Message::Precommit(sign(liar, vote::Precommit { height: Height(1), round: 0, block }));
        for node in &honest {
            bring(&mut room, *node, liar, &prevote);
            bring(&mut room, *node, liar, &precommit);
        }
    }
    let all = |room: &Room| honest.iter().all(|node| room.nodes[*node].book.tip() >= Height(1));
    assert!(room.run(100_000, all));
    for node in &honest {
        let proofs = &room.nodes[*node].proofs;
        let kinds = |wanted: fn(&Misbehaviour) -> bool| proofs.iter().any(|(_, proof)| wanted(proof));
        assert!(kinds(|proof| matches!(proof, Misbehaviour::Prevotes(_))), "{proofs:?}");
        assert!(kinds(|proof| matches!(proof, Misbehaviour::Precommits(_))), "{proofs:?}");
        assert!(proofs.iter().all(|(voter, _)| *voter == pair(liar).session()));
    }
}

/// C4: whoever repeats itself gains nothing.
#[test]
fn a_vote_said_a_thousand_times_is_one_vote() {
    let leader = leader(4, 1);
    let (node, loud) = ((leader + 1) % 4, (leader + 2) % 4);
    let mut room = Room::new(equals(4), 47);
    room.begin(node);
    room.begin(leader);
    assert!(!room.run(500, |_| false));
    let block = Some(agon_types::Digest([7; 32]));
    for attempt in 0..1_000 {
        let message = Message::Precommit(sign(loud, vote::Precommit { height: Height(1), round: 0, block }));
        let (topic, bytes) = (message.topic(), message.encode(&network(), attempt));
        room.bring(node, Input::Message { from: pair(loud).session(), topic, bytes, number: 0 });
    }
    assert!(!room.run(60_000, |room| room.nodes[node].book.tip() > Height(0)), "two of four do not decide");
    let status = room.nodes[node].driver.as_ref().unwrap().status();
    assert_eq!(status.height, Height(1));
}

/// What a node has said before its disk lost everything counts against it: such a node must not vote.
#[test]
fn a_node_without_its_journal_does_not_vote_before_the_height_that_it_is_told() {
    let mut settings = crate::room::settings();
    settings.vote_from = Height(3);
    let mut room = Room::new(equals(4), 53).with_settings(0, settings).all_begin();
    assert!(room.run(100_000, |room| room.lowest() >= Height(5)));
    let first =
        room.said.keys().filter(|(voter, ..)| *voter == pair(0).session()).map(|(_, _, height, _)| *height);
    assert_eq!(first.min(), Some(Height(3)));
}
