//! What the challenge remembers of its players: how strong they proved to be, and what they call themselves. It forgets
//! who stays away, so that there is room for those who play.

use agon_sdk::json::{self, Json};
use agon_sdk::{Points, Refusal, Response, Score, Weighing, inbox, state};
use std::collections::{BTreeMap, BTreeSet};

/// Where a player begins.
const START: i64 = 1000;
/// What a player who wins every game comes near to.
const TOP: i64 = 2000;
/// A rating moves this part of the way to what an epoch shows.
const SLOWNESS: i64 = 4;
/// Who is not above this earns nothing.
const FLOOR: i64 = 500;
/// Players that one epoch rates, the best first. A report has room for 128 changes: these, the names, and two for each
/// player that is forgotten.
const RATED_MAX: usize = 80;
/// Names that one epoch changes.
const NAMED_MAX: usize = 16;
/// Players that one epoch forgets.
const FORGOTTEN_MAX: usize = 16;
/// Who has not played for so many epochs is forgotten.
const ABSENT_MAX: u64 = 100;
const NAME_CHARS_MAX: usize = 40;

const RATING: &str = "rating/";
const NAME: &str = "name/";

/// A rating, how many epochs are in it, and the last of them.
#[derive(Clone, Copy)]
struct Rating {
    value: i64,
    epochs: i64,
    last: u64,
}

impl Rating {
    fn read(hotkey: &str) -> Result<Option<Self>, Refusal> {
        let bytes = state::get(&format!("{RATING}{hotkey}"))?;
        Ok(bytes.as_deref().and_then(|bytes| Self::parse(std::str::from_utf8(bytes).ok()?)))
    }

    /// The first version of this challenge did not write down the last epoch.
    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split(' ');
        let (value, epochs) = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
        let last = numbers.next().map_or(Some(0), |last| last.parse().ok())?;
        Some(Self { value, epochs, last })
    }

    fn write(self, hotkey: &str) -> Result<(), Refusal> {
        let text = format!("{} {} {}", self.value, self.epochs, self.last);
        state::set(&format!("{RATING}{hotkey}"), text.as_bytes())
    }
}

/// Everybody whom the challenge remembers, in an epoch.
struct Memory {
    epoch: u64,
    players: BTreeMap<String, Rating>,
    forgotten: usize,
}

impl Memory {
    /// Those who were absent for too long are forgotten at once.
    fn open(epoch: u64) -> Result<Self, Refusal> {
        let mut players = BTreeMap::new();
        for key in state::keys(RATING)? {
            let hotkey = &key[RATING.len()..];
            if let Some(rating) = Rating::read(hotkey)? {
                players.insert(hotkey.to_owned(), rating);
            }
        }
        let mut memory = Self { epoch, players, forgotten: 0 };
        while memory.forget(epoch.saturating_sub(ABSENT_MAX))? {}
        Ok(memory)
    }

    /// Forgets one of those who last played before an epoch: who was absent the longest, and of those the weakest.
    fn forget(&mut self, before: u64) -> Result<bool, Refusal> {
        let absent = self.players.iter().filter(|(_, rating)| rating.last < before);
        let next = absent.min_by_key(|(_, rating)| (rating.last, rating.value));
        let Some(hotkey) = next.map(|(hotkey, _)| hotkey.clone()).filter(|_| self.forgotten < FORGOTTEN_MAX)
        else {
            return Ok(false);
        };
        state::remove(&format!("{RATING}{hotkey}"))?;
        let name = format!("{NAME}{hotkey}");
        if state::get(&name)?.is_some() {
            state::remove(&name)?;
        }
        self.players.remove(&hotkey);
        self.forgotten += 1;
        Ok(true)
    }

    /// Sets a value of a player of this epoch. Where the state is full, others are forgotten for it; where nobody can
    /// be, it is left out.
    fn make_room(&mut self, set: impl Fn() -> Result<(), Refusal>) -> Result<(), Refusal> {
        loop {
            match set() {
                Err(Refusal::Exceeded(_)) if self.forget(self.epoch)? => {}
                Err(Refusal::Exceeded(_)) => return Ok(()),
                done => return done,
            }
        }
    }

    /// Moves a rating by what an epoch shows. Who plays is remembered before those who do not.
    fn rate(&mut self, hotkey: &str, score: Score) -> Result<Rating, Refusal> {
        let fresh = Rating { value: START, epochs: 0, last: 0 };
        let before = self.players.get(hotkey).copied().unwrap_or(fresh);
        let shown = TOP * i64::from(score.to_billionths()) / 1_000_000_000;
        let value = before.value + (shown - before.value) / SLOWNESS;
        let rating = Rating { value, epochs: before.epochs + 1, last: self.epoch };
        self.players.insert(hotkey.to_owned(), rating);
        self.make_room(|| rating.write(hotkey))?;
        Ok(rating)
    }

    /// Takes the names that players posted for themselves; the last one counts.
    fn name(&mut self) -> Result<(), Refusal> {
        let mut named = BTreeSet::new();
        for post in inbox::posts()?.into_iter().rev() {
            let name = std::str::from_utf8(&post.message).unwrap_or_default().trim();
            let fits =
                (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
            let plays = self.players.contains_key(&post.hotkey);
            if fits && plays && named.len() < NAMED_MAX && named.insert(post.hotkey.clone()) {
                self.make_room(|| state::set(&format!("{NAME}{}", post.hotkey), name.as_bytes()))?;
            }
        }
        Ok(())
    }
}

/// Moves every player's rating by its best submission, and pays that one for what the rating is above the floor.
pub fn weigh(weighing: &Weighing) -> Result<Vec<Points>, Refusal> {
    let mut memory = Memory::open(weighing.epoch)?;
    let (mut seen, mut points) = (BTreeSet::new(), Vec::new());
    let best = weighing.rows.iter().filter(|row| row.eligible && seen.insert(&row.hotkey));
    for row in best.take(RATED_MAX) {
        let rating = memory.rate(&row.hotkey, row.score)?;
        let earned = u64::try_from(rating.value - FLOOR).unwrap_or_default();
        points.push(Points { submission: row.submission.clone(), points: earned });
    }
    memory.name()?;
    Ok(points)
}

/// Every player, the strongest first.
pub fn list() -> Result<Response, Refusal> {
    let mut players = Vec::new();
    for key in state::keys(RATING)? {
        let hotkey = key[RATING.len()..].to_owned();
        if let Some(rating) = Rating::read(&hotkey)? {
            players.push((hotkey, rating));
        }
    }
    players.sort_by_key(|(_, rating)| -rating.value);
    let shown: Result<Vec<Json>, Refusal> =
        players.iter().map(|(hotkey, rating)| show(hotkey, *rating)).collect();
    Ok(Response::json(json::object([("items", json::list(shown?))])))
}

/// One player.
pub fn player(hotkey: &str) -> Result<Response, Refusal> {
    match Rating::read(hotkey)? {
        Some(rating) => Ok(Response::json(show(hotkey, rating)?)),
        None => Ok(Response::not_found("this hotkey has not played yet")),
    }
}

fn show(hotkey: &str, rating: Rating) -> Result<Json, Refusal> {
    let name = state::get(&format!("{NAME}{hotkey}"))?;
    let name = name.map(|name| json::text(&String::from_utf8_lossy(&name)));
    Ok(json::object([
        ("hotkey", json::text(hotkey)),
        ("name", json::maybe(name)),
        ("rating", json::number(rating.value)),
        ("epochs", json::number(rating.epochs)),
    ]))
}
