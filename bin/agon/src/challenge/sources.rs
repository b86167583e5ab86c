//! The kit for authors, as sources inside this program, so that a new project needs nothing but crates.io.

/// A file and its content.
pub type Source = (&'static str, &'static str);

macro_rules! sdk {
    ($($path:literal),* $(,)?) => {
        &[$((concat!("sdk/", $path), include_str!(concat!("../../../../crates/sdk/", $path)))),*]
    };
}

macro_rules! template {
    ($($path:literal from $template:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("template/", $template)))),*]
    };
}

/// What `crates/sdk` has.
pub const SDK: &[Source] = sdk![
    "src/agent.rs",
    "src/artifacts.rs",
    "src/challenge.rs",
    "src/dice.rs",
    "src/fault.rs",
    "src/guest.rs",
    "src/guest/host.rs",
    "src/guest/words.rs",
    "src/inbox.rs",
    "src/json.rs",
    "src/lib.rs",
    "src/log.rs",
    "src/random.rs",
    "src/route.rs",
    "src/score.rs",
    "src/stage.rs",
    "src/stage/chance.rs",
    "src/stage/golden.rs",
    "src/stage/host.rs",
    "src/stage/manifest.rs",
    "src/state.rs",
    "src/submissions.rs",
    "src/task.rs",
    "src/web.rs",
    "src/weigh.rs",
];

/// The interface that the kit speaks.
pub const WIT: Source = ("sdk/wit/agon.wit", include_str!("../../../../wit/agon.wit"));

/// Where the kit finds the interface: in this repository, and in a project.
pub const WIT_PATHS: (&str, &str) = ("path: \"../../wit\"", "path: \"wit\"");

/// How all of it is formatted.
pub const FORMAT: Source = ("rustfmt.toml", include_str!("../../../../rustfmt.toml"));

/// What a new project has beside the kit. `@name@` stands for its name, `@crate@` for the name in Rust.
pub const PROJECT: &[Source] = template![
    "Cargo.toml" from "project.toml",
    "README.md" from "README.txt",
    "manifest.toml" from "manifest.toml",
    ".gitignore" from "gitignore",
    "sdk/Cargo.toml" from "sdk.toml",
    "src/lib.rs" from "src/lib.rs",
    "tests/contest.rs" from "tests/contest.rs",
    "agents/count/Cargo.toml" from "count/count.toml",
    "agents/count/src/lib.rs" from "count/lib.rs",
    "agents/halve/Cargo.toml" from "halve/halve.toml",
    "agents/halve/src/lib.rs" from "halve/lib.rs",
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};

    fn repository() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
    }

    #[test]
    fn a_project_gets_every_source_of_the_kit() {
        let sdk = repository().join("crates/sdk");
        let mut there: Vec<PathBuf> = files(&sdk.join("src"));
        there.sort();
        let mut taken: Vec<PathBuf> =
            SDK.iter().map(|(path, _)| sdk.join(path.strip_prefix("sdk/").unwrap())).collect();
        taken.sort();
        assert_eq!(taken, there);
        assert!(SDK.iter().any(|(_, text)| text.contains(WIT_PATHS.0)));
    }

    #[test]
    fn the_kit_needs_the_same_crates_as_in_this_repository() {
        let text = std::fs::read_to_string(repository().join("Cargo.toml")).unwrap();
        let workspace: toml::Table = text.parse().unwrap();
        let (_, kit) = PROJECT.iter().find(|(path, _)| *path == "sdk/Cargo.toml").unwrap();
        let kit: toml::Table = kit.parse().unwrap();
        let mut count = 0;
        for (_, target) in kit["target"].as_table().unwrap() {
            for (name, dependency) in target["dependencies"].as_table().unwrap() {
                assert_eq!(*dependency, workspace["workspace"]["dependencies"][name], "{name}");
                count += 1;
            }
        }
        assert_eq!(count, 3);
    }
}
