//! The words between a cage and its keeper, and the cage's end of the socket. Each is a length and its borsh; nothing
//! is allocated for a length that is not allowed.

use super::lock::Lock;
use crate::limits::{COMMAND_BYTES_MAX, WORD_BYTES_MAX};
use crate::room::{Finished, Order, Place};
use agon_port::sandbox::{Answer, Question, Role, Unloadable};
use agon_types::codec;
use borsh::{BorshDeserialize, BorshSerialize};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags,
};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

/// What a cage is told. A file descriptor travels with `Load` if it says so.
#[derive(Debug, BorshSerialize, BorshDeserialize)]
pub enum Command {
    Load {
        place: Place,
        code: bool,
    },
    Close,
    /// With a number of its own, which every word about it repeats.
    Run(u64, Order),
    Answer(Answer),
}

/// What a cage says.
#[derive(Debug, BorshSerialize, BorshDeserialize)]
pub enum Word {
    Ready,
    Closed(Lock),
    /// It cannot go on, and ends.
    Failed(String),
    Ask(u64, Question),
    Ended(u64, Finished),
}

/// What a compiler is told, with two files: the component, and an empty one for its code.
#[derive(Debug, BorshSerialize, BorshDeserialize)]
pub struct Task {
    pub role: Role,
    pub processor_s: u64,
    pub data_bytes: u64,
}

/// What a compiler says: the imports of the component whose code it has written.
pub type Reply = Result<Vec<String>, Unloadable>;

/// A value with its length before it.
pub fn frame<T: BorshSerialize>(value: &T, bytes_max: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 4];
    value.serialize(&mut bytes)?;
    let length = bytes.len() - 4;
    if length > bytes_max {
        return Err(too_large(length, bytes_max));
    }
    let length = u32::try_from(length).map_err(io::Error::other)?;
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    Ok(bytes)
}

/// The length that a frame states, if it is allowed.
pub fn length(header: [u8; 4], bytes_max: usize) -> io::Result<usize> {
    let length = u32::from_le_bytes(header) as usize;
    if length > bytes_max { Err(too_large(length, bytes_max)) } else { Ok(length) }
}

/// The value of a whole frame.
pub fn value<T: BorshDeserialize>(bytes: &[u8]) -> io::Result<T> {
    codec::decode(bytes, bytes.len()).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

fn too_large(length: usize, max: usize) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("a frame of {length} bytes is above {max}"))
}

/// Sends the first bytes of a frame with file descriptors; the number of bytes that went.
pub fn send_files(socket: impl AsFd, bytes: &[u8], files: &[BorrowedFd<'_>]) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !files.is_empty() && !control.push(SendAncillaryMessage::ScmRights(files)) {
        return Err(io::Error::other("more than two files do not fit"));
    }
    Ok(rustix::net::sendmsg(socket, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL)?)
}

/// One end of the socket where it may block: in a cage, in a compiler, and with whoever waits for that.
#[derive(Debug)]
pub struct Wire {
    socket: UnixStream,
    files: VecDeque<OwnedFd>,
    closed: bool,
}

impl Wire {
    pub fn new(socket: UnixStream) -> Self {
        Self { socket, files: VecDeque::new(), closed: false }
    }

    /// The end that this process was born with, as its standard input.
    pub fn inherited() -> io::Result<Self> {
        let input = io::stdin().as_fd().try_clone_to_owned()?;
        Ok(Self::new(UnixStream::from(input)))
    }

    pub fn send<T: BorshSerialize>(&mut self, value: &T) -> io::Result<()> {
        self.write(&frame(value, WORD_BYTES_MAX)?)
    }

    pub fn send_with<T: BorshSerialize>(&mut self, value: &T, files: &[BorrowedFd<'_>]) -> io::Result<()> {
        let bytes = frame(value, COMMAND_BYTES_MAX)?;
        let sent = send_files(&self.socket, &bytes, files)?;
        self.write(&bytes[sent..])
    }

    /// The next value; `None` once the other end is gone.
    pub fn receive<T: BorshDeserialize>(&mut self, bytes_max: usize) -> io::Result<Option<T>> {
        let mut header = [0; 4];
        if !self.fill(&mut header)? {
            return Ok(None);
        }
        let mut bytes = vec![0; length(header, bytes_max)?];
        if self.fill(&mut bytes)? { value(&bytes).map(Some) } else { Ok(None) }
    }

    /// The next file that came.
    pub fn file(&mut self) -> Option<File> {
        self.files.pop_front().map(File::from)
    }

    /// From here on nothing but bytes is taken, with the plainest of calls.
    pub fn close(&mut self) {
        self.closed = true;
        self.files.clear();
    }

    fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let sent = rustix::io::retry_on_intr(|| rustix::io::write(&self.socket, bytes))?;
            bytes = &bytes[sent..];
        }
        Ok(())
    }

    fn fill(&mut self, mut bytes: &mut [u8]) -> io::Result<bool> {
        while !bytes.is_empty() {
            let count = if self.closed {
                rustix::io::retry_on_intr(|| rustix::io::read(&self.socket, &mut *bytes))?
            } else {
                self.take(bytes)?
            };
            if count == 0 {
                return Ok(false);
            }
            bytes = &mut bytes[count..];
        }
        Ok(true)
    }

    fn take(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let slices = &mut [IoSliceMut::new(bytes)];
        let flags = RecvFlags::CMSG_CLOEXEC;
        let received = loop {
            match rustix::net::recvmsg(&self.socket, slices, &mut control, flags) {
                Err(rustix::io::Errno::INTR) => {}
                other => break other?,
            }
        };
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(files) = message {
                self.files.extend(files);
            }
        }
        Ok(received.bytes)
    }
}
