//! One cage, from its keeper's side: words in turn, bounded, and broken at the first that is out of place.

use super::process::Process;
use super::rights::Rights;
use super::tally::Tally;
use crate::cage::lock::Lock;
use crate::cage::wire::{self, Command, Word};
use crate::limits::{
    CALLS_MAX, COMMAND_BYTES_MAX, LOG_LINE_BYTES_MAX, LOG_LINES_MAX, PLACES_MAX, QUESTIONS_MAX,
    REASON_BYTES_MAX, WORD_BYTES_MAX,
};
use crate::room::{Finished, Order, Place};
use agon_port::sandbox::{Answer, Done, Outside, Spoken};
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream as StdStream;
use std::sync::{Mutex, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader, Interest};
use tokio::net::UnixStream;

/// Why a cage cannot be used any more.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    #[error("{0}")]
    Wire(#[from] io::Error),
    #[error("it cannot go on: {0}")]
    Failed(String),
    #[error("it said something out of place")]
    OutOfPlace,
    #[error("it asked for what its run does not have")]
    NotItsRight,
    #[error("it asked more than {QUESTIONS_MAX} questions")]
    TooCurious,
    #[error("this node could not answer it: {0}")]
    Unanswered(String),
}

/// A cage with its socket.
#[derive(Debug)]
pub struct Link {
    stream: BufReader<UnixStream>,
    /// Of the last run.
    number: u64,
    pub process: Process,
}

impl Link {
    pub fn new(process: Process, stream: StdStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self { stream: BufReader::new(UnixStream::from_std(stream)?), number: 0, process })
    }

    /// Waits until it has started.
    pub async fn ready(&mut self) -> Result<(), Broken> {
        match self.receive().await? {
            Word::Ready => Ok(()),
            other => Err(unexpected(other)),
        }
    }

    /// Loads code into places, in order, and closes the cage.
    pub async fn close(&mut self, places: &[(Place, Option<File>)]) -> Result<Lock, Broken> {
        if places.len() > PLACES_MAX {
            return Err(Broken::Failed(format!("a run has at most {PLACES_MAX} places")));
        }
        for (place, code) in places {
            self.send(&Command::Load { place: *place, code: code.is_some() }, code.as_ref()).await?;
        }
        self.send(&Command::Close, None).await?;
        match self.receive().await? {
            Word::Closed(lock) => Ok(lock),
            other => Err(unexpected(other)),
        }
    }

    /// One run: answers its questions until it has ended.
    pub async fn run(
        &mut self,
        order: Order,
        outside: &dyn Outside,
        tally: &Mutex<Tally>,
    ) -> Result<Finished, Broken> {
        // Without a number, what an earlier run has left in the socket would be taken for the end of this one.
        self.number += 1;
        let mut rights = Rights::of(&order);
        let (number, phase) = (self.number, order.phase.name());
        self.send(&Command::Run(number, order), None).await?;
        for _ in 0..QUESTIONS_MAX {
            let question = match self.receive().await? {
                Word::Ask(of, question) if of == number => question,
                Word::Ended(of, finished) if of == number && is_of(phase, &finished) => return Ok(finished),
                other => return Err(unexpected(other)),
            };
            let tally = || tally.lock().unwrap_or_else(PoisonError::into_inner);
            tally().ask(&question);
            if !rights.admit(&question) {
                tally().refuse();
                return Err(Broken::NotItsRight);
            }
            let answer = outside.answer(question).await;
            tally().answer(&answer);
            if let Answer::Broken(reason) = answer {
                return Err(Broken::Unanswered(reason));
            }
            self.send(&Command::Answer(answer), None).await?;
        }
        Err(Broken::TooCurious)
    }

    async fn send(&mut self, command: &Command, file: Option<&File>) -> Result<(), Broken> {
        let Err(error) = self.write(command, file).await else { return Ok(()) };
        // One that cannot go on has said why before it went.
        let is_gone = matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset);
        match is_gone {
            true => match self.receive().await {
                Ok(word @ Word::Failed(_)) => Err(unexpected(word)),
                _ => Err(error.into()),
            },
            false => Err(error.into()),
        }
    }

    async fn write(&mut self, command: &Command, file: Option<&File>) -> io::Result<()> {
        let bytes = wire::frame(command, COMMAND_BYTES_MAX)?;
        let stream = self.stream.get_mut();
        let mut sent = 0;
        if let Some(file) = file {
            let files = [file.as_fd()];
            sent = stream.async_io(Interest::WRITABLE, || wire::send_files(&*stream, &bytes, &files)).await?;
        }
        stream.write_all(&bytes[sent..]).await
    }

    /// Memory grows with what arrives, not with what is announced.
    async fn receive(&mut self) -> Result<Word, Broken> {
        let mut header = [0; 4];
        self.stream.read_exact(&mut header).await?;
        let length = wire::length(header, WORD_BYTES_MAX)?;
        let mut bytes = Vec::new();
        (&mut self.stream).take(length as u64).read_to_end(&mut bytes).await?;
        if bytes.len() < length {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        Ok(wire::value(&bytes)?)
    }
}

/// Whether an end is one that this phase can have, and not longer than any is.
fn is_of(phase: &str, finished: &Finished) -> bool {
    let fits = match &finished.result {
        Ok(Ok(done)) => phase == phase_of(done),
        Ok(Err(failure)) => failure.detail.len() <= REASON_BYTES_MAX,
        Err(_) => true,
    };
    let is_short = |spoken: &Spoken| spoken.line.len() <= LOG_LINE_BYTES_MAX;
    fits && finished.calls.len() <= CALLS_MAX
        && finished.log.len() <= LOG_LINES_MAX
        && finished.log.iter().all(is_short)
}

fn phase_of(done: &Done) -> &'static str {
    match done {
        Done::Described(_) => "describe",
        Done::Observed(_) => "observe",
        Done::Scored(_) => "score",
        Done::Weighed(_) => "weigh",
        Done::Served(_) => "serve",
    }
}

fn unexpected(word: Word) -> Broken {
    match word {
        Word::Failed(reason) => Broken::Failed(reason.chars().take(REASON_BYTES_MAX).collect()),
        _ => Broken::OutOfPlace,
    }
}
