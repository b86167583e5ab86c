//! Compiling, in a process of its own: bytes that make the compiler run for ever or eat all memory end that process.

use super::Floor;
use super::cgroup::Root;
use super::code::{self, Code};
use super::process::{CageProgram, Process, Reaper};
use crate::cage::wire::{Reply, Task, Wire};
use crate::limits::{
    CODE_BYTES_MAX, COMPILE_DATA_BYTES, COMPILE_PROCESSOR_S, ENGINE_BYTES, IMPORTS_MAX, REPLY_BYTES_MAX,
};
use agon_port::sandbox::{Role, Unloadable};
use agon_types::Digest;
use std::io;
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Wall time of one compilation, for a machine that does other things too.
const COMPILE_WALL: Duration = Duration::from_secs(300);

/// What one compilation may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    pub processor_s: u64,
    pub data_bytes: u64,
    /// After this it is this machine's fault, and tried again.
    pub wall: Duration,
}

impl Default for Allowance {
    fn default() -> Self {
        Self { processor_s: COMPILE_PROCESSOR_S, data_bytes: COMPILE_DATA_BYTES, wall: COMPILE_WALL }
    }
}

/// Starts compilers and waits for them.
#[derive(Debug)]
pub struct Compilers {
    program: CageProgram,
    allowance: Allowance,
    groups: Option<Arc<Root>>,
    reaper: Arc<Reaper>,
    /// The sockets of those at work. Closing one ends the wait for it; `None` once no more may start.
    at_work: Mutex<Option<Vec<(u64, UnixStream)>>>,
}

/// Code, or why there is none, which holds for these bytes for ever.
pub type Made = Result<Code, Unloadable>;

/// Why nothing was made, which follows from more than the bytes.
#[derive(Debug)]
pub enum Unmade {
    /// It took all that one compilation may take, and would take it again: remembered until the next start, so that
    /// nobody can have it taken again and again.
    Costly(Unloadable),
    /// It was refused memory, which may be there the next time.
    Starved(Unloadable),
    /// This machine failed.
    Fault(io::Error),
}

impl From<io::Error> for Unmade {
    fn from(error: io::Error) -> Self {
        Self::Fault(error)
    }
}

impl Compilers {
    pub fn new(program: CageProgram, allowance: Allowance, floor: &Floor) -> Self {
        let (groups, reaper) = (floor.groups.clone(), floor.reaper.clone());
        Self { program, allowance, groups, reaper, at_work: Mutex::new(Some(Vec::new())) }
    }

    /// Names the build of the program that compiles. What it refuses is as much its own as the code that it makes, so
    /// neither may be taken for the work of another build.
    pub fn build(&self) -> Digest {
        let file = std::fs::metadata(&self.program.path).ok();
        let of = file.map(|file| (file.len(), file.mtime(), file.mtime_nsec()));
        Digest::tagged("agon/compiler", &of)
    }

    /// Compiles, on a thread that may block. An error is this machine's, not that of the bytes.
    pub fn make(&self, role: Role, component: &[u8]) -> Result<Made, Unmade> {
        let Allowance { processor_s, data_bytes, wall } = self.allowance;
        let component = code::holding("agon-component", component)?;
        let output = code::empty("agon-code")?;
        let (mut process, socket) = Process::start(&self.program, self.groups.as_deref(), &self.reaper)?;
        if let Some(group) = process.group() {
            // Its own limit is the one that tells why; the group is for what that does not count.
            group.limit_memory(data_bytes.saturating_add(CODE_BYTES_MAX).saturating_add(ENGINE_BYTES))?;
        }
        let _working = self.enlist(&socket)?;
        socket.set_read_timeout(Some(wall))?;
        socket.set_write_timeout(Some(wall))?;
        let mut wire = Wire::new(socket);
        wire.send_with(&Task { role, processor_s, data_bytes }, &[component.as_fd(), output.as_fd()])?;
        match wire.receive::<Reply>(REPLY_BYTES_MAX) {
            Ok(Some(Ok(imports))) => {
                drop(process);
                let code = Code::seal(output, imports)?;
                if code.bytes > CODE_BYTES_MAX || code.imports.len() > IMPORTS_MAX {
                    let costly = Unloadable::TooCostly(format!("{CODE_BYTES_MAX} bytes of code"));
                    return Err(Unmade::Costly(costly));
                }
                Ok(Ok(code))
            }
            Ok(Some(Err(Unloadable::Unknown(words)))) => Err(io::Error::other(words).into()),
            Ok(Some(Err(unloadable))) => Ok(Err(unloadable)),
            // It is gone without a word: how it ended says why.
            Ok(None) => Err(self.fate(process.end()?)),
            Err(error) => Err(match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                    io::Error::new(io::ErrorKind::TimedOut, "the compiler did not end in time").into()
                }
                _ => self.fate(process.end()?),
            }),
        }
    }

    /// Lets nobody start any more, and ends those at work.
    pub fn stop(&self) {
        let at_work = self.at_work.lock().unwrap_or_else(PoisonError::into_inner).take();
        for (_, socket) in at_work.into_iter().flatten() {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    fn fate(&self, status: ExitStatus) -> Unmade {
        let Allowance { processor_s, data_bytes, .. } = self.allowance;
        if self.at_work.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
            return io::Error::other("compiling was stopped").into();
        }
        match status.signal() {
            Some(libc::SIGXCPU) => {
                Unmade::Costly(Unloadable::TooCostly(format!("{processor_s} s of processor time")))
            }
            // A program that is refused memory aborts itself.
            Some(libc::SIGABRT) => {
                Unmade::Starved(Unloadable::TooCostly(format!("{} MiB of memory", data_bytes >> 20)))
            }
            _ => io::Error::other(format!("the compiler ended without a word: {status}")).into(),
        }
    }

    fn enlist(&self, socket: &UnixStream) -> io::Result<AtWork<'_>> {
        let mut at_work = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        let list = at_work.as_mut().ok_or_else(|| io::Error::other("compiling was stopped"))?;
        let number = list.last().map_or(0, |(number, _)| number + 1);
        list.push((number, socket.try_clone()?));
        Ok(AtWork { compilers: self, number })
    }
}

struct AtWork<'a> {
    compilers: &'a Compilers,
    number: u64,
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        let mut at_work = self.compilers.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(list) = at_work.as_mut() {
            list.retain(|(number, _)| *number != self.number);
        }
    }
}
