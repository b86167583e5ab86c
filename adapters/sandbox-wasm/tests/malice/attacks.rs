//! The guests that mean harm: what each does, what it is told, and how soon.

mod fuel;
mod handover;
mod hosts;
mod loading;
mod rights;
mod size;

pub use fuel::{asks, opens};

use crate::plan::Plan;
use agon_port::sandbox::{Role, Verdict};
use agon_types::FailureReason;
use agon_types::manifest::Capabilities;
use std::sync::Arc;

/// What is done with a guest.
pub enum Act {
    Run(Box<Plan>),
    Load(Role, Arc<[u8]>, Capabilities),
}

/// What a guest is told in the end.
#[derive(Clone, Copy, Debug)]
pub enum Ends {
    NotAComponent,
    ForbiddenImport,
    MissingExport,
    /// With one of these words, which are our own; no word is any.
    Invalid(&'static str),
    /// Whatever the machine and its limit, compiling takes longer.
    TooCostly,
    /// It is loaded, for it does no harm.
    Loaded,
    Failed(FailureReason),
    /// The challenge is at fault, in these words.
    Challenge(&'static str),
    WallTime,
    /// It ends well, and its host wrote down such calls.
    Told(&'static str, Verdict),
    /// It ends well, for it could do nothing.
    Well,
}

/// One guest that means harm.
pub struct Attack {
    pub name: String,
    pub make: Box<dyn Fn() -> Act + Send + Sync>,
    pub ends: Ends,
    pub bound_ms: u64,
}

impl Attack {
    fn run(name: impl Into<String>, ends: Ends, make: impl Fn() -> Plan + Send + Sync + 'static) -> Self {
        let make = Box::new(move || Act::Run(Box::new(make())));
        Self { name: name.into(), make, ends, bound_ms: 10_000 }
    }

    fn load(
        name: impl Into<String>,
        ends: Ends,
        make: impl Fn() -> (Role, Arc<[u8]>) + Send + Sync + 'static,
    ) -> Self {
        let make = Box::new(move || {
            let (role, bytes) = make();
            Act::Load(role, bytes, crate::plan::grants())
        });
        Self { name: name.into(), make, ends, bound_ms: 10_000 }
    }

    fn within(mut self, bound_ms: u64) -> Self {
        self.bound_ms = bound_ms;
        self
    }
}

pub fn all() -> Vec<Attack> {
    let mut all = fuel::attacks();
    all.extend(size::attacks());
    all.extend(loading::attacks());
    all.extend(handover::attacks());
    all.extend(rights::attacks());
    all.extend(hosts::attacks());
    all
}
