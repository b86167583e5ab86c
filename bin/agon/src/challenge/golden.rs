//! `golden.toml`: what the example agents score in the cage, and what it costs them.

use super::project::{Project, unwritable};
use crate::output::Failure;
use agon_types::Score;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::PathBuf;

const HEAD: &str = "# What the example agents score in the cage. `agon challenge test` compares, and writes this anew with --accept.\n\n";

/// Every run that is written down.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Golden {
    #[serde(default)]
    pub golden: Vec<Run>,
}

/// One run, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// By seat; the first one is judged.
    pub agents: Vec<String>,
    pub benchmark: String,
    /// In hexadecimal.
    pub seed: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    /// The reason's code, where there is no score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
}

impl Run {
    /// How it ended, in words.
    pub fn ending(&self) -> String {
        let score = self.score.map(|score| score.to_string());
        let ending = score.or_else(|| self.failure.clone()).unwrap_or_default();
        self.fuel.map_or(ending.clone(), |fuel| format!("{ending} with {fuel} fuel"))
    }
}

fn path(project: &Project) -> PathBuf {
    project.challenge.folder.join("golden.toml")
}

/// What is written down, if anything is.
pub fn read(project: &Project) -> Result<Option<Golden>, Failure> {
    let path = path(project);
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).map_err(Failure::refused)?;
    let golden = toml::from_str(&text)
        .map_err(|error| Failure::refused(format!("{}: {}", path.display(), error.message())))?;
    Ok(Some(golden))
}

pub fn write(project: &Project, golden: &Golden) -> Result<(), Failure> {
    let text = toml::to_string(golden).map_err(Failure::internal)?;
    let path = path(project);
    fs::write(&path, format!("{HEAD}{text}")).map_err(|error| unwritable(&path, &error))
}

/// What differs, a line for each run.
pub fn differences(expected: &Golden, found: &Golden) -> Vec<String> {
    let same = |a: &Run, b: &Run| (&a.agents, &a.benchmark, &a.seed) == (&b.agents, &b.benchmark, &b.seed);
    let name = |run: &Run| format!("{} in {}", run.agents.join(" against "), run.benchmark);
    let changed = found.golden.iter().filter_map(|run| {
        let before = expected.golden.iter().find(|before| same(before, run));
        match before {
            Some(before) if before == run => None,
            Some(before) => Some(format!("{}: {}, and it was {}", name(run), run.ending(), before.ending())),
            None => Some(format!("{}: {}, and it is new", name(run), run.ending())),
        }
    });
    let gone = expected.golden.iter().filter(|before| !found.golden.iter().any(|run| same(before, run)));
    changed.chain(gone.map(|before| format!("{}: it is gone", name(before)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(agent: &str, fuel: u64) -> Run {
        let (agents, benchmark, seed) = (vec![agent.to_owned()], "main".to_owned(), "07".repeat(32));
        Run { agents, benchmark, seed, score: Some(Score::ONE), failure: None, fuel: Some(fuel) }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let failed = Run { score: None, failure: Some("trapped".to_owned()), fuel: None, ..run("b", 0) };
        let golden = Golden { golden: vec![run("a", 5), failed] };
        let text = toml::to_string(&golden).unwrap();
        assert_eq!(toml::from_str::<Golden>(&text).unwrap(), golden);
        // The kit of the authors reads the same file.
        assert!(text.contains("agents = [\"a\"]\n") && text.contains("score = \"1.000000000\"\n"), "{text}");
    }

    #[test]
    fn every_difference_is_named() {
        let before = Golden { golden: vec![run("a", 5), run("b", 5), run("c", 5)] };
        let after = Golden { golden: vec![run("a", 5), run("b", 6), run("d", 5)] };
        assert_eq!(
            differences(&before, &after),
            [
                "b in main: 1.000000000 with 6 fuel, and it was 1.000000000 with 5 fuel",
                "d in main: 1.000000000 with 5 fuel, and it is new",
                "c in main: it is gone"
            ]
        );
        assert!(differences(&before, &before).is_empty());
    }
}
