//! Who finds the shortest tour through unseen cities?
//!
//! From the seed the challenge makes `instances` maps of `cities` cities each: by turns spread evenly, or in clusters.
//! A fresh instance of the agent gets each map by `tour` and answers the order in which it visits the cities, all of
//! them once; the way back to the first one is part of the tour.
//!
//! ```text
//!   input:  for each city  x: u32, y: u32     little-endian, both below MAP_SIDE
//!   output: for each stop  city: u32          little-endian, counted from 0 in the order of the input
//! ```
//!
//! # Score
//! In billionths and in integers, the mean over the maps of `bound / length`. The bound is the minimum spanning tree:
//! any tour without its longest step is a spanning tree, so none is shorter. The best tour there is stays below 1.
//!
//! # Configuration
//! * `cities`, `instances`: how many

wit_bindgen::generate!({ world: "challenge", path: "../../adapters/sandbox-wasm/wit" });

mod map;

use agon::challenge::agents::Agent;
use agon::challenge::log;
use agon::challenge::rules::{Metric, Reason};
use dice::Dice;
use map::Map;

const ONE: u64 = 1_000_000_000;

struct Route;

impl Guest for Route {
    fn describe() -> Description {
        Description {
            title: "Route".to_owned(),
            summary: "Who finds the shortest tour through unseen cities?".to_owned(),
        }
    }

    fn score(task: Task) -> Result<Outcome, Failure> {
        let instances = setting(&task, "instances").max(1);
        let (mut sum, mut length, mut bound, mut fuel) = (0, 0, 0, 0);
        for instance in 0..instances {
            let mut dice = Dice::new(&task.seed, &format!("map {instance}"));
            let map = Map::new(setting(&task, "cities") as usize, instance % 2 == 1, &mut dice);
            let reply = Agent::new(0).call("tour", &map.to_bytes())?;
            let tour =
                map.tour(&reply.output).map_err(|detail| Failure { reason: Reason::WrongOutput, detail })?;
            log::write(&format!("map {instance}: length {tour}, bound {}", map.bound()));
            sum += map.bound() * ONE / tour.max(1);
            length += tour;
            bound += map.bound();
            fuel += reply.fuel;
        }
        let metrics = [("tour_length", length), ("bound", bound), ("agent_fuel", fuel)];
        let metrics = metrics.map(|(name, value)| Metric { name: name.to_owned(), value: value as i64 });
        Ok(Outcome { score: (sum / instances).min(ONE) as u32, metrics: metrics.into() })
    }
}

fn setting(task: &Task, key: &str) -> u64 {
    let entry = task.config.iter().find(|(name, _)| name == key);
    entry.and_then(|(_, value)| value.parse().ok()).expect("the benchmark configures every key with a number")
}

export!(Route);
