//! Heights that are decided: in time, in any order of arrival, across rounds, and by enough power only.

use crate::attacks::leader;
use crate::book::{Book, equals, network, pair};
use crate::disk::{Disk, Open};
use crate::room::{PACE, Room, settings};
use agon_agreement::signatures::{Checked, Quorum};
use agon_agreement::{Driver, Input, Message, Output, Timer, Wal};
use agon_types::action::Shift;
use agon_types::{Action, ActionBody, Digest, Height, Signed};
use arc_malachitebft_core_types::ThresholdParam;
use std::time::Duration;

/// How long this thread has worked, whoever else was on the machine.
fn worked() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split_whitespace().next().unwrap().parse().unwrap())
}

#[test]
fn four_voters_decide_fifty_heights() {
    let mut room = Room::new(equals(4), 1).all_begin();
    let began = worked();
    assert!(room.run(200_000, |room| room.lowest() >= Height(50)));
    let cpu = (worked() - began) / 50;
    room.assert_no_fork();
    room.assert_nobody_voted_twice(|_| true);
    let rounds: u32 = room.nodes[0].book.kept.iter().map(|(_, certificate)| certificate.round).sum();
    assert_eq!(rounds, 0, "nothing is lost, so each first round decides");
    println!("4 voters: {cpu:?} of work per height for all four");
}

/// From the begin of a height to its decision at the last node, on links of 40 to 100 ms one way.
fn latencies(count: usize, heights: u64) -> Vec<u64> {
    let mut room = Room::new(equals(count), 7).all_begin();
    let mut latencies = Vec::new();
    for height in 1..=heights {
        assert!(room.run(20_000, |room| room.nodes.iter().all(|node| node.is_deciding(height))));
        let began = room.now;
        assert!(room.run(20_000, |room| room.lowest() >= Height(height)));
        latencies.push(room.now - began);
    }
    latencies.sort_unstable();
    latencies
}

#[test]
fn a_height_takes_three_steps_of_the_network() {
    for count in [4, 10] {
        let began = worked();
        let latencies = latencies(count, 30);
        let (median, cpu) = (latencies[15], (worked() - began) / 30);
        println!("{count} voters: p50 {median} ms, longest {} ms, {cpu:?} per height", latencies[29]);
        assert!(median <= 300, "{latencies:?}");
    }
}

/// C6: a node that hears the same messages in another order decides the same.
#[test]
fn any_order_of_arrival_decides() {
    let mut room = Room::new(equals(4), 3).all_begin();
    assert!(room.run(10_000, |room| room.lowest() >= Height(1)));
    let (block, _) = room.nodes[0].book.kept[0].clone();
    let of_height = |message: &Message| message.height() == Some(Height(1));
    let said = room.messages.iter().filter(|(node, message)| *node != 0 && of_height(message));
    let said: Vec<_> = said.map(|(node, message)| (pair(*node).session(), message.clone())).collect();
    assert!(said.len() >= 6, "three nodes prevote and precommit");
    if !said.iter().any(|(_, message)| matches!(message, Message::Proposal(..))) {
        panic!("choose a seed whose first proposer is not the node that listens");
    }
    for seed in 0..300 {
        let mut order: Vec<usize> = (0..=said.len()).collect();
        let mut shuffle = Room::new(equals(1), seed);
        for last in (1..order.len()).rev() {
            order.swap(last, shuffle.random(last as u64 + 1) as usize);
        }
        let decided = listen(&said, &order);
        assert_eq!(decided, Some(block.header.digest()), "in the order {order:?}");
    }
}

