//! The program that the tests of cages start. Its room does what the path of a request says: works, breaks out, loops,
//! floods, dies. Its compiler does what the component says. Attempts to break out are `unsafe` by nature: system calls
//! with arguments that no safe function takes.
#![expect(
    unsafe_code,
    reason = "attempts to break out are system calls with arguments that no safe function takes"
)]

use agon_port::sandbox::{Answer, Done, Phase, Question, Request, Response, Role, Unloadable};
use agon_sandbox_wasm::{Ask, Compiled, Finished, Order, Place, Room, Trouble};
use std::fs::File;
use std::io::{Read, Write};

fn main() {
    agon_sandbox_wasm::enter();
    match std::env::args().nth(1).as_deref() {
        Some("cage") => agon_sandbox_wasm::cage(|| {
            Ok(Trial { loaded: Vec::new(), process: std::process::id(), threads: Vec::new() })
        }),
        Some("compiler") => agon_sandbox_wasm::compiler(compile),
        Some("silent") => loop {
            std::thread::park();
        },
        Some("babbling") => babble(),
        Some("failing") => agon_sandbox_wasm::cage::<Trial>(|| Err("there is no engine".to_owned())),
        _ => std::process::exit(2),
    }
}

struct Trial {
    loaded: Vec<String>,
    process: u32,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Room for Trial {
    fn load(&mut self, place: Place, code: Option<File>) -> Result<(), String> {
        let mut text = String::new();
        if let Some(mut code) = code {
            code.read_to_string(&mut text).map_err(|error| error.to_string())?;
        }
        if text == "unloadable here" {
            return Err("this code does not map".to_owned());
        }
        if text == "thread" {
            self.threads.push(std::thread::spawn(std::thread::park));
        }
        self.loaded.push(format!("{place:?} {text}"));
        Ok(())
    }

    fn run(&mut self, order: Order, ask: &mut Ask<'_>) -> Finished {
        let Phase::Serve(request) = order.phase else {
            return answer("no request");
        };
        match request.path.as_str() {
            "empty" => answer(""),
            "pid" => answer(&self.process.to_string()),
            "loaded" => answer(&self.loaded.join(";")),
            "ask" => asked(&request, ask),
            "other phase" => finished(Ok(Ok(Done::Observed(Vec::new())))),
            "misuse" => finished(Err(Trouble::Misuse("it returned nonsense".to_owned()))),
            path => misbehave(path),
        }
    }
}

fn finished(result: Result<Result<Done, agon_types::Failure>, Trouble>) -> Finished {
    Finished { result, calls: Vec::new(), log: Vec::new() }
}

fn answer(text: &str) -> Finished {
    let response =
        Response { status: 200, content_type: "text/plain".to_owned(), body: text.as_bytes().to_vec() };
    finished(Ok(Ok(Done::Served(response))))
}

/// Asks as often as the first parameter says, then loops if there is a second one.
fn asked(request: &Request, ask: &mut Ask<'_>) -> Finished {
    let times = request.parameters.first().and_then(|(_, times)| times.parse().ok()).unwrap_or(1_u64);
    let mut last = String::new();
    for number in 0..times {
        match ask(Question::StateGet(number.to_string())) {
            Ok(Answer::State(Some(value))) => last = String::from_utf8_lossy(&value).into_owned(),
            Ok(other) => last = format!("{other:?}"),
            Err(_) => return finished(Err(Trouble::Host("nobody is there".to_owned()))),
        }
    }
    if request.parameters.len() > 1 {
        spin();
    }
    answer(&last)
}

fn misbehave(path: &str) -> Finished {
    match path {
        "loop" => spin(),
        "panic" => panic!("a bug of the engine"),
        "abort" => std::process::abort(),
        "exit" => std::process::exit(0),
        "overflow" => return answer(&deep(0).to_string()),
        "allocate" => allocate(),
        "garbage" => say(&[8, 0, 0, 0, 250, 1, 2, 3, 4, 5, 6, 7]),
        "oversized" => say(&u32::MAX.to_le_bytes()),
        "announced" => say(&(20_u32 << 20).to_le_bytes()),
        "flood" => loop {
            // The first run asks for the value of the empty key, again and again, whatever is answered.
            say(&[14, 0, 0, 0, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        },
        "twice" => {
            // The end of the first run.
            let early = agon_types::codec::encode(&(1_u64, answer("forged")));
            let mut frame = u32::try_from(early.len() + 1).unwrap_or_default().to_le_bytes().to_vec();
            frame.push(4);
            frame.extend(early);
            say(&frame);
        }
        name => return answer(&attempt(name)),
    }
    if matches!(path, "announced") {
        spin();
    }
    answer(path)
}

fn spin() -> ! {
    loop {
        std::hint::spin_loop();
    }
}

fn deep(depth: u64) -> u64 {
    let room = std::hint::black_box([depth; 64]);
    if depth == u64::MAX { 0 } else { deep(depth + 1) + room[3] }
}

fn allocate() -> ! {
    let mut all = Vec::new();
    loop {
        all.push(std::hint::black_box(vec![1_u8; 1 << 20]));
    }
}

/// Says raw bytes on the socket to the keeper, which is the standard input.
fn say(bytes: &[u8]) {
    let _ = rustix::io::write(std::io::stdin(), bytes);
}

fn babble() -> ! {
    loop {
        say(&[255; 4096]);
    }
}

/// Tries a system call that closed cages must not have; says so if it is still alive.
fn attempt(name: &str) -> String {
    let (call, arguments) = match call(name) {
        Some(found) => found,
        None => return format!("there is no attempt called {name}"),
    };
    let [a, b, c, d, e, f] = arguments;
    // Every argument is plain data or a pointer to something static.
    let result = unsafe { libc::syscall(call, a, b, c, d, e, f) };
    format!("{name} gave {result}: {}", std::io::Error::last_os_error())
}

fn call(name: &str) -> Option<(libc::c_long, [libc::c_long; 6])> {
    const EXECUTABLE: libc::c_long = (libc::PROT_READ | libc::PROT_EXEC) as libc::c_long;
    const ANONYMOUS: libc::c_long = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS) as libc::c_long;
    let path = c"/etc/passwd".as_ptr() as libc::c_long;
    let program = c"/bin/true".as_ptr() as libc::c_long;
    let here = libc::c_long::from(libc::AT_FDCWD);
    let parent = 1; // Of the init process: a signal zero asks only whether one may.
    let found = match name {
        #[cfg(target_arch = "x86_64")]
        "open" => (libc::SYS_open, [path, 0, 0, 0, 0, 0]),
        #[cfg(target_arch = "x86_64")]
        "fork" => (libc::SYS_fork, [0; 6]),
        #[cfg(target_arch = "x86_64")]
        "vfork" => (libc::SYS_vfork, [0; 6]),
        "openat" => (libc::SYS_openat, [here, path, 0, 0, 0, 0]),
        "openat2" => (libc::SYS_openat2, [here, path, 0, 0, 0, 0]),
        "open_by_handle_at" => (libc::SYS_open_by_handle_at, [here, path, 0, 0, 0, 0]),
        "statx" => (libc::SYS_statx, [here, path, 0, 0, 0, 0]),
        "socket" => (libc::SYS_socket, [libc::AF_INET.into(), libc::SOCK_STREAM.into(), 0, 0, 0, 0]),
        "socketpair" => {
            (libc::SYS_socketpair, [libc::AF_UNIX.into(), libc::SOCK_STREAM.into(), 0, path, 0, 0])
        }
        "connect" => (libc::SYS_connect, [0, path, 16, 0, 0, 0]),
        "bind" => (libc::SYS_bind, [0, path, 16, 0, 0, 0]),
        "sendmsg" => (libc::SYS_sendmsg, [0; 6]),
        "recvmsg" => (libc::SYS_recvmsg, [0; 6]),
        "dup" => (libc::SYS_dup, [0; 6]),
        "execve" => (libc::SYS_execve, [program, 0, 0, 0, 0, 0]),
        "execveat" => (libc::SYS_execveat, [here, program, 0, 0, 0, 0]),
        "clone" => (libc::SYS_clone, [libc::SIGCHLD.into(), 0, 0, 0, 0, 0]),
        "clone3" => (libc::SYS_clone3, [0; 6]),
        "ptrace" => (libc::SYS_ptrace, [libc::PTRACE_ATTACH.into(), parent, 0, 0, 0, 0]),
        "kill" => (libc::SYS_kill, [parent, 0, 0, 0, 0, 0]),
        "tgkill" => (libc::SYS_tgkill, [parent, parent, 0, 0, 0, 0]),
        "pidfd_open" => (libc::SYS_pidfd_open, [parent, 0, 0, 0, 0, 0]),
        "mmap executable" => (libc::SYS_mmap, [0, 4096, EXECUTABLE, ANONYMOUS, -1, 0]),
        "mprotect executable" => (libc::SYS_mprotect, [0x10_0000, 4096, EXECUTABLE, 0, 0, 0]),
        "pkey_mprotect" => (libc::SYS_pkey_mprotect, [0x10_0000, 4096, EXECUTABLE, -1, 0, 0]),
        "shmat" => (libc::SYS_shmat, [0; 6]),
        "prctl" => (libc::SYS_prctl, [libc::PR_SET_DUMPABLE.into(), 1, 0, 0, 0, 0]),
        "seccomp" => (libc::SYS_seccomp, [0; 6]),
        "setrlimit" => (libc::SYS_prlimit64, [0; 6]),
        "setuid" => (libc::SYS_setuid, [0; 6]),
        "unshare" => (libc::SYS_unshare, [libc::CLONE_NEWUSER.into(), 0, 0, 0, 0, 0]),
        "setns" => (libc::SYS_setns, [0; 6]),
        "mount" => (libc::SYS_mount, [0; 6]),
        "chroot" => (libc::SYS_chroot, [path, 0, 0, 0, 0, 0]),
        "io_uring_setup" => (libc::SYS_io_uring_setup, [8, 0, 0, 0, 0, 0]),
        "userfaultfd" => (libc::SYS_userfaultfd, [1, 0, 0, 0, 0, 0]),
        "bpf" => (libc::SYS_bpf, [0; 6]),
        "perf_event_open" => (libc::SYS_perf_event_open, [0; 6]),
        "keyctl" => (libc::SYS_keyctl, [0; 6]),
        "process_vm_readv" => (libc::SYS_process_vm_readv, [parent, 0, 0, 0, 0, 0]),
        "process_vm_writev" => (libc::SYS_process_vm_writev, [parent, 0, 0, 0, 0, 0]),
        "process_madvise of another" => (libc::SYS_process_madvise, [3, 0, 0, 4, 0, 0]),
        "process_madvise of itself" => (libc::SYS_process_madvise, [-10_000, 0, 0, 4, 0, 0]),
        "fcntl to duplicate" => (libc::SYS_fcntl, [0, libc::F_DUPFD.into(), 0, 0, 0, 0]),
        "memfd_create" => (libc::SYS_memfd_create, [path, 0, 0, 0, 0, 0]),
        "ioctl of a terminal" => (libc::SYS_ioctl, [0, 0x5412, path, 0, 0, 0]),
        "rt_sigaction" => (libc::SYS_rt_sigaction, [libc::SIGSYS.into(), 0, 0, 8, 0, 0]),
        "nanosleep" => (libc::SYS_nanosleep, [path, 0, 0, 0, 0, 0]),
        "a call of another age" => (libc::SYS_syslog, [0; 6]),
        "a call that no kernel knows" => (100_000, [0; 6]),
        #[cfg(target_arch = "x86_64")]
        "open by another table" => (0x4000_0000 + libc::SYS_open, [path, 0, 0, 0, 0, 0]),
        _ => return None,
    };
    Some(found)
}

fn compile(_role: Role, bytes: &[u8]) -> Result<Compiled, Unloadable> {
    let text = String::from_utf8_lossy(bytes);
    let (verb, rest) = text.split_once(' ').unwrap_or((&text, ""));
    match verb {
        "code" => Ok(Compiled { code: rest.as_bytes().to_vec(), imports: Vec::new() }),
        "imports" => Ok(Compiled { code: Vec::new(), imports: rest.split(' ').map(str::to_owned).collect() }),
        "large" => Ok(Compiled { code: vec![b'x'; rest.parse().unwrap_or(0)], imports: Vec::new() }),
        "process" => Ok(Compiled { code: std::process::id().to_string().into_bytes(), imports: Vec::new() }),
        "refused" => Err(Unloadable::NotAComponent),
        "broken" => Err(Unloadable::Unknown(format!("the disk of process {} is full", std::process::id()))),
        "loop" => spin(),
        "memory" => allocate(),
        "panic" => panic!("a bug of the compiler"),
        "attempt" => Ok(Compiled { code: attempt(rest).into_bytes(), imports: Vec::new() }),
        "write" => {
            let written = File::create("/tmp/agon-trial").and_then(|mut file| file.write_all(b"x"));
            Ok(Compiled { code: format!("{written:?}").into_bytes(), imports: Vec::new() })
        }
        _ => Err(Unloadable::Invalid("no verb".to_owned())),
    }
}
