//! A disk that loses what was not synced: on a crash, some of the last writes are there, the last of them in part.

use crate::chance::Chance;
use agon_agreement::journal::Storage;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Something that was done to the file, and is not durable yet.
#[derive(Clone, Debug)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Truncate(usize),
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write { at, bytes } => {
                content.resize(content.len().max(at + bytes.len()), 0);
                content[*at..at + bytes.len()].copy_from_slice(bytes);
            }
            Self::Truncate(size) => content.resize(*size, 0),
        }
    }
}

#[derive(Debug, Default)]
struct Content {
    durable: Vec<u8>,
    seen: Vec<u8>,
    changes: Vec<Change>,
    /// So many writes and syncs still succeed; then the machine is off.
    fuse: Option<u64>,
    is_lying: bool,
}

impl Content {
    fn burn(&mut self) -> io::Result<()> {
        match &mut self.fuse {
            Some(0) => Err(io::Error::other("the machine is off")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn change(&mut self, change: Change) {
        change.apply(&mut self.seen);
        self.changes.push(change);
    }
}

/// One file of one node. It outlives the node.
#[derive(Clone, Debug, Default)]
pub struct Disk(Arc<Mutex<Content>>);

impl Disk {
    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The machine goes off at its next write or sync but so many.
    pub fn light_fuse(&self, operations: u64) {
        self.content().fuse = Some(operations);
    }

    /// From now on, what is synced is no more durable than anything else: a disk that no node can trust.
    pub fn lie(&self) {
        self.content().is_lying = true;
    }

    /// Whether the machine went off while it wrote.
    pub fn is_off(&self) -> bool {
        self.content().fuse == Some(0)
    }

    /// The machine goes off: of what was not synced, chance says how much is there afterwards.
    pub fn crash(&self, chance: &mut Chance) {
        let mut content = self.content();
        let changes = std::mem::take(&mut content.changes);
        let kept = chance.index(changes.len() + 1);
        for (index, change) in changes.into_iter().enumerate().take(kept) {
            let torn = match change {
                Change::Write { at, mut bytes } if index + 1 == kept => {
                    bytes.truncate(chance.index(bytes.len() + 1));
                    Change::Write { at, bytes }
                }
                whole => whole,
            };
            torn.apply(&mut content.durable);
        }
        content.seen = content.durable.clone();
        content.fuse = None;
    }
}

/// An open file.
#[derive(Debug)]
pub struct File {
    disk: Disk,
    at: usize,
}

impl Storage for File {
    type OpenOptions = Disk;

    fn open_with(_: impl AsRef<Path>, disk: Disk) -> io::Result<Self> {
        Ok(Self { disk, at: 0 })
    }

    fn size_bytes(&self) -> io::Result<u64> {
        Ok(self.disk.content().seen.len() as u64)
    }

    fn truncate_to(&mut self, size: u64) -> io::Result<()> {
        let mut content = self.disk.content();
        content.burn()?;
        content.change(Change::Truncate(size as usize));
        Ok(())
    }

    fn sync_all(&mut self) -> io::Result<()> {
        let mut content = self.disk.content();
        content.burn()?;
        if !content.is_lying {
            content.durable = content.seen.clone();
            content.changes.clear();
        }
        Ok(())
    }
}

impl Read for File {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let content = self.disk.content();
        let mut rest = content.seen.get(self.at..).unwrap_or_default();
        let count = rest.read(buffer)?;
        self.at += count;
        Ok(count)
    }
}

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut content = self.disk.content();
        content.burn()?;
        content.change(Change::Write { at: self.at, bytes: bytes.to_vec() });
        self.at += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for File {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let end = self.disk.content().seen.len() as u64;
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => end.checked_add_signed(by),
            SeekFrom::Current(by) => (self.at as u64).checked_add_signed(by),
        };
        let at = at.ok_or_else(|| io::Error::other("before the beginning of the file"))?;
        self.at = at as usize;
        Ok(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_synced_stays_and_of_the_rest_a_part_does() {
        let mut lengths = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let disk = Disk::default();
            let mut file = File::open_with("votes", disk.clone()).unwrap();
            file.write_all(b"synced").unwrap();
            file.sync_all().unwrap();
            file.write_all(b"one").unwrap();
            file.write_all(b"two").unwrap();
            disk.crash(&mut Chance::new(seed));
            let mut after = Vec::new();
            File::open_with("votes", disk).unwrap().read_to_end(&mut after).unwrap();
            assert!(b"syncedonetwo".starts_with(&after) && after.len() >= 6, "{after:?}");
            lengths.insert(after.len());
        }
        assert_eq!(lengths, (6..=12).collect());
    }

    #[test]
    fn a_lit_fuse_ends_all_writing_until_the_next_start() {
        let disk = Disk::default();
        let mut file = File::open_with("votes", disk.clone()).unwrap();
        disk.light_fuse(1);
        file.write_all(b"one").unwrap();
        assert!(file.write_all(b"two").is_err() && file.sync_all().is_err() && disk.is_off());
        disk.crash(&mut Chance::new(1));
        assert!(file.sync_all().is_ok());
    }
}
