//! Where artifacts are kept, each under the digest of its bytes.

use agon_types::Digest;
use async_trait::async_trait;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the vault cannot be read or written: {0}")]
    Storage(String),
    #[error(
        "the bytes have the digest {got}, and {expected} was expected: send the bytes that were announced"
    )]
    WrongDigest { expected: Digest, got: Digest },
    #[error("{got} bytes are more than the {max} that are allowed")]
    TooLarge { max: u64, got: u64 },
    #[error("the kept bytes of {0} are damaged: remove that file, and it is fetched again")]
    Damaged(Digest),
}

/// A store of immutable bytes.
#[async_trait]
pub trait Vault: Send + Sync + 'static {
    /// Keeps bytes under their digest, durably. The same bytes again change nothing.
    async fn put(&self, expected: Digest, bytes: &[u8]) -> Result<(), Error>;

    /// The bytes of a digest, checked against it; `None` if they are not here.
    async fn get(&self, digest: Digest) -> Result<Option<Arc<[u8]>>, Error>;

    /// Their length, without reading them.
    async fn size(&self, digest: Digest) -> Result<Option<u64>, Error>;
}

#[cfg(feature = "contract")]
pub mod contract {
    //! What every vault must do.
    use super::*;

    /// Runs on an empty vault whose largest artifact has `bytes_max` bytes.
    pub async fn check(vault: &dyn Vault, bytes_max: usize) {
        let bytes = b"an artifact".to_vec();
        let digest = Digest::of(&bytes);
        assert_eq!(vault.get(digest).await, Ok(None));
        assert_eq!(vault.size(digest).await, Ok(None));

        let wrong = Digest::of(b"another");
        let refused = Error::WrongDigest { expected: wrong, got: digest };
        assert_eq!(vault.put(wrong, &bytes).await, Err(refused));
        assert_eq!(vault.get(wrong).await, Ok(None), "refused bytes are not kept");
        assert_eq!(vault.get(digest).await, Ok(None), "under no name");

        for _ in 0..2 {
            assert_eq!(vault.put(digest, &bytes).await, Ok(()), "the same bytes again change nothing");
            assert_eq!(
                vault.get(digest).await.map(|found| found.map(|b| b.to_vec())),
                Ok(Some(bytes.clone()))
            );
            assert_eq!(vault.size(digest).await, Ok(Some(bytes.len() as u64)));
        }

        sizes(vault, bytes_max).await;
    }

    /// The smallest artifact is kept, and none above the largest.
    async fn sizes(vault: &dyn Vault, bytes_max: usize) {
        let empty = Digest::of(b"");
        assert_eq!(vault.put(empty, b"").await, Ok(()));
        assert_eq!(vault.size(empty).await, Ok(Some(0)));

        let large = vec![7; bytes_max + 1];
        let refused = Error::TooLarge { max: bytes_max as u64, got: large.len() as u64 };
        assert_eq!(vault.put(Digest::of(&large), &large).await, Err(refused));
        assert_eq!(vault.get(Digest::of(&large)).await, Ok(None));
    }
}
