//! Whether a log is as it was written.

use super::files::{self, HEAD, HeadFile, Lines, Piece, Stretch};
use super::line::{Entry, Head, Witness};
use agon_port::sandbox::Verdict;
use agon_types::TimeMs;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::Path;

/// Calls of foreign code to its host, and those of them that were refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    pub calls: u64,
    pub denied: u64,
}

/// What a whole log contains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub files: u64,
    pub lines: u64,
    /// Lines in which the log speaks of itself: what a crash left, what could not be written.
    pub notes: u64,
    /// What keepers saw go out of their cages.
    pub keeper: Count,
    /// What cages tell of themselves.
    pub cage: Count,
    /// The lines of runs that began and have not ended: they run now, or were cut.
    pub unended: Vec<u64>,
    /// Runs that ended and whose beginning could not be written.
    pub unannounced: u64,
    pub first_time_ms: Option<TimeMs>,
    pub last_time_ms: Option<TimeMs>,
    pub head: Head,
    /// The log ends with bytes that are no line yet: it is being written, or its writer was stopped.
    pub unfinished: bool,
}

/// The first place where a log is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Broken {
    pub file: String,
    /// Zero for a file as a whole.
    pub line: u64,
    pub why: String,
}

impl Broken {
    fn whole(file: impl Into<String>, why: impl Into<String>) -> Self {
        Self { file: file.into(), line: 0, why: why.into() }
    }
}

impl std::error::Error for Broken {}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.why),
            line => write!(f, "{}, line {line}: {}", self.file, self.why),
        }
    }
}

/// Reads the whole log, and says what it contains or where it is broken. A head that was noted at an earlier time must
/// still be one of its lines.
pub fn verify(folder: &Path, noted: Option<Head>) -> Result<Summary, Broken> {
    // The head is read before the lines, so that a log which grows meanwhile is only longer than it.
    let head = HeadFile::read(folder).map_err(|error| Broken::whole(HEAD, unreadable(&error)))?;
    let mut chain = Chain {
        last: Head::START,
        open: BTreeMap::new(),
        known: [(head, "the head names another line here"), (noted, "another line was noted here")],
        summary: Summary {
            files: 0,
            lines: 0,
            notes: 0,
            keeper: Count::default(),
            cage: Count::default(),
            unended: Vec::new(),
            unannounced: 0,
            first_time_ms: None,
            last_time_ms: None,
            head: Head::START,
            unfinished: false,
        },
    };
    let end = walk(folder, |stretch, place, read| chain.follow(stretch, place, read))?;
    let Chain { last, open, mut summary, .. } = chain;
    if head.is_none() && summary.lines > 0 {
        return Err(Broken::whole(
            HEAD,
            "it is missing or cannot be read, so the end of the log is not known",
        ));
    }
    for (known, what) in [(head, "its head"), (noted, "the note")] {
        if let Some(known) = known.filter(|known| known.seq > last.seq) {
            let (ends, known) = (last.seq, known.seq);
            let why =
                format!("the log ends with line {ends} and {what} names line {known}: lines were removed");
            return Err(Broken { why, ..end.here });
        }
    }
    summary.files = end.files;
    summary.unended = open.into_keys().collect();
    summary.unfinished = end.unfinished;
    summary.head = last;
    Ok(summary)
}

/// Visits every line that can be read, without a look at the chain.
pub fn each(folder: &Path, mut visit: impl FnMut(&Entry)) -> Result<(), Broken> {
    let visit = |_: &Stretch, _, read: Result<(Entry, Head), &'static str>| {
        let (entry, _) = read?;
        visit(&entry);
        Ok(())
    };
    walk(folder, visit).map(|_| ())
}

