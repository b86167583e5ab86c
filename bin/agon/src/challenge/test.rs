//! `agon challenge test`: the project's own tests natively, then every example agent in the cage.

use super::project::Project;
use super::{build, cage, golden};
use crate::output::{Failure, Output, table};
use golden::Golden;
use std::process::{Command, Stdio};

pub async fn run((project, accept): (&Project, bool), output: Output) -> Result<(), Failure> {
    // The project's own tests read golden.toml: what is about to be written anew is no measure for them.
    if !accept {
        natively(project)?;
    }
    let project = build::project(project, output)?;
    let found = cage::contest(&project, output).await?;
    let expected = golden::read(&project)?;
    let is_first = expected.is_none();
    let told = |is_new: bool| match (is_first, is_new) {
        (true, _) => "golden.toml is written: from now on every test compares with it",
        (false, true) => "golden.toml is written anew",
        (false, false) => "golden.toml holds",
    };
    let differences = expected.map(|expected| golden::differences(&expected, &found)).unwrap_or_default();
    if !differences.is_empty() && !accept {
        let list = differences.join("\n  ");
        let advice = "run `agon challenge test --accept` if that is meant";
        return Err(Failure::refused(format!("golden.toml says otherwise:\n  {list}\n{advice}")));
    }
    if is_first || !differences.is_empty() {
        golden::write(&project, &found)?;
    }
    if accept {
        natively(&project)?;
    }
    output.result(&found, || text(&found, told(!differences.is_empty())));
    Ok(())
}

fn natively(project: &Project) -> Result<(), Failure> {
    let mut cargo = Command::new("cargo");
    cargo.args(["test", "--quiet"]).current_dir(&project.challenge.folder);
    // Standard output is for the result.
    cargo.stdout(std::io::stderr()).stdin(Stdio::null());
    let status = cargo.status().map_err(|error| {
        Failure::refused(format!("cannot run cargo ({error}): install Rust from https://rustup.rs"))
    })?;
    match status.success() {
        true => Ok(()),
        false => Err(Failure::refused("the project's own tests fail: see above")),
    }
}

fn text(found: &Golden, told: &str) -> String {
    let row = |run: &golden::Run| vec![run.agents.join(" against "), run.benchmark.clone(), run.ending()];
    let rows: Vec<_> = found.golden.iter().map(row).collect();
    format!("{}\n\n{told}", table(&["agents", "benchmark", "in the cage"], &rows))
}
