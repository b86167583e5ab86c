//! The files of a repository by path, as text.

use crate::manifest::Manifest;
use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

/// A file above this is data: its name is known, and its text is not read.
const TEXT_BYTES_MAX: u64 = 1 << 20;

/// What programs build or keep, wherever it is, and what they keep at the top.
const IGNORED: [&str; 3] = [".git", "target", "Cargo.lock"];
const IGNORED_AT_TOP: &str = "data/";

/// Every path is relative to the repository, with `/` between its names. What is no text is there with an empty one.
#[derive(Debug, Default)]
pub struct Tree {
    pub files: BTreeMap<String, String>,
}

impl Tree {
    /// Reads the repository in a folder.
    pub fn read(root: &Path) -> io::Result<Self> {
        let mut tree = Self::default();
        tree.walk(root, "")?;
        Ok(tree)
    }

    fn walk(&mut self, folder: &Path, prefix: &str) -> io::Result<()> {
        if prefix == IGNORED_AT_TOP {
            return Ok(());
        }
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{prefix}{name}");
            if IGNORED.contains(&name.as_str()) {
                continue;
            } else if entry.file_type()?.is_dir() {
                self.walk(&entry.path(), &format!("{path}/"))?;
            } else if let Some(text) = text_of(&entry.path(), &path)? {
                self.files.insert(path, text);
            }
        }
        Ok(())
    }

    /// The Rust files with their texts.
    pub fn rust(&self) -> impl Iterator<Item = (&str, &str)> {
        self.with_ending(".rs")
    }

    /// The Markdown files with their texts.
    pub fn markdown(&self) -> impl Iterator<Item = (&str, &str)> {
        self.with_ending(".md")
    }

    /// The manifests of all crates, guests included; not those of workspaces.
    pub fn manifests(&self) -> impl Iterator<Item = Manifest<'_>> {
        let manifests = self.with_ending("/Cargo.toml").map(|(path, text)| Manifest::read(path, text));
        let crates = manifests.filter(|manifest| manifest.value("package", "name").is_some());
        crates.map(|manifest| match self.workspace_of(manifest.folder()) {
            Some(workspace) => manifest.within(&workspace),
            None => manifest,
        })
    }

    /// The nearest workspace above a folder.
    fn workspace_of(&self, folder: &str) -> Option<Manifest<'_>> {
        let mut above = Some(folder);
        while let Some(folder) = above {
            above = folder
                .rsplit_once('/')
                .map(|(above, _)| above)
                .or_else(|| (!folder.is_empty()).then_some(""));
            let path =
                if folder.is_empty() { "Cargo.toml".to_owned() } else { format!("{folder}/Cargo.toml") };
            if let Some((path, text)) =
                self.files.get_key_value(&path).filter(|(_, text)| text.contains("[workspace"))
            {
                return Some(Manifest::read(path, text));
            }
        }
        None
    }

    /// Whether there is a file, or a folder with a file.
    pub fn has(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        let mut from = self.files.range(folder.clone()..);
        self.files.contains_key(path) || from.next().is_some_and(|(first, _)| first.starts_with(&folder))
    }

    fn with_ending(&self, ending: &'static str) -> impl Iterator<Item = (&str, &str)> {
        let files = self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        files.filter(move |(path, _)| path.ends_with(ending))
    }
}

/// Empty for what is built, too large or no text; nothing for what was removed since it was listed.
fn text_of(file: &Path, path: &str) -> io::Result<Option<String>> {
    let read = || {
        let is_built = path.contains("/dist/");
        if is_built || fs::metadata(file)?.len() > TEXT_BYTES_MAX { Ok(Vec::new()) } else { fs::read(file) }
    };
    match read() {
        Ok(bytes) => Ok(Some(String::from_utf8(bytes).unwrap_or_default())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_there_if_a_file_is_in_it() {
        let tree = Tree { files: [("docs/adr/0001.md".to_owned(), String::new())].into() };
        assert!(tree.has("docs/adr/0001.md") && tree.has("docs/adr") && tree.has("docs"));
        assert!(!tree.has("docs/ad") && !tree.has("doc"));
    }

    #[test]
    fn a_repository_is_read_without_what_programs_keep() {
        let root = std::env::temp_dir().join(format!("agon-tidy-{}", std::process::id()));
        for path in [
            "data/a.md",
            "target/b.md",
            "agents/x/target/c.md",
            "src/data/d.md",
            "agents/x/dist/e.md",
            "f.md",
        ] {
            let file = root.join(path);
            fs::create_dir_all(file.parent().unwrap_or(&root)).expect("a temporary folder can be made");
            fs::write(&file, "text").expect("a temporary file can be written");
        }
        let tree = Tree::read(&root).expect("a temporary folder can be read");
        fs::remove_dir_all(&root).expect("a temporary folder can be removed");
        let read: Vec<_> = tree.files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        assert_eq!(read, [("agents/x/dist/e.md", ""), ("f.md", "text"), ("src/data/d.md", "text")]);
    }
}