/// How far the chain of hashes is known to be good.
struct Chain {
    last: Head,
    /// Runs that have begun: the challenge, job and phase, by the number of the line.
    open: BTreeMap<u64, (String, String, String)>,
    /// Lines that someone vouches for, and what it means if they are others.
    known: [(Option<Head>, &'static str); 2],
    summary: Summary,
}

impl Chain {
    fn follow(
        &mut self,
        stretch: &Stretch,
        place: u64,
        read: Result<(Entry, Head), &'static str>,
    ) -> Result<(), String> {
        let (entry, here) = read?;
        let due = self.last.seq + 1;
        if entry.seq != due {
            return Err(format!("it is line {} of the log where line {due} should be", entry.seq));
        }
        if place == 1 && stretch.first != entry.seq {
            return Err("the file has the name of another".to_owned());
        }
        if entry.prev != self.last.hash {
            return Err("it follows another line than the one before it".to_owned());
        }
        let other = |(known, _): &&(Option<Head>, _)| {
            known.is_some_and(|known: Head| known.seq == here.seq && known.hash != here.hash)
        };
        if let Some((_, why)) = self.known.iter().find(other) {
            return Err((*why).to_owned());
        }
        self.pair(&entry)?;
        self.last = here;
        self.summary.count(&entry);
        Ok(())
    }

    /// A run ends once, and only one that began.
    fn pair(&mut self, entry: &Entry) -> Result<(), String> {
        let run = || (entry.challenge.clone(), entry.job.clone(), entry.phase.clone());
        if entry.is_opening() {
            self.open.insert(entry.seq, run());
            return Ok(());
        }
        match entry.begun {
            Some(begun) if self.open.remove(&begun) == Some(run()) => Ok(()),
            Some(begun) => Err(format!("it ends a run that did not begin in line {begun}, or had ended")),
            None => {
                self.summary.unannounced += u64::from(!entry.is_note());
                Ok(())
            }
        }
    }
}

impl Summary {
    fn count(&mut self, entry: &Entry) {
        self.lines += 1;
        self.notes += u64::from(entry.is_note());
        for calls in &entry.calls {
            let count = match calls.by {
                Witness::Keeper => &mut self.keeper,
                Witness::Cage => &mut self.cage,
            };
            count.calls = count.calls.saturating_add(calls.count);
            if calls.verdict == Verdict::Denied {
                count.denied = count.denied.saturating_add(calls.count);
            }
        }
        self.first_time_ms = self.first_time_ms.or(Some(entry.time_ms));
        self.last_time_ms = Some(entry.time_ms);
    }
}

/// How a walk over all lines ended.
struct End {
    files: u64,
    unfinished: bool,
    /// The last place that there was.
    here: Broken,
}

/// Visits what stands in each line of each stretch, until one is refused.
fn walk(
    folder: &Path,
    mut visit: impl FnMut(&Stretch, u64, Result<(Entry, Head), &'static str>) -> Result<(), String>,
) -> Result<End, Broken> {
    let (stretches, strange) =
        files::stretches(folder).map_err(|error| Broken::whole(files::name(folder), unreadable(&error)))?;
    if let Some(name) = strange.into_iter().next() {
        return Err(Broken::whole(name, "it is no file of this log"));
    }
    let count = stretches.len();
    let mut end = End { files: count as u64, unfinished: false, here: Broken::whole(HEAD, "") };
    for (index, stretch) in stretches.iter().enumerate() {
        let file = files::name(&stretch.path);
        let unreadable = |error: io::Error| Broken::whole(file.clone(), unreadable(&error));
        let mut lines = Lines::open(&stretch.path).map_err(unreadable)?;
        end.here = Broken::whole(file.clone(), "");
        for place in 1.. {
            let broken = |why: String| Broken { file: file.clone(), line: place, why };
            match lines.next().map_err(unreadable)? {
                Piece::End => break,
                Piece::Torn if index + 1 == count => {
                    end.unfinished = true;
                    break;
                }
                Piece::Torn => return Err(broken("it has no end".to_owned())),
                Piece::Line(line) => {
                    end.here.line = place;
                    visit(stretch, place, Entry::read(&line)).map_err(broken)?;
                }
            }
        }
    }
    Ok(end)
}

fn unreadable(error: &io::Error) -> String {
    format!("it cannot be read: {error}")
}
