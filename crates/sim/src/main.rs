//! Runs seeds one after the other on all cores: `agon-sim --from 0 --to 1000 --heights 100`.

use agon_sim::{Figures, Schedule, run};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

struct Total {
    seeds: u64,
    heights: u64,
    crashes: u64,
    torn: u64,
    actions: u64,
    recovery_ms: u64,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str, default: u64| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)).map_or(Ok(default), |text| text.parse())
    };
    let (Ok(from), Ok(to), Ok(heights)) = (value("--from", 0), value("--to", 100), value("--heights", 100))
    else {
        eprintln!("usage: agon-sim [--from SEED] [--to SEED] [--heights NUMBER]");
        return ExitCode::from(2);
    };
    let next = AtomicU64::new(from);
    let total = Mutex::new(Total { seeds: 0, heights: 0, crashes: 0, torn: 0, actions: 0, recovery_ms: 0 });
    let failed = AtomicU64::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= to {
                        return;
                    }
                    match run(Schedule::from_seed(seed, heights)) {
                        Ok(figures) => count(&total, seed, &figures),
                        Err(failure) => {
                            eprintln!("{failure}");
                            failed.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    let total = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("{}", line(&total));
    if failed.into_inner() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn count(total: &Mutex<Total>, seed: u64, figures: &Figures) {
    let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
    total.seeds += 1;
    total.heights += figures.heights;
    total.crashes += figures.counts.crashes;
    total.torn += figures.counts.torn;
    total.actions += figures.counts.actions;
    total.recovery_ms = total.recovery_ms.max(figures.recovery_ms);
    if total.seeds.is_multiple_of(100) {
        println!("seed {seed}: {}", line(&total));
    }
}

fn line(total: &Total) -> String {
    let Total { seeds, heights, crashes, torn, actions, recovery_ms } = total;
    format!(
        "{seeds} seeds, {heights} heights, {crashes} crashes ({torn} within a write), {actions} actions, \
         longest recovery {recovery_ms} ms"
    )
}
