//! Runs seeds one after the other on all cores: `agon-sim --from 0 --to 1000 --heights 100`.

use agon_sim::{Failure, Figures, run_all};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

#[derive(Default)]
struct Total {
    seeds: u64,
    failed: u64,
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
    let total = Mutex::new(Total::default());
    run_all(from..to, heights, |seed, result| count(&total, seed, result));
    let total = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("{}", line(&total));
    if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn count(total: &Mutex<Total>, seed: u64, result: Result<Figures, Box<Failure>>) {
    let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
    total.seeds += 1;
    match result {
        Ok(figures) => {
            total.heights += figures.heights;
            total.crashes += figures.counts.crashes;
            total.torn += figures.counts.torn;
            total.actions += figures.counts.actions;
            total.recovery_ms = total.recovery_ms.max(figures.recovery_ms);
        }
        Err(failure) => {
            total.failed += 1;
            eprintln!("{failure}");
        }
    }
    if total.seeds.is_multiple_of(100) {
        println!("seed {seed}: {}", line(&total));
    }
}

fn line(total: &Total) -> String {
    let Total { seeds, failed, heights, crashes, torn, actions, recovery_ms } = total;
    format!(
        "{seeds} seeds, {failed} failed, {heights} heights, {crashes} crashes ({torn} within a write), \
         {actions} actions, longest recovery {recovery_ms} ms"
    )
}
