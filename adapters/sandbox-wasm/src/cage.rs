//! The process in which foreign code runs. It is told what to load while it still has rights, closes itself, and
//! from then on has one socket and nothing else.
//!
//! ```text
//!   keeper  ── Load, Load, .. ─► cage: maps code
//!           ── Close ──────────► cage: drops every right ── Closed ─►
//!           ── Run ────────────► cage: the engine ── Ask ─► ◄─ Answer ── .. ── Ended ─►
//! ```
//!
//! Its one `unsafe` call closes files by their numbers, at a time when nothing of this process owns any.

pub mod compile;
pub mod lock;
mod syscalls;
pub mod wire;

use crate::limits::{COMMAND_BYTES_MAX, REASON_BYTES_MAX, WORD_BYTES_MAX};
use crate::room::{Finished, Gone, Order, Room, Trouble};
use lock::Kind;
use std::io;
use std::mem::ManuallyDrop;
use wire::{Command, Wire, Word};

/// The code that a program ends with which panicked, as elsewhere.
const PANICKED: i32 = 101;

/// The whole life of a cage. The socket to its keeper is its standard input.
pub fn run<R: Room>(room: impl FnOnce() -> Result<R, String>) -> ! {
    std::process::exit(match serve(room) {
        Ok(()) => 0,
        Err(_) => 1,
    })
}

fn serve<R: Room>(room: impl FnOnce() -> Result<R, String>) -> io::Result<()> {
    lock::guard();
    drop_files()?;
    confess_panics();
    let mut wire = Wire::inherited()?;
    // The kernel takes it all back at the end; dropping it here would only ask for rights that are gone.
    let mut room = match room() {
        Ok(room) => ManuallyDrop::new(room),
        Err(reason) => return wire.send(&Word::Failed(reason)),
    };
    wire.send(&Word::Ready)?;
    if !load(&mut *room, &mut wire)? {
        return Ok(());
    }
    match lock::close(Kind::Cage) {
        Ok(lock) => wire.send(&Word::Closed(lock))?,
        Err(reason) => return wire.send(&Word::Failed(reason)),
    }
    while let Some(command) = wire.receive(COMMAND_BYTES_MAX)? {
        let Command::Run(number, order) = command else {
            return Err(io::Error::other("a closed cage only runs"));
        };
        let finished = run_once(&mut *room, (number, order), &mut wire);
        wire.send(&Word::Ended(number, finished)).or_else(|error| match error.kind() {
            io::ErrorKind::InvalidData => wire.send(&Word::Ended(number, unsayable(&error))),
            _ => Err(error),
        })?;
    }
    Ok(())
}

/// Loads until the keeper says that it is enough; whether it did.
fn load<R: Room>(room: &mut R, wire: &mut Wire) -> io::Result<bool> {
    while let Some(command) = wire.receive(COMMAND_BYTES_MAX)? {
        let loaded = match command {
            Command::Close => {
                wire.close();
                return Ok(true);
            }
            Command::Load { place, code: false } => room.load(place, None),
            Command::Load { place, code: true } => {
                let file = wire.file().ok_or_else(|| io::Error::other("the code did not come along"))?;
                room.load(place, Some(file))
            }
            Command::Run(..) | Command::Answer(_) => Err("an open cage only loads".to_owned()),
        };
        if let Err(reason) = loaded {
            wire.send(&Word::Failed(reason))?;
            return Ok(false);
        }
    }
    Ok(false)
}

fn run_once<R: Room>(room: &mut R, (number, order): (u64, Order), wire: &mut Wire) -> Finished {
    room.run(order, &mut |question| {
        wire.send(&Word::Ask(number, question)).map_err(|_| Gone)?;
        match wire.receive(COMMAND_BYTES_MAX) {
            Ok(Some(Command::Answer(answer))) => Ok(answer),
            _ => Err(Gone),
        }
    })
}

fn unsayable(error: &io::Error) -> Finished {
    Finished { result: Err(Trouble::Host(error.to_string())), calls: Vec::new(), log: Vec::new() }
}

/// A panic is told to the keeper and ends the process at once: what a room left half done is of no use to anybody.
fn confess_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let text: String = format!("it panicked: {panic}").chars().take(REASON_BYTES_MAX).collect();
        if let Ok(frame) = wire::frame(&Word::Failed(text), WORD_BYTES_MAX) {
            // The standard input is the socket, also when nothing can be opened any more.
            let _ = rustix::io::write(io::stdin(), &frame);
        }
        std::process::exit(PANICKED)
    }));
}

/// Closes whatever the node left open above the three standard files, so that a cage inherits nothing.
fn drop_files() -> io::Result<()> {
    let mut open = Vec::new();
    for entry in std::fs::read_dir("/proc/self/fd")? {
        open.extend(entry?.file_name().to_str().and_then(|name| name.parse::<i32>().ok()));
    }
    // One of them was the listing itself, which is closed already.
    open.retain(|number| {
        *number > 2 && std::path::Path::new(&format!("/proc/self/fd/{number}")).is_symlink()
    });
    open.into_iter().for_each(close);
    Ok(())
}

#[expect(
    unsafe_code,
    reason = "closing by number needs it; it happens before this process opens anything, so nobody owns the number"
)]
fn close(number: i32) {
    unsafe { rustix::io::close(number) }
}
