//! Numbered events with the height up to which they are told, and the nonces of signed requests.

use super::unreadable;
use agon_types::event::{Event, Numbered};
use agon_types::{Height, TimeMs};
use rusqlite::{Connection, Row, params};

/// How long a nonce is remembered: twice the skew that a signed request may have.
const NONCE_MS: u64 = 600_000;

/// The height of genesis, which tells nothing.
const OF_NO_BLOCK: Height = Height(0);

fn numbered(row: &Row<'_>) -> rusqlite::Result<Numbered> {
    let text: String = row.get(2)?;
    let event = serde_json::from_str(&text).map_err(unreadable)?;
    Ok(Numbered { id: row.get(0)?, time_ms: TimeMs(row.get(1)?), event })
}

/// Keeps the events of a block with their height in one transaction; a block that was told before stays as it is.
pub(super) fn append(
    connection: &Connection,
    height: Height,
    at: TimeMs,
    events: Vec<Event>,
) -> rusqlite::Result<Vec<Numbered>> {
    let last = projected(connection)?;
    if height <= last {
        return of_height(connection, height);
    }
    if height != last.next() {
        return Err(unreadable(std::io::Error::other(format!(
            "events of height {height} cannot follow {last}"
        ))));
    }
    let kept: Result<_, _> = events.into_iter().map(|event| keep(connection, (height, at), event)).collect();
    let kept = kept?;
    connection.prepare_cached("UPDATE projection SET height = ?1")?.execute([height.0])?;
    Ok(kept)
}

/// Keeps an event of no block.
pub(super) fn append_own(connection: &Connection, at: TimeMs, event: &Event) -> rusqlite::Result<Numbered> {
    keep(connection, (OF_NO_BLOCK, at), event.clone())
}

fn keep(connection: &Connection, (height, at): (Height, TimeMs), event: Event) -> rusqlite::Result<Numbered> {
    let text = serde_json::to_string(&event).map_err(unreadable)?;
    let sql = "INSERT INTO events (height, time_ms, event) VALUES (?1, ?2, ?3)";
    let id = connection.prepare_cached(sql)?.insert(params![height.0, at.0, text])?;
    Ok(Numbered { id: u64::try_from(id).map_err(unreadable)?, time_ms: at, event })
}

fn of_height(connection: &Connection, height: Height) -> rusqlite::Result<Vec<Numbered>> {
    connection
        .prepare_cached("SELECT id, time_ms, event FROM events WHERE height = ?1 ORDER BY id")?
        .query_map([height.0], numbered)?
        .collect()
}

pub(super) fn after(connection: &Connection, after: u64, limit: i64) -> rusqlite::Result<Vec<Numbered>> {
    // A cursor beyond what SQLite can count is one that nothing follows.
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    connection
        .prepare_cached("SELECT id, time_ms, event FROM events WHERE id > ?1 ORDER BY id LIMIT ?2")?
        .query_map(params![after, limit], numbered)?
        .collect()
}

pub(super) fn last(connection: &Connection) -> rusqlite::Result<u64> {
    connection.prepare_cached("SELECT coalesce(max(id), 0) FROM events")?.query_row([], |row| row.get(0))
}

pub(super) fn projected(connection: &Connection) -> rusqlite::Result<Height> {
    connection.prepare_cached("SELECT height FROM projection")?.query_row([], |row| row.get(0).map(Height))
}

/// Whether this is the nonce's first use by its key. Those too old to be tried again are forgotten on the way.
pub(super) fn use_nonce(
    connection: &Connection,
    key: &str,
    nonce: &str,
    at: TimeMs,
) -> rusqlite::Result<bool> {
    let oldest = at.0.saturating_sub(NONCE_MS);
    connection.prepare_cached("DELETE FROM nonces WHERE used_at < ?1")?.execute([oldest])?;
    let sql = "INSERT INTO nonces (key, nonce, used_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    let kept = connection.prepare_cached(sql)?.execute(params![key, nonce, at.0])?;
    Ok(kept == 1)
}
