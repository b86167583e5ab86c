//! A proof that a key has a value, or none, under a root. Whoever has the root needs nothing else.

use crate::nodes::Sha256;
use crate::tree::place;
use agon_types::Digest;
use borsh::{BorshDeserialize, BorshSerialize};
use jmt::RootHash;
use jmt::proof::SparseMerkleProof;

/// The path from an entry, or from where it would be, to the root.
#[derive(Clone, Debug, PartialEq, BorshSerialize, BorshDeserialize)]
pub struct Inclusion(SparseMerkleProof<Sha256>);

/// The proof does not show what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the proof does not show this entry under the root {root}: {problem}")]
pub struct Error {
    pub root: Digest,
    pub problem: String,
}

impl Inclusion {
    pub(crate) fn new(path: SparseMerkleProof<Sha256>) -> Self {
        Self(path)
    }

    /// Checks that under a root a key has this value, or has none.
    pub fn verify(&self, root: Digest, key: &[u8], value: Option<&[u8]>) -> Result<(), Error> {
        let checked = self.0.verify(RootHash(root.0), place(key), value);
        checked.map_err(|error| Error { root, problem: error.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tree;
    use proptest::prelude::*;

    fn tree(size: u16) -> Tree {
        let entries: Vec<_> = (0..size).map(|n| (n.to_le_bytes(), [n as u8; 5])).collect();
        Tree::from_entries(entries.iter().map(|(key, value)| (&key[..], &value[..])))
    }

    #[test]
    fn presence_and_absence_are_shown_and_nothing_else_is() {
        for size in [0, 1, 2, 17, 300] {
            let tree = tree(size);
            for n in [0u16, 1, 5, 16, 299, 300, 9999] {
                let (key, value) = (n.to_le_bytes(), [n as u8; 5]);
                let (proof, root) = (tree.prove(&key), tree.root());
                let there = n < size;
                assert_eq!(proof.verify(root, &key, Some(&value)).is_ok(), there, "{n} of {size}");
                assert_eq!(proof.verify(root, &key, None).is_ok(), !there, "{n} of {size}");
                assert!(proof.verify(root, &key, Some(b"other")).is_err(), "{n} of {size}");
                assert!(
                    proof.verify(Digest::ZERO, &key, there.then_some(&value[..])).is_err(),
                    "{n} of {size}"
                );
            }
        }
    }

    #[test]
    fn a_proof_follows_the_tree_through_its_changes() {
        let mut tree = tree(50);
        let update = tree.prepare([(vec![3, 0], None), (vec![4, 0], Some(b"new".to_vec()))]);
        tree.apply(update).unwrap();
        let root = tree.root();
        assert_eq!(tree.prove(&[3, 0]).verify(root, &[3, 0], None), Ok(()));
        assert_eq!(tree.prove(&[4, 0]).verify(root, &[4, 0], Some(b"new")), Ok(()));
        assert_eq!(tree.prove(&[5, 0]).verify(root, &[5, 0], Some(&[5; 5])), Ok(()));
    }

    proptest! {
        #[test]
        fn a_flipped_bit_anywhere_fails(size in 0u16..400, n in 0u16..450, at in any::<prop::sample::Index>(), bit in 0u8..8) {
            let tree = tree(size);
            let (key, value) = (n.to_le_bytes(), [n as u8; 5]);
            let value = (n < size).then_some(&value[..]);
            let mut bytes = borsh::to_vec(&tree.prove(&key)).unwrap();
            let whole = borsh::from_slice::<Inclusion>(&bytes).unwrap();
            prop_assert_eq!(whole.verify(tree.root(), &key, value), Ok(()));
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            if let Ok(broken) = borsh::from_slice::<Inclusion>(&bytes) {
                prop_assert!(broken.verify(tree.root(), &key, value).is_err(), "byte {at} of {}", bytes.len());
            }
        }
    }
}
