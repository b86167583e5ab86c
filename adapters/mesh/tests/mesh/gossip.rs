//! Messages between nodes: who gets them, what stops them, and what happens to those that nobody takes.

use crate::stage::{Node, Over, crowd, eventually, line, sign, soon};
use agon_mesh::{PublishError, Standing, Topic, Verdict};
use std::time::Duration;

async fn four_exchange(over: Over) {
    let mut nodes = crowd(4, over).await;
    for topic in Topic::ALL {
        for n in 0..nodes.len() {
            let said = format!("{topic:?} от {n} ✓").into_bytes();
            nodes[n].handle.publish(topic, said.clone()).unwrap();
            let origin = nodes[n].key.peer();
            for (other, node) in nodes.iter_mut().enumerate().filter(|(other, _)| *other != n) {
                let incoming = node.next(topic).await;
                assert_eq!((&incoming.bytes, incoming.origin), (&said, origin), "{other} hears {n}");
                incoming.judge(Verdict::Accept);
            }
        }
    }
    for node in &nodes {
        assert_eq!(node.handle.figures().received, [3, 3, 3], "each message once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn four_nodes_exchange_messages_of_each_topic_over_quic() {
    four_exchange(Over::Quic).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn four_nodes_exchange_messages_of_each_topic_over_tcp() {
    four_exchange(Over::Tcp).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_goes_on_only_after_the_verdict_and_an_invalid_one_never() {
    let mut nodes = line(3, Over::Quic).await;
    nodes[0].handle.publish(Topic::Consensus, b"wrong".to_vec()).unwrap();
    assert_eq!(nodes[1].takes(Topic::Consensus, Verdict::Reject).await, b"wrong");
    nodes[0].handle.publish(Topic::Consensus, b"right".to_vec()).unwrap();
    let right = nodes[1].next(Topic::Consensus).await;
    assert_eq!(right.bytes, b"right");
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(nodes[2].inbox.consensus.try_recv().is_err(), "nothing goes on without a verdict");
    right.judge(Verdict::Accept);
    let seen = nodes[2].next(Topic::Consensus).await;
    assert_eq!((seen.bytes.as_slice(), seen.origin), (&b"right"[..], nodes[0].key.peer()));
    assert_eq!(seen.from, nodes[1].key.peer());
    assert_eq!(nodes[1].handle.figures().invalid, 1);
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(nodes[2].inbox.consensus.try_recv().is_err(), "the invalid message is not seen two hops away");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_topic_has_a_size_of_its_own() {
    let mut nodes = crowd(2, Over::Quic).await;
    for topic in Topic::ALL {
        let (max, handle) = (topic.bytes_max(), &nodes[0].handle);
        let refused = Err(PublishError::TooLarge { size: max + 1, max });
        assert_eq!(handle.publish(topic, vec![7; max + 1]), refused);
        handle.publish(topic, vec![7; max]).unwrap();
        assert_eq!(nodes[1].takes(topic, Verdict::Accept).await.len(), max, "{topic:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vote_said_again_is_heard_again_and_an_action_is_not() {
    let mut nodes = crowd(2, Over::Quic).await;
    for topic in [Topic::Actions, Topic::Consensus] {
        nodes[0].handle.publish(topic, b"again".to_vec()).unwrap();
        nodes[1].takes(topic, Verdict::Accept).await;
        nodes[0].handle.publish(topic, b"again".to_vec()).unwrap();
    }
    assert_eq!(nodes[1].takes(Topic::Consensus, Verdict::Accept).await, b"again");
    assert!(nodes[1].inbox.actions.try_recv().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_drops_what_comes_last_and_the_swarm_goes_on() {
    let mut nodes = crowd(2, Over::Quic).await;
    let (sender, rest) = nodes.split_at_mut(1);
    let (sender, receiver) = (&sender[0], &mut rest[0]);
    // 16 MiB of actions may wait, which are 256; the application does not look at them. Gossip may lose one.
    let counted = || receiver.handle.figures().received[1] + receiver.handle.figures().dropped[1];
    for n in 0..1_000_u32 {
        if receiver.handle.figures().dropped[1] > 3 {
            break;
        }
        let (mut action, before) = (vec![0; Topic::Actions.bytes_max()], counted());
        action[..4].copy_from_slice(&n.to_le_bytes());
        sender.handle.publish(Topic::Actions, action).unwrap();
        let arrives = eventually(|| counted() > before);
        let _ = tokio::time::timeout(Duration::from_millis(500), arrives).await;
    }
    let figures = receiver.handle.figures();
    assert_eq!(figures.received[1], 256, "{figures:?}");
    assert!(figures.dropped[1] > 3, "{figures:?}");
    // The other topics and the questions are as quick as ever.
    say_until_heard(sender, receiver, Topic::Consensus).await;
    // The first are there, in order; and once they are judged there is room again.
    let mut last = None;
    for _ in 0..256 {
        let action = receiver.takes(Topic::Actions, Verdict::Accept).await;
        let number = Some(u32::from_le_bytes([action[0], action[1], action[2], action[3]]));
        assert!(number > last, "{number:?} after {last:?}");
        last = number;
    }
    say_until_heard(sender, receiver, Topic::Actions).await;
}

/// Gossip promises no delivery, so it is said again, each time in other words.
async fn say_until_heard(sender: &Node, receiver: &mut Node, topic: Topic) {
    let heard =
        |receiver: &Node| receiver.handle.figures().received[if topic == Topic::Consensus { 0 } else { 1 }];
    let before = heard(receiver);
    for n in 0..60_u8 {
        sender.handle.publish(topic, vec![b'?', n]).unwrap();
        let arrives = eventually(|| heard(receiver) > before);
        if tokio::time::timeout(Duration::from_millis(500), arrives).await.is_ok() {
            break;
        }
    }
    assert_eq!(receiver.takes(topic, Verdict::Accept).await[0], b'?');
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_node_is_accepted_at_once() {
    let mut nodes = crowd(2, Over::Quic).await;
    let other = nodes.pop().unwrap();
    let mut node = nodes.pop().unwrap();
    let (key, address) = (other.key.clone(), node.address().await);
    other.handle.publish(Topic::Consensus, b"before".to_vec()).unwrap();
    assert_eq!(node.takes(Topic::Consensus, Verdict::Accept).await, b"before");
    other.stop().await;

    let binding = sign(1, crate::stage::body(1, key.peer()));
    let again = Node::start(key.clone(), Some(binding), Over::Quic);
    again.handle.set_validators(crate::stage::validators(2));
    let begun = std::time::Instant::now();
    again.handle.dial(address).await.unwrap();
    again.sees(node.key.peer(), Standing::Validator).await;
    node.sees(key.peer(), Standing::Validator).await;
    soon(async {
        while node.inbox.consensus.is_empty() {
            again.handle.publish(Topic::Consensus, b"after".to_vec()).unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    assert_eq!(node.takes(Topic::Consensus, Verdict::Accept).await, b"after");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_network_is_refused() {
    let one = Node::validator(0, 2, Over::Quic);
    let key = agon_mesh::NodeKey::generate();
    let other = Node::start_in("other".parse().unwrap(), key.clone(), None, Over::Quic);
    other.connect(&one).await;
    // Whoever of the two finds out first hangs up.
    eventually(|| one.handle.figures().foreign + other.handle.figures().foreign > 0).await;
    one.loses(key.peer()).await;
    other.handle.publish(Topic::Actions, b"from elsewhere".to_vec()).unwrap();
    eventually(|| other.handle.figures().unheard > 0).await;
    assert_eq!(one.handle.figures().received, [0; 3]);
}
