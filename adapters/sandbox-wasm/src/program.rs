//! How a program that embeds this crate becomes a cage or a compiler of its own.

use crate::{CageProgram, Config, EngineFacts, Inside, PROFILE, Start, compile};
use std::path::{Path, PathBuf};

const CAGE: &str = "--as-cage";
const COMPILER: &str = "--as-compiler";

/// If this process was started to be a cage or a compiler, it becomes that, and this never returns. A program calls it
/// before anything else: a process with several threads cannot close itself.
pub fn enter() {
    match std::env::args().nth(1).as_deref() {
        Some(CAGE) => crate::cage(Inside::new),
        Some(COMPILER) => crate::compiler(compile::compile),
        _ => {}
    }
}

impl Config {
    /// So many cages of the engine in this crate, by a program that calls [`enter`]; compiled code is kept in a folder.
    pub fn of(program: &Path, cages: usize, cache: PathBuf) -> Result<Self, Start> {
        let started =
            |argument: &str| CageProgram { path: program.to_owned(), arguments: vec![argument.to_owned()] };
        let compatibility = compile::compatibility().map_err(Start)?;
        let profile = PROFILE.parse().map_err(|error| Start(format!("{error}")))?;
        let engine = EngineFacts { profile, compatibility, granted: compile::granted };
        Ok(Self::new(cages, started(CAGE), started(COMPILER), cache, engine))
    }
}
