//! The ledger in one redb file: every block is one durable transaction with the writes of its execution.

use crate::blocking;
use agon_port::Ledger;
use agon_port::ledger::{Entry, Error, Kept};
use agon_types::{Digest, Height};
use async_trait::async_trait;
use redb::{Database, ReadableDatabase as _, ReadableTable, ReadableTableMetadata as _, TableDefinition};
use std::path::Path;
use std::sync::Arc;

/// The encoded block and certificate, and the digest over both that tells a damaged disk.
type Row<'a> = (&'a [u8], &'a [u8], [u8; 32]);

const BLOCKS: TableDefinition<'static, u64, Row<'static>> = TableDefinition::new("blocks");
const STATE: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("state");
/// What changes of the voting set leave for proofs, by height.
const HANDOVERS: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("handovers");
const META: TableDefinition<'static, &str, u64> = TableDefinition::new("meta");

/// Encoded keys with their encoded values.
type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// The layout that this code reads and writes.
const VERSION: u64 = 1;

/// Blocks and state in one file. Clones share it; readers see the last whole block while the next is written.
#[derive(Clone, Debug)]
pub struct RedbLedger {
    database: Arc<Database>,
}

impl RedbLedger {
    /// Opens a file, which is made if it is missing, and checks that no height is left out.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let database = Database::create(path).map_err(|error| opening(path, error))?;
        let write = database.begin_write().map_err(storage)?;
        {
            write.open_table(BLOCKS).map_err(storage)?;
            write.open_table(STATE).map_err(storage)?;
            write.open_table(HANDOVERS).map_err(storage)?;
            let mut meta = write.open_table(META).map_err(storage)?;
            let version = meta.get("version").map_err(storage)?.map(|version| version.value());
            match version {
                Some(found) if found > VERSION => return Err(newer(found)),
                Some(_) => {}
                None => {
                    meta.insert("version", VERSION).map_err(storage)?;
                }
            }
        }
        write.commit().map_err(storage)?;
        let ledger = Self { database: Arc::new(database) };
        ledger.check_whole()?;
        Ok(ledger)
    }

    fn check_whole(&self) -> Result<(), Error> {
        let read = self.database.begin_read().map_err(storage)?;
        let blocks = read.open_table(BLOCKS).map_err(storage)?;
        let (count, last) = (blocks.len().map_err(storage)?, last(&blocks)?);
        if count == last.0 {
            return Ok(());
        }
        Err(Error::Damaged(format!("it holds {count} blocks up to height {last}")))
    }

    fn keep(&self, entry: &Entry) -> Result<(), Error> {
        let mut write = self.database.begin_write().map_err(storage)?;
        // Strangers choose bytes of the blocks, so a torn write must not be told by a checksum alone.
        write.set_two_phase_commit(true);
        {
            let mut blocks = write.open_table(BLOCKS).map_err(storage)?;
            let (expected, got) = (last(&blocks)?.next(), entry.height);
            if got != expected {
                return Err(Error::Gap { expected, got });
            }
            let digest = digest(got, &entry.block, &entry.certificate);
            let row = (entry.block.as_slice(), entry.certificate.as_slice(), digest.0);
            blocks.insert(got.0, row).map_err(storage)?;
            let mut state = write.open_table(STATE).map_err(storage)?;
            for (key, value) in &entry.writes {
                match value {
                    Some(value) => state.insert(key.as_slice(), value.as_slice()),
                    None => state.remove(key.as_slice()),
                }
                .map_err(storage)?;
            }
        }
        write.commit().map_err(storage)
    }

    fn read_blocks(&self, from: Height, count_max: usize) -> Result<Vec<Kept>, Error> {
        let read = self.database.begin_read().map_err(storage)?;
        let blocks = read.open_table(BLOCKS).map_err(storage)?;
        let mut kept = Vec::new();
        for row in blocks.range(from.0..).map_err(storage)?.take(count_max) {
            let (height, row) = row.map_err(storage)?;
            let (height, (block, certificate, expected)) = (Height(height.value()), row.value());
            if digest(height, block, certificate).0 != expected {
                return Err(Error::Damaged(format!("block {height} is not what was written")));
            }
            kept.push(Kept { height, block: block.to_vec(), certificate: certificate.to_vec() });
        }
        Ok(kept)
    }

    fn keep_handover(&self, height: Height, handover: &[u8]) -> Result<(), Error> {
        let mut write = self.database.begin_write().map_err(storage)?;
        write.set_two_phase_commit(true);
        write.open_table(HANDOVERS).map_err(storage)?.insert(height.0, handover).map_err(storage)?;
        write.commit().map_err(storage)
    }

    fn read_handovers(&self) -> Result<Vec<Vec<u8>>, Error> {
        let read = self.database.begin_read().map_err(storage)?;
        let handovers = read.open_table(HANDOVERS).map_err(storage)?;
        let rows = handovers.iter().map_err(storage)?;
        rows.map(|row| row.map(|(_, handover)| handover.value().to_vec()).map_err(storage)).collect()
    }

    fn read_state(&self) -> Result<Pairs, Error> {
        let read = self.database.begin_read().map_err(storage)?;
        let state = read.open_table(STATE).map_err(storage)?;
        let rows = state.iter().map_err(storage)?;
        rows.map(|row| {
            row.map(|(key, value)| (key.value().to_vec(), value.value().to_vec())).map_err(storage)
        })
        .collect()
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let ledger = self.clone();
        // redb panics on some files that it cannot make sense of.
        blocking::run(move || work(&ledger)).await.map_err(Error::Damaged)?
    }
}

