//! What the challenge remembers of its players: how strong they proved to be, and what they call themselves.

use agon_sdk::json::{self, Json};
use agon_sdk::{Points, Refusal, Response, Weighing, inbox, state};
use std::collections::BTreeSet;

/// Where a player begins.
const START: i64 = 1000;
/// What a player who wins every game comes near to.
const TOP: i64 = 2000;
/// A rating moves this part of the way to what an epoch shows.
const SLOWNESS: i64 = 4;
/// Who is not above this earns nothing.
const FLOOR: i64 = 500;
/// Players that one epoch rates, the best first: a report has room for 128 changes.
const RATED_MAX: usize = 96;
/// Names that one epoch changes.
const NAMED_MAX: usize = 32;
const NAME_CHARS_MAX: usize = 40;

const RATING: &str = "rating/";
const NAME: &str = "name/";

/// A rating, and how many epochs are in it.
#[derive(Clone, Copy)]
struct Rating {
    value: i64,
    epochs: i64,
}

impl Rating {
    fn read(hotkey: &str) -> Result<Option<Self>, Refusal> {
        let bytes = state::get(&format!("{RATING}{hotkey}"))?;
        let text = bytes.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok());
        Ok(text.and_then(|text| {
            let (value, epochs) = text.split_once(' ')?;
            Some(Self { value: value.parse().ok()?, epochs: epochs.parse().ok()? })
        }))
    }

    fn write(self, hotkey: &str) -> Result<(), Refusal> {
        state::set(&format!("{RATING}{hotkey}"), format!("{} {}", self.value, self.epochs).as_bytes())
    }
}

/// Moves every player's rating by its best submission, and pays that one for what the rating is above the floor.
pub fn weigh(weighing: &Weighing) -> Result<Vec<Points>, Refusal> {
    let (mut seen, mut points) = (BTreeSet::new(), Vec::new());
    let best = weighing.rows.iter().filter(|row| row.eligible && seen.insert(&row.hotkey));
    for row in best.take(RATED_MAX) {
        let before = Rating::read(&row.hotkey)?.unwrap_or(Rating { value: START, epochs: 0 });
        let shown = TOP * i64::from(row.score.to_billionths()) / 1_000_000_000;
        let value = before.value + (shown - before.value) / SLOWNESS;
        Rating { value, epochs: before.epochs + 1 }.write(&row.hotkey)?;
        let earned = u64::try_from(value - FLOOR).unwrap_or_default();
        points.push(Points { submission: row.submission.clone(), points: earned });
    }
    Ok(points)
}

/// Takes the names that players posted for themselves; the last one counts.
pub fn name_players() -> Result<(), Refusal> {
    let mut named = BTreeSet::new();
    for post in inbox::posts()?.into_iter().rev() {
        let name = std::str::from_utf8(&post.message).unwrap_or_default().trim();
        let fits =
            (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
        if fits && named.len() < NAMED_MAX && named.insert(post.hotkey.clone()) {
            state::set(&format!("{NAME}{}", post.hotkey), name.as_bytes())?;
        }
    }
    Ok(())
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
