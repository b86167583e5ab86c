//! The file of the development chain: a block is in it before anyone hears of the block.

use super::history::{Base, Block, History};
use super::{Error, Rules};
use crate::limits::VALUE_BYTES_MAX;
use agon_types::{TimeMs, codec};
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};
use std::path::Path;

const BLOCKS: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("blocks");
const META: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("meta");

/// The layout that this code reads and writes.
const VERSION: u16 = 1;

/// What a chain is made with: layout, rules, seed.
type Birth = (u16, Rules, [u8; 32]);

#[derive(Debug)]
pub(super) struct Store {
    database: Database,
}

/// Opens the file, or begins a chain in it, and gives the history that it holds.
pub(super) fn open(
    path: &Path,
    rules: Rules,
    seed: Option<[u8; 32]>,
    now: TimeMs,
) -> Result<(Store, History), Error> {
    let database = Database::create(path).map_err(|error| match error {
        redb::DatabaseError::DatabaseAlreadyOpen => {
            Error::Storage(format!("another process has {} open: stop that one first", path.display()))
        }
        error => storage(error),
    })?;
    let store = Store { database };
    if !store.is_begun()? {
        store.begin(&rules, seed, now)?;
    }
    let (birth, base, blocks) = store.read()?;
    let (_, kept, kept_seed) = birth;
    if kept != rules || seed.is_some_and(|seed| seed != kept_seed) {
        return Err(Error::OtherRules(format!("{kept:?}")));
    }
    let history = History::restore(kept, kept_seed, base, blocks)?;
    Ok((store, history))
}

impl Store {
    fn is_begun(&self) -> Result<bool, Error> {
        let write = self.database.begin_write().map_err(storage)?;
        let begun = {
            write.open_table(BLOCKS).map_err(storage)?;
            let meta = write.open_table(META).map_err(storage)?;
            meta.get("birth").map_err(storage)?.is_some()
        };
        write.commit().map_err(storage)?;
        Ok(begun)
    }

    fn begin(&self, rules: &Rules, seed: Option<[u8; 32]>, now: TimeMs) -> Result<(), Error> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(|error| Error::Storage(error.to_string()))?;
        let seed = seed.unwrap_or(random);
        let write = self.database.begin_write().map_err(storage)?;
        {
            let mut meta = write.open_table(META).map_err(storage)?;
            let birth = codec::encode(&(VERSION, rules, seed));
            let base = codec::encode(&History::genesis(&seed, now));
            meta.insert("birth", birth.as_slice()).map_err(storage)?;
            meta.insert("base", base.as_slice()).map_err(storage)?;
        }
        write.commit().map_err(storage)
    }

    fn read(&self) -> Result<(Birth, Base, Vec<Block>), Error> {
        let read = self.database.begin_read().map_err(storage)?;
        let meta = read.open_table(META).map_err(storage)?;
        let value = |key: &str| {
            let found = meta.get(key).map_err(storage)?;
            found.map(|found| found.value().to_vec()).ok_or_else(|| Error::Damaged(format!("no {key}")))
        };
        let birth = value("birth")?;
        match birth.first_chunk().map(|version| u16::from_le_bytes(*version)) {
            Some(VERSION) => {}
            version => {
                return Err(Error::OtherRules(format!("layout {version:?}, this program's is {VERSION}")));
            }
        }
        let blocks = read.open_table(BLOCKS).map_err(storage)?;
        let blocks = blocks.iter().map_err(storage)?;
        let blocks = blocks.map(|row| decode(row.map_err(storage)?.1.value())).collect::<Result<_, _>>()?;
        Ok((decode(&birth)?, decode(&value("base")?)?, blocks))
    }

    /// Writes a block, and forgets those before a later base, in one durable transaction.
    pub(super) fn append(&self, block: &Block, base: Option<&Base>) -> Result<(), Error> {
        let mut write = self.database.begin_write().map_err(storage)?;
        // Strangers choose bytes of the blocks, so a torn write must not be told by a checksum alone.
        write.set_two_phase_commit(true);
        {
            let mut blocks = write.open_table(BLOCKS).map_err(storage)?;
            blocks.insert(block.number.0, codec::encode(block).as_slice()).map_err(storage)?;
            if let Some(base) = base {
                blocks.retain_in(..=base.number.0, |_, _| false).map_err(storage)?;
                let mut meta = write.open_table(META).map_err(storage)?;
                meta.insert("base", codec::encode(base).as_slice()).map_err(storage)?;
            }
        }
        write.commit().map_err(storage)
    }
}

fn decode<T: borsh::BorshDeserialize>(bytes: &[u8]) -> Result<T, Error> {
    codec::decode(bytes, VALUE_BYTES_MAX).map_err(|error| Error::Damaged(error.to_string()))
}

fn storage(error: impl Into<redb::Error>) -> Error {
    match error.into() {
        redb::Error::Corrupted(text) => Error::Damaged(text),
        error => Error::Storage(error.to_string()),
    }
}
