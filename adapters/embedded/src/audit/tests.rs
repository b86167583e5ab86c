//! What holds for the log in files beyond the contract: every change of it is found, and a crash is no change.

use super::*;
use crate::SystemClock;
use agon_port::audit::Event;
use agon_port::sandbox::{Calls, Verdict};
use agon_types::Digest;
use std::fs;
use std::path::PathBuf;

/// What was appended, of what stands in the log.
fn asked(called: Called) -> Calls {
    let Called { by: _, name, verdict, count, bytes_in, bytes_out } = called;
    Calls { name, verdict, count, bytes_in, bytes_out }
}

/// Small enough that a few lines fill one.
const STRETCH: u64 = 1_000;

/// A run whose beginning could not be written.
fn line(job: &str) -> Line {
    line_of(job, None)
}

fn begins(job: &str) -> Line {
    Line { event: Event::Begun, ..line(job) }
}

fn line_of(job: &str, begun: Option<u64>) -> Line {
    let calls =
        Calls { name: "web.fetch".to_owned(), verdict: Verdict::Denied, count: 2, bytes_in: 3, bytes_out: 4 };
    let event = Event::Ended { begun, how: "done".to_owned(), seen: Vec::new(), told: vec![calls] };
    Line { challenge: "compress".to_owned(), job: job.to_owned(), phase: "observe", event }
}

fn open(folder: &Path) -> AuditFile {
    AuditFile::with(folder, Arc::new(SystemClock), STRETCH).unwrap()
}

/// A log of twelve lines in several files.
async fn log() -> tempfile::TempDir {
    log_of(12).await
}

async fn log_of(lines: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let audit = open(folder.path());
    for number in 1..=lines {
        audit.append(line(&number.to_string())).await.unwrap();
    }
    assert!(files_of(folder.path()).len() >= 3, "the log has several files");
    folder
}

fn files_of(folder: &Path) -> Vec<PathBuf> {
    files::stretches(folder).unwrap().0.into_iter().map(|stretch| stretch.path).collect()
}

fn head_of(folder: &Path) -> PathBuf {
    folder.join(files::HEAD)
}

#[track_caller]
fn broken(folder: &Path, with: &str) -> Broken {
    let broken = verify(folder, None).expect_err("the log is not as it was written");
    assert!(broken.why.contains(with), "{broken}");
    broken
}

/// Changes a log in many ways, one at a time, each of which must be found.
async fn found(desc: &str, changes: impl Fn(&Path) -> Vec<(PathBuf, Vec<u8>)>) {
    let log = log_of(6).await;
    let whole = verify(log.path(), None).unwrap();
    let changes = changes(log.path());
    assert!(!changes.is_empty());
    for (path, bytes) in changes {
        let before = fs::read(&path).unwrap();
        fs::write(&path, &bytes).unwrap();
        assert!(verify(log.path(), None).is_err(), "{desc}: {}", String::from_utf8_lossy(&bytes));
        fs::write(&path, before).unwrap();
    }
    assert_eq!(verify(log.path(), None), Ok(whole), "the log is whole again");
}

/// Each file's lines, changed at each place.
fn by_line(folder: &Path, change: impl Fn(&mut Vec<Vec<u8>>, usize)) -> Vec<(PathBuf, Vec<u8>)> {
    let mut changed = Vec::new();
    for path in files_of(folder) {
        let bytes = fs::read(&path).unwrap();
        let lines: Vec<Vec<u8>> = bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        for place in 0..lines.len() {
            let mut lines = lines.clone();
            change(&mut lines, place);
            if lines.concat() != bytes {
                changed.push((path.clone(), lines.concat()));
            }
        }
    }
    changed
}

#[tokio::test]
async fn files_keep_the_contract_of_an_audit_log() {
    let folder = tempfile::tempdir().unwrap();
    let reopen = async |audit: AuditFile| {
        drop(audit);
        open(folder.path())
    };
    let read = async || {
        let mut lines = Vec::new();
        each(folder.path(), |entry| {
            assert_eq!(entry.phase, "score");
            let calls =
                |by| entry.calls.iter().filter(move |calls| calls.by == by).cloned().map(asked).collect();
            let event = match entry.ended.clone() {
                None => Event::Begun,
                Some(how) => Event::Ended {
                    begun: entry.begun,
                    how,
                    seen: calls(Witness::Keeper),
                    told: calls(Witness::Cage),
                },
            };
            let (challenge, job) = (entry.challenge.clone(), entry.job.clone());
            lines.push(Line { challenge, job, phase: "score", event });
        })
        .unwrap();
        lines
    };
    agon_port::audit::contract::check(open(folder.path()), reopen, read).await;
    assert_eq!(verify(folder.path(), None).unwrap().lines, 53);
}