/// What the first node decides when it hears messages in an order; the last number is its own clock.
fn listen(said: &[(agon_types::SessionKey, Message)], order: &[usize]) -> Option<Digest> {
    let book = Book::new(pair(0).session(), equals(4));
    let (journal, records) = Wal::<Open>::open("votes", Disk::default()).unwrap();
    let mut driver = Driver::new(settings(), pair(0), Box::new(journal), records, Box::<Checked>::default());
    let begin = Input::Begin { tip: Height(0), voters: book.voters.clone() };
    let mut inputs = vec![begin];
    inputs.extend(order.iter().map(|index| match said.get(*index) {
        None => Input::Timer(Timer::Idle(Height(1))),
        Some((from, message)) => {
            let bytes = message.encode(&network(), 0);
            Input::Message { from: *from, topic: message.topic(), bytes, number: 0 }
        }
    }));
    let mut inputs: std::collections::VecDeque<Input> = inputs.into();
    while let Some(input) = inputs.pop_front() {
        for output in driver.handle(input).unwrap() {
            match output {
                Output::Check(block) => {
                    let accepted = book.check(&block);
                    // The application is slow: it answers last.
                    inputs.push_back(Input::Checked { block: block.header.digest(), accepted });
                }
                Output::Decide { certificate, .. } => return Some(certificate.block),
                _ => {}
            }
        }
    }
    None
}

/// C5: what one node has locked is what is decided, though its proposer is gone, its node fell, and rounds pass.
#[test]
fn a_locked_value_survives_its_leader_and_a_restart() {
    let leader = leader(4, 1);
    let [locked, other, last] = [1, 2, 3].map(|step| (leader + step) % 4);
    let mut room = Room::new(equals(4), 5);
    // Two see three prevotes for the block and lock it; two do not. So two precommit it, and two do not.
    room.filter = Box::new(move |from, to, message, _| match message {
        Message::Proposal(ballot, _) => ballot.body.round > 0 || to != last,
        Message::Prevote(ballot) => ballot.body.round > 0 || from != locked || to == leader,
        _ => true,
    });
    let mut room = room.all_begin();
    let precommits = |room: &Room| {
        let said = |node: &usize| room.said.get(&(pair(*node).session(), "precommit", Height(1), 0)).cloned();
        [leader, locked, other, last].iter().filter_map(said).flatten().collect::<Vec<_>>()
    };
    assert!(room.run(20_000, |room| precommits(room).len() == 4), "{:?}", precommits(&room));
    let said = precommits(&room);
    assert!(said[0].is_some() && said[1] == said[0] && said[2..] == [None, None], "{said:?}");
    room.fall(leader, 0);
    // The others fall too, and come back with what was durable.
    for node in [locked, other, last] {
        room.fall(node, 3);
        room.begin(node);
    }
    let all =
        |room: &Room| [locked, other, last].iter().all(|node| room.nodes[*node].book.tip() >= Height(1));
    assert!(room.run(120_000, all), "three of four decide");
    let (kept, certificate) = &room.nodes[last].book.kept[0];
    assert_eq!(Some(kept.header.digest()), said[0], "the locked block");
    assert!(certificate.round > 0);
    room.assert_no_fork();
    room.assert_nobody_voted_twice(|_| true);
}

/// C7: the power that counts is that of all voters, heard or not.
#[test]
fn neither_half_of_a_cut_network_decides_and_both_go_on_after_it() {
    let mut room = Room::new(equals(6), 11);
    room.filter = Box::new(|from, to, _, _| (from < 2) == (to < 2));
    let mut room = room.all_begin();
    assert!(!room.run(120_000, |room| room.nodes.iter().any(|node| node.book.tip() > Height(0))));
    room.filter = Box::new(|_, _, _, _| true);
    let healed = room.now;
    assert!(room.run(120_000, |room| room.lowest() >= Height(3)), "{:?}", room.lowest());
    println!("decided {} ms after the cut was healed", room.now - healed);
    room.assert_no_fork();
    room.assert_nobody_voted_twice(|_| true);
}

