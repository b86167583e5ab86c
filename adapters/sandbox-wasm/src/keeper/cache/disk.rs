//! Compiled code on disk, shared by the processes of one machine. A file is believed only if a key of this directory
//! vouches for it, so code that came from elsewhere never runs.

use crate::keeper::code::{self, Code};
use crate::limits::CODE_HEADER_BYTES_MAX;
use crate::limits::{CODE_BYTES_MAX, LOCKS};
use agon_port::sandbox::Unloadable;
use agon_types::{Digest, codec};
use borsh::{BorshDeserialize, BorshSerialize};
use sha2::{Digest as _, Sha256};
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

const MAGIC: [u8; 8] = *b"agoncod1";
const MAC_BYTES: usize = 32;
const ENDING: &str = "code";
const UNFINISHED: &str = "new";
const KEY: &str = "key";

/// What stands before the code.
#[derive(Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Header {
    /// The name of the file again, so that no file can be put in the place of another.
    name: Digest,
    /// The imports, or why there is no code; then the length is zero.
    made: Result<Vec<String>, Unloadable>,
    code_bytes: u64,
}

/// The directory.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    key: [u8; 32],
    bytes_max: u64,
    next: AtomicU64,
}

impl Disk {
    /// Opens a directory for this user alone, and makes what is missing.
    pub fn open(folder: &Path, bytes_max: u64) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        fs::set_permissions(folder, Permissions::from_mode(0o700))?;
        let mut disk = Self { folder: folder.to_owned(), key: [0; 32], bytes_max, next: AtomicU64::new(0) };
        // Of two processes that start at once, one makes the key.
        let _alone = disk.lock_file("start")?;
        disk.key = disk.local_key()?;
        disk.sweep(SystemTime::now());
        Ok(disk)
    }

    /// Keeps other processes from compiling the same thing, until the file is dropped. May block as long as they do.
    pub fn lock(&self, name: &Digest) -> io::Result<File> {
        self.lock_file(&(name.0[0] % LOCKS).to_string())
    }

    /// What was stored under a name. What cannot be believed is removed, and was never there.
    pub fn load(&self, name: &Digest) -> io::Result<Option<Result<Code, Unloadable>>> {
        let path = self.path(name);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        let most = CODE_BYTES_MAX + (CODE_HEADER_BYTES_MAX + MAC_BYTES) as u64;
        (&mut file).take(most).read_to_end(&mut bytes)?;
        let Some((header, code)) = self.believe(name, &bytes) else {
            tracing::warn!(?path, "compiled code is damaged or not from this machine, so it is made again");
            fs::remove_file(&path)?;
            return Ok(None);
        };
        // Its age is the time since it was last of use. Another process may have removed it just now.
        let _ = file.set_modified(SystemTime::now());
        match header.made {
            Ok(imports) => {
                let mut memory = code::empty("agon-code")?;
                memory.write_all(code)?;
                Ok(Some(Ok(Code::seal(memory, imports)?)))
            }
            Err(unloadable) => Ok(Some(Err(unloadable))),
        }
    }

    /// Stores durably: whoever sees the name sees the whole.
    pub fn store(&self, name: &Digest, made: &Result<Code, Unloadable>) -> io::Result<()> {
        let (made, code) = match made {
            Ok(code) => (Ok(code.imports.clone()), code.read()?),
            Err(unloadable) => (Err(unloadable.clone()), Vec::new()),
        };
        let header = codec::encode(&Header { name: *name, made, code_bytes: code.len() as u64 });
        let length = u32::try_from(header.len()).map_err(io::Error::other)?.to_le_bytes();
        let parts: [&[u8]; 4] = [&MAGIC, &length, &header, &code];
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let path = self.folder.join(format!("{}-{number}.{UNFINISHED}", std::process::id()));
        let written = self.write(&path, &parts).and_then(|()| fs::rename(&path, self.path(name)));
        if written.is_err() {
            let _ = fs::remove_file(&path);
        }
        written?;
        File::open(&self.folder)?.sync_all()?;
        self.sweep(SystemTime::now());
        Ok(())
    }

    fn write(&self, path: &Path, parts: &[&[u8]]) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        for part in parts {
            file.write_all(part)?;
        }
        file.write_all(&mac(&self.key, parts))?;
        file.sync_all()
    }

    fn believe<'b>(&self, name: &Digest, bytes: &'b [u8]) -> Option<(Header, &'b [u8])> {
        let (body, theirs) = bytes.split_at_checked(bytes.len().checked_sub(MAC_BYTES)?)?;
        if !is_same(&mac(&self.key, &[body]), theirs) {
            return None;
        }
        let (length, rest) = body.strip_prefix(&MAGIC)?.split_first_chunk::<4>()?;
        let (header, code) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        let header: Header = codec::decode(header, CODE_HEADER_BYTES_MAX).ok()?;
        (header.name == *name && header.code_bytes == code.len() as u64).then_some((header, code))
    }

    fn path(&self, name: &Digest) -> PathBuf {
        self.folder.join(format!("{name}.{ENDING}"))
    }

    fn lock_file(&self, name: &str) -> io::Result<File> {
        let path = self.folder.join(format!("{name}.lock"));
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
        file.lock()?;
        Ok(file)
    }

    fn local_key(&self) -> io::Result<[u8; 32]> {
        let path = self.folder.join(KEY);
        match fs::read(&path).map(<[u8; 32]>::try_from) {
            Ok(Ok(key)) => return Ok(key),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            // Without its key nothing here is believed any more, and all of it is made again.
            _ => {}
        }
        let mut key = [0; 32];
        File::open("/dev/urandom")?.read_exact(&mut key)?;
        let unfinished = self.folder.join(format!("{}.{UNFINISHED}", std::process::id()));
        // One that a killed process of the same number has left.
        let _ = fs::remove_file(&unfinished);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
        file.write_all(&key)?;
        file.sync_all()?;
        fs::rename(&unfinished, &path)?;
        Ok(key)
    }

    /// Removes what was not used for longest until the rest fits, and what killed processes left unfinished.
    fn sweep(&self, now: SystemTime) {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let (path, Ok(metadata)) = (entry.path(), entry.metadata()) else { continue };
            let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            match path.extension().and_then(|ending| ending.to_str()) {
                Some(ENDING) => files.push((used, metadata.len(), path)),
                Some(UNFINISHED) if is_old(used, now) => {
                    let _ = fs::remove_file(path);
                }
                _ => {}
            }
        }
        files.sort();
        let mut total: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, bytes, path) in files {
            if total <= self.bytes_max {
                return;
            }
            // If another process was quicker, that is as good.
            let _ = fs::remove_file(path);
            total -= bytes;
        }
    }
}

