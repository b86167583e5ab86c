//! A running `agon up` in a folder of its own.

use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

/// The binary under test.
pub const AGON: &str = env!("CARGO_BIN_EXE_agon");

/// Networks mostly wait, so their tests run beside each other, but none beside one that has promised a time.
static ROOM: RwLock<()> = RwLock::new(());

pub fn beside_others() -> RwLockReadGuard<'static, ()> {
    ROOM.read().unwrap_or_else(PoisonError::into_inner)
}

pub fn alone() -> RwLockWriteGuard<'static, ()> {
    ROOM.write().unwrap_or_else(PoisonError::into_inner)
}

/// `agon up` with all its processes in one group.
pub struct Network {
    process: Child,
    lines: Receiver<Value>,
}

impl Network {
    pub fn start(folder: &Path, options: &[&str]) -> Self {
        let mut process = Command::new(AGON)
            .args(["up", "--json", "--port", "0", "--data-dir"])
            .arg(folder)
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("the binary was built");
        let stdout = BufReader::new(process.stdout.take().expect("it is piped"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            let read = |line: String| {
                serde_json::from_str(&line).unwrap_or_else(|_| panic!("not a JSON line: {line}"))
            };
            // Once the test has seen enough, nobody listens any more.
            let _ = stdout.lines().map_while(Result::ok).map(read).try_for_each(|line| sender.send(line));
        });
        Self { process, lines }
    }

    /// The next line of this event, or nothing if the network ends or the time passes.
    pub fn event(&self, name: &str, within: Duration) -> Option<Value> {
        let deadline = Instant::now() + within;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) if line["event"] == name => return Some(line),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// Kills every process of it at once, without a word.
    pub fn kill(mut self) {
        self.signal("KILL");
        self.process.wait().expect("it was started");
        // The others of the group are reaped by somebody else; until then they hold their folders.
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.send("0").success() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn signal(&self, signal: &str) {
        assert!(self.send(signal).success(), "the network had ended already");
    }

    fn send(&self, signal: &str) -> ExitStatus {
        let group = format!("-{}", self.process.id());
        let sent = Command::new("kill").args(["-s", signal, "--", &group]).stderr(Stdio::null()).status();
        sent.expect("kill is on every machine")
    }

    pub fn wait(&mut self) -> ExitStatus {
        self.process.wait().expect("it was started")
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(None)) {
            self.signal("KILL");
            let _ = self.process.wait();
        }
    }
}

/// Runs a command of the binary to its end: exit code, standard output, standard error.
pub fn agon(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let run = Command::new(AGON).args(arguments).arg("--data-dir").arg(folder).stdin(Stdio::null()).output();
    let output = run.expect("the binary was built");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it prints UTF-8");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}
