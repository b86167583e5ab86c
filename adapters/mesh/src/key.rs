//! The key that a node is known by on the mesh. It is made by chance, and stands for nobody until a binding says so.

use libp2p::PeerId;
use libp2p::identity::{Keypair, PublicKey, ed25519};
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

const SECRET_BYTES: usize = 32;

/// An ed25519 key of the mesh, independent of hotkey and session key.
#[derive(Clone)]
pub struct NodeKey(Keypair);

impl NodeKey {
    /// Reads the key from its file, or makes it and writes it so that only its owner can read it.
    pub fn load_or_create(file: &Path) -> io::Result<Self> {
        match fs::read(file) {
            Ok(bytes) => Self::read(file, &bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::create(file),
            Err(error) => Err(error),
        }
    }

    /// A key that no file keeps: for a visitor, and for tests.
    pub fn generate() -> Self {
        Self(Keypair::generate_ed25519())
    }

    pub fn peer(&self) -> PeerId {
        self.0.public().to_peer_id()
    }

    pub(crate) fn pair(&self) -> &Keypair {
        &self.0
    }

    fn read(file: &Path, bytes: &[u8]) -> io::Result<Self> {
        let damaged = || {
            let advice =
                format!("{} is not a key of the mesh: remove it, and another is made", file.display());
            io::Error::new(io::ErrorKind::InvalidData, advice)
        };
        if bytes.len() != SECRET_BYTES {
            return Err(damaged());
        }
        Keypair::ed25519_from_bytes(bytes.to_vec()).map(Self).map_err(|_| damaged())
    }

    /// The file appears with its whole content or not at all.
    fn create(file: &Path) -> io::Result<Self> {
        let secret = ed25519::SecretKey::generate();
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        let draft = file.with_extension("draft");
        let _ = fs::remove_file(&draft);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut written = options.open(&draft)?;
        written.write_all(secret.as_ref())?;
        written.sync_all()?;
        fs::rename(&draft, file)?;
        Ok(Self(Keypair::from(ed25519::Keypair::from(secret))))
    }
}

/// The ed25519 bytes of a public key, which every peer of the mesh has.
pub(crate) fn ed25519_bytes(key: PublicKey) -> Option<[u8; 32]> {
    key.try_into_ed25519().ok().map(|key| key.to_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys/mesh.key");
        let made = NodeKey::load_or_create(&file).unwrap();
        let read = NodeKey::load_or_create(&file).unwrap();
        assert_eq!(made.peer(), read.peer());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_damaged_key_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mesh.key");
        fs::write(&file, "ключ").unwrap();
        let error = NodeKey::load_or_create(&file).err().unwrap();
        assert!(error.to_string().contains("is not a key of the mesh"), "{error}");
    }
}
