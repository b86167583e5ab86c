//! Every way out of a closed cage ends it, and nothing else. One `unsafe` call asks the kernel for a version.

use crate::setting::{Setting, executor_fault};
use agon_port::sandbox::Sandbox;
use agon_sandbox_wasm::User;

#[cfg(target_arch = "x86_64")]
const OF_THIS_MACHINE: &[&str] = &["open", "fork", "vfork", "open by another table"];
#[cfg(not(target_arch = "x86_64"))]
const OF_THIS_MACHINE: &[&str] = &[];

const ATTEMPTS: &[&str] = &[
    "openat",
    "openat2",
    "open_by_handle_at",
    "statx",
    "socket",
    "socketpair",
    "connect",
    "bind",
    "sendmsg",
    "recvmsg",
    "dup",
    "execve",
    "execveat",
    "clone",
    "clone3",
    "ptrace",
    "kill",
    "tgkill",
    "pidfd_open",
    "mmap executable",
    "mprotect executable",
    "pkey_mprotect",
    "shmat",
    "prctl",
    "seccomp",
    "setrlimit",
    "setuid",
    "unshare",
    "setns",
    "mount",
    "chroot",
    "io_uring_setup",
    "userfaultfd",
    "bpf",
    "perf_event_open",
    "keyctl",
    "process_vm_readv",
    "process_vm_writev",
    "process_madvise of another",
    "fcntl to duplicate",
    "memfd_create",
    "ioctl of a terminal",
    "rt_sigaction",
    "nanosleep",
    "a call of another age",
    "a call that no kernel knows",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_forbidden_call_ends_the_cage_and_the_next_run_is_well() {
    let setting = Setting::new().await;
    assert!(setting.sandbox.properties().kernel_isolated, "{:?}", setting.sandbox.level());
    for name in ATTEMPTS.iter().chain(OF_THIS_MACHINE) {
        let ended = setting.ask(name).await;
        let fault = executor_fault(&ended);
        assert!(fault.contains("system call that cages may not"), "{name}: {fault}");
        assert_eq!(setting.text("empty").await, "", "after {name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_engine_may_try_and_the_kernel_may_refuse_ends_no_cage() {
    let setting = Setting::new().await;
    let said = setting.text("process_madvise of itself").await;
    assert!(said.contains("process_madvise of itself gave"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_beside_an_escape_goes_on() {
    let setting = Setting::new().await;
    let beside = crate::setting::asking(500, false);
    let (escaped, beside) = tokio::join!(setting.ask("socket"), setting.sandbox.run(beside));
    executor_fault(&escaped);
    assert_eq!(crate::setting::text(beside), "499");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cage_is_closed_as_well_as_this_machine_allows() {
    let setting = Setting::new().await;
    let level = setting.sandbox.level();
    let lock = level.lock;
    assert!(lock.seccomp && lock.no_new_privileges && lock.undumpable, "{level:?}");
    assert!(lock.dies_with_keeper && lock.limits, "{level:?}");
    let expected = if rustix::process::geteuid().is_root() { User::Own } else { User::Node };
    assert_eq!(lock.user, expected);
    // The kernel says which interface it has; the newest rights that are asked for are those of the seventh.
    #[expect(unsafe_code, reason = "no safe function asks for the version alone")]
    let kernel = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, 0, 0, 1) };
    assert_eq!(libc::c_long::from(lock.landlock_abi), kernel.clamp(0, 7));
    for row in level.rows() {
        println!("{:<20} {:<12} {}", row.part, row.reached, row.remedy.unwrap_or(""));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_cage_is_what_the_kernel_says_it_is() {
    let setting = Setting::new().await;
    let process = setting.text("pid").await;
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim_start_matches(':').split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        (field("Seccomp"), field("NoNewPrivs"), field("Threads")),
        ("2".into(), "1".into(), "1".into())
    );
    assert_eq!(field("CapEff"), "0000000000000000");
    assert_eq!(field("CapPrm"), "0000000000000000");
    assert!(field("Groups").is_empty());
    if rustix::process::geteuid().is_root() {
        assert!(!field("Uid").split(' ').any(|uid| uid == "0"), "{}", field("Uid"));
        let environment = std::fs::read(format!("/proc/{process}/environ")).unwrap();
        assert!(environment.is_empty());
        let mut files = std::fs::read_dir(format!("/proc/{process}/fd"))
            .unwrap()
            .map(|entry| std::fs::read_link(entry.unwrap().path()).unwrap().display().to_string())
            .collect::<Vec<_>>();
        files.sort();
        // The socket twice: as standard input, and as what the wire holds.
        assert_eq!(files[..2], ["/dev/null", "/dev/null"]);
        assert!(files.len() == 4 && files[2] == files[3] && files[2].starts_with("socket:"), "{files:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_with_threads_is_not_closed() {
    let setting = Setting::new().await;
    let mut run = crate::setting::run("empty");
    run.challenge = b"code thread".as_slice().into();
    let ended = setting.sandbox.run(run).await;
    assert!(executor_fault(&ended).contains("must have one"), "{ended:?}");
}
