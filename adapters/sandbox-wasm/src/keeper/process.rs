//! A process that is surely killed, reaped and cleaned up after, whoever forgets it.

use super::cgroup::{Group, Root};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};

/// How a cage, or a compiler, is started: a program that calls `cage::run` or `compile::run` when it is given these
/// arguments. `/proc/self/exe` is the program that runs now, even if its file was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CageProgram {
    pub path: PathBuf,
    pub arguments: Vec<String>,
}

/// A started process. It dies with this value.
#[derive(Debug)]
pub struct Process {
    body: Option<Body>,
    /// Whoever is the last of all processes and keepers waits until all are buried.
    reaper: Arc<Reaper>,
}

#[derive(Debug)]
struct Body {
    child: Child,
    group: Option<Group>,
}

/// The thread that waits for what was killed, so that nobody else has to.
#[derive(Debug)]
pub struct Reaper {
    /// `None` once it is to stop.
    dead: Option<Sender<Body>>,
    thread: Option<JoinHandle<()>>,
}

impl Process {
    /// Starts a program with one end of a socket as its input, and nothing else of ours. The thread that calls this
    /// must outlive the process: the kernel kills it together with that thread.
    pub fn start(
        program: &CageProgram,
        groups: Option<&Root>,
        reaper: &Arc<Reaper>,
    ) -> io::Result<(Self, UnixStream)> {
        let (ours, theirs) = UnixStream::pair()?;
        let child = Command::new(&program.path)
            .args(&program.arguments)
            .env_clear()
            .current_dir("/")
            // Ctrl-C at a terminal is for the node, which ends its cages when it is done with them.
            .process_group(0)
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let number = child.id();
        // From here on a failure kills it.
        let mut process = Self { body: Some(Body { child, group: None }), reaper: reaper.clone() };
        if let (Some(root), Some(body)) = (groups, &mut process.body) {
            body.group = Some(root.admit(number)?);
        }
        Ok((process, ours))
    }

    pub fn group(&self) -> Option<&Group> {
        self.body.as_ref().and_then(|body| body.group.as_ref())
    }

    /// Whether it has not ended, as far as the kernel knows by now.
    pub fn is_alive(&mut self) -> bool {
        self.body.as_mut().is_some_and(|body| matches!(body.child.try_wait(), Ok(None)))
    }

    /// Ends it. One that has ended by itself keeps the status of that. May block for the time that the kernel needs.
    pub fn end(&mut self) -> io::Result<ExitStatus> {
        match &mut self.body {
            Some(body) => {
                let _ = body.child.kill();
                body.child.wait()
            }
            None => Err(io::Error::other("the process was buried before")),
        }
    }

    /// Ends it, and says how it came to its end.
    pub fn autopsy(mut self) -> String {
        let status = self.end();
        let starved = self.group().is_some_and(Group::ran_out_of_memory);
        match status {
            _ if starved => "it had more memory than its group may have".to_owned(),
            Ok(status) => cause(status),
            Err(error) => format!("nobody knows how it ended: {error}"),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let Some(mut body) = self.body.take() else { return };
        let _ = body.child.kill();
        if let Some(dead) = &self.reaper.dead
            && let Err(mpsc::SendError(body)) = dead.send(body)
        {
            body.bury();
        }
    }
}

impl Body {
    fn bury(mut self) {
        let _ = self.child.wait();
        if let Some(group) = self.group.take() {
            group.remove();
        }
    }
}

impl Reaper {
    pub fn start() -> io::Result<Self> {
        let (dead, inbox) = mpsc::channel::<Body>();
        let reap = move || inbox.into_iter().for_each(Body::bury);
        let thread = thread::Builder::new().name("agon-reaper".to_owned()).spawn(reap)?;
        Ok(Self { dead: Some(dead), thread: Some(thread) })
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        self.dead = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn cause(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("it ended with code {code}"),
        (None, Some(libc::SIGSYS)) => "it made a system call that cages may not".to_owned(),
        (None, Some(signal)) => format!("it was ended by signal {signal}"),
        (None, None) => "it ended".to_owned(),
    }
}
