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

mod map;

use agon_sdk::{Challenge, Description, Failure, Fault, Outcome, Score, Task, log};
use map::Map;

struct Route;

impl Challenge for Route {
    fn describe() -> Description {
        Description::new("Route", "Who finds the shortest tour through unseen cities?")
    }

    fn score(task: &Task, _observed: &[u8]) -> Result<Outcome, Fault> {
        let cities = task.number("cities")? as usize;
        let mut scores = Vec::new();
        let (mut length, mut bound, mut fuel) = (0, 0, 0);
        for instance in 0..task.number("instances")?.max(1) {
            let map = Map::new(cities, instance % 2 == 1, &mut task.dice(&format!("map {instance}")));
            let reply = task.agent(0).call("tour", &map.to_bytes())?;
            let tour = map.tour(&reply.output).map_err(Failure::wrong_output)?;
            log::write(&format!("map {instance}: length {tour}, bound {}", map.bound()));
            scores.push(Score::ratio(map.bound(), tour.max(1)));
            length += tour;
            bound += map.bound();
            fuel += reply.fuel;
        }
        let outcome = Outcome::new(Score::mean(&scores)).metric("tour_length", length);
        Ok(outcome.metric("bound", bound).metric("agent_fuel", fuel))
    }
}

agon_sdk::challenge!(Route);

#[cfg(test)]
mod tests {
    use super::*;
    use agon_sdk::stage::Stage;

    fn stage() -> Stage {
        Stage::of_manifest(include_str!("../manifest.toml"), "maps").set("instances", "2")
    }

    #[test]
    fn any_tour_scores_and_a_bad_one_little() {
        let in_order = |_: &str, input: &[u8]| {
            Ok((0..input.len() as u32 / 8).flat_map(u32::to_le_bytes).collect::<Vec<u8>>())
        };
        let outcome = stage().seat_fn(in_order).score::<Route>().unwrap();
        assert!(outcome.score > Score::ZERO && outcome.score < Score::ratio(1, 2), "{outcome:?}");
    }

    #[test]
    fn a_tour_that_leaves_a_city_out_is_wrong() {
        let outcome = stage().seat_fn(|_, input| Ok(vec![0; input.len() / 2])).score::<Route>();
        let Err(Fault::Agent(failure)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(failure.detail, "the tour visits city 0 twice");
    }
}
