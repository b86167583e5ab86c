//! Makes a component of a core module that `wit-bindgen` built, or of a text: `componentize <from> <component.wasm>`.
//!
//! `scripts/build-guests.sh` uses it, so that nobody has to install a tool for this one step.

use std::error::Error;
use std::fs;

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut paths = std::env::args().skip(1);
    let (Some(from), Some(to), None) = (paths.next(), paths.next(), paths.next()) else {
        return Err("usage: componentize <module.wasm or component.wat> <component.wasm>".into());
    };
    let bytes = fs::read(&from).map_err(|error| format!("cannot read {from}: {error}"))?;
    let component = if from.ends_with(".wat") {
        wat::parse_bytes(&bytes)?.into_owned()
    } else {
        wit_component::ComponentEncoder::default().module(&bytes)?.validate(true).encode()?
    };
    fs::write(&to, component).map_err(|error| format!("cannot write {to}: {error}"))?;
    Ok(())
}
