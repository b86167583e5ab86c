//! One pass over the whole corpus, in a process of its own on cores of its own.

use crate::{cases, listing, stage};
use agon_sandbox_wasm::Allowance;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Where a pass leaves its listing; who starts it says so.
const LISTING: &str = "AGON_CORPUS_LISTING";
const ORDER: &str = "AGON_CORPUS_ORDER";
const CAGES: &str = "AGON_CORPUS_CAGES";

pub struct Pass<'p> {
    pub cores: &'p [usize],
    /// Which of the shuffles; each starts with all cases.
    pub order: u64,
    pub cages: usize,
    pub cache: &'p Path,
}

pub struct Started<'p> {
    child: Child,
    pass: Pass<'p>,
}

/// The cores that this process may use.
pub fn cores() -> Vec<usize> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap();
    let range = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        first.parse().unwrap()..=last.parse().unwrap()
    };
    list.trim().split(',').flat_map(range).collect()
}

impl<'p> Pass<'p> {
    fn listing(&self) -> std::path::PathBuf {
        self.cache.join(format!("listing-{}", self.order))
    }

    /// Starts it as a test of this very program.
    pub fn start(self) -> Started<'p> {
        let cores: Vec<String> = self.cores.iter().map(usize::to_string).collect();
        let child = Command::new("taskset")
            .args(["--cpu-list", &cores.join(",")])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "passes::pass", "--ignored", "--nocapture"])
            .env(LISTING, self.listing())
            .env(ORDER, self.order.to_string())
            .env(CAGES, self.cages.to_string())
            .env_remove("AGON_WRITE")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        Started { child: child.expect("taskset is there: it comes with util-linux"), pass: self }
    }
}

impl Started<'_> {
    /// Waits for what it found.
    pub fn listing(mut self) -> String {
        let mut words = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut words).unwrap();
        assert!(self.child.wait().unwrap().success(), "{words}");
        std::fs::read_to_string(self.pass.listing()).unwrap()
    }
}

/// Positions in an order that only the number decides.
fn shuffled(count: usize, order: u64) -> Vec<usize> {
    let mut positions: Vec<usize> = (0..count).collect();
    let mut chance = order.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for last in (1..count).rev() {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        positions.swap(last, (chance % (last as u64 + 1)) as usize);
    }
    positions
}

#[test]
#[ignore = "a process of another test: it runs all cases, and writes down what they gave"]
fn pass() {
    let Some(path) = std::env::var_os(LISTING) else { return };
    let number = |name: &str| std::env::var(name).unwrap().parse::<u64>().unwrap();
    let (order, cages) = (number(ORDER), number(CAGES) as usize);
    let cache = Path::new(&path).parent().unwrap().join("code");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let lines = runtime.block_on(all(order, cages, &cache));
    std::fs::write(path, lines).unwrap();
}

/// As many cases at once as there are cages; the listing is in the order of the table.
async fn all(order: u64, cages: usize, cache: &Path) -> String {
    let sandbox = stage::sandbox(cache, cages, Allowance::default()).await;
    let cases = Arc::new(cases::all());
    let permits = Arc::new(Semaphore::new(cages));
    let mut running = JoinSet::new();
    for position in shuffled(cases.len(), order) {
        let (cases, sandbox) = (cases.clone(), sandbox.clone());
        let permit = permits.clone().acquire_owned().await.unwrap();
        running.spawn(async move {
            let line = listing::line(&cases[position], &sandbox).await;
            drop(permit);
            (position, line)
        });
    }
    let mut lines = running.join_all().await;
    lines.sort();
    lines.into_iter().map(|(_, line)| line + "\n").collect()
}
