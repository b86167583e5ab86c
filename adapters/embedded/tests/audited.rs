//! An audit log in a process of its own, which is killed in the middle of its work, and one whose disk takes no more:
//! whatever was acknowledged is there afterwards, and the chain of hashes is whole.

use agon_embedded::audit::{Entry, each, verify};
use agon_embedded::{AuditFile, SystemClock};
use agon_port::Audit as _;
use agon_port::audit::{Event, Line};
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

const ROUNDS: usize = 6;
/// Lines that are appended at the same time.
const AT_ONCE: usize = 8;
/// The first argument of the process that appends.
const APPEND: &str = "append-for-ever";

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.as_slice() {
        [_, mode, round, folder] if mode == APPEND => append(round, Path::new(folder)).await,
        _ => {
            nothing_acknowledged_is_lost();
            println!("test nothing_acknowledged_is_lost_when_the_writer_is_killed ... ok");
            a_disk_that_takes_no_more();
            println!("test a_disk_that_takes_no_more_is_told_of_and_breaks_nothing ... ok");
        }
    }
}

/// Appends for ever, and says which lines were acknowledged, or else why not.
async fn append(round: &str, folder: &Path) {
    let audit = AuditFile::open(folder, Arc::new(SystemClock)).expect("it opens");
    for number in 0.. {
        let appends: Vec<_> = (0..AT_ONCE)
            .map(|place| {
                let (audit, job) = (audit.clone(), format!("{round}-{number}-{place}"));
                let line = |event| Line {
                    challenge: "compress".to_owned(),
                    job: job.clone(),
                    phase: "score",
                    event,
                };
                let begin = line(Event::Begun);
                let end = move |line: Line, begun| {
                    let how = "x".repeat(200);
                    let event = Event::Ended { begun: Some(begun), how, seen: Vec::new(), told: Vec::new() };
                    Line { event, ..line }
                };
                tokio::spawn(async move {
                    let (same, job) = (begin.clone(), begin.job.clone());
                    let begun = match audit.append(begin).await {
                        Ok(begun) => begun,
                        Err(error) => return (job, Err(error)),
                    };
                    (job, audit.append(end(same, begun)).await)
                })
            })
            .collect();
        for append in appends {
            match append.await.expect("no panic") {
                (job, Ok(_)) => println!("{job}"),
                (_, Err(error)) => println!("! {error}"),
            }
        }
    }
}

/// A process that is gone, at the latest, when its test is: also when that one fails.
struct Writer(Child);

impl Drop for Writer {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(mut command: Command) -> (Writer, BufReader<ChildStdout>) {
    let mut child = command.stdout(Stdio::piped()).spawn().expect("this program starts again");
    let output = child.stdout.take().expect("its output is piped");
    (Writer(child), BufReader::new(output))
}

fn program(round: &str, folder: &Path) -> Vec<std::ffi::OsString> {
    let program = std::env::current_exe().expect("this program");
    vec![program.into(), APPEND.into(), round.into(), folder.into()]
}

fn jobs(folder: &Path) -> Vec<String> {
    let mut jobs = Vec::new();
    let ends = |entry: &Entry| !entry.is_note() && !entry.is_opening();
    each(folder, |entry| jobs.extend(ends(entry).then(|| entry.job.clone()))).expect("a whole log");
    jobs
}

fn check(folder: &Path, acknowledged: &[String]) {
    drop(AuditFile::open(folder, Arc::new(SystemClock)).expect("it opens again"));
    let summary = verify(folder, None).expect("the chain is whole");
    let jobs = jobs(folder);
    // Every run began before it ended, and those that were cut are known.
    assert_eq!(summary.lines, 2 * jobs.len() as u64 + summary.unended.len() as u64 + summary.notes);
    assert_eq!(summary.unannounced, 0);
    let found: BTreeSet<&String> = jobs.iter().collect();
    assert_eq!(found.len(), jobs.len(), "no line is there twice");
    for job in acknowledged {
        assert!(found.contains(job), "{job} was acknowledged");
    }
}

fn nothing_acknowledged_is_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut acknowledged = Vec::new();
    for round in 1..=ROUNDS {
        let arguments = program(&round.to_string(), folder.path());
        let mut command = Command::new(&arguments[0]);
        command.args(&arguments[1..]);
        let (mut writer, output) = start(command);
        let mut lines = output.lines();
        acknowledged.extend(lines.by_ref().take(30 * round).map(|line| line.expect("a line")));
        writer.0.kill().expect("it is killed");
        // What it still said before its end counts too; a line that it did not finish does not.
        let rest: Vec<String> = lines.map_while(Result::ok).collect();
        acknowledged.extend(rest.iter().take(rest.len().saturating_sub(1)).cloned());
        check(folder.path(), &acknowledged);
    }
    assert!(acknowledged.iter().all(|line| !line.starts_with('!')), "nothing failed");
}

/// The shell's limit on the size of a file stands for a full disk: the kernel takes a part of a write, and no more.
fn a_disk_that_takes_no_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$@\"", "sh"]);
    command.args(program("full", folder.path()));
    let (mut writer, output) = start(command);
    let (mut acknowledged, mut refused) = (Vec::new(), 0);
    for line in output.lines() {
        let line = line.expect("a line");
        match line.strip_prefix("! ") {
            None => acknowledged.push(line),
            Some(why) => {
                assert!(why.starts_with("the audit log cannot be written"), "{why}");
                refused += 1;
            }
        }
        if refused == 100 {
            break;
        }
    }
    writer.0.kill().expect("it went on until it was killed");
    writer.0.wait().expect("it is gone");
    assert!(acknowledged.len() > 20, "{}", acknowledged.len());
    check(folder.path(), &acknowledged);
}
