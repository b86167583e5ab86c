//! What a unit of fuel takes: the promise that fuel runs out before the wall time does rests on it. Time is that of the
//! processor, in which others have no part.

use crate::attacks::{asks, opens};
use crate::burners::{self, Burner};
use crate::plan::Plan;
use crate::text::{Guest, Interface};
use agon_port::sandbox::{Answer, Role};
use agon_sandbox_wasm::Inside;
use agon_sandbox_wasm::compile::compile;
use agon_sandbox_wasm::room::{Finished, Order, Place, Room, Trouble};
use agon_types::FailureReason::OutOfFuel;
use agon_types::limits::{FUEL_PER_MS_MIN, PAGE_FUEL};
use agon_types::manifest::Limits;
use std::io::Write as _;
use std::time::Duration;

/// Fuel whose burning is measured.
const FUEL: u64 = 10_000_000;
/// The shortest of so many is what the machine takes when its caches are nobody else's.
const TIMES: usize = 3;

/// Processor time of this thread so far. The kernel counts it when a thread goes to sleep.
fn processor_ns() -> u64 {
    std::thread::sleep(Duration::from_micros(1));
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split_whitespace().next().unwrap().parse().unwrap()
}

/// The guests of a plan, in an engine on this thread.
struct Guests {
    inside: Inside,
    plan: Plan,
}

impl Guests {
    fn new(plan: Plan) -> Self {
        let mut inside = Inside::new().unwrap();
        let agents = plan.agents.iter().map(|agent| (Role::Agent, agent));
        for (role, bytes) in std::iter::once((Role::Challenge, &plan.challenge)).chain(agents) {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&compile(role, bytes).unwrap().code).unwrap();
            inside.load(Place::Code(role), Some(file)).unwrap();
        }
        Self { inside, plan }
    }

    fn run(&mut self, change: impl FnOnce(&mut Limits)) -> (Finished, u64) {
        let Plan { grants, limits, phase, .. } = self.plan.clone().limits(change);
        let begun = processor_ns();
        let finished = self.inside.run(Order { grants, limits, phase }, &mut |_| Ok(Answer::State(None)));
        (finished, processor_ns() - begun)
    }

    /// Nanoseconds of a unit of fuel, once there was so much of it.
    fn price(&mut self, before: u64, give: fn(&mut Limits, u64)) -> f64 {
        let (mut short, mut long) = (u64::MAX, u64::MAX);
        for _ in 0..TIMES {
            for (fuel, shortest) in [(before + 1_000_000, &mut short), (before + 1_000_000 + FUEL, &mut long)]
            {
                let (finished, took) = self.run(|limits| give(limits, fuel));
                match &finished.result {
                    Ok(Err(failure)) => assert_eq!(failure.reason, OutOfFuel, "{failure:?}"),
                    Err(Trouble::Misuse(words)) => assert!(words.contains("all the fuel"), "{words}"),
                    other => panic!("it has not ended by fuel: {other:?}"),
                }
                *shortest = took.min(*shortest);
            }
        }
        long.saturating_sub(short) as f64 / FUEL as f64
    }
}

fn burns(burner: &Burner) -> Guests {
    let bytes = u64::from(burner.pages) << 16;
    Guests::new(asks(&burner.agent()).limits(|limits| limits.agent_memory_bytes = bytes))
}

