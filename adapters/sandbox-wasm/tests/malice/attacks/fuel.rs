//! Time and memory: loops, growth, recursion, wherever a guest can put them.

use super::{Attack, Ends};
use crate::burners::{self, Burner};
use crate::plan::Plan;
use crate::text::{Guest, Interface};
use agon_port::sandbox::Verdict;
use agon_types::FailureReason::{OutOfFuel, OutOfMemory, Trapped};
use agon_types::limits::FUEL_PER_MS_MIN;
use agon_types::manifest::Limits;

const LOOP: &str = "(loop $l (br $l)) (i32.const 960)";
const START: &str = "(func $go (loop $l (br $l))) (start $go)";

/// Calls the agent in seat 0 once, and hands its failure on.
pub fn asks(agent: &Guest) -> Plan {
    let body = "(call $call (call $open (i32.const 0)) (i32.const 0) (i32.const 0) (local.get $seed) (local.get $seed_bytes) (i32.const 64)) \
        (if (i32.load8_u (i32.const 64)) (then (i32.store8 (i32.const 128) (i32.const 1)) \
          (i32.store8 offset=4 (i32.const 128) (i32.load8_u (i32.const 72))) (i64.store offset=8 (i32.const 128) (i64.load (i32.const 76))))) \
        (i32.const 128)";
    Plan::score(&Guest::challenge().import(Interface::Agents).does("score", body)).agent(agent)
}

/// Opens so many agents that live together, and calls each.
pub fn opens(count: u32) -> Guest {
    let body = format!(
        "(local $n i32) (loop $l (call $call (call $open (i32.const 0)) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 64)) \
         (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const {count})))) (i32.const 960)"
    );
    Guest::challenge().import(Interface::Agents).does("score", &body)
}

pub fn attacks() -> Vec<Attack> {
    let mut attacks = Vec::new();
    for phase in ["describe", "observe", "score", "weigh", "serve"] {
        let fuel = Ends::Challenge("all the fuel");
        attacks.push(Attack::run(format!("{phase} loops"), fuel, move || {
            Plan::of(phase, &Guest::challenge().does(phase, LOOP))
        }));
        attacks.push(Attack::run(format!("the start of {phase} loops"), fuel, move || {
            Plan::of(phase, &Guest::challenge().fields(START))
        }));
    }
    attacks.extend(agents_loop());
    attacks.extend(agents_grow());
    attacks.extend(challenges());
    attacks.extend(burning());
    attacks
}

