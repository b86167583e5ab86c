//! What a process takes away from itself before foreign code runs in it. Each part says whether it holds.

use super::syscalls::{self, Rule};
use borsh::{BorshDeserialize, BorshSerialize};
use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, LandlockStatus, Ruleset, RulesetAttr,
    RulesetStatus, Scope,
};
use rustix::process::{DumpableBehavior, Gid, Resource, Rlimit, Signal, Uid};
use rustix::thread::{CapabilitySet, CapabilitySets};
use seccompiler::{
    SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
};
use std::collections::BTreeMap;
use std::fs;

/// Where the users of cages begin; each process adds its own number, so no two share one.
const USERS_BEGIN: u32 = 0x7000_0000;
/// The user that every system has for those who own nothing.
const NOBODY: u32 = 65_534;
/// The newest interface of Landlock whose rights are asked for; older kernels give what they have.
const LANDLOCK_ABI: ABI = ABI::V7;

/// Whose rights a closed process has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum User {
    /// A number of its own, which owns nothing.
    Own,
    /// The one that every system has for those who own nothing, which other programs may have too.
    Nobody,
    /// Those of the node, which was not started as root.
    Node,
    /// It could not give up being root.
    Root,
}

/// What holds of a closed process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Lock {
    /// It cannot gain rights by starting a program.
    pub no_new_privileges: bool,
    /// Other processes of its user cannot look into it.
    pub undumpable: bool,
    /// It ends with its keeper.
    pub dies_with_keeper: bool,
    /// No core file, no new file, no byte more in a file, no new process.
    pub limits: bool,
    pub user: User,
    /// It has no right of root's, whoever its user is.
    pub no_capabilities: bool,
    /// The interface of Landlock that holds, or zero.
    pub landlock_abi: u8,
    /// Only the calls of its list reach the kernel.
    pub seccomp: bool,
}

/// Which list a process closes itself by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Cage,
    /// With processor seconds and bytes of data.
    Compiler {
        processor_s: u64,
        data_bytes: u64,
        file_bytes: u64,
    },
}

/// From the first moment on: ends with the keeper, and cannot be looked into. A change of user undoes both, so they
/// are asked for again.
pub fn guard() -> (bool, bool) {
    let death = rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).is_ok();
    let undumpable = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable).is_ok();
    (death, undumpable)
}

/// Closes this process, which must have one thread only: some parts bind the calling thread alone.
pub fn close(kind: Kind) -> Result<Lock, String> {
    let threads = fs::read_dir("/proc/self/task").map(Iterator::count).unwrap_or(1);
    if threads != 1 {
        return Err(format!("a process of {threads} threads cannot be closed: it must have one"));
    }
    let user = drop_user();
    let (dies_with_keeper, undumpable) = guard();
    let no_capabilities = drop_capabilities();
    let no_new_privileges = rustix::thread::set_no_new_privs(true).is_ok();
    // Before the limits: its rules are a file while they are made.
    let landlock_abi = landlock();
    let limits = set_limits(kind);
    // Last, since nothing of the above is allowed after it.
    let seccomp = filter(kind).is_ok_and(|program| seccompiler::apply_filter_all_threads(&program).is_ok());
    Ok(Lock {
        no_new_privileges,
        undumpable,
        dies_with_keeper,
        limits,
        user,
        no_capabilities,
        landlock_abi,
        seccomp,
    })
}

fn drop_user() -> User {
    if !rustix::process::geteuid().is_root() {
        return User::Node;
    }
    let own = USERS_BEGIN.saturating_add(std::process::id());
    let first = [(own, User::Own), (NOBODY, User::Nobody)];
    let became = first.into_iter().find(|(number, _)| become_user(*number).is_ok());
    became.map_or(User::Root, |(_, user)| user)
}

fn become_user(number: u32) -> rustix::io::Result<()> {
    let (uid, gid) = (Uid::from_raw(number), Gid::from_raw(number));
    rustix::thread::set_thread_groups(&[])?;
    rustix::thread::set_thread_res_gid(gid, gid, gid)?;
    rustix::thread::set_thread_res_uid(uid, uid, uid)
}

/// A node without root may still have been given some of root's rights.
fn drop_capabilities() -> bool {
    let none = CapabilitySet::empty();
    let sets = CapabilitySets { effective: none, permitted: none, inheritable: none };
    rustix::thread::set_capabilities(None, sets).is_ok()
}

fn set_limits(kind: Kind) -> bool {
    let both = |value| Rlimit { current: Some(value), maximum: Some(value) };
    let (files, file_bytes) = match kind {
        Kind::Cage => (0, 0),
        Kind::Compiler { file_bytes, .. } => (64, file_bytes),
    };
    let mut limits = vec![
        (Resource::Core, both(0)),
        (Resource::Nofile, both(files)),
        (Resource::Fsize, both(file_bytes)),
        (Resource::Nproc, both(0)),
        (Resource::Memlock, both(0)),
    ];
    if let Kind::Compiler { processor_s, data_bytes, .. } = kind {
        // The softer one sends the signal that tells why; the harder one cannot be survived.
        let processor = Rlimit { current: Some(processor_s), maximum: Some(processor_s.saturating_add(1)) };
        limits.extend([(Resource::Cpu, processor), (Resource::Data, both(data_bytes))]);
    }
    limits
        .into_iter()
        .fold(true, |all, (resource, limit)| all & rustix::process::setrlimit(resource, limit).is_ok())
}

/// Handles every right that the kernel knows and grants none. What files are open stays usable.
fn landlock() -> u8 {
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(LANDLOCK_ABI))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(LANDLOCK_ABI)))
        .and_then(|rules| rules.scope(Scope::from_all(LANDLOCK_ABI)))
        .and_then(Ruleset::create)
        .and_then(landlock::RulesetCreated::restrict_self);
    match status {
        Ok(status) if status.ruleset != RulesetStatus::NotEnforced => match status.landlock {
            LandlockStatus::Available { effective_abi, .. } => (effective_abi as u8).min(LANDLOCK_ABI as u8),
            _ => 0,
        },
        _ => 0,
    }
}

fn filter(kind: Kind) -> Result<seccompiler::BpfProgram, seccompiler::BackendError> {
    let (otherwise, more) = match kind {
        Kind::Cage => (SeccompAction::KillProcess, &[][..]),
        Kind::Compiler { .. } => (SeccompAction::Errno(libc::EPERM as u32), syscalls::COMPILER),
    };
    let mut rules = BTreeMap::new();
    for (call, rule) in syscalls::CAGE.iter().chain(more) {
        rules.insert(*call, conditions(*rule)?);
    }
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    SeccompFilter::new(rules, otherwise, SeccompAction::Allow, arch)?.try_into()
}

fn conditions(rule: Rule) -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    let (argument, operator, value) = match rule {
        Rule::Always => return Ok(Vec::new()),
        Rule::Without { argument, bits } => (argument, SeccompCmpOp::MaskedEq(bits), 0),
        Rule::Exactly { argument, is } => (argument, SeccompCmpOp::Eq, is),
    };
    let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)?;
    Ok(vec![SeccompRule::new(vec![condition])?])
}
