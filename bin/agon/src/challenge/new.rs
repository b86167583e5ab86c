//! `agon challenge new`: a project that builds, tests and publishes as it is.

use super::project::unwritable;
use super::sources::{FORMAT, PROJECT, SDK, WIT, WIT_PATHS};
use crate::output::{Failure, Output};
use agon_types::ChallengeId;
use serde_json::json;
use std::fs;
use std::path::Path;

/// Names that a crate cannot have, or that would hide another one.
const TAKEN: [&str; 9] = ["agon-sdk", "alloc", "core", "count", "halve", "proc-macro", "sdk", "std", "test"];

pub fn run(folder: &Path, output: Output) -> Result<(), Failure> {
    let name = name(folder)?;
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        let problem = format!("{} is not empty: name another folder", folder.display());
        return Err(Failure::refused(problem));
    }
    let title = title(&name);
    let fill = |text: &str| {
        let text = text.replace("@name@", &name).replace("@crate@", &name.replace('-', "_"));
        text.replace("@title@", &title)
    };
    for (path, text) in PROJECT {
        write(&folder.join(path), &fill(text))?;
    }
    for (path, text) in SDK.iter().chain([&WIT, &FORMAT]) {
        write(&folder.join(path), &text.replace(WIT_PATHS.0, WIT_PATHS.1))?;
    }
    output.result(&json!({ "id": name, "folder": folder }), || {
        let show = folder.display();
        format!("{name} is in {show}: read {show}/README.md, then run `agon challenge test {show}`")
    });
    Ok(())
}

/// The challenge's id is the name of its folder.
fn name(folder: &Path) -> Result<String, Failure> {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let begins = name.starts_with(|c: char| c.is_ascii_lowercase());
    match name.parse::<ChallengeId>() {
        _ if TAKEN.contains(&name.as_str()) => {
            Err(Failure::Usage(format!("{name:?} is taken by a crate: choose another name")))
        }
        Ok(_) if begins => Ok(name),
        Ok(_) => Err(Failure::Usage(format!("{name:?} does not begin with a letter, as a crate must"))),
        Err(error) => Err(Failure::Usage(format!("{name:?} is no id of a challenge: {error}"))),
    }
}

/// The name as people read it.
fn title(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    format!("{}{}", first.to_uppercase(), rest.replace(['-', '_'], " "))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let parent = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(|error| unwritable(parent, &error))?;
    fs::write(path, text).map_err(|error| unwritable(path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::challenge::project::Project;

    #[test]
    fn a_new_project_has_a_valid_manifest_and_two_agents() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("my-game");
        run(&path, Output::new(true, true)).unwrap();
        let project = Project::open(&path).unwrap();
        assert_eq!(project.manifest.id.as_str(), "my-game");
        assert_eq!(project.manifest.title, "My game");
        assert_eq!(project.agents().into_iter().map(|it| it.name).collect::<Vec<_>>(), ["count", "halve"]);
        let bindings = fs::read_to_string(path.join("sdk/src/guest.rs")).unwrap();
        assert!(bindings.contains("path: \"wit\"") && path.join("sdk/wit/agon.wit").exists());
        let left = fs::read_to_string(path.join("Cargo.toml")).unwrap();
        assert!(!left.contains('@'), "{left}");
        assert!(matches!(run(&path, Output::new(true, true)), Err(Failure::Refused(_))));
    }

    #[test]
    fn what_cannot_be_a_crate_or_an_id_is_no_name() {
        for bad in ["Game", "a b", "core", "halve", "1st", "", "a/.."] {
            assert!(matches!(name(Path::new(bad)), Err(Failure::Usage(_))), "{bad:?}");
        }
    }
}
