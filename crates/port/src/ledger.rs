//! Where decided blocks and the state they give are kept: all of a block, or nothing of it.

use agon_types::Height;
use async_trait::async_trait;

/// A decided block as it is kept, with the writes of its execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub height: Height,
    /// The encoded block and its encoded certificate.
    pub block: Vec<u8>,
    pub certificate: Vec<u8>,
    /// Encoded keys with their encoded values; `None` removes.
    pub writes: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

/// A kept block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub height: Height,
    pub block: Vec<u8>,
    pub certificate: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the ledger cannot be read or written: {0}")]
    Storage(String),
    #[error("height {got} cannot follow: expected {expected}")]
    Gap { expected: Height, got: Height },
    #[error("the ledger is damaged: {0}; restore it from a backup, or remove it to fetch it anew")]
    Damaged(String),
}

/// A durable ledger.
#[async_trait]
pub trait Ledger: Send + Sync + 'static {
    /// The last height kept; `Height(0)` when there is none.
    async fn tip(&self) -> Result<Height, Error>;

    /// Keeps the next block and its writes in one durable step. The same height again is a `Gap`.
    async fn append(&self, entry: Entry) -> Result<(), Error>;

    /// Blocks from a height on, at most so many, in order.
    async fn blocks(&self, from: Height, count_max: usize) -> Result<Vec<Kept>, Error>;

    /// Keeps what a block that changed the voting set leaves for proofs, under its height. The same again changes nothing.
    async fn hand_over(&self, height: Height, handover: Vec<u8>) -> Result<(), Error>;

    /// All that was kept so, in the order of the heights.
    async fn handovers(&self) -> Result<Vec<Vec<u8>>, Error>;

    /// The whole state, in the order of its encoded keys.
    async fn state(&self) -> Result<Vec<(Vec<u8>, Vec<u8>)>, Error>;
}

#[cfg(feature = "contract")]
pub mod contract {
    //! What every ledger must do.
    use super::*;

    fn entry(height: u64, writes: &[(&str, Option<&str>)]) -> Entry {
        let bytes = |text: &&str| text.as_bytes().to_vec();
        Entry {
            height: Height(height),
            block: format!("block {height}").into_bytes(),
            certificate: format!("certificate {height}").into_bytes(),
            writes: writes.iter().map(|(key, value)| (bytes(key), value.as_ref().map(bytes))).collect(),
        }
    }

    /// Runs on an empty ledger; `reopen` gives the same ledger after its process ended.
    pub async fn check<L: Ledger>(ledger: L, reopen: impl AsyncFn(L) -> L) {
        assert_eq!(ledger.tip().await, Ok(Height(0)));
        assert_eq!(ledger.state().await, Ok(Vec::new()));
        ledger.append(entry(1, &[("b", Some("1")), ("a", Some("2"))])).await.expect("the first block");
        ledger.append(entry(2, &[("b", None), ("c", Some(""))])).await.expect("the second block");

        let gap = Error::Gap { expected: Height(3), got: Height(2) };
        assert_eq!(ledger.append(entry(2, &[("z", Some("9"))])).await, Err(gap), "the same height again");
        let gap = Error::Gap { expected: Height(3), got: Height(4) };
        assert_eq!(ledger.append(entry(4, &[])).await, Err(gap), "a height left out");

        assert_eq!(ledger.handovers().await, Ok(Vec::new()));
        for (height, handover) in [(300, "third"), (2, "second"), (1, "first"), (2, "second")] {
            let kept = ledger.hand_over(Height(height), handover.as_bytes().to_vec()).await;
            kept.expect("a hand-over is kept");
        }

        kept(&reopen(ledger).await).await;
    }

    /// What the appended blocks left behind.
    async fn kept(ledger: &dyn Ledger) {
        assert_eq!(ledger.tip().await, Ok(Height(2)));
        let state = vec![(b"a".to_vec(), b"2".to_vec()), (b"c".to_vec(), Vec::new())];
        assert_eq!(ledger.state().await, Ok(state));
        let kept = ledger.blocks(Height(1), 10).await.expect("both blocks");
        assert_eq!(kept.iter().map(|kept| kept.height.0).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(kept[1].block, b"block 2");
        assert_eq!(kept[1].certificate, b"certificate 2");
        assert_eq!(ledger.blocks(Height(2), 10).await.map(|kept| kept.len()), Ok(1));
        assert_eq!(ledger.blocks(Height(1), 1).await.map(|kept| kept.len()), Ok(1));
        assert_eq!(ledger.blocks(Height(3), 10).await, Ok(Vec::new()));
        let handovers = ["first", "second", "third"].map(|text| text.as_bytes().to_vec());
        assert_eq!(ledger.handovers().await, Ok(handovers.to_vec()));
    }
}
