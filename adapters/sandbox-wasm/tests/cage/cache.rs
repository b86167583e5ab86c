//! Compiled code: made once, in a process that is held to its limits, and believed only if this machine made it.

use crate::setting::{self, Setting, executor_fault, run};
use agon_port::sandbox::{Error, Role, Sandbox, Unloadable};
use agon_types::FailureReason;
use agon_types::manifest::Capabilities;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

async fn inspect(setting: &Setting, component: &str) -> Result<(), Unloadable> {
    setting.sandbox.inspect(Role::Challenge, component.as_bytes().into(), &Capabilities::default()).await
}

/// The code that a component compiles to, as the room in a cage reads it.
async fn compiled(setting: &Setting, component: &str) -> String {
    let mut run = run("loaded");
    run.challenge = component.as_bytes().into();
    setting::text(setting.sandbox.run(run).await)
}

fn files(folder: &TempDir) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.path().join("cache")).unwrap();
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "code"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_place_gets_its_code_in_order() {
    let setting = Setting::new().await;
    let mut run = run("loaded");
    run.agents = ["code one", "refused", "code two"].map(|bytes| bytes.as_bytes().into()).to_vec();
    let text = setting::text(setting.sandbox.run(run).await);
    assert_eq!(text, "Code(Challenge) challenge;Code(Agent) one;Vacant ;Code(Agent) two");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unloadable_judged_agent_fails_and_a_challenge_is_an_error() {
    let setting = Setting::new().await;
    let mut judged = run("loaded");
    judged.agents = vec![b"refused".as_slice().into(), b"code two".as_slice().into()];
    let failure = setting.sandbox.run(judged).await.result.unwrap().unwrap_err();
    assert_eq!(failure.reason, FailureReason::Unloadable);
    let mut challenge = run("loaded");
    challenge.challenge = b"refused".as_slice().into();
    assert!(matches!(setting.sandbox.run(challenge).await.result, Err(Error::Challenge(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_are_held_against_the_grants_of_each_run() {
    let setting = Setting::new().await;
    let forbidden = Unloadable::ForbiddenImport("web".to_owned());
    assert_eq!(inspect(&setting, "imports log web").await, Err(forbidden.clone()));
    let grants = Capabilities { hosts: vec!["api.example.org".to_owned()], ..Capabilities::default() };
    let component: Arc<[u8]> = b"imports log web".as_slice().into();
    assert_eq!(setting.sandbox.inspect(Role::Challenge, component.clone(), &grants).await, Ok(()));
    assert_eq!(setting.sandbox.inspect(Role::Agent, component, &grants).await, Err(forbidden));
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_does_not_map_is_an_error_of_this_machine() {
    let setting = Setting::new().await;
    let mut run = run("loaded");
    run.challenge = b"code unloadable here".as_slice().into();
    let ended = setting.sandbox.run(run).await;
    assert!(executor_fault(&ended).contains("does not map"), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_code_is_made_again() {
    let first = Setting::new().await;
    assert_eq!(compiled(&first, "code x").await, "Code(Challenge) x");
    let path = files(&first.folder).pop().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 33;
    assert_eq!(bytes[last], b'x');
    bytes[last] = b'y';
    fs::write(&path, bytes).unwrap();
    let again = Setting::over(first.folder.clone(), |_| {}).await;
    assert_eq!(compiled(&again, "code x").await, "Code(Challenge) x");
    assert_eq!(fs::read(&path).unwrap()[last], b'x');
}

#[tokio::test(flavor = "multi_thread")]
async fn code_under_another_key_is_made_again() {
    let first = Setting::new().await;
    compiled(&first, "code x").await;
    let path = files(&first.folder).pop().unwrap();
    let before = fs::read(&path).unwrap();
    fs::write(first.folder.path().join("cache/key"), [7; 32]).unwrap();
    let again = Setting::over(first.folder.clone(), |_| {}).await;
    assert_eq!(compiled(&again, "code x").await, "Code(Challenge) x");
    assert_ne!(fs::read(&path).unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn code_on_disk_needs_no_compiler() {
    let first = Setting::new().await;
    compiled(&first, "code x").await;
    assert_eq!(inspect(&first, "refused").await, Err(Unloadable::NotAComponent));
    let again =
        Setting::over(first.folder.clone(), |config| config.compiler.arguments[0] = "neither".into()).await;
    assert_eq!(compiled(&again, "code x").await, "Code(Challenge) x");
    assert_eq!(inspect(&again, "refused").await, Err(Unloadable::NotAComponent));
    assert!(matches!(inspect(&again, "code y").await, Err(Unloadable::Unknown(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails_costs_no_run() {
    let setting = Setting::new().await;
    let cache = setting.folder.path().join("cache");
    fs::remove_dir_all(&cache).unwrap();
    fs::write(&cache, "no folder").unwrap();
    assert_eq!(compiled(&setting, "code x").await, "Code(Challenge) x");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_that_want_the_same_compile_it_once() {
    let first = Setting::new().await;
    let second = Setting::over(first.folder.clone(), |_| {}).await;
    let component = "process of the compiler";
    let (a, b, c) =
        tokio::join!(compiled(&first, component), compiled(&second, component), compiled(&first, component));
    assert!(a == b && b == c, "the code names the process that made it: {a}, {b}, {c}");
    assert_eq!(inspect(&first, "large 30000000").await, Ok(()));
    assert_eq!(files(&first.folder).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compile_bomb_ends_at_its_processor_time_and_others_go_on() {
    let setting = Setting::with(|config| config.allowance.processor_s = 1).await;
    let begin = Instant::now();
    let (bomb, other) = tokio::join!(inspect(&setting, "loop"), setting.text("empty"));
    assert_eq!(bomb, Err(Unloadable::TooCostly("1 s of processor time".to_owned())));
    assert_eq!(other, "");
    assert!(begin.elapsed() < Duration::from_secs(8), "{:?}", begin.elapsed());
    let again = Instant::now();
    assert!(inspect(&setting, "loop").await.is_err());
    assert!(again.elapsed() < Duration::from_millis(200), "a refusal is remembered");
    assert!(setting::eventually(|| !setting.processes().is_empty()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compiler_that_wants_all_memory_is_refused_it() {
    let setting = Setting::with(|config| config.allowance.data_bytes = 256 << 20).await;
    for _ in 0..2 {
        let (refused, started) = tokio::join!(
            inspect(&setting, "memory"),
            setting::eventually(|| compiler(&setting.mark).is_some())
        );
        assert_eq!(refused, Err(Unloadable::TooCostly("256 MiB of memory".to_owned())));
        assert!(started, "each time it is tried again, since there may be more memory by now");
    }
    assert!(files(&setting.folder).is_empty(), "what this machine has not is not kept");
}

/// The compiler at work.
fn compiler(mark: &str) -> Option<u32> {
    setting::processes(mark).into_iter().find(|process| {
        let line = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).any(|word| word == b"compiler")
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compiler_that_is_killed_says_nothing_about_the_bytes() {
    let setting = Setting::new().await;
    let mut killed = Vec::new();
    for _ in 0..2 {
        let kill = async {
            assert!(setting::eventually(|| compiler(&setting.mark).is_some()).await);
            let process = compiler(&setting.mark).unwrap();
            let pid = rustix::process::Pid::from_raw(i32::try_from(process).unwrap()).unwrap();
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
            process
        };
        let (said, process) = tokio::join!(inspect(&setting, "loop"), kill);
        // By its signal, or by the bytes that it did not take any more.
        assert!(matches!(&said, Err(Unloadable::Unknown(_))), "{said:?}");
        killed.push(process);
    }
    assert_ne!(killed[0], killed[1], "it was tried again");
    assert!(files(&setting.folder).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_compiler_cannot_find_out_is_tried_again_and_never_kept() {
    let setting = Setting::new().await;
    let (first, second) = (inspect(&setting, "broken").await, inspect(&setting, "broken").await);
    assert!(matches!(&first, Err(Unloadable::Unknown(words)) if words.contains("is full")), "{first:?}");
    assert_ne!(first, second, "another process tried again");
    let panicked = inspect(&setting, "panic").await;
    assert!(matches!(panicked, Err(Unloadable::Unknown(_))), "{panicked:?}");
    assert!(files(&setting.folder).is_empty());
    let mut judged = run("loaded");
    judged.agents = vec![b"broken".as_slice().into()];
    let ended = setting.sandbox.run(judged).await;
    assert!(executor_fault(&ended).contains("is full"), "no agent fails for it: {ended:?}");
    assert_eq!(inspect(&setting, "refused").await, Err(Unloadable::NotAComponent));
    assert_eq!(
        files(&setting.folder).len(),
        2,
        "the challenge's code, and what holds for these bytes for ever"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compiler_that_sleeps_ends_at_its_wall_time() {
    let setting = Setting::with(|config| {
        config.compiler.arguments[0] = "silent".to_owned();
        config.allowance.wall = Duration::from_millis(300);
    })
    .await;
    let begin = Instant::now();
    assert!(matches!(inspect(&setting, "code x").await, Err(Unloadable::Unknown(_))));
    assert!(begin.elapsed() < Duration::from_secs(3));
    assert!(files(&setting.folder).is_empty(), "a fault of the machine is not kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compiler_reaches_nothing_but_its_two_files() {
    let setting = Setting::new().await;
    for name in
        ["openat", "socket", "execve", "clone", "ptrace", "kill", "mmap executable", "prctl", "memfd_create"]
    {
        let said = compiled(&setting, &format!("attempt {name}")).await;
        assert!(said.contains("gave -1: Operation not permitted"), "{said}");
    }
    let said = compiled(&setting, "write").await;
    assert!(said.contains("Err"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_that_goes_ends_its_compilers() {
    let setting = Setting::new().await;
    let (sandbox, mark) = (setting.sandbox.clone(), setting.mark.clone());
    let looping = tokio::spawn(async move {
        sandbox.inspect(Role::Agent, b"loop".as_slice().into(), &Capabilities::default()).await
    });
    let compiling = || compiler(&mark).is_some();
    assert!(setting::eventually(compiling).await);
    looping.abort();
    let _ = looping.await;
    assert!(compiling(), "the work goes on for whoever asks next");
    drop(setting.sandbox);
    assert!(setting::eventually(|| setting::processes(&mark).is_empty()).await);
}
