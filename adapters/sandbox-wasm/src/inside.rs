//! What runs in a cage: the engine, and everything that a guest can reach through it.
//!
//! Each run has a fresh instance of the challenge and fresh agents, each in a store of its own. What only the node
//! knows goes over the line; everything else is here.
//!
//! One thing is `unsafe`: mapping compiled code, which the processor then runs as it stands. It is sound because the
//! code was compiled on this machine by this program, is named by the digest of what it was made of, and is checked by
//! its cache before it is handed over; nothing from a peer ever takes this way.

mod abi;
mod agent;
mod asking;
mod desk;
mod fault;
mod guest;
mod host;
mod phase;
mod table;
mod tally;
pub(crate) mod world;

use crate::engine;
use crate::room::{Ask, Finished, Order, Place, Room, Trouble};
use agon_port::sandbox::Role;
use asking::Line;
use desk::Desk;
use fault::Fault;
use std::fmt;
use std::fs::File;
use std::os::fd::AsRawFd;
use std::rc::Rc;
use table::Table;
use tally::Books;
use wasmtime::Engine;
use wasmtime::component::Component;
use world::{Code, World};

/// The engine in a cage, with the code of one challenge and its agents.
pub struct Inside {
    engine: Engine,
    challenges: World<Desk>,
    agents: World<()>,
    challenge: Option<Code<Desk>>,
    seats: Vec<Option<Rc<Code<()>>>>,
    line: Line,
}

impl fmt::Debug for Inside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inside").field("profile", &engine::PROFILE).finish_non_exhaustive()
    }
}

impl Inside {
    /// An engine with nothing loaded. It belongs to the thread that makes it.
    pub fn new() -> Result<Self, String> {
        let words = |error: wasmtime::Error| format!("the WASM engine cannot start: {error:#}");
        let engine = engine::running().map_err(words)?;
        let challenges = world::challenges(&engine).map_err(words)?;
        let agents = world::agents(&engine).map_err(words)?;
        // The stack for signals is made now, while memory may still be mapped in any way.
        Engine::tls_eager_initialize();
        let (challenge, seats, line) = (None, Vec::new(), Line::default());
        Ok(Self { engine, challenges, agents, challenge, seats, line })
    }

    /// Maps compiled code, and what its memory begins with.
    #[expect(
        unsafe_code,
        reason = "the engine trusts compiled code; whoever calls `load` vouches for the file"
    )]
    fn map(&self, code: &File) -> Result<Component, String> {
        let path = format!("/proc/self/fd/{}", code.as_raw_fd());
        // SAFETY: see the head of this file; the engine itself compares version and settings.
        let component = unsafe { Component::deserialize_file(&self.engine, path) };
        let component =
            component.map_err(|error| format!("the compiled code cannot be mapped: {error:#}"))?;
        component.initialize_copy_on_write_image().map_err(|error| format!("{error:#}"))?;
        Ok(component)
    }
}

impl Room for Inside {
    fn load(&mut self, place: Place, code: Option<File>) -> Result<(), String> {
        let file = || code.as_ref().ok_or_else(|| "a place has code, and none was given".to_owned());
        match place {
            Place::Vacant => self.seats.push(None),
            Place::Code(Role::Challenge) => {
                let linked = self.challenges.link(&self.map(file()?)?).map_err(|error| error.to_string())?;
                self.challenge = Some(linked);
            }
            Place::Code(Role::Agent) => {
                let linked = self.agents.link(&self.map(file()?)?).map_err(|error| error.to_string())?;
                self.seats.push(Some(Rc::new(linked)));
            }
        }
        Ok(())
    }

    fn run(&mut self, order: Order, ask: &mut Ask<'_>) -> Finished {
        let books = Rc::new(Books::default());
        let ended = match &self.challenge {
            None => Err(Fault::Host("no challenge was loaded".to_owned())),
            Some(code) => {
                let table = Table::new(&self.seats, order.limits.clone());
                let desk = Desk::new(&order, table, self.line.clone());
                self.line.during(ask, || phase::run(code, &order, desk, &books))
            }
        };
        let (calls, log) = books.take();
        let result = ended.map_err(|fault| match fault {
            Fault::Host(words) => Trouble::Host(words),
            Fault::Misuse(words) => Trouble::Misuse(words),
            Fault::Guest(failure) => Trouble::Misuse(failure.detail),
        });
        Finished { result, calls, log }
    }
}
