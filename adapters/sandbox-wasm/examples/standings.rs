//! Prints what each example agent scores, costs and takes: `cargo run -p agon-sandbox-wasm --example standings`.
//!
//! It takes every component in `agents`, in the challenge that its name begins with, under the committed manifest. The
//! guests run in this process, without a cage.

use agon_port::sandbox::{Done, Phase, Role, Task};
use agon_sandbox_wasm::Inside;
use agon_sandbox_wasm::compile::compile;
use agon_sandbox_wasm::room::{Finished, Gone, Order, Place, Room};
use agon_types::{Epoch, Manifest};
use anyhow::Context as _;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

fn main() -> anyhow::Result<()> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    println!("{:<18} {:>12} {:>15} {:>9} {:>9}", "agent", "score", "fuel", "first", "again");
    for challenge in ["compress", "route"] {
        let folder = repository.join("challenges").join(challenge);
        let manifest: Manifest = toml::from_str(&std::fs::read_to_string(folder.join("manifest.toml"))?)?;
        let judge = std::fs::read(folder.join(format!("dist/{challenge}.wasm")))?;
        for name in agents(&repository, challenge)? {
            let agent = std::fs::read(repository.join(format!("agents/{name}/dist/{name}.wasm")))?;
            let mut room = Inside::new().map_err(anyhow::Error::msg)?;
            for (role, component) in [(Role::Challenge, &judge), (Role::Agent, &agent)] {
                room.load(Place::Code(role), Some(code(role, component)?)).map_err(anyhow::Error::msg)?;
            }
            show(&mut room, &name, &manifest)?;
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

fn code(role: Role, component: &[u8]) -> anyhow::Result<File> {
    let mut file = tempfile::tempfile()?;
    file.write_all(&compile(role, component)?.code)?;
    Ok(file)
}

fn show(room: &mut Inside, name: &str, manifest: &Manifest) -> anyhow::Result<()> {
    let mut run = || {
        let benchmark = manifest.benchmarks.first().context("a manifest has a benchmark")?.clone();
        let task = Task { benchmark, seed: [7; 32], epoch: Epoch(1) };
        let phase = Phase::Score { task, recording: Vec::new() };
        let order = Order { grants: manifest.capabilities.clone(), limits: manifest.limits.clone(), phase };
        let begin = Instant::now();
        anyhow::Ok((room.run(order, &mut |_| Err(Gone)), begin.elapsed()))
    };
    let ((outcome, first), (repeated, again)) = (run()?, run()?);
    anyhow::ensure!(repeated == outcome, "{name} is not deterministic: {repeated:?}");
    print(name, outcome, first, again);
    Ok(())
}

fn print(name: &str, outcome: Finished, first: Duration, again: Duration) {
    match outcome.result {
        Ok(Ok(Done::Scored(it))) => {
            println!("{name:<18} {:>12} {:>15} {first:>9.0?} {again:>9.0?}", it.score.to_string(), it.fuel);
            let metrics = it.metrics.iter().map(|metric| format!("{} {}", metric.name, metric.value));
            println!("    {}", metrics.collect::<Vec<_>>().join(", "));
        }
        Ok(Err(it)) => {
            println!("{name:<18} {:>28} {first:>9.0?} {again:>9.0?}  {}", it.reason.code(), it.detail);
        }
        other => println!("{name:<18} {other:?}"),
    }
}
