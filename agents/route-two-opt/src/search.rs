//! Iterated local search: repair a tour, shake it, repair it again, keep the shorter one.

use crate::map::Map;

pub fn search(map: &Map, shakes: u32) -> Vec<usize> {
    let mut tour = Tour::new(map, map.greedy());
    if map.count() < 8 {
        return tour.stops;
    }
    tour.repair((0..map.count()).collect());
    let mut random = 0x2545_f491u32;
    for _ in 0..shakes {
        let before = tour.stops.clone();
        let gained = tour.shake(&mut random);
        if gained < 0 {
            tour = Tour::new(map, before);
        }
    }
    tour.stops
}

/// The stops in order, and where each city stands among them.
struct Tour<'a> {
    map: &'a Map,
    stops: Vec<usize>,
    places: Vec<usize>,
}

impl<'a> Tour<'a> {
    fn new(map: &'a Map, stops: Vec<usize>) -> Self {
        let mut places = vec![0; stops.len()];
        stops.iter().enumerate().for_each(|(place, city)| places[*city] = place);
        Self { map, stops, places }
    }

    fn after(&self, city: usize) -> usize {
        self.stops[(self.places[city] + 1) % self.stops.len()]
    }

    fn before(&self, city: usize) -> usize {
        self.stops[(self.places[city] + self.stops.len() - 1) % self.stops.len()]
    }

    /// Turns around the part of the tour from one city to another, or the rest if that is shorter: it is the same tour.
    fn reverse(&mut self, from: usize, to: usize) {
        let count = self.stops.len();
        let (mut a, mut b) = (self.places[from], self.places[to]);
        let inside = (b + count - a) % count + 1;
        if 2 * inside > count {
            (a, b) = ((b + 1) % count, (a + count - 1) % count);
        }
        for _ in 0..inside.min(count - inside) / 2 {
            self.stops.swap(a, b);
            self.places[self.stops[a]] = a;
            self.places[self.stops[b]] = b;
            (a, b) = ((a + 1) % count, (b + count - 1) % count);
        }
    }

    /// Applies moves at these cities, and at those that a move touched, until none shortens the tour.
    fn repair(&mut self, mut open: Vec<usize>) -> i32 {
        let mut gained = 0;
        while let Some(city) = open.pop() {
            while let Some((gain, touched)) = self.two_opt(city).or_else(|| self.or_opt(city)) {
                gained += gain;
                open.extend(touched);
            }
        }
        gained
    }

    /// Replaces two steps by two shorter ones, by turning around what lies between.
    fn two_opt(&mut self, a: usize) -> Option<(i32, [usize; 4])> {
        let map = self.map;
        for forward in [true, false] {
            let next = |tour: &Self, city| if forward { tour.after(city) } else { tour.before(city) };
            let b = next(self, a);
            for &c in &map.neighbours[a] {
                let near = map.distance(a, b) - map.distance(a, c);
                if near <= 0 {
                    break;
                }
                let d = next(self, c);
                let gain = near + map.distance(c, d) - map.distance(b, d);
                if gain > 0 {
                    if forward {
                        self.reverse(b, c)
                    } else {
                        self.reverse(c, b)
                    }
                    return Some((gain, [a, b, c, d]));
                }
            }
        }
        None
    }

    /// Moves one city between a neighbour and the stop after it.
    fn or_opt(&mut self, city: usize) -> Option<(i32, [usize; 4])> {
        let map = self.map;
        let (before, after) = (self.before(city), self.after(city));
        let freed = map.distance(before, city) + map.distance(city, after) - map.distance(before, after);
        for &left in &map.neighbours[city] {
            let right = self.after(left);
            if left == before || left == city || right == city {
                continue;
            }
            let gain =
                freed + map.distance(left, right) - map.distance(left, city) - map.distance(city, right);
            if gain > 0 {
                self.stops.remove(self.places[city]);
                let place = self.stops.iter().position(|stop| *stop == left).map_or(0, |place| place + 1);
                self.stops.insert(place, city);
                *self = Self::new(map, std::mem::take(&mut self.stops));
                return Some((gain, [city, before, after, left]));
            }
        }
        None
    }

    /// Swaps two neighbouring parts of the tour, which no single move undoes, and repairs around the cuts. Says how
    /// much shorter the tour got.
    fn shake(&mut self, random: &mut u32) -> i32 {
        let count = self.stops.len();
        let mut below = |end: usize| {
            *random ^= *random << 13;
            *random ^= *random >> 17;
            *random ^= *random << 5;
            *random as usize % end
        };
        let longest = (count / 3).min(30);
        let (first, second) = (1 + below(longest), 1 + below(longest));
        let start = below(count - first - second);
        let (middle, end) = (start + first, start + first + second);
        let cuts =
            [start, middle, end].map(|at| [self.stops[(at + count - 1) % count], self.stops[at % count]]);
        let [[p, a], [b, c], [d, e]] = cuts;
        let map = self.map;
        let removed = map.distance(p, a) + map.distance(b, c) + map.distance(d, e);
        let added = map.distance(p, c) + map.distance(d, a) + map.distance(b, e);
        self.stops[start..end].rotate_left(first);
        for place in start..end {
            self.places[self.stops[place]] = place;
        }
        removed - added + self.repair(cuts.as_flattened().to_vec())
    }
}
