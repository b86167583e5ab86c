//! The files of the log: one for each stretch of lines, named by the number of its first, and the head.

use super::line::Head;
use crate::limits::AUDIT_LINE_BYTES_MAX;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// The file that says where the log ends.
pub(super) const HEAD: &str = "head";
const ENDING: &str = ".jsonl";

/// A stretch of the log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stretch {
    /// The number of its first line.
    pub(super) first: u64,
    pub(super) path: PathBuf,
}

impl Stretch {
    pub(super) fn new(folder: &Path, first: u64) -> Self {
        Self { first, path: folder.join(format!("{first:012}{ENDING}")) }
    }
}

/// The file's name, as messages have it.
pub(super) fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// All stretches in their order, and whatever else calls itself one.
pub(super) fn stretches(folder: &Path) -> io::Result<(Vec<Stretch>, Vec<String>)> {
    let (mut found, mut strange) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder)? {
        let name = name(&entry?.path());
        let Some(number) = name.strip_suffix(ENDING) else { continue };
        match number.parse().map(|first| Stretch::new(folder, first)) {
            Ok(stretch) if stretch.path == folder.join(&name) => found.push(stretch),
            _ => strange.push(name),
        }
    }
    found.sort();
    strange.sort();
    Ok((found, strange))
}

/// Opens a file that only its owner may read.
pub(super) fn open_private(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.read(true).write(true).open(path)
}

/// What a stretch has at one place.
pub(super) enum Piece {
    /// A line, without its end.
    Line(Vec<u8>),
    /// Bytes without an end, or more of them than a line may have.
    Torn,
    End,
}

/// Reads a stretch line by line.
pub(super) struct Lines {
    reader: BufReader<File>,
}

impl Lines {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { reader: BufReader::new(File::open(path)?) })
    }

    pub(super) fn next(&mut self) -> io::Result<Piece> {
        let mut bytes = Vec::new();
        self.reader.by_ref().take(AUDIT_LINE_BYTES_MAX as u64).read_until(b'\n', &mut bytes)?;
        Ok(match bytes.pop() {
            None => Piece::End,
            Some(b'\n') => Piece::Line(bytes),
            Some(_) => Piece::Torn,
        })
    }
}

/// The head on disk. It is written over in place, and fits into one sector, so it is never half one and half another.
pub(super) struct HeadFile(File);

impl HeadFile {
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        open_private(OpenOptions::new().create(true).truncate(false), &folder.join(HEAD)).map(Self)
    }

    /// `None` if there is no head, or none that can be read.
    pub(super) fn read(folder: &Path) -> io::Result<Option<Head>> {
        let mut text = String::new();
        match File::open(folder.join(HEAD)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
            Ok(file) => {
                if file.take(256).read_to_string(&mut text).is_err() {
                    return Ok(None);
                }
            }
        }
        let (seq, hash) = text.trim_end().split_once(' ').unwrap_or_default();
        let (Ok(seq), Ok(hash)) = (seq.parse(), hash.parse()) else { return Ok(None) };
        let head = Head { seq, hash };
        Ok((Self::text(head) == text).then_some(head))
    }

    fn text(head: Head) -> String {
        format!("{:020} {}\n", head.seq, head.hash)
    }

    /// It needs no flush of its own: one that is older than the lines after a power cut only protects fewer of them,
    /// until the next start.
    pub(super) fn write(&mut self, head: Head) -> io::Result<()> {
        self.0.seek(SeekFrom::Start(0))?;
        self.0.write_all(Self::text(head).as_bytes())
    }
}
