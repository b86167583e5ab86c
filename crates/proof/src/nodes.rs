//! The nodes of the newest version, in memory, and the hash that they are made of.

use agon_types::digest::Hasher;
use jmt::storage::{LeafNode, Node, NodeBatch, NodeKey, TreeReader};
use jmt::{KeyHash, OwnedValue, SimpleHasher, Version};
use std::collections::HashMap;

/// The hash of the tree: the same SHA-256 as everywhere else.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sha256(Hasher);

impl SimpleHasher for Sha256 {
    fn new() -> Self {
        Self::default()
    }

    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn finalize(self) -> [u8; 32] {
        self.0.finish().0
    }
}

/// The place of the root of a version.
pub(crate) fn root_key(version: Version) -> NodeKey {
    NodeKey::new(version, std::iter::empty().collect())
}

/// Nodes by their place. Values stay in the state: a leaf has their hash, and no more is needed here.
#[derive(Debug, Default)]
pub(crate) struct Nodes(HashMap<NodeKey, Node>);

impl Nodes {
    /// Takes new nodes in, and drops those that they replace.
    pub(crate) fn replace<'a>(&mut self, stale: impl Iterator<Item = &'a NodeKey>, new: NodeBatch) {
        for key in stale {
            self.0.remove(key);
        }
        self.0.extend(new.nodes().iter().map(|(key, node)| (key.clone(), node.clone())));
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl TreeReader for Nodes {
    fn get_node_option(&self, key: &NodeKey) -> Result<Option<Node>, anyhow::Error> {
        Ok(self.0.get(key).cloned())
    }

    fn get_value_option(&self, _: Version, _: KeyHash) -> Result<Option<OwnedValue>, anyhow::Error> {
        Ok(Some(Vec::new()))
    }

    fn get_rightmost_leaf(&self) -> Result<Option<(NodeKey, LeafNode)>, anyhow::Error> {
        Ok(None)
    }
}
