//! The distances between all cities, and for each city the nearest others.

/// More neighbours find little more and cost fuel.
const NEIGHBOURS: usize = 8;

pub struct Map {
    count: usize,
    distances: Vec<i32>,
    pub neighbours: Vec<Vec<usize>>,
}

impl Map {
    /// Reads `x: u32, y: u32` for each city.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let number = |bytes: &[u8]| f64::from(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
        let cities: Vec<(f64, f64)> =
            bytes.chunks_exact(8).map(|city| (number(city), number(&city[4..]))).collect();
        let count = cities.len();
        let distance = |a: usize, b: usize| {
            let (x, y) = (cities[a].0 - cities[b].0, cities[a].1 - cities[b].1);
            (x * x + y * y).sqrt() as i32
        };
        let distances: Vec<i32> =
            (0..count * count).map(|pair| distance(pair / count, pair % count)).collect();
        let neighbours = (0..count).map(|city| {
            let mut others: Vec<usize> = (0..count).filter(|other| *other != city).collect();
            others.sort_by_key(|other| distances[city * count + other]);
            others.truncate(NEIGHBOURS);
            others
        });
        Self { count, neighbours: neighbours.collect(), distances }
    }

    pub fn count(&self) -> usize {
        self.count
    }

    pub fn distance(&self, a: usize, b: usize) -> i32 {
        self.distances[a * self.count + b]
    }

    /// Always on to the nearest unseen city.
    pub fn greedy(&self) -> Vec<usize> {
        let mut unseen: Vec<usize> = (0..self.count).collect();
        let (mut here, mut tour) = (0, Vec::new());
        while let Some(at) = (0..unseen.len()).min_by_key(|at| self.distance(here, unseen[*at])) {
            here = unseen.swap_remove(at);
            tour.push(here);
        }
        tour
    }
}
