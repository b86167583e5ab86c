//! A group of its own for each cage, where the kernel lets this process make one: it bounds memory that the engine's
//! own limiter would have missed. Nothing is mounted, and no other group is touched.

use crate::limits::{ENGINE_BYTES, PROCESSES_MAX, REMOVALS_MAX};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// The number of the next group of this process, whichever keeper makes it: a name that comes again could meet the rest
/// of the group that had it.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// The time between two tries to remove a group.
const REMOVAL_PAUSE: Duration = Duration::from_millis(5);

const V2_MOUNTS: [&str; 2] = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];
const V1_MOUNT: &str = "/sys/fs/cgroup";
const PREFIX: &str = "agon-cage-";

/// Which controller bounds the memory of cages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    V2,
    V1,
}

/// Where the groups of this process's cages are made.
#[derive(Debug)]
pub struct Root {
    pub version: Version,
    memory: PathBuf,
    /// With v1 every controller has a tree of its own.
    pids: Option<PathBuf>,
}

/// The group of one process. It must be removed once that has ended.
#[derive(Debug)]
pub struct Group {
    version: Version,
    memory: PathBuf,
    pids: Option<PathBuf>,
}

impl Root {
    /// Finds the group of this process below which it may make others, by trying.
    pub fn find() -> Option<Self> {
        let own = fs::read_to_string("/proc/self/cgroup").ok()?;
        let v1 = |controller: &str| {
            let path = path_of(&own, |controllers| controllers.split(',').any(|name| name == controller))?;
            let mount = Path::new(V1_MOUNT).join(controller);
            let nested = below(&mount, path);
            // In a container that sees only its own part of the tree, that part is the mount.
            if nested.is_dir() { Some(nested) } else { mount.is_dir().then_some(mount) }
        };
        let v2 = path_of(&own, str::is_empty)
            .into_iter()
            .flat_map(|path| V2_MOUNTS.map(|mount| below(Path::new(mount), path)))
            .find_map(|own| delegated(&own));
        let found = match v2 {
            Some(memory) => Self { version: Version::V2, memory, pids: None },
            None => {
                let (memory, pids) = (v1("memory")?, v1("pids"));
                Self { version: Version::V1, memory, pids }
            }
        };
        found.sweep();
        found.works().then_some(found)
    }

    /// Puts a process into a group of its own.
    pub fn admit(&self, process: u32) -> io::Result<Group> {
        let group = self.make()?;
        let admitted = [Some(&group.memory), group.pids.as_ref()]
            .into_iter()
            .flatten()
            .try_for_each(|folder| fs::write(folder.join("cgroup.procs"), process.to_string()));
        if let Err(error) = admitted {
            group.remove();
            return Err(error);
        }
        Ok(group)
    }

    fn make(&self) -> io::Result<Group> {
        let (name, memory) = self.make_folder()?;
        let mut group = Group { version: self.version, memory, pids: None };
        // Whatever fails from here on takes the folder with it.
        let set = (|| {
            group.limit_memory(ENGINE_BYTES)?;
            match (self.version, &self.pids) {
                (Version::V2, _) => {
                    fs::write(group.memory.join("memory.oom.group"), "1")?;
                    // Without swap there is no such file, and nothing to forbid.
                    let _ = fs::write(group.memory.join("memory.swap.max"), "0");
                    let _ = fs::write(group.memory.join("pids.max"), PROCESSES_MAX.to_string());
                }
                (Version::V1, Some(pids)) => {
                    let pids = pids.join(&name);
                    fs::create_dir(&pids)?;
                    group.pids = Some(pids.clone());
                    fs::write(pids.join("pids.max"), PROCESSES_MAX.to_string())?;
                }
                (Version::V1, None) => {}
            }
            Ok(())
        })();
        match set {
            Ok(()) => Ok(group),
            Err(error) => {
                group.remove();
                Err(error)
            }
        }
    }

    /// A folder with a name of its own.
    fn make_folder(&self) -> io::Result<(String, PathBuf)> {
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!("{PREFIX}{}-{number}", std::process::id());
            let memory = self.memory.join(&name);
            match fs::create_dir(&memory) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => return made.map(|()| (name, memory)),
            }
        }
    }

    fn works(&self) -> bool {
        self.make().map(Group::remove).is_ok()
    }

    /// Removes what processes left behind that were killed. A group that is still in use cannot be removed.
    fn sweep(&self) {
        for folder in [Some(&self.memory), self.pids.as_ref()].into_iter().flatten() {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            entries.map(|entry| entry.path()).filter(|path| is_left_behind(path)).for_each(|path| {
                let _ = fs::remove_dir(path);
            });
        }
    }
}

/// Whether a folder is a group whose maker has ended.
fn is_left_behind(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let maker = name.and_then(|name| name.strip_prefix(PREFIX)?.split('-').next());
    maker.is_some_and(|process| !Path::new("/proc").join(process).exists())
}

