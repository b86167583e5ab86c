//! Prints what each example agent scores, costs and takes: `cargo run -p agon-sandbox-wasm --example standings`.
//!
//! It takes every component in `agents`, in the challenge that its name begins with, under the committed manifest.

use agon_port::sandbox::{Run, Sandbox as _};
use agon_sandbox_wasm::WasmSandbox;
use agon_types::Manifest;
use anyhow::Context as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let sandbox = WasmSandbox::new(1)?;
    println!("{:<18} {:>12} {:>15} {:>9} {:>9}", "agent", "score", "fuel", "first", "again");
    for challenge in ["compress", "route"] {
        let folder = repository.join("challenges").join(challenge);
        let manifest: Manifest = toml::from_str(&std::fs::read_to_string(folder.join("manifest.toml"))?)?;
        let code: Arc<[u8]> = std::fs::read(folder.join(format!("dist/{challenge}.wasm")))?.into();
        for name in agents(&repository, challenge)? {
            let agent: Arc<[u8]> =
                std::fs::read(repository.join(format!("agents/{name}/dist/{name}.wasm")))?.into();
            let run = Run {
                challenge: code.clone(),
                agents: vec![agent],
                benchmark: manifest.benchmarks.first().context("a manifest has a benchmark")?.clone(),
                seed: [7; 32],
                limits: manifest.limits.clone(),
            };
            show(&sandbox, &name, run).await?;
        }
    }
    Ok(())
}

fn agents(repository: &Path, challenge: &str) -> anyhow::Result<Vec<String>> {
    let folders = std::fs::read_dir(repository.join("agents"))?;
    let names = folders.map(|folder| Ok(folder?.file_name().to_string_lossy().into_owned()));
    let mut names: Vec<String> = names.collect::<anyhow::Result<_>>()?;
    names.retain(|name| name.starts_with(&format!("{challenge}-")));
    names.sort();
    Ok(names)
}

async fn show(sandbox: &WasmSandbox, name: &str, run: Run) -> anyhow::Result<()> {
    let begin = Instant::now();
    let outcome = sandbox.run(run.clone()).await?;
    let first = begin.elapsed();
    let begin = Instant::now();
    let repeated = sandbox.run(run).await?;
    let again = begin.elapsed();
    anyhow::ensure!(repeated == outcome, "{name} is not deterministic: {repeated:?}");
    match outcome {
        Ok(it) => {
            println!("{name:<18} {:>12} {:>15} {first:>9.0?} {again:>9.0?}", it.score.to_string(), it.fuel);
            let metrics = it.metrics.iter().map(|metric| format!("{} {}", metric.name, metric.value));
            println!("    {}", metrics.collect::<Vec<_>>().join(", "));
        }
        Err(it) => println!("{name:<18} {:>28} {first:>9.0?} {again:>9.0?}  {}", it.reason.code(), it.detail),
    }
    Ok(())
}
