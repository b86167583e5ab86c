//! The log of what this node has said and heard about the height that is being decided. Nothing is said before it is
//! in here durably, so that a node that fell never says anything else later.

use crate::limits::RECORD_BYTES_MAX;
use agon_types::Height;
use arc_malachitebft_wal::log::Log;
use std::io;
use std::path::{Path, PathBuf};

/// Where a log lies. The simulator has one that loses what was not synced.
pub use arc_malachitebft_wal::Storage;

/// The version and a number that nothing here reads.
const HEADER_BYTES: usize = 12;
/// The only version of a log, as its first four bytes.
const FORMAT: [u8; 4] = [0, 0, 0, 1];
/// What stands before a record: whether it is compressed, its length, and its checksum.
const RECORD_HEADER_BYTES: usize = 13;

/// A log of records.
pub trait Journal: Send {
    /// Adds a record; it need not be durable yet.
    fn append(&mut self, record: &[u8]) -> io::Result<()>;

    /// Returns once all that was added is durable.
    fn sync(&mut self) -> io::Result<()>;

    /// Forgets all records, because a height above theirs begins.
    fn reset(&mut self, height: Height) -> io::Result<()>;
}

/// Why a log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the log {} cannot be read or written: {source}", path.display())]
    Storage { path: PathBuf, source: io::Error },
    #[error(
        "the log {} is damaged at byte {at}, so nobody knows what this node has voted for: move the file away, and \
         let the node vote from a height on that its network has not reached (`vote_from`)", path.display()
    )]
    Damaged { path: PathBuf, at: usize },
}

/// Malachite's log, in a file or where a simulator wants it.
#[derive(Debug)]
pub struct Wal<S> {
    log: Log<S>,
}

impl<S: Storage> Wal<S>
where
    S::OpenOptions: Clone,
{
    /// Opens a log and gives its records. A record that was being written when the node fell is cut off; anything else
    /// that cannot be read is an error, because votes may be lost with it.
    pub fn open(path: impl AsRef<Path>, options: S::OpenOptions) -> Result<(Self, Vec<Vec<u8>>), Error> {
        let path = path.as_ref();
        let fault = |source| Error::Storage { path: path.to_owned(), source };
        let mut bytes = Vec::new();
        let mut storage = S::open_with(path, options.clone()).map_err(fault)?;
        storage.read_to_end(&mut bytes).map_err(fault)?;
        let damaged = |at| Error::Damaged { path: path.to_owned(), at };
        let (records, whole) = scan(&bytes).map_err(damaged)?;
        if whole < bytes.len() {
            storage.truncate_to(whole as u64).map_err(fault)?;
            storage.sync_all().map_err(fault)?;
        }
        drop(storage);
        let log = Log::open_with(path, options).map_err(fault)?;
        Ok((Self { log }, records))
    }
}

impl<S: Storage + Send> Journal for Wal<S> {
    fn append(&mut self, record: &[u8]) -> io::Result<()> {
        self.log.append(record)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.log.flush()
    }

    fn reset(&mut self, height: Height) -> io::Result<()> {
        self.log.reset(height.0)
    }
}

/// The records of a log and the length of what is whole, or where it is damaged.
fn scan(bytes: &[u8]) -> Result<(Vec<Vec<u8>>, usize), usize> {
    // A log begins with its header, which is durable before anything else is; a node that fell before that said nothing.
    if bytes.len() < HEADER_BYTES {
        return Ok((Vec::new(), 0));
    }
    if bytes[..4] != FORMAT {
        return Err(0);
    }
    let mut records = Vec::new();
    let mut at = HEADER_BYTES;
    while let Some(record) = record(&bytes[at..]) {
        at += RECORD_HEADER_BYTES + record.len();
        records.push(record.to_vec());
    }
    // After a record that was cut off nothing follows; after a damaged one others do.
    let others_follow = (at + 1..bytes.len()).any(|later| record(&bytes[later..]).is_some());
    if others_follow { Err(at) } else { Ok((records, at)) }
}

/// The record that begins here, if it is whole. None is empty.
fn record(bytes: &[u8]) -> Option<&[u8]> {
    let (header, rest) = bytes.split_at_checked(RECORD_HEADER_BYTES)?;
    let length = u64::from_be_bytes(header.get(1..9)?.try_into().ok()?);
    let checksum = u32::from_be_bytes(header.get(9..13)?.try_into().ok()?);
    let length = usize::try_from(length).ok().filter(|length| (1..=RECORD_BYTES_MAX).contains(length))?;
    let record = rest.get(..length)?;
    (header[0] == 0 && crc32fast::hash(record) == checksum).then_some(record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, File};

    fn log(folder: &Path) -> (PathBuf, Vec<u8>) {
        let path = folder.join("votes.wal");
        let (mut wal, records) = Wal::<File>::open(&path, ()).unwrap();
        assert!(records.is_empty());
        for record in [&b"one"[..], b"two", b"three"] {
            wal.append(record).unwrap();
        }
        wal.sync().unwrap();
        drop(wal);
        let bytes = fs::read(&path).unwrap();
        (path, bytes)
    }

    fn read(path: &Path) -> Result<Vec<Vec<u8>>, Error> {
        Wal::<File>::open(path, ()).map(|(_, records)| records)
    }

    #[test]
    fn a_record_that_was_cut_off_is_left_out_and_those_before_it_stay() {
        let folder = tempfile::tempdir().unwrap();
        let (path, whole) = log(folder.path());
        let last = whole.len() - RECORD_HEADER_BYTES - b"three".len();
        let tails = |cut: usize| [whole[..cut].to_vec(), [&whole[..last], &vec![0; cut - last]].concat()];
        for cut in last..whole.len() {
            for bytes in tails(cut) {
                fs::write(&path, bytes).unwrap();
                assert_eq!(read(&path).unwrap(), [b"one".to_vec(), b"two".to_vec()], "{cut}");
                let (mut wal, _) = Wal::<File>::open(&path, ()).unwrap();
                wal.append(b"four").unwrap();
                drop(wal);
                assert_eq!(read(&path).unwrap().last().unwrap(), b"four", "it goes on after {cut}");
            }
        }
    }

    #[test]
    fn a_log_that_is_damaged_before_its_end_is_refused_and_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let (path, whole) = log(folder.path());
        let last = whole.len() - RECORD_HEADER_BYTES - b"three".len();
        // The number in the header says nothing that is needed.
        for at in (0..4).chain(HEADER_BYTES..last) {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x40;
            fs::write(&path, &bytes).unwrap();
            let Err(error @ Error::Damaged { .. }) = read(&path) else { panic!("byte {at} is read over") };
            assert!(error.to_string().contains("vote_from"), "{error}");
            assert_eq!(fs::read(&path).unwrap(), bytes, "a refused log is left as it is");
        }
    }

    #[test]
    fn a_new_height_forgets_the_records_of_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let (path, _) = log(folder.path());
        let (mut wal, records) = Wal::<File>::open(&path, ()).unwrap();
        assert_eq!(records.len(), 3);
        wal.reset(Height(7)).unwrap();
        wal.append(b"four").unwrap();
        drop(wal);
        assert_eq!(read(&path).unwrap(), [b"four".to_vec()]);
    }
}
