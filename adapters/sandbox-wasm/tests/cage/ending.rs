//! How runs end that do not end by themselves, and what remains of them.

use crate::setting::{self, Setting, asking, eventually, executor_fault, processes, run};
use agon_port::sandbox::{Error, Phase, Sandbox, Verdict};
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn a_cage_killed_in_a_run_costs_that_run_only() {
    let setting = Setting::new().await;
    let first: u32 = setting.text("pid").await.parse().unwrap();
    let sandbox = setting.sandbox.clone();
    let looping = tokio::spawn(async move { sandbox.run(asking(1, true)).await });
    assert!(eventually(|| is_running(first)).await);
    kill(first);
    let ended = looping.await.unwrap();
    assert!(executor_fault(&ended).contains("signal 9"), "{ended:?}");
    assert_eq!(ended.seen.len(), 1, "what it asked before is known");
    let next: u32 = setting.text("pid").await.parse().unwrap();
    assert_ne!(next, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn cages_killed_while_they_wait_are_passed_over() {
    let setting = Setting::new().await;
    for _ in 0..3 {
        assert!(eventually(|| setting.processes().len() >= 2).await);
        let killed = setting.processes();
        killed.iter().copied().for_each(kill);
        assert!(eventually(|| !killed.iter().any(is_alive)).await);
        assert_eq!(setting.text("empty").await, "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loop_ends_at_its_deadline() {
    let setting = Setting::new().await;
    setting.text("empty").await;
    for wall_time_ms in [50, 200, 400] {
        let mut looping = asking(3, true);
        looping.limits.wall_time_ms = wall_time_ms;
        let begin = Instant::now();
        let ended = setting.sandbox.run(looping).await;
        let late = begin.elapsed().saturating_sub(Duration::from_millis(wall_time_ms));
        assert_eq!(ended.result, Err(Error::WallTime(wall_time_ms)));
        assert!(late < Duration::from_millis(100), "{late:?} late");
        let calls = &ended.seen[0];
        assert_eq!((calls.name.as_str(), calls.verdict, calls.count), ("state.get", Verdict::Granted, 3));
        println!("deadline {wall_time_ms} ms: {late:?} late");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn compiling_counts_towards_the_deadline_of_the_public_and_of_nobody_else() {
    let setting = Setting::with(|config| config.allowance.processor_s = 1).await;
    let mut slow = run("empty");
    slow.challenge = b"loop".as_slice().into();
    slow.limits.wall_time_ms = 200;
    let begin = Instant::now();
    assert_eq!(setting.sandbox.run(slow.clone()).await.result, Err(Error::WallTime(200)));
    assert!(begin.elapsed() < Duration::from_millis(300), "{:?}", begin.elapsed());
    slow.phase = Phase::Describe;
    assert!(executor_fault(&setting.sandbox.run(slow).await).contains("processor time"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_run_at_once_than_there_are_cages() {
    let setting = Setting::new().await;
    let begin = Instant::now();
    let mut looping = asking(1, true);
    looping.limits.wall_time_ms = 100;
    let runs: Vec<_> = std::iter::repeat_n(looping, 6)
        .map(|looping| {
            let sandbox = setting.sandbox.clone();
            tokio::spawn(async move { sandbox.run(looping).await })
        })
        .collect();
    for run in runs {
        assert_eq!(run.await.unwrap().result, Err(Error::WallTime(100)));
    }
    assert!(begin.elapsed() >= Duration::from_millis(300), "six in twos: {:?}", begin.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_run_holds_one_lane_and_no_other() {
    let setting = Setting::new().await;
    assert_eq!(setting.sandbox.lanes(), 2);
    let sandbox = setting.sandbox.clone();
    let mut looping = asking(1, true);
    looping.limits.wall_time_ms = 20_000;
    let looping = tokio::spawn(async move { sandbox.run(looping).await });
    assert_eq!(setting.text("empty").await, "");
    let begin = Instant::now();
    for _ in 0..20 {
        assert_eq!(setting.text("empty").await, "");
    }
    let taken = begin.elapsed();
    assert!(!looping.is_finished() && taken < Duration::from_secs(10), "{taken:?}");
    println!("twenty answers beside a slow one took {taken:?}");
    looping.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_run_leaves_no_process() {
    let setting = Setting::new().await;
    let first: u32 = setting.text("pid").await.parse().unwrap();
    let sandbox = setting.sandbox.clone();
    let looping = tokio::spawn(async move { sandbox.run(asking(1, true)).await });
    assert!(eventually(|| is_running(first)).await);
    looping.abort();
    assert!(looping.await.unwrap_err().is_cancelled());
    assert!(eventually(|| !processes(&setting.mark).contains(&first)).await);
    assert_eq!(setting.text("empty").await, "", "its permit came back");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_way_an_engine_fails_is_an_error_and_not_a_hang() {
    let setting = Setting::new().await;
    for (path, words) in [
        ("panic", "a bug of the engine"),
        ("abort", "it "),
        ("exit", "code 0"),
        ("overflow", "it "),
        ("nothing like this", ""),
    ] {
        let begin = Instant::now();
        let ended = setting.ask(path).await;
        if words.is_empty() {
            assert!(ended.result.is_ok());
        } else {
            assert!(executor_fault(&ended).contains(words), "{path}: {ended:?}");
        }
        assert!(begin.elapsed() < Duration::from_secs(5), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_without_end_is_ended_by_the_group() {
    let setting = Setting::new().await;
    if setting.sandbox.level().cgroup.is_none() {
        println!("no memory controller can be written here, so nothing is shown");
        return;
    }
    let before = resident_bytes();
    let ended = setting.ask("allocate").await;
    assert!(executor_fault(&ended).contains("more memory than its group"), "{ended:?}");
    let grown = resident_bytes().saturating_sub(before);
    assert!(grown < 64 << 20, "the keeper grew by {grown} bytes");
    assert_eq!(setting.text("empty").await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_runs_leave_nothing_behind() {
    let setting = Setting::new().await;
    for number in 0..200_u32 {
        let mut run = run(["empty", "loaded", "garbage", "exit"][(number % 4) as usize]);
        // Half of them need a cage of their own.
        run.challenge = format!("code {}", number % 100).into_bytes().into();
        setting.sandbox.run(run).await;
        if number == 20 {
            assert!(setting.processes().len() <= 8, "{:?}", setting.processes());
        }
    }
    let files = setting.processes().len();
    assert!(files <= 8, "two spares, one on its way, two idle ones: {files}");
    let cages: Vec<u32> = setting.processes();
    drop(setting.sandbox);
    assert!(eventually(|| processes(&setting.mark).is_empty()).await, "{:?}", processes(&setting.mark));
    // Not even one that waits to be reaped.
    let is_there = |cage: &u32| fs::exists(format!("/proc/{cage}")).unwrap();
    assert!(eventually(|| !cages.iter().any(is_there)).await);
}

#[test]
fn a_runtime_that_ends_leaves_no_process_file_or_group() {
    // Alone in a process, so that files and groups can be counted.
    let exe = std::env::current_exe().unwrap();
    let output = Command::new(exe)
        .args(["--exact", "ending::alone_in_a_process", "--ignored", "--nocapture", "--test-threads=1"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
#[ignore = "run by the test above it, in a process of its own"]
fn alone_in_a_process() {
    let count = || fs::read_dir("/proc/self/fd").unwrap().count();
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    // The first runtime of a process opens what all later ones share.
    drop(runtime());
    let before = count();
    let runtime = runtime();
    let mark = runtime.block_on(async {
        let setting = Setting::new().await;
        let mut highest = 0;
        for number in 0..200_u32 {
            let mut run = run(["empty", "socket", "exit", "ask"][(number % 4) as usize]);
            run.challenge = format!("code {}", number % 50).into_bytes().into();
            setting.sandbox.run(run).await;
            if number == 100 {
                highest = count();
            }
        }
        // Code on the shelf holds one file each; nothing else may grow.
        assert!(count() <= highest + 10, "{} files after {highest}", count());
        setting.mark.clone()
    });
    assert!(processes(&mark).is_empty(), "{:?}", processes(&mark));
    drop(runtime);
    assert_eq!(count(), before);
    assert_eq!(groups(std::process::id()), Vec::<String>::new());
}

#[test]
fn a_node_killed_in_a_run_leaves_no_cage() {
    let exe = std::env::current_exe().unwrap();
    let mut node = Command::new(exe)
        .args(["--exact", "ending::a_node_with_a_long_run", "--ignored", "--nocapture", "--test-threads=1"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(node.stdout.take().unwrap()));
    let mark =
        lines.find_map(|line| line.unwrap().split_once("mark ").map(|(_, mark)| mark.to_owned())).unwrap();
    let cages = processes(&mark);
    assert!(!cages.is_empty());
    node.kill().unwrap();
    node.wait().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        assert!(eventually(|| processes(&mark).is_empty()).await, "{:?}", processes(&mark));
        // The next node sweeps the groups that it could not remove any more.
        drop(Setting::new().await);
        assert_eq!(groups(node.id()), Vec::<String>::new());
    });
}

#[test]
#[ignore = "run by the test above it, in a process that is killed"]
fn a_node_with_a_long_run() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let setting = Setting::new().await;
        let process: u32 = setting.text("pid").await.parse().unwrap();
        let sandbox = setting.sandbox.clone();
        let looping = tokio::spawn(async move { sandbox.run(asking(1, true)).await });
        assert!(eventually(|| is_running(process)).await);
        println!("mark {}", setting.mark);
        looping.await.unwrap();
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_cage_is_used_again_for_the_same_code_only() {
    let setting = Setting::new().await;
    let first = setting.text("pid").await;
    assert_eq!(setting.text("pid").await, first);
    let mut other = run("pid");
    other.agents = vec![b"code agent".as_slice().into()];
    let second = setting::text(setting.sandbox.run(other.clone()).await);
    assert_ne!(second, first);
    assert_eq!(setting::text(setting.sandbox.run(other).await), second);
    assert_eq!(setting.text("pid").await, first);
}

/// Whether a process has used processor time of its own for a while: it loops.
fn is_running(process: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    fields.get(11).and_then(|ticks| ticks.parse::<u64>().ok()).is_some_and(|ticks| ticks >= 3)
}

/// Whether a process is neither gone nor waiting to be reaped.
fn is_alive(process: &u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.trim().is_empty() && !rest.trim().starts_with('Z'))
}

fn kill(process: u32) {
    let process = rustix::process::Pid::from_raw(process.cast_signed()).unwrap();
    let _ = rustix::process::kill_process(process, rustix::process::Signal::KILL);
}

fn resident_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/statm").unwrap();
    status.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

/// The groups that a process has made and not removed.
fn groups(process: u32) -> Vec<String> {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap();
    let mut found = Vec::new();
    for line in own.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controller, path) = (parts.next().unwrap(), parts.next().unwrap());
        let folder = format!("/sys/fs/cgroup/{controller}{path}");
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(&format!("agon-cage-{process}-")) {
                found.push(format!("{controller} {name}"));
            }
        }
    }
    found
}
