//! Who speaks for whom, and what those may do who speak for nobody.

use crate::stage::{Node, Over, body, crowd, eventually, keys, network, sign};
use agon_mesh::{NodeKey, PeerId, Standing, Topic, Verdict};
use agon_types::{Binding, Signed, TimeMs};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_may_send_actions_and_hears_no_consensus() {
    let mut nodes = crowd(2, Over::Quic).await;
    let mut stranger = Node::start(NodeKey::generate(), None, Over::Quic);
    stranger.connect(&nodes[0]).await;
    nodes[0].sees(stranger.key.peer(), Standing::Stranger).await;
    stranger.sees(nodes[0].key.peer(), Standing::Bound).await;
    tokio::time::sleep(Duration::from_millis(700)).await;

    for topic in [Topic::Consensus, Topic::Artifacts] {
        stranger.handle.publish(topic, b"let me in".to_vec()).unwrap();
    }
    eventually(|| nodes[0].handle.figures().unbound == 2).await;
    stranger.handle.publish(Topic::Actions, b"an action".to_vec()).unwrap();
    assert_eq!(nodes[0].takes(Topic::Actions, Verdict::Accept).await, b"an action");
    assert_eq!(nodes[1].takes(Topic::Actions, Verdict::Accept).await, b"an action", "it goes on");

    nodes[0].handle.publish(Topic::Consensus, b"a vote".to_vec()).unwrap();
    assert_eq!(nodes[1].takes(Topic::Consensus, Verdict::Accept).await, b"a vote");
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert!(stranger.inbox.consensus.try_recv().is_err());
    assert!(nodes[0].inbox.consensus.try_recv().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_and_copied_bindings_are_refused_and_their_peers_cut() {
    let node = Node::validator(0, 4, Over::Quic);
    let honest = NodeKey::generate();
    let lies: [fn(PeerId, PeerId) -> Signed<Binding>; 4] = [
        // Another's, as it is.
        |_, honest| sign(1, body(1, honest)),
        // Another's, with the name of this peer.
        |own, honest| Signed { body: body(1, own), ..sign(1, body(1, honest)) },
        // Without the hotkey.
        |own, _| Signed::new(&network(), body(1, own), &[&keys(1).1]),
        // For another network.
        |own, _| sign(1, Binding { network: "other".parse().unwrap(), ..body(1, own) }),
    ];
    for (n, lie) in lies.into_iter().enumerate() {
        let key = NodeKey::generate();
        let lie = lie(key.peer(), honest.peer());
        let liar = Node::start(key, Some(lie), Over::Tcp);
        node.connect(&liar).await;
        eventually(|| node.handle.figures().banned == n as u64 + 1).await;
        node.loses(liar.key.peer()).await;
    }
    let figures = node.handle.figures();
    assert!(figures.refused_bindings >= 4 && figures.bound == 0, "{figures:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_binding_leaves_a_stranger() {
    let node = Node::validator(0, 2, Over::Quic);
    let key = NodeKey::generate();
    let mut old = body(1, key.peer());
    old.expires = TimeMs(1);
    let late = Node::start(key, Some(sign(1, old)), Over::Quic);
    late.connect(&node).await;
    eventually(|| node.handle.figures().refused_bindings >= 1).await;
    node.sees(late.key.peer(), Standing::Stranger).await;
    assert_eq!(node.handle.figures().banned, 0, "its clock may be slow");
    // A new one counts without a new connection.
    late.handle.set_binding(Some(sign(1, body(1, late.key.peer()))));
    node.sees(late.key.peer(), Standing::Validator).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hotkey_moves_to_another_node_and_not_back() {
    let node = Node::validator(0, 2, Over::Quic);
    let old = Node::validator(1, 2, Over::Quic);
    old.connect(&node).await;
    node.sees(old.key.peer(), Standing::Validator).await;
    let key = NodeKey::generate();
    let mut moved = body(1, key.peer());
    moved.sequence = 2;
    let new = Node::start(key, Some(sign(1, moved)), Over::Quic);
    new.connect(&node).await;
    node.sees(new.key.peer(), Standing::Validator).await;
    node.sees(old.key.peer(), Standing::Stranger).await;
    old.handle.set_binding(Some(sign(1, body(1, old.key.peer()))));
    eventually(|| node.handle.figures().refused_bindings >= 1).await;
    node.sees(old.key.peer(), Standing::Stranger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_peer_that_is_no_validator_sends_no_consensus() {
    let mut node = Node::validator(0, 1, Over::Quic);
    let other = Node::validator(5, 1, Over::Quic);
    other.connect(&node).await;
    node.sees(other.key.peer(), Standing::Bound).await;
    other.sees(node.key.peer(), Standing::Validator).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    other.handle.publish(Topic::Consensus, b"vote".to_vec()).unwrap();
    eventually(|| node.handle.figures().unbound == 1).await;
    other.handle.publish(Topic::Artifacts, b"have it".to_vec()).unwrap();
    assert_eq!(node.takes(Topic::Artifacts, Verdict::Accept).await, b"have it");
    node.handle.set_validators(crate::stage::validators(6));
    node.sees(other.key.peer(), Standing::Validator).await;
    other.handle.publish(Topic::Consensus, b"vote of a validator".to_vec()).unwrap();
    assert_eq!(node.takes(Topic::Consensus, Verdict::Accept).await, b"vote of a validator");
}
