//! The compiler's process: it reads a component from one file and writes code into another, closed to all else.

use super::lock::{self, Kind};
use super::wire::{Reply, Task, Wire};
use crate::compile::Compiled;
use crate::limits::{CODE_BYTES_MAX, COMMAND_BYTES_MAX};
use agon_port::sandbox::{Role, Unloadable};
use std::fs::File;
use std::io::{self, Read, Write};

/// The whole life of a process that compiles one component.
pub fn run(compile: impl FnOnce(Role, &[u8]) -> Result<Compiled, Unloadable>) -> ! {
    std::process::exit(match serve(compile) {
        Ok(()) => 0,
        Err(_) => 1,
    })
}

fn serve(compile: impl FnOnce(Role, &[u8]) -> Result<Compiled, Unloadable>) -> io::Result<()> {
    lock::guard();
    super::drop_files()?;
    let mut wire = Wire::inherited()?;
    let Some(Task { role, processor_s, data_bytes }) = wire.receive(COMMAND_BYTES_MAX)? else {
        return Ok(());
    };
    let (component, mut code) = (file(&mut wire)?, file(&mut wire)?);
    let kind = Kind::Compiler { processor_s, data_bytes, file_bytes: CODE_BYTES_MAX };
    let lock = lock::close(kind).map_err(io::Error::other)?;
    if !lock.limits || !lock.dies_with_keeper {
        return Err(io::Error::other("the limits of a compiler cannot be set"));
    }
    wire.close();
    let mut bytes = Vec::new();
    (&component).read_to_end(&mut bytes)?;
    let reply: Reply = match compile(role, &bytes) {
        Ok(compiled) => {
            code.write_all(&compiled.code)?;
            Ok(compiled.imports)
        }
        Err(unloadable) => Err(unloadable),
    };
    wire.send(&reply)
}

fn file(wire: &mut Wire) -> io::Result<File> {
    wire.file().ok_or_else(|| io::Error::other("a compiler needs two files"))
}
