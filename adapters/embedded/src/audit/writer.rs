//! The end of the log, where lines are added, and what a start finds there after a crash.

use super::files::{self, HeadFile, Lines, Piece, Stretch};
use super::line::{Draft, Entry, Head};
use agon_types::TimeMs;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Adds lines to the last stretch.
pub(super) struct Writer {
    folder: PathBuf,
    /// A stretch that would grow beyond this is followed by a new one.
    bytes_max: u64,
    file: File,
    /// What of it is good; behind that, a failed attempt may have left something.
    bytes: u64,
    head: Head,
    head_file: HeadFile,
    /// What the log still has to say of itself.
    notes: Vec<String>,
    /// Lines that could not be written since the last one that could.
    lost: u64,
}

/// What a look at the end of the log found.
struct Found {
    stretch: Stretch,
    last: Head,
    /// Where its last good line ends, and the file.
    good_bytes: u64,
    bytes: u64,
}

impl Writer {
    /// Opens the log, which is made if it is missing. What was never promised to anyone and is not whole is cut, and
    /// a line says so; where promised lines are missing, the log goes on from the promise, so that the hole shows.
    pub(super) fn open(folder: &Path, bytes_max: u64) -> io::Result<Self> {
        make_folder(folder)?;
        let promised = HeadFile::read(folder)?;
        let found = look(folder)?;
        let mut notes = Vec::new();
        if promised.is_none() && found.last != Head::START {
            notes.push("the head was missing, so lines may have been removed before this one".to_owned());
        }
        let promised = promised.unwrap_or(Head::START);
        let holds = found.last.seq > promised.seq || found.last == promised;
        let mut bytes = found.bytes;
        if holds && found.good_bytes < bytes {
            notes
                .push(format!("{} bytes of lines that were not finished were cut", bytes - found.good_bytes));
            bytes = found.good_bytes;
        }
        if !holds {
            notes.push("lines before this one are missing or were changed".to_owned());
        }
        let mut file = files::open_private(OpenOptions::new().create(true), &found.stretch.path)?;
        file.set_len(bytes)?;
        if bytes > found.good_bytes {
            // Something that is no line stays as it is, for whoever looks into it, and lines begin after it.
            file.seek(SeekFrom::End(0))?;
            file.write_all(b"\n")?;
            bytes += 1;
        }
        file.sync_all()?;
        sync_folder(folder)?;
        let head = if holds { found.last } else { promised };
        let mut head_file = HeadFile::open(folder)?;
        head_file.write(head)?;
        Ok(Self { folder: folder.to_owned(), bytes_max, file, bytes, head, head_file, notes, lost: 0 })
    }

    pub(super) fn head(&self) -> Head {
        self.head
    }

    /// How many lines could not be written since the last one that could.
    pub(super) fn lost(&self) -> u64 {
        self.lost
    }

    /// Adds lines durably, with one flush for all that fit into a stretch: the numbers of those that stand.
    pub(super) fn append(&mut self, drafts: Vec<Draft>, now: TimeMs) -> (Range<u64>, io::Result<()>) {
        let count = drafts.len();
        let mut notes: Vec<_> = self.notes.iter().map(|note| Draft::note(note.clone(), now)).collect();
        if self.lost > 0 {
            notes.push(Draft::note(format!("{} lines could not be written", self.lost), now));
        }
        let before = self.head.seq;
        let own = notes.len();
        notes.extend(drafts);
        let result = self.write(&notes);
        let stood = usize::try_from(self.head.seq - before).unwrap_or(usize::MAX);
        self.notes.drain(..stood.min(self.notes.len()));
        if stood >= own {
            self.lost = 0;
        }
        let done = stood.saturating_sub(own);
        self.lost += (count - done) as u64;
        let end = self.head.seq + 1;
        (end - done as u64..end, result)
    }

    fn write(&mut self, drafts: &[Draft]) -> io::Result<()> {
        let (mut buffer, mut head) = (Vec::new(), self.head);
        for draft in drafts {
            let (line, next) = draft.after(head);
            let filled = self.bytes + buffer.len() as u64;
            if filled > 0 && filled + line.len() as u64 > self.bytes_max {
                self.commit(&buffer, head)?;
                buffer.clear();
                self.begin(next.seq)?;
            }
            buffer.extend_from_slice(&line);
            head = next;
        }
        self.commit(&buffer, head)
    }

    /// The lines stand once they are on the disk; after a failure, the next attempt writes over what is left of them.
    fn commit(&mut self, lines: &[u8], head: Head) -> io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        let mut write = || {
            self.file.seek(SeekFrom::Start(self.bytes))?;
            self.file.write_all(lines)?;
            self.file.sync_data()
        };
        write().inspect_err(|_| {
            // If this fails too, a start finds bytes that were never promised, and cuts them.
            let _ = self.file.set_len(self.bytes);
        })?;
        self.bytes += lines.len() as u64;
        self.head = head;
        self.head_file.write(head)
    }

    fn begin(&mut self, first: u64) -> io::Result<()> {
        let stretch = Stretch::new(&self.folder, first);
        self.file = files::open_private(OpenOptions::new().create_new(true), &stretch.path)?;
        self.bytes = 0;
        sync_folder(&self.folder)
    }
}

/// Looks for the last good line, from the last stretch back to the first.
fn look(folder: &Path) -> io::Result<Found> {
    let (stretches, _) = files::stretches(folder)?;
    let mut found: Option<Found> = None;
    for stretch in stretches.into_iter().rev() {
        let (last, good_bytes) = good(&stretch.path)?;
        let bytes = fs::metadata(&stretch.path)?.len();
        let last_one = found.get_or_insert(Found { stretch, last: Head::START, good_bytes, bytes });
        if let Some(last) = last {
            last_one.last = last;
            break;
        }
    }
    let first = || Found { stretch: Stretch::new(folder, 1), last: Head::START, good_bytes: 0, bytes: 0 };
    Ok(found.unwrap_or_else(first))
}

/// The last line of a file up to which all lines are good, and where it ends.
fn good(path: &Path) -> io::Result<(Option<Head>, u64)> {
    let mut lines = Lines::open(path)?;
    let (mut last, mut bytes): (Option<Head>, u64) = (None, 0);
    while let Piece::Line(line) = lines.next()? {
        let Ok((entry, here)) = Entry::read(&line) else { break };
        if last.is_some_and(|last| entry.prev != last.hash || here.seq != last.seq + 1) {
            break;
        }
        last = Some(here);
        bytes += line.len() as u64 + 1;
    }
    Ok((last, bytes))
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Makes the names in a folder durable.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
