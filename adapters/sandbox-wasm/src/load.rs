//! From bytes to code that may run in a role.

use crate::guest::{self, Guest};
use crate::{abi, agent, challenge};
use agon_port::sandbox::Unloadable;
use agon_types::limits::ARTIFACT_BYTES_MAX;
use wasmtime::Engine;
use wasmtime::component::{Component, InstancePre, Linker, types::ComponentItem};

/// The first eight bytes of every component; a core module differs in the last four.
const COMPONENT_HEADER: [u8; 8] = *b"\0asm\x0d\0\x01\0";

/// A component that is compiled and linked, and only waits for an instance.
pub struct Code<T: 'static> {
    pub pre: InstancePre<Guest<T>>,
}

/// What a world grants and demands.
pub struct World<T: 'static> {
    linker: Linker<Guest<T>>,
    imports: &'static [&'static str],
    exports: &'static [Export],
}

/// A function that a world demands, and whether a component's function of this name has its type.
pub struct Export {
    pub name: &'static str,
    pub fits: fn(&Component, &ComponentItem) -> bool,
}

pub fn agent_world(engine: &Engine) -> wasmtime::Result<World<()>> {
    let mut linker = Linker::new(engine);
    guest::link_log(&mut linker, "agent")?;
    Ok(World { linker, imports: &[abi::LOG], exports: agent::EXPORTS })
}

pub fn challenge_world(engine: &Engine) -> wasmtime::Result<World<challenge::Table>> {
    let mut linker = Linker::new(engine);
    guest::link_log(&mut linker, "challenge")?;
    linker.instance(abi::RULES)?;
    challenge::link_agents(&mut linker)?;
    Ok(World { linker, imports: &[abi::AGENTS, abi::LOG, abi::RULES], exports: challenge::EXPORTS })
}

impl<T> World<T> {
    /// Checks and compiles a component for this world.
    pub fn load(&self, bytes: &[u8]) -> Result<Code<T>, Unloadable> {
        if !bytes.starts_with(&COMPONENT_HEADER) {
            return Err(Unloadable::NotAComponent);
        }
        if bytes.len() as u64 > ARTIFACT_BYTES_MAX {
            return Err(Unloadable::Invalid(format!("use at most {ARTIFACT_BYTES_MAX} bytes")));
        }
        let component = Component::from_binary(self.linker.engine(), bytes).map_err(invalid)?;
        self.check(&component)?;
        let pre = self.linker.instantiate_pre(&component).map_err(invalid)?;
        Ok(Code { pre })
    }

    fn check(&self, component: &Component) -> Result<(), Unloadable> {
        let engine = self.linker.engine();
        let ty = component.component_type();
        if let Some((name, _)) = ty.imports(engine).find(|(name, _)| !self.imports.contains(name)) {
            return Err(Unloadable::ForbiddenImport(name.chars().take(100).collect()));
        }
        for Export { name, fits } in self.exports {
            match ty.get_export(engine, name) {
                None => return Err(Unloadable::MissingExport((*name).to_owned())),
                Some(export) if fits(component, &export.ty) => {}
                Some(_) => {
                    return Err(Unloadable::Invalid(format!("{name:?} has another type than in its world")));
                }
            }
        }
        Ok(())
    }
}

/// The engine's own words, for the miner at the desk; they never enter a report.
fn invalid(error: wasmtime::Error) -> Unloadable {
    let words: String = format!("{error:#}").replace(char::is_control, " ").chars().take(400).collect();
    Unloadable::Invalid(words)
}
