//! What a validator observed, by the digest of its recording.

use agon_port::records::Observed;
use agon_types::{Digest, Epoch};
use rusqlite::{Connection, OptionalExtension as _, params};

/// The first recording stands: reports may name it already.
pub(super) fn keep(connection: &Connection, of: &Observed, recording: Digest) -> rusqlite::Result<Digest> {
    let sql =
        "INSERT INTO recordings (challenge, version, epoch, benchmark, recording) VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT DO NOTHING";
    let values = params![of.challenge.to_string(), of.version, of.epoch.0, of.benchmark, recording.0];
    connection.prepare_cached(sql)?.execute(values)?;
    self::of(connection, of)?.ok_or(rusqlite::Error::QueryReturnedNoRows)
}

pub(super) fn of(connection: &Connection, of: &Observed) -> rusqlite::Result<Option<Digest>> {
    let sql = "SELECT recording FROM recordings
               WHERE challenge = ?1 AND version = ?2 AND epoch = ?3 AND benchmark = ?4";
    let values = params![of.challenge.to_string(), of.version, of.epoch.0, of.benchmark];
    connection.prepare_cached(sql)?.query_row(values, |row| Ok(Digest(row.get(0)?))).optional()
}

pub(super) fn remove(connection: &Connection, before: Epoch) -> rusqlite::Result<u64> {
    let sql = "DELETE FROM recordings WHERE epoch < ?1";
    connection.prepare_cached(sql)?.execute([before.0]).map(|count| count as u64)
}
