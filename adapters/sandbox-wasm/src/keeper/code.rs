//! Compiled code that is ready to be handed to cages: in memory that nobody can write any more.

use rustix::fs::{MemfdFlags, SealFlags};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;

/// A sealed file in memory with code that was checked once, and what the component imports.
#[derive(Debug)]
pub struct Code {
    file: File,
    pub bytes: u64,
    pub imports: Vec<String>,
}

/// An empty file in memory.
pub fn empty(name: &str) -> io::Result<File> {
    Ok(rustix::fs::memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?.into())
}

/// A file in memory with these bytes, opened for reading.
pub fn holding(name: &str, bytes: &[u8]) -> io::Result<File> {
    let mut file = empty(name)?;
    file.write_all(bytes)?;
    seal(&file)?;
    reopen(&file)
}

fn seal(file: &File) -> io::Result<()> {
    let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    Ok(rustix::fs::fcntl_add_seals(file, seals)?)
}

/// The same memory through a file of its own: read only, with its own position.
fn reopen(file: &File) -> io::Result<File> {
    File::open(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

impl Code {
    /// Seals what somebody has written; whoever still holds the file cannot write it any more.
    pub fn seal(file: File, imports: Vec<String>) -> io::Result<Self> {
        seal(&file)?;
        let file = reopen(&file)?;
        let bytes = file.metadata()?.len();
        Ok(Self { file, bytes, imports })
    }

    /// For one cage.
    pub fn open(&self) -> io::Result<File> {
        reopen(&self.file)
    }

    pub fn read(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open()?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_writes_sealed_code() {
        let mut writer = empty("agon-test").unwrap();
        writer.write_all(b"code").unwrap();
        let code = Code::seal(writer.try_clone().unwrap(), Vec::new()).unwrap();
        assert!(writer.write_all(b"more").is_err());
        assert!(writer.set_len(1).is_err());
        assert!(code.open().unwrap().write_all(b"x").is_err());
        assert_eq!((code.bytes, code.read().unwrap()), (4, b"code".to_vec()));
    }

    #[test]
    fn each_cage_reads_from_the_beginning() {
        let mut writer = empty("agon-test").unwrap();
        writer.write_all(b"code").unwrap();
        let code = Code::seal(writer, Vec::new()).unwrap();
        let (mut first, mut second) = (code.open().unwrap(), code.open().unwrap());
        let mut text = String::new();
        first.read_to_string(&mut text).unwrap();
        second.read_to_string(&mut text).unwrap();
        assert_eq!(text, "codecode");
    }
}