impl Group {
    /// Sets how much memory the group may have; it fails if it has more already.
    pub fn limit_memory(&self, bytes: u64) -> io::Result<()> {
        let file = match self.version {
            Version::V2 => "memory.max",
            Version::V1 => "memory.limit_in_bytes",
        };
        fs::write(self.memory.join(file), bytes.to_string())
    }

    /// Whether the kernel killed a process of the group because it had too much memory.
    pub fn ran_out_of_memory(&self) -> bool {
        let file = match self.version {
            Version::V2 => "memory.events",
            Version::V1 => "memory.oom_control",
        };
        let events = fs::read_to_string(self.memory.join(file)).unwrap_or_default();
        let kills = events.lines().find_map(|line| line.strip_prefix("oom_kill "));
        kills.and_then(|count| count.trim().parse::<u64>().ok()).is_some_and(|count| count > 0)
    }

    /// Removes the group; its process has ended, but the kernel may take a moment to see that.
    pub fn remove(self) {
        for folder in [Some(self.memory), self.pids].into_iter().flatten() {
            if let Err(error) = remove(&folder) {
                tracing::warn!(?folder, %error, "the group of a cage cannot be removed");
            }
        }
    }
}

fn remove(folder: &Path) -> io::Result<()> {
    for _ in 0..REMOVALS_MAX {
        match fs::remove_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => thread::sleep(REMOVAL_PAUSE),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => return other,
        }
    }
    Err(io::ErrorKind::ResourceBusy.into())
}

/// The path of this process in the tree with these controllers.
fn path_of(own: &str, controllers: impl Fn(&str) -> bool) -> Option<&str> {
    own.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let names = parts.next()?;
        controllers(names).then(|| parts.next()).flatten()
    })
}

fn below(mount: &Path, path: &str) -> PathBuf {
    mount.join(path.trim_start_matches('/'))
}

/// The v2 group in which this process may make groups with a memory limit: its own, if that has passed the controller
/// on already, or the one above, if the service manager has marked it as handed over. A group with processes in it
/// cannot pass controllers on, which is why a service is put one level below what is handed to it.
fn delegated(own: &Path) -> Option<PathBuf> {
    if passes_on(own) {
        return Some(own.to_owned());
    }
    let above = own.parent()?;
    let offers = is_delegated(above) && names_memory(above, "cgroup.controllers");
    let passes = passes_on(above)
        || (offers && fs::write(above.join("cgroup.subtree_control"), "+memory +pids").is_ok());
    (offers && passes).then(|| above.to_owned())
}

fn passes_on(group: &Path) -> bool {
    names_memory(group, "cgroup.subtree_control")
}

fn names_memory(group: &Path, file: &str) -> bool {
    let text = fs::read_to_string(group.join(file)).unwrap_or_default();
    text.split_whitespace().any(|name| name == "memory")
}

/// systemd says so in an attribute, which needs root to be seen in its older form.
fn is_delegated(group: &Path) -> bool {
    ["user.delegate", "trusted.delegate"].iter().any(|name| {
        let mut mark = [0_u8; 8];
        rustix::fs::getxattr(group, *name, &mut mark).is_ok_and(|length| mark[..length.min(8)] == *b"1")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_that_of_the_right_tree() {
        let own = "8:pids:/a\n4:memory:/b/c\n1:cpu,cpuacct:/\n0::/d e\n";
        let named = |name: &'static str| path_of(own, move |all| all.split(',').any(|one| one == name));
        assert_eq!(named("memory"), Some("/b/c"));
        assert_eq!(named("cpuacct"), Some("/"));
        assert_eq!(named("io"), None);
        assert_eq!(path_of(own, str::is_empty), Some("/d e"));
    }

    #[test]
    fn groups_are_made_only_where_the_controller_was_passed_on() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("node");
        fs::create_dir(&own).unwrap();
        assert_eq!(delegated(&own), None, "no file");
        fs::write(folder.path().join("cgroup.controllers"), "cpu memory\n").unwrap();
        fs::write(folder.path().join("cgroup.subtree_control"), "memory pids\n").unwrap();
        assert_eq!(delegated(&own), None, "the one above is not marked as handed over");
        fs::write(own.join("cgroup.subtree_control"), "cpu hugetlb\n").unwrap();
        assert_eq!(delegated(&own), None, "without memory");
        fs::write(own.join("cgroup.subtree_control"), "cpu memory\n").unwrap();
        assert_eq!(delegated(&own), Some(own));
    }

    #[test]
    fn the_group_that_a_service_manager_hands_over_is_used() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("node");
        fs::create_dir(&own).unwrap();
        fs::write(folder.path().join("cgroup.controllers"), "cpu memory\n").unwrap();
        rustix::fs::setxattr(folder.path(), "user.delegate", b"1", rustix::fs::XattrFlags::empty())
            .expect("a file system with attributes");
        assert_eq!(delegated(&own).as_deref(), Some(folder.path()));
        let asked = fs::read_to_string(folder.path().join("cgroup.subtree_control")).unwrap();
        assert_eq!(asked, "+memory +pids");
    }
}
