//! The tree over all entries of a state. Its root depends on the entries alone, never on the way they came.

use crate::inclusion::Inclusion;
use crate::nodes::{Nodes, Sha256, root_key};
use agon_types::Digest;
use jmt::storage::TreeUpdateBatch;
use jmt::{JellyfishMerkleTree, KeyHash, RootHash, Version};
use std::collections::BTreeMap;

/// The tree in memory, in its newest version only.
#[derive(Debug)]
pub struct Tree {
    nodes: Nodes,
    version: Version,
    root: Digest,
    /// Every root that this tree has had, in one digest: an update fits only the tree that prepared it.
    lineage: Digest,
}

/// The next version of a tree, worked out and not yet taken.
#[derive(Debug)]
pub struct Update {
    batch: TreeUpdateBatch,
    root: Digest,
    lineage: Digest,
}

/// An update that another version of the tree prepared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the update was not prepared on the tree's root {root}: prepare it again")]
pub struct Stale {
    pub root: Digest,
}

/// Where an entry stands in the tree: its keys are spread evenly, whoever chose them.
pub(crate) fn place(key: &[u8]) -> KeyHash {
    KeyHash(Digest::of(key).0)
}

impl Default for Tree {
    fn default() -> Self {
        Self::new()
    }
}

impl Tree {
    /// The tree without entries; its root is a fixed digest.
    pub fn new() -> Self {
        Self::from_entries([])
    }

    /// The tree of a whole state.
    pub fn from_entries<'a>(entries: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Self {
        let mut nodes = Nodes::default();
        let entries: BTreeMap<_, _> =
            entries.into_iter().map(|(key, value)| (place(key), Some(value.to_vec()))).collect();
        let (root, batch) = put(&nodes, 0, entries);
        nodes.replace(std::iter::empty(), batch.node_batch);
        Self { nodes, version: 0, root, lineage: root }
    }

    pub fn root(&self) -> Digest {
        self.root
    }

    /// Works out the tree after some writes, the later of two to one key; the tree itself stays as it is.
    pub fn prepare(&self, writes: impl IntoIterator<Item = (Vec<u8>, Option<Vec<u8>>)>) -> Update {
        let writes: BTreeMap<_, _> = writes.into_iter().map(|(key, value)| (place(&key), value)).collect();
        let (root, batch) = put(&self.nodes, self.version + 1, writes);
        Update { batch, root, lineage: self.lineage }
    }

    /// Becomes what an update has worked out.
    pub fn apply(&mut self, update: Update) -> Result<(), Stale> {
        if update.lineage != self.lineage {
            return Err(Stale { root: self.root });
        }
        // The root before is always replaced, and jmt does not always say so.
        let before = root_key(self.version);
        let stale = update.batch.stale_node_index_batch.iter().map(|stale| &stale.node_key);
        self.nodes.replace(stale.chain([&before]), update.batch.node_batch);
        self.version += 1;
        self.root = update.root;
        self.lineage = Digest::tagged("agon/lineage", &(self.lineage, update.root));
        Ok(())
    }

    /// Proves what a key has under the root, or that it has nothing.
    pub fn prove(&self, key: &[u8]) -> Inclusion {
        let tree = JellyfishMerkleTree::<_, Sha256>::new(&self.nodes);
        let proof = tree.get_with_proof(place(key), self.version);
        let (_, path) = proof.expect("the newest version is whole and in memory");
        Inclusion::new(path)
    }

    /// Nodes in memory.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }
}

fn put(
    nodes: &Nodes,
    version: Version,
    writes: BTreeMap<KeyHash, Option<Vec<u8>>>,
) -> (Digest, TreeUpdateBatch) {
    let tree = JellyfishMerkleTree::<_, Sha256>::new(nodes);
    let put = tree.put_value_set(writes, version);
    let (RootHash(root), batch) = put.expect("the newest version is whole and in memory");
    (Digest(root), batch)
}

