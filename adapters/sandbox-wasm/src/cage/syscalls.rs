//! What closed processes may still ask of the kernel, as data. Everything that is not here ends a cage; a compiler is
//! told that it may not.

/// `ioctl` by which the engine asks which pages a guest has touched (`PAGEMAP_SCAN`).
const PAGEMAP_SCAN: u64 = 0xc060_6610;

/// The process that asks, in the place of a descriptor of another (`PIDFD_SELF`).
const ITSELF: u64 = (-10_000_i32).cast_unsigned() as u64;

/// A rule about one call.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    Always,
    /// The argument with this index has none of these bits.
    Without {
        argument: u8,
        bits: u64,
    },
    /// The argument with this index is exactly this.
    Exactly {
        argument: u8,
        is: u64,
    },
}

const NOT_EXECUTABLE: Rule = Rule::Without { argument: 2, bits: libc::PROT_EXEC as u64 };

/// What an engine needs whose code is loaded: memory, its one socket, time, and its end.
pub const CAGE: &[(i64, Rule)] = &[
    (libc::SYS_read, Rule::Always),
    (libc::SYS_write, Rule::Always),
    (libc::SYS_close, Rule::Always),
    (libc::SYS_futex, Rule::Always),
    (libc::SYS_brk, Rule::Always),
    (libc::SYS_mmap, NOT_EXECUTABLE),
    (libc::SYS_mprotect, NOT_EXECUTABLE),
    (libc::SYS_mremap, Rule::Always),
    (libc::SYS_munmap, Rule::Always),
    (libc::SYS_madvise, Rule::Always),
    (libc::SYS_process_madvise, Rule::Exactly { argument: 0, is: ITSELF }),
    (libc::SYS_ioctl, Rule::Exactly { argument: 1, is: PAGEMAP_SCAN }),
    // In a debug build, the standard library looks whether what it closes is open.
    (libc::SYS_fcntl, Rule::Exactly { argument: 1, is: libc::F_GETFD as u64 }),
    (libc::SYS_rt_sigreturn, Rule::Always),
    (libc::SYS_rt_sigprocmask, Rule::Always),
    (libc::SYS_sigaltstack, Rule::Always),
    (libc::SYS_clock_gettime, Rule::Always),
    (libc::SYS_getrandom, Rule::Always),
    (libc::SYS_sched_yield, Rule::Always),
    (libc::SYS_restart_syscall, Rule::Always),
    (libc::SYS_exit, Rule::Always),
    (libc::SYS_exit_group, Rule::Always),
];

/// What a compiler needs beside those, or with a wider rule. It reads one file and writes another, both handed to it.
pub const COMPILER: &[(i64, Rule)] = &[
    // To check the types of a component against its world, the engine maps the code as if it would run.
    (libc::SYS_mprotect, Rule::Always),
    (libc::SYS_pread64, Rule::Always),
    (libc::SYS_readv, Rule::Always),
    (libc::SYS_writev, Rule::Always),
    (libc::SYS_lseek, Rule::Always),
    (libc::SYS_fstat, Rule::Always),
    (libc::SYS_statx, Rule::Always),
    (libc::SYS_rt_sigaction, Rule::Always),
    (libc::SYS_sched_getaffinity, Rule::Always),
    (libc::SYS_getpid, Rule::Always),
    (libc::SYS_gettid, Rule::Always),
    // `abort` signals itself. Landlock and the foreign user id keep it from signalling others.
    (libc::SYS_tgkill, Rule::Always),
    (libc::SYS_recvmsg, Rule::Always),
    (libc::SYS_membarrier, Rule::Always),
];