fn last(blocks: &impl ReadableTable<u64, Row<'static>>) -> Result<Height, Error> {
    let last = blocks.last().map_err(storage)?;
    Ok(Height(last.map_or(0, |(height, _)| height.value())))
}

fn digest(height: Height, block: &[u8], certificate: &[u8]) -> Digest {
    Digest::tagged("agon/ledger-row", &(height, block, certificate))
}

fn newer(found: u64) -> Error {
    Error::Storage(format!("its layout {found} is newer than this program's {VERSION}: update agon"))
}

fn opening(path: &Path, error: redb::DatabaseError) -> Error {
    let path = path.display();
    match error {
        redb::DatabaseError::DatabaseAlreadyOpen => {
            Error::Storage(format!("another process has {path} open: stop that one first"))
        }
        error => match storage(error) {
            Error::Storage(text) => Error::Storage(format!("{path}: {text}")),
            other => other,
        },
    }
}

fn storage(error: impl Into<redb::Error>) -> Error {
    match error.into() {
        redb::Error::Corrupted(text) => Error::Damaged(text),
        error => Error::Storage(error.to_string()),
    }
}

#[async_trait]
impl Ledger for RedbLedger {
    async fn tip(&self) -> Result<Height, Error> {
        self.run(|ledger| {
            let read = ledger.database.begin_read().map_err(storage)?;
            last(&read.open_table(BLOCKS).map_err(storage)?)
        })
        .await
    }

    async fn append(&self, entry: Entry) -> Result<(), Error> {
        self.run(move |ledger| ledger.keep(&entry)).await
    }

    async fn blocks(&self, from: Height, count_max: usize) -> Result<Vec<Kept>, Error> {
        self.run(move |ledger| ledger.read_blocks(from, count_max)).await
    }

    async fn hand_over(&self, height: Height, handover: Vec<u8>) -> Result<(), Error> {
        self.run(move |ledger| ledger.keep_handover(height, &handover)).await
    }

    async fn handovers(&self) -> Result<Vec<Vec<u8>>, Error> {
        self.run(Self::read_handovers).await
    }

    async fn state(&self) -> Result<Pairs, Error> {
        self.run(Self::read_state).await
    }
}

#[cfg(test)]
mod tests;
