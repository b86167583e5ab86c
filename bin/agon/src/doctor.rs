//! `agon doctor`: what this machine can do, how the network does, what is missing, and the remedy of each.

mod network;

use crate::cli::Global;
use crate::limits::SPACE_BYTES_MIN;
use crate::output::{Failure, Output, table};
use agon_port::Sandbox;
use agon_types::Digest;
use serde::Serialize;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// One look at one thing.
#[derive(Serialize)]
struct Finding {
    what: &'static str,
    good: bool,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'static str>,
}

impl Finding {
    fn new(what: &'static str, found: Result<String, String>, remedy: &'static str) -> Self {
        match found {
            Ok(found) => Self { what, good: true, found, remedy: None },
            Err(found) => Self { what, good: false, found, remedy: Some(remedy) },
        }
    }
}

pub async fn run(global: &Global, output: Output) -> Result<(), Failure> {
    let machine = [
        Finding::new(
            "sandbox",
            sandbox().await,
            "use a machine with 64-bit x86 or ARM and 4 GiB of address space",
        ),
        Finding::new(
            "disk",
            disk(&global.data_dir),
            "free some space, or name another folder with --data-dir",
        ),
        Finding::new(
            "space",
            space(&global.data_dir),
            "free some space, or name a folder on another disk with --data-dir",
        ),
        Finding::new("clock", clock(), "set the clock of this machine; a time service keeps it right"),
    ];
    let findings: Vec<Finding> = machine.into_iter().chain(network::findings(global).await?).collect();
    let rows: Vec<Vec<String>> = findings.iter().map(row).collect();
    output
        .result(&serde_json::json!({ "items": findings }), || table(&["", "what", "found", "remedy"], &rows));
    let bad: Vec<&str> =
        findings.iter().filter(|finding| !finding.good).map(|finding| finding.what).collect();
    if bad.is_empty() {
        return Ok(());
    }
    Err(Failure::Refused(format!("not well: {}; the remedies are above", bad.join(", "))))
}

fn row(finding: &Finding) -> Vec<String> {
    let mark = if finding.good { "ok" } else { "!!" };
    let remedy = finding.remedy.unwrap_or_default();
    vec![mark.to_owned(), finding.what.to_owned(), finding.found.clone(), remedy.to_owned()]
}

async fn sandbox() -> Result<String, String> {
    let started = crate::sandbox::start(1, &crate::sandbox::user_cache()).await;
    let sandbox = started.map_err(|failure| format!("{failure:?}"))?;
    let rows = sandbox.level().rows().into_iter().map(|row| format!("{} {}", row.part, row.reached));
    let rows: Vec<String> = rows.collect();
    Ok(format!(
        "WebAssembly, engine {}, metered, in cages: {}",
        sandbox.properties().profile,
        rows.join(", ")
    ))
}

/// The folder, or where it would be made: who only looks makes nothing.
fn existing(folder: &Path) -> PathBuf {
    let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let there = whole.ancestors().find(|ancestor| ancestor.is_dir());
    there.map_or_else(|| whole.clone(), Path::to_owned)
}

fn space(folder: &Path) -> Result<String, String> {
    let folder = existing(folder);
    let disk = rustix::fs::statvfs(&folder)
        .map_err(|error| format!("cannot ask for the space in {}: {error}", folder.display()))?;
    enough(disk.f_bavail.saturating_mul(disk.f_frsize))
}

fn enough(bytes: u64) -> Result<String, String> {
    const MIB: u64 = 1 << 20;
    let found = format!("{} MiB are free", bytes / MIB);
    if bytes < SPACE_BYTES_MIN {
        return Err(format!("{found}, and a node wants {}", SPACE_BYTES_MIN / MIB));
    }
    Ok(found)
}

/// Writes a little and forces it to the disk, a few times.
fn disk(folder: &Path) -> Result<String, String> {
    const ROUNDS: u32 = 10;
    let folder = existing(folder);
    let problem = |error: std::io::Error| format!("cannot write in {}: {error}", folder.display());
    let path = folder.join(".agon-doctor.probe");
    let begun = std::time::Instant::now();
    let written = (|| {
        let mut file = std::fs::File::create(&path)?;
        for _ in 0..ROUNDS {
            file.write_all(Digest::ZERO.0.as_slice())?;
            file.sync_data()?;
        }
        Ok(())
    })();
    let removed = std::fs::remove_file(&path);
    written.and(removed).map_err(problem)?;
    let rate = f64::from(ROUNDS) / begun.elapsed().as_secs_f64();
    Ok(format!("{} takes {rate:.0} durable writes a second", folder.display()))
}

fn clock() -> Result<String, String> {
    /// 2026-01-01: this program is not older.
    const EARLIEST: Duration = Duration::from_secs(1_767_225_600);
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(now) if now >= EARLIEST => Ok("plausible".to_owned()),
        _ => Err("this machine believes to be before 2026".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_space_is_a_finding() {
        assert_eq!(enough(SPACE_BYTES_MIN), Ok("2048 MiB are free".to_owned()));
        let found = enough(SPACE_BYTES_MIN - 1);
        assert_eq!(found, Err("2047 MiB are free, and a node wants 2048".to_owned()));
    }

    #[test]
    fn who_looks_makes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data/of/mine");
        assert!(disk(&data).is_ok_and(|found| found.starts_with(&folder.path().display().to_string())));
        assert!(space(&data).is_ok());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
