//! `agon challenge build`: the challenge and its agents as components, and the digest in the manifest.

use super::project::{Guest, Project};
use super::toolchain::Toolchain;
use crate::output::{Failure, Output, table};
use agon_types::Digest;
use serde_json::json;

/// A component that was built.
struct Built {
    name: String,
    size_bytes: usize,
    digest: Digest,
}

pub fn run(project: &Project, output: Output) -> Result<(), Failure> {
    let (_, built) = all(project, output)?;
    let document = |it: &Built| json!({ "name": it.name, "size_bytes": it.size_bytes, "sha256": it.digest });
    let documents: Vec<_> = built.iter().map(document).collect();
    output.result(&json!({ "items": documents }), || {
        let row = |it: &Built| vec![it.name.clone(), it.size_bytes.to_string(), it.digest.to_string()];
        table(&["component", "bytes", "sha256"], &built.iter().map(row).collect::<Vec<_>>())
    });
    Ok(())
}

/// Builds everything, and gives the project whose manifest names the new code.
pub fn project(project: &Project, output: Output) -> Result<Project, Failure> {
    all(project, output).map(|(project, _)| project)
}

fn all(project: &Project, output: Output) -> Result<(Project, Vec<Built>), Failure> {
    let toolchain = Toolchain::find(&project.challenge.folder)?;
    let root = &project.challenge.folder;
    let mut built = Vec::new();
    for guest in std::iter::once(&project.challenge).chain(&project.agents()) {
        output.progress(&format!("building {}", guest.name));
        let module = std::fs::read(toolchain.compile(guest, root)?).map_err(Failure::internal)?;
        built.push(keep(guest, &module)?);
    }
    let project = Project::open(root)?.naming(built[0].digest)?;
    Ok((project, built))
}

fn keep(guest: &Guest, module: &[u8]) -> Result<Built, Failure> {
    let name = guest.name.clone();
    let component = agon_sandbox_wasm::componentize(module)
        .map_err(|error| Failure::refused(format!("{name} is no component of agon:challenge: {error}")))?;
    Ok(Built { name, size_bytes: component.len(), digest: guest.keep(&component)? })
}