/// Writing takes less than this.
fn is_old(written: SystemTime, now: SystemTime) -> bool {
    now.duration_since(written).is_ok_and(|age| age.as_secs() > 3600)
}

/// HMAC with SHA-256 (RFC 2104), for a key shorter than a block.
fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; MAC_BYTES] {
    let padded = |with: u8| {
        let mut block = [with; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let mut inner = Sha256::new_with_prefix(padded(0x36));
    for part in parts {
        inner.update(part);
    }
    Sha256::new_with_prefix(padded(0x5c)).chain_update(inner.finalize()).finalize().into()
}

/// Compares without telling by its time where the first difference is.
fn is_same(ours: &[u8; MAC_BYTES], theirs: &[u8]) -> bool {
    theirs.len() == MAC_BYTES && ours.iter().zip(theirs).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(bytes: &[u8]) -> Code {
        let mut memory = code::empty("agon-test").unwrap();
        memory.write_all(bytes).unwrap();
        Code::seal(memory, vec!["agon:challenge/log".to_owned()]).unwrap()
    }

    fn read(disk: &Disk, name: &Digest) -> Option<Vec<u8>> {
        disk.load(name).unwrap().map(|made| made.unwrap().read().unwrap())
    }

    #[test]
    fn the_mac_is_that_of_the_standard() {
        // RFC 4231, test case 1, has a key of 20 bytes; padding it with zeros is what the standard does itself.
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        let expected = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
        assert_eq!(hex::encode(mac(&key, &[b"Hi ", b"There"])), expected);
    }

    #[test]
    fn what_was_stored_comes_back_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let (name, refused) = (Digest::of(b"name"), Digest::of(b"refused"));
        let disk = Disk::open(folder.path(), 1 << 20).unwrap();
        disk.store(&name, &Ok(code(b"code"))).unwrap();
        disk.store(&refused, &Err(Unloadable::NotAComponent)).unwrap();
        let again = Disk::open(folder.path(), 1 << 20).unwrap();
        assert_eq!(again.load(&name).unwrap().unwrap().unwrap().imports, ["agon:challenge/log"]);
        assert_eq!(read(&again, &name).unwrap(), b"code");
        assert_eq!(again.load(&refused).unwrap().unwrap().unwrap_err(), Unloadable::NotAComponent);
        assert_eq!(fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777, 0o700);
        for file in fs::read_dir(folder.path()).unwrap() {
            let mode = file.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn any_flipped_bit_and_any_cut_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::open(folder.path(), 1 << 20).unwrap();
        let name = Digest::of(b"name");
        disk.store(&name, &Ok(code(b"code"))).unwrap();
        let path = disk.path(&name);
        let whole = fs::read(&path).unwrap();
        for place in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[place] ^= 1;
            fs::write(&path, &damaged).unwrap();
            assert!(disk.load(&name).unwrap().is_none(), "byte {place}");
            assert!(!path.exists());
            fs::write(&path, &whole[..place]).unwrap();
            assert!(disk.load(&name).unwrap().is_none(), "cut at {place}");
        }
        fs::write(&path, &whole).unwrap();
        assert_eq!(read(&disk, &name).unwrap(), b"code");
    }

    #[test]
    fn code_of_another_machine_or_under_another_name_is_not_believed() {
        let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (disk, foreign) =
            (Disk::open(ours.path(), 1 << 20).unwrap(), Disk::open(theirs.path(), 1 << 20).unwrap());
        let (name, other) = (Digest::of(b"name"), Digest::of(b"other"));
        foreign.store(&name, &Ok(code(b"evil"))).unwrap();
        fs::copy(foreign.path(&name), disk.path(&name)).unwrap();
        assert!(disk.load(&name).unwrap().is_none());
        disk.store(&other, &Ok(code(b"code"))).unwrap();
        fs::copy(disk.path(&other), disk.path(&name)).unwrap();
        assert!(disk.load(&name).unwrap().is_none());
        assert!(disk.load(&other).unwrap().is_some());
    }

    #[test]
    fn what_was_used_last_stays() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::open(folder.path(), 1 << 20).unwrap();
        let names: Vec<_> = (0..3_u8).map(|number| Digest::of(&[number])).collect();
        for (name, age_s) in names.iter().zip([100, 300, 200]) {
            disk.store(name, &Ok(code(&[0; 400]))).unwrap();
            let used = SystemTime::now() - std::time::Duration::from_secs(age_s);
            File::open(disk.path(name)).unwrap().set_modified(used).unwrap();
        }
        assert!(disk.load(&names[1]).unwrap().is_some(), "a use makes it young");
        drop(Disk::open(folder.path(), 1100).unwrap());
        let kept: Vec<_> = names.iter().map(|name| disk.path(name).exists()).collect();
        assert_eq!(kept, [true, true, false]);
    }
}
