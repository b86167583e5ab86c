//! A disk in memory that loses what was not synced, and a journal that falls at a chosen append.

use agon_agreement::journal::{Journal, Storage};
use agon_types::Height;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

#[derive(Debug, Default)]
struct Content {
    durable: Vec<u8>,
    now: Vec<u8>,
}

/// One file.
#[derive(Clone, Debug, Default)]
pub struct Disk(Arc<Mutex<Content>>);

impl Disk {
    /// The power fails: of what was not synced only so many bytes remain.
    pub fn fall(&self, torn_bytes: usize) {
        let mut content = self.0.lock().unwrap();
        let durable = content.durable.len().min(content.now.len());
        let is_longer = content.now.len() > durable && content.now[..durable] == content.durable[..];
        if is_longer {
            content.now.truncate(durable.saturating_add(torn_bytes));
        } else {
            content.now = content.durable.clone();
        }
        content.durable = content.now.clone();
    }
}

#[derive(Debug)]
pub struct Open {
    disk: Disk,
    position: u64,
}

impl Storage for Open {
    type OpenOptions = Disk;

    fn open_with(_: impl AsRef<Path>, disk: Disk) -> io::Result<Self> {
        Ok(Self { disk, position: 0 })
    }

    fn size_bytes(&self) -> io::Result<u64> {
        Ok(self.disk.0.lock().unwrap().now.len() as u64)
    }

    fn truncate_to(&mut self, size: u64) -> io::Result<()> {
        self.disk.0.lock().unwrap().now.resize(size as usize, 0);
        Ok(())
    }

    fn sync_all(&mut self) -> io::Result<()> {
        let mut content = self.disk.0.lock().unwrap();
        content.durable = content.now.clone();
        Ok(())
    }
}

impl Read for Open {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let content = self.disk.0.lock().unwrap();
        let mut rest = content.now.get(self.position as usize..).unwrap_or_default();
        let count = rest.read(buffer)?;
        self.position += count as u64;
        Ok(count)
    }
}

impl Write for Open {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (mut content, from) = (self.disk.0.lock().unwrap(), self.position as usize);
        let end = from + bytes.len();
        if content.now.len() < end {
            content.now.resize(end, 0);
        }
        content.now[from..end].copy_from_slice(bytes);
        self.position = end as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Open {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let size = self.size_bytes()?;
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => size.checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

/// A journal whose node falls once so many appends are done.
pub struct Falling<J> {
    pub journal: J,
    pub left: Arc<Mutex<Option<usize>>>,
}

impl<J: Journal> Journal for Falling<J> {
    fn append(&mut self, record: &[u8]) -> io::Result<()> {
        self.journal.append(record)?;
        let mut left = self.left.lock().unwrap();
        match left.as_mut() {
            Some(0) => return Err(io::Error::other("the power has failed")),
            Some(count) => *count -= 1,
            None => {}
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.journal.sync()
    }

    fn reset(&mut self, height: Height) -> io::Result<()> {
        self.journal.reset(height)
    }
}
