//! From a component to code for this machine: what a role may be is checked before the compiler sees it, since a
//! compiler is the one part of an engine that a guest can keep busy.

pub(crate) mod refusal;
mod shape;

use crate::engine::{self, PROFILE};
use crate::inside::world;
use agon_port::sandbox::{Role, Unloadable};
use agon_types::manifest::Capabilities;
use agon_types::{Digest, limits::ARTIFACT_BYTES_MAX};
use shape::Shape;
use std::hash::{Hash, Hasher};
use wasmtime::component::Component;

/// The first eight bytes of every component; a core module differs in the last four.
const COMPONENT_HEADER: [u8; 8] = *b"\0asm\x0d\0\x01\0";

/// A component for this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    /// What an engine of the same [`compatibility`] maps and runs.
    pub code: Vec<u8>,
    /// The interfaces that it asks for, for [`granted`].
    pub imports: Vec<String>,
}

/// Checks and compiles a component for a role. What goes wrong without being the fault of the bytes is
/// [`Unloadable::Unknown`].
pub fn compile(role: Role, bytes: &[u8]) -> Result<Compiled, Unloadable> {
    if !bytes.starts_with(&COMPONENT_HEADER) {
        return Err(Unloadable::NotAComponent);
    }
    if bytes.len() as u64 > ARTIFACT_BYTES_MAX {
        return Err(Unloadable::Invalid(format!("use at most {ARTIFACT_BYTES_MAX} bytes")));
    }
    let shape = Shape::of(bytes)?;
    let known = world::imports(role);
    if let Some(name) = shape.imports.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(Unloadable::ForbiddenImport(name.chars().take(100).collect()));
    }
    if let Some(name) = world::exports(role).find(|name| !shape.exports.contains(*name)) {
        return Err(Unloadable::MissingExport(name.to_owned()));
    }
    let engine = engine::compiling().map_err(refusal::of)?;
    let component = Component::from_binary(&engine, bytes).map_err(refusal::of)?;
    match role {
        Role::Challenge => world::challenges(&engine).map_err(refusal::of)?.link(&component).map(|_| ())?,
        Role::Agent => world::agents(&engine).map_err(refusal::of)?.link(&component).map(|_| ())?,
    }
    let code = component.serialize().map_err(refusal::of)?;
    Ok(Compiled { code, imports: shape.imports })
}

/// Whether a manifest grants what a component asks for.
pub fn granted(imports: &[String], grants: &Capabilities) -> Result<(), Unloadable> {
    match imports.iter().find(|name| !world::is_granted(name, grants)) {
        None => Ok(()),
        Some(name) => Err(Unloadable::ForbiddenImport(name.clone())),
    }
}

/// Names the engine, its settings and this processor: compiled code is for machines of the same name only.
pub fn compatibility() -> Result<Digest, String> {
    let engine = engine::compiling().map_err(|error| format!("{error:#}"))?;
    let mut collected = Collected(Vec::new());
    engine.precompile_compatibility_hash().hash(&mut collected);
    Ok(Digest::tagged("agon/compiled", &(PROFILE, collected.0)))
}

/// Keeps all that is hashed, so that the name depends on nothing that one process draws.
struct Collected(Vec<u8>);

impl Hasher for Collected {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        self.0.len() as u64
    }
}
