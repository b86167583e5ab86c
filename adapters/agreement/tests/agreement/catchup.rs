//! A node that was away gets what others have decided, and believes certificates only.

use crate::book::{equals, network};
use crate::room::Room;
use agon_agreement::message::Reply;
use agon_agreement::{Input, Message};
use agon_types::{Block, Certificate, Height};

type Kept = Vec<(Block, Certificate)>;

#[test]
fn a_node_that_was_away_catches_up_by_certified_blocks() {
    let mut room = Room::new(equals(4), 29);
    for node in 0..3 {
        room.begin(node);
    }
    assert!(room.run(2_000_000, |room| room.nodes[0].book.tip() >= Height(150)));
    room.begin(3);
    let (began, questions) = (room.now, room.questions);
    assert!(room.run(60_000, |room| room.nodes[3].book.tip() >= Height(150)));
    let (took, asked) = (room.now - began, room.questions - questions);
    println!("150 blocks in {took} ms of virtual time with {asked} questions");
    assert!((1..=10).contains(&asked), "{asked}");
    assert!(room.run(60_000, |room| room.lowest() >= Height(155)), "it votes again");
    room.assert_no_fork();
    room.assert_nobody_voted_twice(|_| true);
}

/// One lost message must not wedge anybody: who is one height behind finds out.
#[test]
fn a_node_that_misses_every_precommit_still_follows() {
    let mut room = Room::new(equals(4), 31);
    room.filter = Box::new(|_, to, message, _| to != 2 || !matches!(message, Message::Precommit(_)));
    let mut room = room.all_begin();
    assert!(room.run(200_000, |room| room.lowest() >= Height(10)), "{:?}", room.lowest());
    assert!(room.questions > 0);
    room.assert_no_fork();
}

/// C14: what is fetched is proven like everything else, and a liar is not asked again at once.
#[test]
fn a_fetched_block_without_its_proof_is_not_kept() {
    let mut room = Room::new(equals(4), 37);
    for node in 0..3 {
        room.begin(node);
    }
    assert!(room.run(100_000, |room| room.nodes[0].book.tip() >= Height(3)));
    let honest = room.nodes[0].book.kept.clone();
    let (liar, mut cases) = (room.nodes[1].book.me, Vec::new());
    let mut push = |desc, change: &dyn Fn(&mut Kept)| {
        let mut blocks = honest.clone();
        change(&mut blocks);
        cases.push((desc, blocks));
    };
    push("two signatures of four", &|blocks| blocks[0].1.signatures.truncate(2));
    push("one signature three times", &|blocks| {
        let first = blocks[0].1.signatures[0];
        blocks[0].1.signatures = vec![first; 3];
    });
    push("another round", &|blocks| blocks[0].1.round += 1);
    push("another block", &|blocks| blocks[0].0.header.time_ms.0 += 1);
    push("another body", &|blocks| blocks[0].0.last_certificate = Some(blocks[0].1.clone()));
    push("the next height", &|blocks| drop(blocks.remove(0)));
    push("nothing", &|blocks| blocks.clear());
    for (desc, blocks) in cases {
        room.nodes[3].disk = crate::disk::Disk::default();
        room.filter = Box::new(|_, to, _, _| to != 3);
        room.begin(3);
        let tip = Message::Tip(Height(3));
        let bytes = tip.encode(&network(), 0);
        room.bring(3, Input::Message { from: liar, topic: tip.topic(), bytes, number: 0 });
        room.bring(3, Input::Reply { from: liar, bytes: Reply { blocks }.encode(&network()) });
        let now = room.now;
        // Only what the liar said is on the way; honest answers come later.
        room.run(10, |room| room.now > now + 10);
        assert_eq!(room.nodes[3].book.tip(), Height(0), "{desc}");
        room.fall(3, 0);
    }
}