/// Who burns, how that ends, and what runs it.
type Place = (&'static str, Ends, fn(&Burner) -> Plan);

const PLACES: [Place; 3] = [
    ("an agent", Ends::Failed(OutOfFuel), |burner| asks(&burner.agent())),
    ("an opponent", Ends::Told("agents.call", Verdict::Failed), |burner| meets(&burner.agent())),
    ("a challenge", Ends::Challenge("all the fuel"), |burner| Plan::score(&burner.challenge())),
];

/// What takes a machine longest for its fuel, in every place: it is out of fuel long before a manifest's wall time.
fn burning() -> Vec<Attack> {
    let burners = 0..burners::worst().len();
    burners.flat_map(|number| PLACES.map(|place| burns(number, place))).collect()
}

fn burns(number: usize, (who, ends, plan): Place) -> Attack {
    let of = move || burners::worst().swap_remove(number);
    let Burner { name, setup_fuel, .. } = of();
    let fuel = setup_fuel + 40_000_000;
    // Others are on the machine of a test, and memory is made in that time too.
    let bound_ms = 3 * fuel / FUEL_PER_MS_MIN;
    let change = move |limits: &mut Limits, bytes| {
        (limits.agent_fuel, limits.challenge_fuel) = (fuel, fuel);
        (limits.agent_memory_bytes, limits.challenge_memory_bytes) = (bytes, bytes);
    };
    let make = move || {
        let burner = of();
        plan(&burner).limits(|limits| change(limits, u64::from(burner.pages) << 16))
    };
    Attack::run(format!("{who} {name}"), ends, make).within(bound_ms)
}

/// Calls the opponent in seat 1 once, and ends well if that one was out of fuel.
fn meets(opponent: &Guest) -> Plan {
    let body = "(call $call (call $open (i32.const 1)) (i32.const 0) (i32.const 0) (local.get $seed) (local.get $seed_bytes) (i32.const 64)) \
        (if (i32.or (i32.eqz (i32.load8_u (i32.const 64))) (i32.ne (i32.load8_u (i32.const 72)) (i32.const 1))) (then unreachable)) \
        (i32.const 960)";
    let challenge = Guest::challenge().import(Interface::Agents).does("score", body);
    Plan::score(&challenge).agent(&Guest::agent()).agent(opponent)
}

fn agent(name: &str, ends: Ends, make: fn() -> Guest) -> Attack {
    Attack::run(name, ends, move || asks(&make()))
}

fn agents_loop() -> Vec<Attack> {
    let out_of_fuel = Ends::Failed(OutOfFuel);
    vec![
        agent("an agent loops", out_of_fuel, || Guest::agent().does("call", LOOP)),
        agent("the start of an agent loops", out_of_fuel, || Guest::agent().fields(START)),
        agent("an agent loops where it makes room", out_of_fuel, || {
            Guest::agent().realloc("(loop $l (br $l)) (i32.const 0)")
        }),
        agent("an agent copies without end", out_of_fuel, || {
            Guest::agent().does("call", "(loop $l (memory.copy (i32.const 0) (i32.const 131072) (i32.const 131072)) (br $l)) (i32.const 960)")
        }),
        agent("an agent fills a table without end", out_of_fuel, || {
            let fields = "(table $t 10000 funcref)";
            Guest::agent().fields(fields).does("call", "(loop $l (table.fill $t (i32.const 0) (ref.null func) (i32.const 10000)) (br $l)) (i32.const 960)")
        }),
    ]
}

fn agents_grow() -> Vec<Attack> {
    let out_of_fuel = Ends::Failed(OutOfFuel);
    vec![
        agent("an agent grows without end", Ends::Failed(OutOfMemory), || {
            Guest::agent()
                .does("call", "(loop $l (drop (memory.grow (i32.const 1))) (br $l)) (i32.const 960)")
        }),
        agent("an agent asks for all memory at once", Ends::Failed(OutOfMemory), || {
            Guest::agent().does("call", "(drop (memory.grow (i32.const 65527))) (i32.const 960)")
        }),
        agent("an agent begins with too much memory", Ends::Failed(OutOfMemory), || {
            Guest::agent().memory("100")
        }),
        agent("an agent grows a table without end", out_of_fuel, || {
            Guest::agent().fields("(table $t 0 funcref)").does(
                "call",
                "(loop $l (drop (table.grow $t (ref.null func) (i32.const 1))) (br $l)) (i32.const 960)",
            )
        }),
        agent("an agent goes down for ever", Ends::Failed(Trapped), || {
            Guest::agent()
                .fields("(func $down (result i32) (i32.add (i32.const 1) (call $down)))")
                .does("call", "(call $down)")
        }),
        agent("two functions go down in turn", Ends::Failed(Trapped), || {
            Guest::agent().fields("(func $a (result i32) (i32.add (i32.const 1) (call $b))) (func $b (result i32) (i32.add (i32.const 1) (call $a)))").does("call", "(call $a)")
        }),
        agent("an agent goes down where it makes room", Ends::Failed(Trapped), || {
            Guest::agent().realloc(
                "(i32.add (i32.const 1) (call 0 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))",
            )
        }),
        agent("a wide frame goes down", Ends::Failed(Trapped), || {
            let locals: String = (0..5000).map(|i| format!("(local $l{i} i64)")).collect();
            let uses: String =
                (0..5000).map(|i| format!("(local.set $l{i} (i64.load (i32.const {i})))")).collect();
            let keeps: String =
                (0..5000).map(|i| format!("(i64.store (i32.const {i}) (local.get $l{i}))")).collect();
            Guest::agent()
                .fields(&format!("(func $down {locals} {uses} (call $down) {keeps})"))
                .does("call", "(call $down) (i32.const 960)")
        }),
    ]
}

fn challenges() -> Vec<Attack> {
    vec![
        Attack::run("a challenge grows without end", Ends::Challenge("memory"), || {
            Plan::score(
                &Guest::challenge()
                    .does("score", "(loop $l (drop (memory.grow (i32.const 16))) (br $l)) (i32.const 960)"),
            )
        }),
        Attack::run("a challenge asks for 4 GiB", Ends::Challenge("memory"), || {
            Plan::score(
                &Guest::challenge().does("score", "(drop (memory.grow (i32.const 65528))) (i32.const 960)"),
            )
        }),
        Attack::run("a challenge goes down for ever", Ends::Challenge("stack"), || {
            Plan::score(
                &Guest::challenge().fields("(func $d (call $d))").does("score", "(call $d) (i32.const 960)"),
            )
        }),
        Attack::run("16 agents fill all their memory", Ends::Well, || {
            let fills = "(memory.fill (i32.const 0) (i32.const 1) (i32.shl (memory.size) (i32.const 16))) (memory.fill (i32.const 0) (i32.const 0) (i32.const 1024)) (i32.const 960)";
            let agent = Guest::agent().memory("512").does("call", fills);
            Plan::score(&opens(16)).agent(&agent).limits(|limits| limits.agent_memory_bytes = 32 << 20)
        }),
        Attack::run("agents are opened and dropped without end", Ends::Challenge("agent_instances"), || {
            let body = "(loop $l (call $close (call $open (i32.const 0))) (br $l)) (i32.const 960)";
            Plan::score(&Guest::challenge().import(Interface::Agents).does("score", body))
                .agent(&Guest::agent())
        }),
        Attack::run("a run with all the fuel there is", Ends::WallTime, || {
            let plan = Plan::score(&Guest::challenge().does("score", LOOP));
            plan.limits(|limits| {
                limits.challenge_fuel = agon_types::limits::FUEL_MAX;
                limits.wall_time_ms = 1_000;
            })
        }),
        Attack::run("an agent with all the fuel there is", Ends::WallTime, || {
            asks(&Guest::agent().does("call", LOOP)).limits(|limits| {
                limits.agent_fuel = agon_types::limits::FUEL_MAX;
                limits.wall_time_ms = 1_000;
            })
        }),
    ]
}