/// C8: strictly more than two thirds, in whole numbers, for any number of voters.
#[test]
fn more_than_two_thirds_means_more() {
    let core = ThresholdParam::TWO_F_PLUS_ONE;
    for whole in 1..200u64 {
        for signed in 0..=whole {
            let expected = 3 * signed > 2 * whole;
            assert_eq!(Quorum::Decisive.is_reached(signed, whole), expected, "{signed} of {whole}");
            assert_eq!(core.is_met(signed, whole), expected, "the core: {signed} of {whole}");
            assert_eq!(Quorum::Honest.is_reached(signed, whole), 3 * signed > whole, "{signed} of {whole}");
        }
    }
    let large = 1u64 << 40;
    for (signed, expected) in [(2 * large, false), (2 * large + 1, true)] {
        assert_eq!(Quorum::Decisive.is_reached(signed, 3 * large), expected, "skewed and large");
    }
}

#[test]
fn skewed_power_decides_and_messages_may_get_lost() {
    let mut voters = equals(7);
    for (index, voter) in voters.iter_mut().enumerate() {
        voter.1 = 1 << (2 * index);
    }
    let mut room = Room::new(voters, 13);
    room.loss_percent = 10;
    let mut room = room.all_begin();
    assert!(room.run(2_000_000, |room| room.lowest() >= Height(10)), "{:?}", room.lowest());
    room.assert_no_fork();
    room.assert_nobody_voted_twice(|_| true);
}

pub fn action(number: u32) -> Signed<Action> {
    let shift = Shift::Pause;
    let body = ActionBody::ShiftChallenge { challenge: "route".parse().unwrap(), version: number, shift };
    Signed::new(&network(), Action { expires_at_height: Height(1_000), body }, &[&pair(90)])
}

/// Who has no vote follows all the same; and who gets one, or loses it, does so at exactly one height.
#[test]
fn an_observer_follows_and_votes_from_the_height_on_at_which_it_may() {
    let mut room = Room::new(equals(5), 19);
    let (first, later) = (equals(4), equals(5)[1..].to_vec());
    for node in &mut room.nodes {
        node.book.voters = first.clone();
        node.book.others = Some((Height(4), later.clone()));
    }
    let mut room = room.all_begin();
    assert!(room.run(100_000, |room| room.lowest() >= Height(7)), "{:?}", room.lowest());
    room.assert_no_fork();
    room.assert_nobody_voted_twice(|_| true);
    let heights = |index: usize| {
        let key = pair(index).session();
        room.said.keys().filter(move |(voter, ..)| *voter == key).map(|(_, _, height, _)| *height)
    };
    assert_eq!(heights(0).max(), Some(Height(3)), "the first voter's last vote");
    assert_eq!(heights(4).min(), Some(Height(4)), "the last voter's first vote");
}

/// No empty block comes before its time, and an action need not wait for it.
#[test]
fn an_action_ends_the_wait_for_the_next_block_at_once() {
    let mut room = Room::new(equals(4), 17).all_begin();
    let mut times = Vec::new();
    for height in 1..=3 {
        assert!(room.run(20_000, |room| room.lowest() >= Height(height)));
        times.push(room.now);
    }
    let shortest = times.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap();
    assert!(shortest >= PACE.idle_ms, "{times:?}");

    let (asked, action) = (room.now, action(1));
    room.nodes[2].book.pool.push(action.clone());
    room.bring(2, Input::Submit(Box::new(action.clone())));
    let holds = |room: &Room| {
        room.nodes.iter().all(|node| node.book.kept.iter().any(|(block, _)| block.actions.contains(&action)))
    };
    assert!(room.run(20_000, holds));
    let waited = room.now - asked;
    println!("an action is decided everywhere after {waited} ms");
    assert!(waited < PACE.idle_ms, "{waited}");
    // Nothing waits any more: it is quiet again.
    let (tip, since) = (room.lowest(), room.now);
    assert!(room.run(20_000, |room| room.lowest() > tip));
    assert!(room.now - since >= PACE.idle_ms / 2, "{}", room.now - since);
}
