//! A sandbox over the trial program, and what can be seen of it from outside.

use agon_port::sandbox::{
    Answer, Done, Ended, Error, Outside, Phase, Question, Request, Run, Sandbox, Unloadable,
};
use agon_sandbox_wasm::{CageProgram, Config, EngineFacts, WasmSandbox};
use agon_types::Digest;
use agon_types::manifest::{Capabilities, Limits};
use async_trait::async_trait;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub const CHALLENGE: &str = "code challenge";

static NEXT: AtomicU64 = AtomicU64::new(0);

/// A sandbox whose processes can be told from all others by a word in their arguments.
pub struct Setting {
    pub sandbox: WasmSandbox,
    pub mark: String,
    pub folder: Arc<TempDir>,
}

pub fn program(verb: &str, mark: &str) -> CageProgram {
    let path = PathBuf::from(env!("CARGO_BIN_EXE_agon-cage-trial"));
    CageProgram { path, arguments: vec![verb.to_owned(), mark.to_owned()] }
}

pub fn config(folder: &TempDir, mark: &str) -> Config {
    let granted = |imports: &[String], grants: &Capabilities| match imports.iter().find(|name| *name != "log")
    {
        Some(name) if grants.hosts.is_empty() => Err(Unloadable::ForbiddenImport(name.clone())),
        _ => Ok(()),
    };
    let engine =
        EngineFacts { profile: "trial".parse().unwrap(), compatibility: Digest::of(b"trial"), granted };
    let (cage, compiler) = (program("cage", mark), program("compiler", mark));
    Config::new(2, cage, compiler, folder.path().join("cache"), engine)
}

pub fn mark() -> String {
    format!("trial-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

impl Setting {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::over(Arc::new(TempDir::new().unwrap()), change).await
    }

    pub async fn over(folder: Arc<TempDir>, change: impl FnOnce(&mut Config)) -> Self {
        let mark = mark();
        let mut config = config(&folder, &mark);
        change(&mut config);
        let sandbox = WasmSandbox::start(config).await.unwrap();
        Self { sandbox, mark, folder }
    }

    pub async fn ask(&self, path: &str) -> Ended {
        self.sandbox.run(run(path)).await
    }

    /// The text of an answer.
    pub async fn text(&self, path: &str) -> String {
        text(self.ask(path).await)
    }

    /// The living processes of this sandbox. Those that have ended and wait to be reaped count too.
    pub fn processes(&self) -> Vec<u32> {
        processes(&self.mark)
    }
}

pub fn text(ended: Ended) -> String {
    match ended.result {
        Ok(Ok(Done::Served(response))) => String::from_utf8(response.body).unwrap(),
        other => panic!("no text: {other:?}"),
    }
}

pub fn processes(mark: &str) -> Vec<u32> {
    let all = fs::read_dir("/proc").unwrap().flatten();
    let numbers = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let marked = |number: &u32| {
        let line = fs::read(format!("/proc/{number}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).skip(2).any(|argument| argument == mark.as_bytes())
    };
    numbers.filter(marked).collect()
}

pub fn limits(wall_time_ms: u64) -> Limits {
    Limits {
        challenge_fuel: 1,
        challenge_memory_bytes: 1 << 20,
        agent_fuel: 1,
        agent_memory_bytes: 1 << 20,
        agent_output_bytes: 1,
        agent_calls: 1,
        agent_instances: 1,
        wall_time_ms,
    }
}

pub fn run(path: &str) -> Run {
    let request =
        Request { route: String::new(), path: path.to_owned(), parameters: Vec::new(), query: Vec::new() };
    Run {
        challenge: CHALLENGE.as_bytes().into(),
        agents: Vec::new(),
        grants: Capabilities { state_bytes_max: 1, ..Capabilities::default() },
        limits: limits(20_000),
        phase: Phase::Serve(request),
        outside: Arc::new(Echo),
    }
}

/// A run that asks so often, and then perhaps loops.
pub fn asking(times: u64, then_loop: bool) -> Run {
    let mut run = run("ask");
    if let Phase::Serve(request) = &mut run.phase {
        request.parameters.push(("times".to_owned(), times.to_string()));
        if then_loop {
            request.parameters.push(("loop".to_owned(), String::new()));
        }
    }
    run
}

/// Answers with the key.
pub struct Echo;

#[async_trait]
impl Outside for Echo {
    async fn answer(&self, question: Question) -> Answer {
        match question {
            Question::StateGet(key) => Answer::State(Some(key.into_bytes())),
            _ => Answer::Denied("not here".to_owned()),
        }
    }
}

/// Looks until something holds; false if it does not within a time that is long for all that is waited for here.
pub async fn eventually(holds: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + Duration::from_secs(10);
    while Instant::now() < deadline {
        if holds() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    holds()
}

pub fn executor_fault(ended: &Ended) -> &str {
    match &ended.result {
        Err(Error::Executor(words)) => words,
        other => panic!("no fault of the executor: {other:?}"),
    }
}
