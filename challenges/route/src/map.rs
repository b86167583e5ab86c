//! A map of cities, its lower bound, and the length of a tour through it.

use agon_sdk::Dice;

/// Coordinates are below this.
const MAP_SIDE: u64 = 1_000_000;
const CLUSTERS: usize = 8;

type City = (u64, u64);

pub struct Map {
    cities: Vec<City>,
    bound: u64,
}

impl Map {
    pub fn new(count: usize, clustered: bool, dice: &mut Dice) -> Self {
        let anywhere = |dice: &mut Dice| (dice.below(MAP_SIDE), dice.below(MAP_SIDE));
        let centres: Vec<City> = (0..CLUSTERS).map(|_| anywhere(dice)).collect();
        let near = |dice: &mut Dice| {
            let (x, y) = *dice.pick(&centres);
            let moved = |at: u64, by: u64| (at + by).saturating_sub(MAP_SIDE / 16).min(MAP_SIDE - 1);
            (moved(x, dice.below(MAP_SIDE / 8)), moved(y, dice.below(MAP_SIDE / 8)))
        };
        let cities: Vec<City> =
            (0..count).map(|_| if clustered { near(dice) } else { anywhere(dice) }).collect();
        let bound = spanning_tree(&cities);
        Self { cities, bound }
    }

    pub fn bound(&self) -> u64 {
        self.bound
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        self.cities.iter().flat_map(|(x, y)| [*x as u32, *y as u32]).flat_map(u32::to_le_bytes).collect()
    }

    /// The length of the tour that these bytes name, or what is wrong with it.
    pub fn tour(&self, bytes: &[u8]) -> Result<u64, String> {
        let count = self.cities.len();
        if bytes.len() != 4 * count {
            return Err(format!("a tour of {count} cities takes {} bytes, not {}", 4 * count, bytes.len()));
        }
        let stops: Vec<u32> =
            bytes.chunks(4).map(|stop| u32::from_le_bytes([stop[0], stop[1], stop[2], stop[3]])).collect();
        let mut visited = vec![false; count];
        for stop in &stops {
            match visited.get_mut(*stop as usize) {
                None => return Err(format!("there is no city {stop}, only 0 to {}", count - 1)),
                Some(true) => return Err(format!("the tour visits city {stop} twice")),
                Some(seen) => *seen = true,
            }
        }
        let next = stops.iter().cycle().skip(1);
        Ok(stops
            .iter()
            .zip(next)
            .map(|(a, b)| distance(self.cities[*a as usize], self.cities[*b as usize]))
            .sum())
    }
}

/// Rounded down, for tours and the bound alike.
fn distance(a: City, b: City) -> u64 {
    let (x, y) = (a.0.abs_diff(b.0), a.1.abs_diff(b.1));
    (x * x + y * y).isqrt()
}

/// The length of the shortest tree that connects all cities, by Prim: the nearest city outside joins next.
fn spanning_tree(cities: &[City]) -> u64 {
    let mut outside: Vec<(u64, City)> =
        cities.iter().skip(1).map(|city| (distance(cities[0], *city), *city)).collect();
    let mut length = 0;
    while let Some(nearest) = (0..outside.len()).min_by_key(|at| outside[*at].0) {
        let (step, joined) = outside.swap_remove(nearest);
        length += step;
        for (nearest, city) in &mut outside {
            *nearest = (*nearest).min(distance(joined, *city));
        }
    }
    length
}
