//! A vault in a folder: the file `ab/cdef...` holds the bytes whose digest is `abcdef...`.

mod leader;

pub use leader::LeaderVault;

use crate::blocking;
use agon_port::Vault;
use agon_port::vault::Error;
use agon_types::Digest;
use async_trait::async_trait;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where bytes are written before they have their name.
const TEMPORARY: &str = "tmp";

/// Artifacts as files. Clones share the folder.
#[derive(Clone, Debug)]
pub struct FolderVault {
    folder: PathBuf,
    bytes_max: u64,
}

impl FolderVault {
    /// Opens a folder, which is made if it is missing. What a killed process left half written is removed.
    pub fn open(folder: impl Into<PathBuf>, bytes_max: u64) -> Result<Self, Error> {
        let vault = Self { folder: folder.into(), bytes_max };
        let temporary = vault.folder.join(TEMPORARY);
        let prepare = || {
            fs::create_dir_all(&temporary)?;
            for entry in fs::read_dir(&temporary)? {
                fs::remove_file(entry?.path())?;
            }
            sync(&vault.folder)
        };
        prepare().map_err(|error| storage(&vault.folder, &error))?;
        Ok(vault)
    }

    fn path(&self, digest: Digest) -> PathBuf {
        let name = digest.to_string();
        let (shard, rest) = name.split_at(2);
        self.folder.join(shard).join(rest)
    }

    fn keep(&self, digest: Digest, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(digest);
        let shard = path.parent().expect("the path of a digest has a shard");
        fs::create_dir_all(shard)?;
        // A damaged file is written anew; a whole one only needs its name to be durable.
        if read(&path)?.is_none_or(|kept| Digest::of(&kept) != digest) {
            let temporary = self.temporary(digest)?;
            write(&temporary, bytes).and_then(|()| fs::rename(&temporary, &path)).inspect_err(|_| {
                // The next start removes it, if this cannot.
                let _ = fs::remove_file(&temporary);
            })?;
        }
        sync(shard)?;
        sync(&self.folder)
    }

    fn temporary(&self, digest: Digest) -> io::Result<PathBuf> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        Ok(self.folder.join(TEMPORARY).join(format!("{}-{}", digest.short(), hex::encode(random))))
    }
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes the names in a folder durable.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn present<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    present(fs::read(path))
}

fn storage(path: &Path, error: &io::Error) -> Error {
    Error::Storage(format!("{}: {error}", path.display()))
}

#[async_trait]
impl Vault for FolderVault {
    async fn put(&self, expected: Digest, bytes: &[u8]) -> Result<(), Error> {
        let got = bytes.len() as u64;
        if got > self.bytes_max {
            return Err(Error::TooLarge { max: self.bytes_max, got });
        }
        let (vault, bytes) = (self.clone(), Arc::<[u8]>::from(bytes));
        let put = move || {
            let got = Digest::of(&bytes);
            if got != expected {
                return Err(Error::WrongDigest { expected, got });
            }
            vault.keep(expected, &bytes).map_err(|error| storage(&vault.path(expected), &error))
        };
        blocking::run(put).await.map_err(Error::Storage)?
    }

    async fn get(&self, digest: Digest) -> Result<Option<Arc<[u8]>>, Error> {
        let path = self.path(digest);
        let get = move || match read(&path).map_err(|error| storage(&path, &error))? {
            None => Ok(None),
            Some(bytes) if Digest::of(&bytes) == digest => Ok(Some(Arc::from(bytes))),
            Some(_) => Err(Error::Damaged(digest)),
        };
        blocking::run(get).await.map_err(Error::Storage)?
    }

    async fn size(&self, digest: Digest) -> Result<Option<u64>, Error> {
        let path = self.path(digest);
        let size = move || {
            let found = present(fs::metadata(&path)).map_err(|error| storage(&path, &error))?;
            Ok(found.map(|metadata| metadata.len()))
        };
        blocking::run(size).await.map_err(Error::Storage)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault() -> (tempfile::TempDir, FolderVault) {
        let folder = tempfile::tempdir().unwrap();
        let vault = FolderVault::open(folder.path(), 1000).unwrap();
        (folder, vault)
    }

    #[tokio::test]
    async fn a_folder_keeps_the_contract_of_a_vault() {
        let (_folder, vault) = vault();
        agon_port::vault::contract::check(&vault, 1000).await;
    }

    #[tokio::test]
    async fn damaged_bytes_are_never_given_out_and_the_right_ones_mend_them() {
        let (_folder, vault) = vault();
        let digest = Digest::of(b"artifact");
        vault.put(digest, b"artifact").await.unwrap();
        fs::write(vault.path(digest), b"artefact").unwrap();
        assert_eq!(vault.get(digest).await, Err(Error::Damaged(digest)));
        vault.put(digest, b"artifact").await.unwrap();
        assert_eq!(vault.get(digest).await.unwrap().as_deref(), Some(b"artifact".as_slice()));
    }

    #[tokio::test]
    async fn opening_removes_what_was_half_written_and_keeps_the_rest() {
        let (folder, vault) = vault();
        let digest = Digest::of(b"artifact");
        vault.put(digest, b"artifact").await.unwrap();
        let half = folder.path().join(TEMPORARY).join("half");
        fs::write(&half, b"arti").unwrap();
        let vault = FolderVault::open(folder.path(), 1000).unwrap();
        assert!(!half.exists());
        assert_eq!(vault.size(digest).await, Ok(Some(8)));
    }

    #[tokio::test]
    async fn many_writers_of_the_same_bytes_agree() {
        let (_folder, vault) = vault();
        let digest = Digest::of(b"artifact");
        let put = |vault: FolderVault| async move { vault.put(digest, b"artifact").await };
        let puts: Vec<_> = (0..8).map(|_| tokio::spawn(put(vault.clone()))).collect();
        for put in puts {
            assert_eq!(put.await.unwrap(), Ok(()));
        }
        let left = fs::read_dir(vault.folder.join(TEMPORARY)).unwrap().count();
        assert_eq!(left, 0, "nothing temporary is left behind");
    }
}
