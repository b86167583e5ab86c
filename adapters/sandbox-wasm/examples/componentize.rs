//! Makes a component of a core module that `wit-bindgen` built: `componentize <module.wasm> <component.wasm>`.
//!
//! `scripts/build-guests.sh` uses it, so that nobody has to install a tool for this one step.

use anyhow::{Context as _, bail};

fn main() -> anyhow::Result<()> {
    let mut paths = std::env::args().skip(1);
    let (Some(from), Some(to), None) = (paths.next(), paths.next(), paths.next()) else {
        bail!("usage: componentize <module.wasm> <component.wasm>");
    };
    let module = std::fs::read(&from).with_context(|| format!("cannot read {from}"))?;
    let mut encoder = wit_component::ComponentEncoder::default().module(&module)?.validate(true);
    std::fs::write(&to, encoder.encode()?).with_context(|| format!("cannot write {to}"))
}