#[tokio::test]
async fn a_whole_log_is_summed_up() {
    let log = log().await;
    let summary = verify(log.path(), None).unwrap();
    assert_eq!((summary.lines, summary.notes, summary.unannounced), (12, 0, 12));
    assert_eq!((summary.keeper.calls, summary.cage), (0, Count { calls: 24, denied: 24 }));
    assert_eq!(summary.files, files_of(log.path()).len() as u64);
    assert_eq!((summary.head, summary.unfinished), (open(log.path()).head(), false));
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(verify(empty.path(), None).unwrap().lines, 0);
    for path in files_of(log.path()) {
        assert!(fs::metadata(&path).unwrap().len() <= STRETCH, "{}", path.display());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}

fn edited(path: &Path, place: usize) -> (PathBuf, Vec<u8>) {
    let mut bytes = fs::read(path).unwrap();
    bytes[place] ^= 1;
    (path.to_owned(), bytes)
}

#[tokio::test]
async fn an_edit_of_any_byte_is_found() {
    let edits = |folder: &Path| {
        let files = files_of(folder).into_iter();
        let places = files.flat_map(|path| {
            let bytes = fs::read(&path).unwrap().len();
            (0..bytes).map(move |place| edited(&path, place))
        });
        places.collect()
    };
    found("edit", edits).await;
}

#[tokio::test]
async fn lines_that_are_missing_moved_doubled_or_forged_are_found() {
    found("removal", |folder| by_line(folder, |lines, place| drop(lines.remove(place)))).await;
    found("exchange", |folder| {
        by_line(folder, |lines, place| {
            let next = (place + 1) % lines.len();
            lines.swap(place, next);
        })
    })
    .await;
    found("double", |folder| by_line(folder, |lines, place| lines.insert(place, lines[place].clone()))).await;
    found("gap", |folder| by_line(folder, |lines, place| lines.insert(place, b"\n".to_vec()))).await;
    // A forger who computes the hash of one line anew, and stops there.
    found("forgery", |folder| {
        by_line(folder, |lines, place| {
            let text = String::from_utf8(lines[place].clone()).unwrap();
            let body = text.split(",\"hash\"").next().unwrap().replace("denied", "granted");
            let hash = Digest::of(format!("{body}}}").as_bytes());
            lines[place] = format!("{body},\"hash\":\"{hash}\"}}\n").into_bytes();
            assert!(Entry::read(lines[place].trim_ascii_end()).is_ok(), "the line is good in itself");
        })
    })
    .await;
}

#[tokio::test]
async fn a_cut_at_any_byte_of_any_file_is_found() {
    let cuts = |folder: &Path| {
        let mut cuts = Vec::new();
        for path in files_of(folder) {
            let bytes = fs::read(&path).unwrap();
            cuts.extend((0..bytes.len()).map(|length| (path.clone(), bytes[..length].to_vec())));
        }
        cuts
    };
    found("cut", cuts).await;
    let log = log().await;
    let last = files_of(log.path()).pop().unwrap();
    fs::write(&last, b"").unwrap();
    let why = broken(log.path(), "its head names line 12: lines were removed");
    assert_eq!(why.file, files::name(&last));
}

#[tokio::test]
async fn files_that_are_missing_renamed_exchanged_or_added_are_found() {
    let log = log().await;
    let paths = files_of(log.path());
    let aside = log.path().join("aside");
    for path in &paths {
        fs::rename(path, &aside).unwrap();
        assert!(verify(log.path(), None).is_err(), "without {}", path.display());
        fs::rename(&aside, path).unwrap();
    }
    let first = log.path().join("000000000000.jsonl");
    fs::rename(&paths[0], &first).unwrap();
    broken(log.path(), "the name of another");
    fs::rename(&first, &paths[0]).unwrap();
    let (one, two) = (fs::read(&paths[1]).unwrap(), fs::read(&paths[2]).unwrap());
    fs::write(&paths[1], &two).unwrap();
    fs::write(&paths[2], &one).unwrap();
    broken(log.path(), "should be");
    fs::write(&paths[1], &one).unwrap();
    fs::write(&paths[2], &two).unwrap();
    for strange in ["notes.jsonl", "1.jsonl", "000000000001x.jsonl"] {
        fs::write(log.path().join(strange), b"").unwrap();
        assert_eq!(broken(log.path(), "no file of this log").file, strange);
        fs::remove_file(log.path().join(strange)).unwrap();
    }
    assert!(verify(log.path(), None).is_ok());
}

#[tokio::test]
async fn a_head_that_is_missing_or_another_is_found() {
    let log = log().await;
    let head = fs::read(head_of(log.path())).unwrap();
    for bytes in [b"".as_slice(), b"head", &head[1..], &head[..40]] {
        fs::write(head_of(log.path()), bytes).unwrap();
        broken(log.path(), "");
    }
    let other = format!("{:020} {}\n", 12, Digest::of(b"other"));
    fs::write(head_of(log.path()), other).unwrap();
    broken(log.path(), "the head names another line");
    fs::remove_file(head_of(log.path())).unwrap();
    assert_eq!(broken(log.path(), "it is missing").file, files::HEAD);
    // The next start cannot know what was there, and says so in the log.
    drop(open(log.path()));
    assert_eq!(verify(log.path(), None).unwrap().notes, 1);
}

#[tokio::test]
async fn a_head_that_was_noted_elsewhere_finds_a_log_that_was_written_anew() {
    let log = log().await;
    let noted = open(log.path()).head();
    let (text, other) = (noted.to_string(), Head { seq: 13, ..noted });
    assert_eq!(text.parse::<Head>(), Ok(noted));
    assert!(verify(log.path(), Some(noted)).is_ok());
    assert!(verify(log.path(), Some(other)).is_err(), "the log is shorter than the note");
    open(log.path()).append(line("13")).await.unwrap();
    assert!(verify(log.path(), Some(noted)).is_ok(), "a log that has grown still contains it");
    for path in files_of(log.path()).into_iter().chain([head_of(log.path())]) {
        fs::remove_file(path).unwrap();
    }
    let audit = open(log.path());
    for number in 1..=12 {
        audit.append(line(&(number + 1).to_string())).await.unwrap();
    }
    assert!(verify(log.path(), None).is_ok(), "nothing in the folder tells");
    let broken = verify(log.path(), Some(noted)).unwrap_err();
    assert!(broken.why.contains("another line was noted"), "{broken}");
}

#[tokio::test]
async fn what_a_crash_left_unfinished_is_cut_and_noted() {
    for rest in [b"{\"seq\":13,".as_slice(), b"\0\0\0\0\n", b"{}\n{\"seq\":14", b"\n"] {
        let log = log().await;
        let last = files_of(log.path()).pop().unwrap();
        let whole = fs::read(&last).unwrap();
        fs::write(&last, [&whole, rest].concat()).unwrap();
        if !rest.ends_with(b"\n") && !rest.contains(&b'\n') {
            assert!(verify(log.path(), None).unwrap().unfinished, "{rest:?} may still be growing");
        }
        let audit = open(log.path());
        audit.append(line("after")).await.unwrap();
        let summary = verify(log.path(), None).unwrap();
        assert_eq!((summary.lines, summary.notes, summary.unfinished), (14, 1, false));
        let mut notes = Vec::new();
        each(log.path(), |entry| notes.extend(entry.ended.clone().filter(|_| entry.is_note()))).unwrap();
        assert_eq!(notes, [format!("{} bytes of lines that were not finished were cut", rest.len())]);
    }
}

#[tokio::test]
async fn a_start_does_not_heal_what_was_removed() {
    for lines_left in [0, 1] {
        let log = log().await;
        let last = files_of(log.path()).pop().unwrap();
        let bytes = fs::read(&last).unwrap();
        let kept: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').take(lines_left).collect();
        fs::write(&last, kept.concat()).unwrap();
        let before = broken(log.path(), "lines were removed");
        let audit = open(log.path());
        audit.append(line("after")).await.unwrap();
        let after = broken(log.path(), "of the log where line");
        assert_eq!((before.file, before.line + 1), (after.file, after.line), "the hole stays where it was");
    }
    let log = log().await;
    let paths = files_of(log.path());
    for path in &paths {
        fs::remove_file(path).unwrap();
    }
    broken(log.path(), "the log ends with line 0 and its head names line 12");
    drop(open(log.path()));
    assert_eq!(broken(log.path(), "it is line 13 of the log where line 1 should be").line, 1);
}

#[tokio::test]
async fn a_start_after_an_edit_keeps_the_evidence() {
    let log = log().await;
    let last = files_of(log.path()).pop().unwrap();
    let edited = String::from_utf8(fs::read(&last).unwrap()).unwrap().replace("denied", "failed");
    fs::write(&last, &edited).unwrap();
    broken(log.path(), "it was changed");
    let audit = open(log.path());
    audit.append(line("after")).await.unwrap();
    assert!(fs::read_to_string(&last).unwrap().starts_with(&edited), "what was found there is still there");
    broken(log.path(), "it was changed");
}

#[tokio::test]
async fn lines_that_cannot_be_written_are_refused_counted_and_told() {
    let log = log().await;
    let audit = open(log.path());
    // A folder stands where each of the next files would be.
    let next = |seq: u64| files::Stretch::new(log.path(), seq).path;
    for seq in 13..30 {
        fs::create_dir(next(seq)).unwrap();
    }
    let mut refused = 0;
    while refused < 3 {
        refused += u64::from(audit.append(line("lost")).await.is_err());
    }
    for seq in 13..30 {
        fs::remove_dir(next(seq)).unwrap();
    }
    audit.append(line("back")).await.unwrap();
    let mut told = Vec::new();
    each(log.path(), |entry| told.push((entry.is_note(), entry.ended.clone().unwrap()))).unwrap();
    assert_eq!(told.pop(), Some((false, "done".to_owned())), "the line that stands is the last");
    let counted = told.iter().filter_map(|(_, text)| text.strip_suffix(" lines could not be written"));
    assert_eq!(counted.map(|count| count.parse::<u64>().unwrap()).sum::<u64>(), 3, "{told:?}");
    assert!(verify(log.path(), None).is_ok());
}

#[tokio::test]
async fn a_line_is_bounded_and_loses_no_sum() {
    let folder = tempfile::tempdir().unwrap();
    let audit = AuditFile::open(folder.path(), Arc::new(SystemClock)).unwrap();
    let verdicts = [Verdict::Granted, Verdict::Denied];
    let calls = (0..40_000_u64).map(|number| Calls {
        name: "\u{1}".repeat(if number % 5 == 0 { 1000 } else { 5 }),
        verdict: verdicts[usize::from(number % 2 == 0)],
        count: number,
        bytes_in: 1,
        bytes_out: 2,
    });
    let calls: Vec<Calls> = calls.collect();
    let given: u64 = calls.iter().map(|calls| calls.count).sum();
    let names =
        (0..40_000_u64).map(|number| Calls { name: number.to_string(), ..calls[0].clone() }).collect();
    let long = "\u{e4}".repeat(10_000);
    let event = Event::Ended { begun: None, how: long.clone(), seen: Vec::new(), told: calls };
    audit.append(Line { job: long, event, ..line("long") }).await.unwrap();
    let event = Event::Ended { begun: None, how: String::new(), seen: names, told: Vec::new() };
    audit.append(Line { event, ..line("names") }).await.unwrap();
    let mut found = Vec::new();
    each(folder.path(), |entry| found.push(entry.clone())).unwrap();
    assert_eq!(found[0].calls.iter().map(|called| called.count).sum::<u64>(), given);
    assert!(found[0].summed > 0 && found[0].calls.len() > 1_000, "{}", found[0].summed);
    assert_eq!(found[0].job, "\u{e4}".repeat(128));
    assert_eq!(found[1].calls.iter().map(|called| called.bytes_in).sum::<u64>(), 40_000);
    let bytes = fs::read(&files_of(folder.path())[0]).unwrap();
    assert!(bytes.split(|byte| *byte == b'\n').all(|line| line.len() < crate::limits::AUDIT_LINE_BYTES_MAX));
    assert_eq!(verify(folder.path(), None).unwrap().lines, 2);
}

#[tokio::test]
async fn a_run_that_was_cut_shows_as_begun_and_not_ended() {
    let folder = tempfile::tempdir().unwrap();
    let audit = open(folder.path());
    for (line, number) in
        [begins("cut"), begins("whole"), line_of("whole", Some(2)), begins("cut")].into_iter().zip(1..)
    {
        assert_eq!(audit.append(line).await, Ok(number));
    }
    assert_eq!(verify(folder.path(), None).unwrap().unended, [1, 4]);
    drop(audit);
    let audit = open(folder.path());
    audit.append(line_of("cut", Some(4))).await.unwrap();
    let summary = verify(folder.path(), None).unwrap();
    assert_eq!((summary.unended, summary.unannounced), (vec![1], 0), "what was cut stays so after a restart");
}

#[tokio::test]
async fn a_run_ends_once_and_only_where_it_began() {
    for (desc, lines) in [
        ("never began", vec![line_of("one", Some(1))]),
        ("another job", vec![begins("one"), line_of("other", Some(1))]),
        ("twice", vec![begins("one"), line_of("one", Some(1)), line_of("one", Some(1))]),
        ("an end", vec![begins("one"), line_of("one", Some(1)), line_of("one", Some(2))]),
        ("later", vec![line_of("one", Some(2)), begins("one")]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let audit = open(folder.path());
        for line in lines {
            audit.append(line).await.unwrap();
        }
        assert!(broken(folder.path(), "it ends a run").line > 0, "{desc}");
    }
}

#[tokio::test]
async fn whoever_takes_a_call_from_one_witness_to_the_other_is_found() {
    found("witness", |folder| {
        by_line(folder, |lines, place| {
            let text = String::from_utf8(lines[place].clone()).unwrap();
            lines[place] = text.replace("\"by\":\"cage\"", "\"by\":\"keeper\"").into_bytes();
        })
    })
    .await;
}
