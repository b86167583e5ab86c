//! A thousand readers of live events: the hub against a handler that only sends, in one run, and what becomes of
//! readers that do not read. Whoever sends and whoever reads are processes of their own.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on says so by panicking")]

mod crowd;
#[expect(dead_code, reason = "the benchmark of pages uses the rest")]
mod network;
mod readers;
mod senders;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

const READERS: usize = 1000;
const ROUNDS: usize = 5;
/// Blocks of one round, and the events of each besides its own.
const SERIES: (u64, u64) = (20, 99);
/// More at once than the node keeps for those who listen.
const BURST: (u64, u64) = (1, 9_999);
const SILENT: usize = 200;

#[tokio::main]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["sender", kind] => senders::run(kind == "hub").await,
        ["readers", address, after, count] => {
            let range = (after.parse().unwrap(), count.parse().unwrap());
            readers::run(address.parse().unwrap(), range, READERS).await;
        }
        ["silent", address] => readers::stall(address.parse().unwrap(), SILENT).await,
        _ => tokio::task::block_in_place(compare),
    }
}

/// This program once more, in another part.
struct Part {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Part {
    fn begin(words: &[&str]) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let mut child = command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, input, output }
    }

    fn tell(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn numbers<const COUNT: usize>(&mut self) -> [u64; COUNT] {
        let line = self.hear();
        let numbers: Vec<u64> = line.split(' ').map(|word| word.parse().expect("a number")).collect();
        numbers.try_into().expect("as many numbers as agreed")
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.wait();
    }
}

struct Sender {
    part: Part,
    address: String,
}

/// The last event's number, kilobytes of memory, the most of them, and milliseconds of processor time.
struct Usage {
    last: u64,
    now: u64,
    most: u64,
    processor_ms: u64,
}

/// What all readers of one round found.
struct Round {
    frames_per_s: f64,
    processor_ns: f64,
    lost: u64,
    cut: u64,
    /// Bytes of memory that a waiting reader takes.
    idle_bytes: u64,
    bytes_per_frame: u64,
}

impl Sender {
    fn begin(kind: &str) -> Self {
        let mut part = Part::begin(&["sender", kind]);
        let address = part.hear();
        Self { part, address }
    }

    fn usage(&mut self) -> Usage {
        self.part.tell("usage");
        let [last, now, most, processor_ms] = self.part.numbers();
        Usage { last, now, most, processor_ms }
    }

    fn round(&mut self, (blocks, each): (u64, u64)) -> Round {
        let before = self.usage();
        let (after, count) = (before.last.to_string(), (blocks * (each + 1)).to_string());
        let mut readers = Part::begin(&["readers", &self.address, &after, &count]);
        assert_eq!(readers.hear(), "ready");
        let ready = self.usage();
        self.part.tell(&format!("send {blocks} {each}"));
        let [took_ns, frames, lost, cut, bytes] = readers.numbers();
        let processor_ms = self.usage().processor_ms - ready.processor_ms;
        Round {
            frames_per_s: frames as f64 * 1e9 / took_ns as f64,
            processor_ns: processor_ms as f64 * 1e6 / frames as f64,
            lost,
            cut,
            idle_bytes: ready.now.saturating_sub(before.now) * 1024 / READERS as u64,
            bytes_per_frame: bytes / frames,
        }
    }
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// Tells what came of one sender's rounds, and gives their median.
fn told(name: &str, sender: &mut Sender, rounds: &[Round]) -> f64 {
    let usage = sender.usage();
    let lost: u64 = rounds.iter().map(|round| round.lost).sum();
    let cut: u64 = rounds.iter().map(|round| round.cut).sum();
    let frames_per_s = median(rounds.iter().map(|round| round.frames_per_s).collect());
    let processor_ns = median(rounds.iter().map(|round| round.processor_ns).collect());
    let spread: Vec<String> =
        rounds.iter().map(|round| format!("{:.0}k", round.frames_per_s / 1e3)).collect();
    println!(
        "{name}: {frames_per_s:.0} frames/s ({}), {processor_ns:.0} ns of processor time each",
        spread.join(" ")
    );
    println!(
        "  {lost} lost, {cut} readers cut; {} bytes a frame; memory {} kB, at most {} kB, a waiting reader {} bytes",
        rounds[0].bytes_per_frame, usage.now, usage.most, rounds[0].idle_bytes
    );
    assert_eq!(lost, 0, "an event is never left out without a word");
    frames_per_s
}

fn compare() {
    let (mut hub, mut bare) = (Sender::begin("hub"), Sender::begin("bare"));
    println!("{READERS} readers, {} events in blocks of {}", SERIES.0 * (SERIES.1 + 1), SERIES.1 + 1);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(hub.round(SERIES));
        theirs.push(bare.round(SERIES));
    }
    let (ours, theirs) = (told("hub", &mut hub, &ours), told("bare", &mut bare, &theirs));
    println!("ratio {:.2}; goal: 0.7", ours / theirs);
    println!("{READERS} readers, {} events at once", BURST.1 + 1);
    let burst = hub.round(BURST);
    told("hub", &mut hub, &[burst]);
    silent(&mut hub);
}

/// Readers that ask and read nothing, while a long series is sent: memory stays, and they go.
fn silent(hub: &mut Sender) {
    let before = hub.usage();
    let mut readers = Part::begin(&["silent", &hub.address]);
    assert_eq!(readers.hear(), "ready");
    hub.part.tell("send 20 999");
    let full = hub.usage();
    std::thread::sleep(Duration::from_millis(agon_hub::limits::SLOW_READER_MS + 5_000));
    let late = hub.usage();
    readers.input = None;
    let cut = readers.hear();
    println!(
        "{SILENT} readers that do not read, {} events: {cut} cut after {} s; memory {} kB before, {} kB full, {} kB after",
        late.last,
        agon_hub::limits::SLOW_READER_MS / 1000,
        before.now,
        full.now,
        late.now
    );
}
