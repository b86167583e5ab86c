//! Artifacts by digest, from nodes that have them to those that need them.

use crate::stage::{Node, Over, crowd};
use agon_mesh::{FetchError, NodeKey, Standing};
use agon_port::vault::Vault;
use agon_types::Digest;

fn artifact(bytes: usize) -> (Digest, Vec<u8>) {
    let bytes: Vec<u8> = (0..bytes).map(|n| (n * 31 % 251) as u8).collect();
    (Digest::of(&bytes), bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_artifact_comes_from_a_node_that_nobody_named() {
    for over in [Over::Quic, Over::Tcp] {
        let nodes = crowd(3, over).await;
        let (digest, bytes) = artifact((5 << 20) + 17);
        nodes[2].shelf.put(digest, &bytes).await.unwrap();
        let begun = std::time::Instant::now();
        nodes[0].handle.fetch(digest, bytes.len() as u64, &[]).await.unwrap();
        eprintln!("{over:?}: 5 MiB fetched in {:?}", begun.elapsed());
        let got = nodes[0].shelf.get(digest).await.unwrap().unwrap();
        assert!(*got == *bytes, "the bytes are those of the digest");
        assert_eq!(nodes[0].handle.figures().fetched, 1);
        // What is here is not fetched again.
        nodes[0].handle.fetch(digest, 1, &[]).await.unwrap();
        assert_eq!(nodes[0].handle.figures().fetched, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_artifact_with_a_wrong_byte_is_refused_and_another_holder_asked() {
    let nodes = crowd(3, Over::Quic).await;
    let (digest, mut bytes) = artifact(2 << 20);
    nodes[2].shelf.put(digest, &bytes).await.unwrap();
    bytes[1_500_000] ^= 1;
    nodes[1].shelf.keep_as(digest, &bytes);
    let (liar, honest) = (nodes[1].key.peer(), nodes[2].key.peer());
    let error = nodes[0].handle.fetch(digest, 2 << 20, &[liar]).await.unwrap_err();
    assert!(matches!(&error, FetchError::Nobody { last, .. } if last.contains("other bytes")), "{error}");
    assert_eq!(nodes[0].shelf.get(digest).await.unwrap(), None);
    assert_eq!(nodes[0].handle.figures().wrong_bytes, 1);
    nodes[0].loses(liar).await;
    nodes[0].handle.fetch(digest, 2 << 20, &[liar, honest]).await.unwrap();
    assert!(nodes[0].shelf.get(digest).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_or_nowhere_is_not_fetched() {
    let nodes = crowd(2, Over::Quic).await;
    let (digest, bytes) = artifact(70_000);
    nodes[1].shelf.put(digest, &bytes).await.unwrap();
    let error = nodes[0].handle.fetch(digest, 69_999, &[]).await.unwrap_err();
    assert!(error.to_string().contains("70000 bytes, and 69999 are allowed"), "{error}");
    let error = nodes[0].handle.fetch(Digest::of(b"unknown"), 1, &[]).await.unwrap_err();
    assert!(error.to_string().contains("does not have it"), "{error}");
    let (empty, _) = artifact(0);
    nodes[1].shelf.put(empty, b"").await.unwrap();
    nodes[0].handle.fetch(empty, 0, &[]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_gives_its_artifact_to_a_validator_and_gets_none() {
    let node = Node::validator(0, 1, Over::Quic);
    let visitor = Node::start(NodeKey::generate(), None, Over::Quic);
    visitor.connect(&node).await;
    node.sees(visitor.key.peer(), Standing::Stranger).await;
    visitor.sees(node.key.peer(), Standing::Bound).await;
    let (mine, bytes) = artifact(3 << 20);
    visitor.shelf.put(mine, &bytes).await.unwrap();
    node.handle.fetch(mine, 3 << 20, &[visitor.key.peer()]).await.unwrap();
    let (theirs, bytes) = artifact(100);
    node.shelf.put(theirs, &bytes).await.unwrap();
    assert!(visitor.handle.fetch(theirs, 100, &[node.key.peer()]).await.is_err());
    assert!(node.handle.figures().turned_away > 0);
}
