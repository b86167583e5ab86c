//! One seed from beginning to end: trouble and calm in turn, until enough heights are decided.

use crate::schedule::Schedule;
use crate::watch::Failure;
use crate::world::{Counts, World};
use agon_types::Height;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// How long trouble lasts at most.
const TROUBLE_MS: u64 = 40_000;
/// Within this time after trouble, all honest nodes decide again, and all that was asked for is done.
pub const RECOVERY_MS: u64 = 120_000;
/// So many heights more than anyone had when the trouble ended.
const FURTHER: u64 = 2;

/// What a run has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub heights: u64,
    pub counts: Counts,
    pub accusations: u64,
    /// The longest that calm took to bring everything on.
    pub recovery_ms: u64,
    pub virtual_ms: u64,
}

/// Runs a schedule until it has its heights, or something does not hold.
pub fn run(schedule: Schedule) -> Result<Figures, Box<Failure>> {
    let mut world = World::new(schedule);
    let begin = world.now_ms;
    let mut figures = Figures::default();
    while world.watch.height().0 < world.schedule.heights {
        world.trouble_begins();
        let until = world.now_ms + world.chance.between(TROUBLE_MS / 4, TROUBLE_MS);
        while world.now_ms < until && world.step() {}
        world.trouble_ends();
        let took = recover(&mut world)?;
        figures.recovery_ms = figures.recovery_ms.max(took);
    }
    let replayed = world.replay().map_err(|problem| fail(&world, &format!("no replay: {problem}")))?;
    let tip = world.watch.height();
    if let Some(other) = world.nodes.iter().find(|n| n.contest.height == tip && n.contest.root() != replayed)
    {
        return Err(fail(&world, &format!("{} has another root than a replay", other.session())));
    }
    figures.heights = tip.0;
    figures.counts = world.counts;
    figures.accusations = world.watch.accusations;
    figures.virtual_ms = world.now_ms - begin;
    Ok(figures)
}

/// Runs seeds on all cores, each in a world of its own, and hands over what came of it.
pub fn run_all(seeds: Range<u64>, heights: u64, each: impl Fn(u64, Result<Figures, Box<Failure>>) + Sync) {
    let next = AtomicU64::new(seeds.start);
    let work = || {
        let seed = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < seeds.end);
        while let Some(seed) = seed() {
            each(seed, run(Schedule::from_seed(seed, heights)));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
}

/// Lets the world go on in calm until every honest node has gone further; how long that took.
pub fn recover(world: &mut World) -> Result<u64, Box<Failure>> {
    let begin = world.now_ms;
    let goal = Height(world.watch.height().0 + FURTHER);
    let asked: Vec<_> = world.clients.waiting().map(|waiting| waiting.digest).collect();
    while world.step() {
        let is_further = world.honest_heights().iter().all(|height| *height >= goal);
        if is_further && asked.iter().all(|action| world.watch.has(action)) {
            return Ok(world.now_ms - begin);
        }
        if world.now_ms > begin + RECOVERY_MS {
            let heights = world.honest_heights();
            let open = world.clients.waiting().filter(|waiting| asked.contains(&waiting.digest));
            let open: Vec<usize> = open.map(|waiting| waiting.node).collect();
            let what = format!(
                "{RECOVERY_MS} ms of calm are not enough: {heights:?} of {goal}, and actions are open at {open:?}"
            );
            return Err(fail(world, &what));
        }
    }
    Err(fail(world, "nothing happens any more"))
}

/// What did not hold, or this if everything did.
pub fn fail(world: &World, what: &str) -> Box<Failure> {
    let what = world.watch.failed().unwrap_or(what).to_owned();
    let (seed, heights) = (world.schedule.seed, world.schedule.heights);
    Box::new(Failure { seed, heights, at_ms: world.now_ms, what })
}
