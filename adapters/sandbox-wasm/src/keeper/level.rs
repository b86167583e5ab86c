//! How well cages are closed on this machine, for people, with a remedy where it could be better.

use super::cgroup::Version;
use crate::cage::lock::{Lock, User};

/// What holds of every cage of a keeper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    pub lock: Lock,
    pub cgroup: Option<Version>,
}

/// One line about one part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub part: &'static str,
    pub reached: String,
    /// What to do, if it is not all that it could be.
    pub remedy: Option<&'static str>,
}

impl Level {
    /// Whether a kernel boundary stands between a guest and the node.
    pub fn is_isolated(&self) -> bool {
        self.lock.seccomp && self.lock.no_new_privileges
    }

    /// Whether every part of another level holds here too.
    pub fn holds(&self, other: &Self) -> bool {
        let (ours, theirs) = (&self.lock, &other.lock);
        ours.no_new_privileges >= theirs.no_new_privileges
            && ours.undumpable >= theirs.undumpable
            && ours.dies_with_keeper >= theirs.dies_with_keeper
            && ours.limits >= theirs.limits
            && ours.no_capabilities >= theirs.no_capabilities
            && ours.landlock_abi >= theirs.landlock_abi
            && ours.seccomp >= theirs.seccomp
            && ours.user == theirs.user
            && self.cgroup == other.cgroup
    }

    pub fn rows(&self) -> Vec<Row> {
        let lock = &self.lock;
        vec![
            yes_or_no(
                "seccomp",
                lock.seccomp,
                "use a kernel with CONFIG_SECCOMP_FILTER, on x86_64 or aarch64",
            ),
            landlock(lock.landlock_abi),
            cgroup(self.cgroup),
            user(lock.user),
            yes_or_no("no capabilities", lock.no_capabilities, "allow capset in the node's own sandbox"),
            yes_or_no("no new privileges", lock.no_new_privileges, "use Linux 3.5 or later"),
            yes_or_no("closed to debuggers", lock.undumpable, "allow prctl in the node's own sandbox"),
            yes_or_no("ends with the node", lock.dies_with_keeper, "allow prctl in the node's own sandbox"),
            yes_or_no("resource limits", lock.limits, "do not raise limits above the node's hard limits"),
        ]
    }
}

fn yes_or_no(part: &'static str, holds: bool, remedy: &'static str) -> Row {
    let reached = if holds { "yes" } else { "no" }.to_owned();
    Row { part, reached, remedy: (!holds).then_some(remedy) }
}

fn landlock(abi: u8) -> Row {
    let remedy = match abi {
        0 => Some("add landlock to the kernel's lsm= list, on Linux 5.13 or later"),
        1..=3 => Some("use Linux 6.7 or later, which can also deny TCP"),
        4..=5 => Some("use Linux 6.12 or later, which also confines signals and abstract sockets"),
        _ => None,
    };
    let reached = if abi == 0 { "none".to_owned() } else { format!("ABI {abi}") };
    Row { part: "landlock", reached, remedy }
}

fn cgroup(version: Option<Version>) -> Row {
    let (reached, remedy) = match version {
        Some(Version::V2) => ("v2", None),
        Some(Version::V1) => ("v1", None),
        None => (
            "none",
            Some("run the node as a systemd service with Delegate=memory pids and DelegateSubgroup=node"),
        ),
    };
    Row { part: "memory group", reached: reached.to_owned(), remedy }
}

fn user(user: User) -> Row {
    let (reached, remedy) = match user {
        User::Own => ("one of its own", None),
        User::Nobody => (
            "nobody",
            Some("cages share that user with other programs; map users from 1879048192 on for the node"),
        ),
        User::Node => {
            ("the node's", Some("cages share the node's user; only a node started as root can change that"))
        }
        User::Root => ("root", Some("start the node as an unprivileged user, or map users for it")),
    };
    Row { part: "user", reached: reached.to_owned(), remedy }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_user_of_cages_has_its_true_name() {
        for (of, name, is_best) in [
            (User::Own, "one of its own", true),
            (User::Nobody, "nobody", false),
            (User::Node, "the node's", false),
            (User::Root, "root", false),
        ] {
            let row = user(of);
            assert_eq!((row.reached.as_str(), row.remedy.is_none()), (name, is_best));
        }
    }
}
