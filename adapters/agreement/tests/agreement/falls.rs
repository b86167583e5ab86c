//! Nodes that fall and come back: what they have said stands.

use crate::book::{equals, pair};
use crate::room::Room;
use agon_types::{Height, SessionKey};

/// Three heights with one node that falls at one of its appends; says whether it fell.
fn one_fall(append: usize, torn_bytes: Option<usize>, loss_percent: u64) -> bool {
    let mut room = Room::new(equals(4), append as u64 + 1);
    room.loss_percent = loss_percent;
    *room.nodes[0].left.lock().unwrap() = Some(append);
    let mut room = room.all_begin();
    let has_ended = |room: &Room| room.lowest() >= Height(3) || room.nodes[0].driver.is_none();
    assert!(room.run(600_000, has_ended), "it goes on until it falls");
    let has_fallen = room.nodes[0].driver.is_none();
    if has_fallen {
        match torn_bytes {
            Some(torn_bytes) => room.fall(0, torn_bytes),
            // The process fell, and the machine did not.
            None => room.fall(0, usize::MAX / 2),
        }
        *room.nodes[0].left.lock().unwrap() = None;
        room.begin(0);
        assert!(room.run(600_000, |room| room.lowest() >= Height(3)), "it goes on after append {append}");
    }
    room.assert_no_fork();
    room.assert_nobody_voted_twice(|_| true);
    has_fallen
}

/// C16: a fall at every append in turn, with the unsynced bytes lost, torn or kept.
#[test]
fn a_node_that_falls_at_any_append_never_votes_twice() {
    for loss_percent in [0, 15] {
        let mut append = 0;
        let mut falls = 0;
        while [Some(0), Some(7), Some(40), None]
            .map(|torn| one_fall(append, torn, loss_percent))
            .contains(&true)
        {
            append += 1;
            falls += 4;
        }
        println!("{falls} falls at {append} appends, {loss_percent} % of messages lost");
        assert!(append >= 20, "three heights have more than {append} appends");
    }
}

/// C16 in the hardest form: the whole network falls again and again, at changing moments.
#[test]
fn a_network_that_falls_again_and_again_never_forks() {
    for seed in 1..=12 {
        let mut room = Room::new(equals(4), seed);
        room.loss_percent = 5;
        let mut room = room.all_begin();
        for _ in 0..12 {
            let patience = 100 + room.random(2_500);
            room.run(patience, |_| false);
            let node = room.random(4) as usize;
            let torn_bytes = room.random(60) as usize;
            room.fall(node, torn_bytes);
            room.begin(node);
        }
        let tip = room.lowest();
        assert!(room.run(600_000, |room| room.lowest() >= tip.plus(2)), "seed {seed} goes on");
        room.assert_no_fork();
        room.assert_nobody_voted_twice(|_| true);
    }
}

/// A ledger that was restored from a backup does not know what its node has voted for since.
#[test]
fn a_node_whose_journal_is_ahead_of_its_ledger_follows_and_does_not_vote() {
    let mut room = Room::new(equals(4), 23).all_begin();
    assert!(room.run(100_000, |room| room.lowest() >= Height(5)));
    // Into the middle of the sixth height, so that there are votes in the journal.
    assert!(room.run(100_000, |room| room.said.contains_key(&(pair(0).session(), "prevote", Height(6), 0))));
    room.fall(0, 0);
    room.nodes[0].book.kept.truncate(2);
    let votes = |room: &Room, me: SessionKey| {
        room.said.keys().filter(|(voter, _, height, _)| *voter == me && *height <= Height(6)).count()
    };
    let before = votes(&room, pair(0).session());
    room.begin(0);
    assert!(!room.nodes[0].driver.as_ref().unwrap().status().is_voting);
    assert!(room.run(200_000, |room| room.lowest() >= Height(9)), "{:?}", room.lowest());
    assert_eq!(votes(&room, pair(0).session()), before, "it has said nothing more up to there");
    assert!(room.nodes[0].driver.as_ref().unwrap().status().is_voting, "and votes again after it");
    room.assert_no_fork();
    room.assert_nobody_voted_twice(|_| true);
}
