//! The processes of a local network: started, watched, started again when they fall, and stopped together.

use crate::limits::FALLS_MAX;
use crate::output::Failure;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{ChildStdout, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long a process may take to say where it listens.
const START: Duration = Duration::from_secs(60);
/// How long it may take to end when it is told to.
const GRACE: Duration = Duration::from_secs(15);

/// A process to run: this very program, with other arguments.
#[derive(Clone, Debug)]
pub struct Child {
    pub name: String,
    pub arguments: Vec<String>,
    pub log: PathBuf,
}

/// All processes.
pub struct Children {
    keepers: JoinSet<()>,
    stop: CancellationToken,
    failures: (mpsc::Sender<Failure>, mpsc::Receiver<Failure>),
}

impl Children {
    pub fn new(stop: CancellationToken) -> Self {
        Self { keepers: JoinSet::new(), stop, failures: mpsc::channel(16) }
    }

    /// Starts a process and waits for the address that it says.
    pub async fn start(&mut self, child: Child) -> Result<String, Failure> {
        let (name, log) = (child.name.clone(), child.log.clone());
        let (said, address) = oneshot::channel();
        self.keep(child, Some(said))?;
        let stop = self.stop.clone();
        let address = tokio::select! {
            address = tokio::time::timeout(START, address) => address,
            failed = self.failed() => return Err(failed),
            () = stop.cancelled() => return Err(Failure::refused("stopped while starting")),
        };
        match address {
            Ok(Ok(address)) => Ok(address),
            _ => Err(Failure::Refused(format!("{name} did not start: {}", last_words(&log)))),
        }
    }

    /// Starts a process that listens nowhere.
    pub fn start_quietly(&mut self, child: Child) -> Result<(), Failure> {
        self.keep(child, None)
    }

    fn keep(&mut self, child: Child, said: Option<oneshot::Sender<String>>) -> Result<(), Failure> {
        std::fs::create_dir_all(child.log.parent().unwrap_or(&child.log)).map_err(Failure::refused)?;
        self.keepers.spawn(keep(child, said, (self.stop.clone(), self.failures.0.clone())));
        Ok(())
    }

    /// The first process that fell too often.
    pub async fn failed(&mut self) -> Failure {
        match self.failures.1.recv().await {
            Some(failure) => failure,
            None => std::future::pending().await,
        }
    }

    /// Waits until all have stopped.
    pub async fn end(mut self) {
        while self.keepers.join_next().await.is_some() {}
    }
}

/// Runs a process until the token is cancelled; whenever it falls, it is started again.
async fn keep(
    child: Child,
    mut said: Option<oneshot::Sender<String>>,
    (stop, failures): (CancellationToken, mpsc::Sender<Failure>),
) {
    let mut falls = 0;
    loop {
        let begun = tokio::time::Instant::now();
        let problem = match run(&child, &mut said, &stop).await {
            Ok(()) if stop.is_cancelled() => return,
            Ok(()) => "it ended".to_owned(),
            Err(problem) => problem,
        };
        if begun.elapsed() > START {
            falls = 0;
        }
        falls += 1;
        let words = last_words(&child.log);
        tracing::warn!("{} stopped ({problem}): {words}", child.name);
        if falls >= FALLS_MAX {
            let text = format!("{} stopped ({problem}): {words}", child.name);
            // If nobody listens any more, the network is stopping anyway.
            let _ = failures.send(Failure::Refused(text)).await;
            return;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
    }
}

/// The last line of a log, and where it is.
fn last_words(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let line = text.lines().rev().find(|line| !line.is_empty()).unwrap_or("it said nothing");
    format!("{line} ({})", log.display())
}

async fn run(
    child: &Child,
    said: &mut Option<oneshot::Sender<String>>,
    stop: &CancellationToken,
) -> Result<(), String> {
    let log =
        OpenOptions::new().create(true).append(true).open(&child.log).map_err(|error| error.to_string())?;
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut process = Command::new(program)
        .args(&child.arguments)
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| error.to_string())?;
    let input = process.stdin.take();
    let lines = process.stdout.take().map(|stdout| tokio::spawn(listen(stdout, said.take())));
    let ended = tokio::select! {
        ended = process.wait() => ended.map_err(|error| error.to_string()),
        () = stop.cancelled() => {
            // The end of its input tells a child to stop.
            drop(input);
            match tokio::time::timeout(GRACE, process.wait()).await {
                Ok(ended) => ended.map_err(|error| error.to_string()),
                Err(_) => return process.kill().await.map_err(|error| error.to_string()),
            }
        }
    }?;
    if let Some(lines) = lines {
        lines.abort();
    }
    if ended.success() { Ok(()) } else { Err(ended.to_string()) }
}

/// Reads what a child says; its first line is the address where it listens.
async fn listen(stdout: ChildStdout, mut said: Option<oneshot::Sender<String>>) {
    let mut lines = BufReader::new(stdout).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let address = serde_json::from_str::<serde_json::Value>(&line).ok();
        let address = address.and_then(|line| line["listening"].as_str().map(str::to_owned));
        if let (Some(address), Some(said)) = (address, said.take()) {
            // Whoever started it may have given up.
            let _ = said.send(address);
        }
    }
}
