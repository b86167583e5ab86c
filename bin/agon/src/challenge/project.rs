//! The folder of a challenge: its manifest, its code, and its example agents.

use crate::output::Failure;
use agon_types::{Digest, Manifest, limits};
use std::fs;
use std::path::{Path, PathBuf};

/// A challenge that somebody works on.
#[derive(Debug)]
pub struct Project {
    pub challenge: Guest,
    pub manifest: Manifest,
    /// `manifest.toml` as it is written.
    text: String,
}

/// A crate that becomes a component: the challenge, or one of its agents.
#[derive(Clone, Debug)]
pub struct Guest {
    pub name: String,
    pub folder: PathBuf,
}

impl Guest {
    pub fn component(&self) -> PathBuf {
        self.folder.join("dist").join(format!("{}.wasm", self.name))
    }

    /// The component as it was built.
    pub fn code(&self) -> Result<Vec<u8>, Failure> {
        let path = self.component();
        fs::read(&path).map_err(|error| {
            let path = path.display();
            Failure::refused(format!("cannot read {path} ({error}): run `agon challenge build` first"))
        })
    }

    /// Writes the component and its digest.
    pub fn keep(&self, component: &[u8]) -> Result<Digest, Failure> {
        let (path, digest) = (self.component(), Digest::of(component));
        fs::create_dir_all(self.folder.join("dist")).map_err(|error| unwritable(&path, &error))?;
        fs::write(&path, component).map_err(|error| unwritable(&path, &error))?;
        let beside = path.with_extension("sha256");
        fs::write(&beside, format!("{digest}\n")).map_err(|error| unwritable(&beside, &error))?;
        Ok(digest)
    }
}

impl Project {
    /// Reads the manifest of a folder.
    pub fn open(folder: &Path) -> Result<Self, Failure> {
        let folder = folder.canonicalize().map_err(|error| {
            let folder = folder.display();
            Failure::refused(format!("there is no folder {folder} ({error}): `agon challenge new` makes one"))
        })?;
        let path = folder.join("manifest.toml");
        let text = fs::read_to_string(&path).map_err(|error| {
            let folder = folder.display();
            Failure::refused(format!("{folder} is not the folder of a challenge: manifest.toml: {error}"))
        })?;
        let manifest: Manifest = toml::from_str(&text)
            .map_err(|error| Failure::refused(format!("{}: {}", path.display(), error.message())))?;
        manifest.check().map_err(|error| Failure::refused(format!("{}: {error}", path.display())))?;
        let challenge = Guest { name: manifest.id.to_string(), folder };
        Ok(Self { challenge, manifest, text })
    }

    /// The example agents, by name: every crate in `agents`.
    pub fn agents(&self) -> Vec<Guest> {
        let entries = fs::read_dir(self.challenge.folder.join("agents")).into_iter().flatten().flatten();
        let folders = entries.map(|entry| entry.path()).filter(|path| path.join("Cargo.toml").exists());
        let guest = |folder: PathBuf| {
            let name = folder.file_name()?.to_string_lossy().into_owned();
            Some(Guest { name, folder })
        };
        let mut agents: Vec<Guest> = folders.filter_map(guest).collect();
        agents.sort_by(|a, b| a.name.cmp(&b.name));
        agents
    }

    /// The challenge's component, if it is the one that the manifest names.
    pub fn code(&self) -> Result<Vec<u8>, Failure> {
        let code = self.challenge.code()?;
        match Digest::of(&code) == self.manifest.code {
            true => Ok(code),
            false => {
                let path = self.challenge.component();
                let problem = format!("{} is not the code that manifest.toml names", path.display());
                Err(Failure::refused(format!("{problem}: run `agon challenge build`")))
            }
        }
    }

    /// What the manifest names among `capabilities.artifacts`, each from the file in `artifacts` that has its digest.
    pub fn artifacts(&self) -> Result<Vec<Vec<u8>>, Failure> {
        let mut named = self.manifest.capabilities.artifacts.clone();
        let folder = self.challenge.folder.join("artifacts");
        let mut found = Vec::new();
        if named.is_empty() {
            return Ok(found);
        }
        let mut paths: Vec<PathBuf> =
            fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths.into_iter().filter(|path| path.is_file()) {
            let unreadable = |error| Failure::refused(format!("cannot read {}: {error}", path.display()));
            if fs::metadata(&path).map_err(unreadable)?.len() > limits::ARTIFACT_BYTES_MAX {
                continue;
            }
            let bytes = fs::read(&path).map_err(unreadable)?;
            if named.remove(&Digest::of(&bytes)) {
                found.push(bytes);
            }
        }
        match named.first() {
            None => Ok(found),
            Some(digest) => {
                let problem = format!("manifest.toml names the artifact {digest}");
                let remedy = format!("no file of at most 64 MiB in {} has that digest", folder.display());
                Err(Failure::refused(format!("{problem}, and {remedy}: put it there (`sha256sum` shows it)")))
            }
        }
    }

    /// The same project with a manifest that names this code.
    pub fn naming(mut self, code: Digest) -> Result<Self, Failure> {
        let is_code = |line: &&str| line.split('=').next().is_some_and(|key| key.trim() == "code");
        let Some(line) = self.text.lines().find(is_code) else {
            return Err(Failure::refused("manifest.toml has no line `code = \"..\"`: write one"));
        };
        self.text = self.text.replacen(line, &format!("code = \"{code}\""), 1);
        self.manifest.code = code;
        let path = self.challenge.folder.join("manifest.toml");
        fs::write(&path, &self.text).map_err(|error| unwritable(&path, &error))?;
        Ok(self)
    }
}

pub fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::refused(format!("cannot write {}: {error}", path.display()))
}