/// Challenges that keep their host busy.
fn hosts() -> Vec<(&'static str, Guest)> {
    let score = |interface, one: &str| {
        let body = format!("(loop $l {} (br $l)) (i32.const 960)", one.repeat(16));
        // What the host hands over always takes the same room.
        Guest::challenge().import(interface).realloc("(i32.const 65536)").does("score", &body)
    };
    let place = "(i32.const 0) (i32.const 1)";
    let opened = "(call $call (local.tee $seats (call $open (i32.const 0))) (i32.const 0) (i32.const 0) \
        (i32.const 0) (i32.const 0) (i32.const 64)) (call $close (local.get $seats))";
    let called = "(call $call (local.get $seats) (i32.const 0) (i32.const 0) (i32.const 131072) \
        (i32.const 65536) (i32.const 64))";
    let calls =
        format!("(local.set $seats (call $open (i32.const 0))) (loop $l {called} (br $l)) (i32.const 960)");
    vec![
        ("log.write", score(Interface::Log, &format!("(call $log {place})"))),
        ("log.write of 64 KiB", score(Interface::Log, "(call $log (i32.const 131072) (i32.const 65536))")),
        (
            "random.bytes",
            score(Interface::Random, &format!("(call $random {place} (i32.const 1) (i32.const 64))")),
        ),
        (
            "random.bytes of 64 KiB",
            score(Interface::Random, &format!("(call $random {place} (i32.const 65536) (i32.const 64))")),
        ),
        (
            "state.get, without the way to the node",
            score(Interface::State, &format!("(call $get {place} (i32.const 64))")),
        ),
        ("an agent is opened, called and dropped", score(Interface::Agents, opened)),
        (
            "an agent is called with 64 KiB",
            Guest::challenge().import(Interface::Agents).does("score", &calls),
        ),
    ]
}

fn keeps_busy(challenge: &Guest) -> Guests {
    let plan = Plan::of("score", challenge).agent(&Guest::agent().realloc("(i32.const 65536)"));
    Guests::new(plan.limits(|limits| {
        (limits.agent_fuel, limits.agent_calls, limits.agent_instances) = (1 << 60, u32::MAX, u32::MAX);
    }))
}

/// Nanoseconds of a page that is made, cleared, touched all over and given back.
fn page() -> f64 {
    const PAGES: u32 = 512;
    let touches = "(local $at i32) (loop $l (i32.store (local.get $at) (i32.const 1)) \
        (br_if $l (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4096))) (i32.const BYTES)))) \
        (i32.store (i32.const 0) (i32.const 0)) (i32.const 960)";
    let touches = touches.replace("BYTES", &(PAGES << 16).to_string());
    let agent = Guest::agent().memory(&PAGES.to_string()).does("call", &touches);
    let opens = |count| {
        let plan = Plan::of("score", &opens(count)).agent(&agent);
        Guests::new(plan.limits(|limits| limits.agent_memory_bytes = u64::from(PAGES) << 16))
    };
    let [mut few, mut many] = [2, 12].map(|count| (opens(count), u64::MAX));
    for _ in 0..TIMES {
        for (guests, shortest) in [&mut few, &mut many] {
            let (finished, took) = guests.run(|_| ());
            assert!(matches!(finished.result, Ok(Ok(_))), "{finished:?}");
            *shortest = took.min(*shortest);
        }
    }
    many.1.saturating_sub(few.1) as f64 / f64::from(10 * PAGES)
}

#[test]
#[ignore = "it measures this machine, and takes minutes"]
fn a_unit_of_fuel_takes_no_longer_than_promised() {
    let only = std::env::var("AGON_BURNER").unwrap_or_default();
    let mut prices: Vec<(f64, &str)> = Vec::new();
    for burner in burners::all().iter().filter(|burner| burner.name.contains(&only)) {
        let price = burns(burner).price(burner.setup_fuel, |limits, fuel| limits.agent_fuel = fuel);
        println!("{price:>8.2} ns  {}, {} MiB", burner.name, burner.pages >> 4);
        prices.push((price, burner.name));
    }
    for (name, challenge) in hosts().iter().filter(|(name, _)| name.contains(&only)) {
        let price = keeps_busy(challenge).price(0, |limits, fuel| limits.challenge_fuel = fuel);
        println!("{price:>8.2} ns  {name}");
        prices.push((price, name));
    }
    let page_ns = page();
    println!("{page_ns:>8.0} ns  a page of 64 KiB: {:.2} ns a unit", page_ns / PAGE_FUEL as f64);
    prices.push((page_ns / PAGE_FUEL as f64, "a page"));
    let promised = 1e6 / FUEL_PER_MS_MIN as f64;
    prices.retain(|(price, _)| *price > promised);
    assert!(prices.is_empty(), "{promised} ns are promised: {prices:?}");
}
