//! One process for one data directory.

use crate::output::Failure;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

/// Held as long as the process works in the directory; the kernel gives it back when the process ends, however.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "the lock lives as long as the file is open")] File);

/// Takes the directory, or says that another process has it.
pub fn take(folder: &Path) -> Result<Lock, Failure> {
    std::fs::create_dir_all(folder)
        .map_err(|error| Failure::refused(format!("cannot make {}: {error}", folder.display())))?;
    let path = folder.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|error| Failure::refused(format!("cannot open {}: {error}", path.display())))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(Failure::refused(format!(
            "another agon process works in {}: stop it, or use another --data-dir",
            folder.display()
        ))),
        Err(TryLockError::Error(error)) => {
            Err(Failure::refused(format!("cannot lock {}: {error}", path.display())))
        }
    }
}