impl Update {
    /// The root that the tree will have.
    pub fn root(&self) -> Digest {
        self.root
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Write = (Vec<u8>, Option<Vec<u8>>);

    fn rebuilt(content: &BTreeMap<Vec<u8>, Vec<u8>>) -> Tree {
        Tree::from_entries(content.iter().map(|(key, value)| (&key[..], &value[..])))
    }

    fn written(tree: &mut Tree, writes: Vec<Write>) {
        let update = tree.prepare(writes);
        let expected = update.root();
        tree.apply(update).unwrap();
        assert_eq!(tree.root(), expected);
    }

    fn put(n: u8, value: u8) -> Write {
        (vec![n], Some(vec![value]))
    }

    fn gone(n: u8) -> Write {
        (vec![n], None)
    }

    #[test]
    fn the_root_of_nothing_is_fixed() {
        let empty = Tree::new().root();
        assert_eq!(empty.0, *b"SPARSE_MERKLE_PLACEHOLDER_HASH__");
        let cases: [(&str, Vec<Vec<Write>>); 5] = [
            ("no writes", vec![vec![]]),
            ("no writes twice", vec![vec![], vec![]]),
            ("nothing is removed", vec![vec![gone(1)], vec![gone(2)]]),
            ("one comes and goes", vec![vec![put(1, 1)], vec![gone(1)]]),
            ("many come and go", vec![(0..99).map(|n| put(n, n)).collect(), (0..99).map(gone).collect()]),
        ];
        for (desc, batches) in cases {
            let mut tree = Tree::new();
            batches.into_iter().for_each(|writes| written(&mut tree, writes));
            assert_eq!(tree.root(), empty, "{desc}");
            assert_eq!(tree.node_count(), 1, "{desc}: the empty root is all that is left");
            written(&mut tree, vec![put(7, 7)]);
            assert_eq!(tree.root(), rebuilt(&BTreeMap::from([(vec![7], vec![7])])).root(), "{desc}");
        }
    }

    #[test]
    fn an_update_fits_the_tree_that_prepared_it_only() {
        let mut tree = Tree::new();
        let (first, second) = (tree.prepare([put(1, 1)]), tree.prepare([put(2, 2)]));
        tree.apply(first).unwrap();
        let root = tree.root();
        assert_eq!(tree.apply(second), Err(Stale { root }));
        assert_eq!(tree.root(), root);

        // The same content by another way: equal roots, and yet other nodes.
        let mut other = Tree::new();
        written(&mut other, vec![put(2, 2)]);
        written(&mut other, vec![put(1, 1), gone(2)]);
        written(&mut tree, vec![]);
        assert_eq!(other.root(), tree.root());
        let foreign = other.prepare([put(3, 3)]);
        assert_eq!(tree.apply(foreign), Err(Stale { root: tree.root() }));
    }

    #[test]
    fn a_prepared_update_changes_nothing_yet() {
        let mut tree = Tree::new();
        written(&mut tree, vec![put(1, 1)]);
        let (root, nodes) = (tree.root(), tree.node_count());
        assert_ne!(tree.prepare([put(1, 2)]).root(), root);
        assert_eq!((tree.root(), tree.node_count()), (root, nodes));
    }

    #[test]
    fn overwrites_take_no_more_memory() {
        let all = |value: u8| (0..200).map(|n| put(n, value)).collect();
        let mut tree = Tree::new();
        written(&mut tree, all(0));
        let before = tree.node_count();
        for value in 1..50 {
            written(&mut tree, all(value));
            written(&mut tree, vec![]);
            written(&mut tree, vec![gone(255)]);
            assert_eq!(tree.node_count(), before);
        }
    }

    proptest! {
        #[test]
        fn the_root_follows_from_the_content_alone(
            batches in prop::collection::vec(
                prop::collection::vec((0u8..40, prop::option::of(any::<u8>())), 0..30), 1..12),
        ) {
            let mut tree = Tree::new();
            let mut content = BTreeMap::new();
            for batch in batches {
                let writes: Vec<Write> =
                    batch.into_iter().map(|(key, value)| (vec![key], value.map(|value| vec![value; 3]))).collect();
                for (key, value) in &writes {
                    match value {
                        Some(value) => content.insert(key.clone(), value.clone()),
                        None => content.remove(key),
                    };
                }
                written(&mut tree, writes);
                let again = rebuilt(&content);
                prop_assert_eq!(tree.root(), again.root());
                prop_assert_eq!(tree.node_count(), again.node_count());
            }
        }

        #[test]
        fn another_content_has_another_root(
            one in prop::collection::btree_map(prop::collection::vec(any::<u8>(), 0..4), any::<[u8; 2]>(), 0..9),
            two in prop::collection::btree_map(prop::collection::vec(any::<u8>(), 0..4), any::<[u8; 2]>(), 0..9),
        ) {
            let tree = |content: &BTreeMap<Vec<u8>, [u8; 2]>| {
                Tree::from_entries(content.iter().map(|(key, value)| (&key[..], &value[..])))
            };
            prop_assert_eq!(one == two, tree(&one).root() == tree(&two).root());
        }
    }
}
