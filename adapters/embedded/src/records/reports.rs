//! A validator's own reports with their salts, and its intents to set weights.

use super::unreadable;
use crate::limits::REPORT_BYTES_MAX;
use agon_port::records::{Intent, OwnReport};
use agon_types::{Digest, Epoch, JobId, Report, codec};
use rusqlite::{Connection, OptionalExtension as _, params};

/// The first report of a job stands: its commit may be on the way already.
pub(super) fn keep(connection: &Connection, own: &OwnReport) -> rusqlite::Result<OwnReport> {
    let job = own.report.job;
    let sql = "INSERT INTO reports (epoch, round, submission, report, salt) VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT DO NOTHING";
    connection.prepare_cached(sql)?.execute(params![
        job.epoch.0,
        job.round,
        job.submission.0.0,
        codec::encode(&own.report),
        own.salt,
    ])?;
    by_job(connection, job)?.ok_or(rusqlite::Error::QueryReturnedNoRows)
}

pub(super) fn by_job(connection: &Connection, job: JobId) -> rusqlite::Result<Option<OwnReport>> {
    let sql = "SELECT report, salt FROM reports WHERE epoch = ?1 AND round = ?2 AND submission = ?3";
    let row = connection
        .prepare_cached(sql)?
        .query_row(params![job.epoch.0, job.round, job.submission.0.0], |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, [u8; 32]>(1)?))
        })
        .optional()?;
    let Some((report, salt)) = row else { return Ok(None) };
    let report: Report = codec::decode(&report, REPORT_BYTES_MAX).map_err(unreadable)?;
    Ok(Some(OwnReport { report, salt }))
}

pub(super) fn remove(connection: &Connection, before: Epoch) -> rusqlite::Result<u64> {
    let sql = "DELETE FROM reports WHERE epoch < ?1";
    connection.prepare_cached(sql)?.execute([before.0]).map(|count| count as u64)
}

pub(super) fn put_intent(connection: &Connection, intent: &Intent) -> rusqlite::Result<()> {
    let sql = "INSERT INTO intents (epoch, seal, set_at) VALUES (?1, ?2, ?3)
               ON CONFLICT (epoch) DO UPDATE SET seal = excluded.seal, set_at = excluded.set_at";
    let values = params![intent.epoch.0, intent.seal.0, intent.set_at];
    connection.prepare_cached(sql)?.execute(values).map(|_| ())
}

pub(super) fn intent(connection: &Connection, epoch: Epoch) -> rusqlite::Result<Option<Intent>> {
    connection
        .prepare_cached("SELECT seal, set_at FROM intents WHERE epoch = ?1")?
        .query_row([epoch.0], |row| Ok(Intent { epoch, seal: Digest(row.get(0)?), set_at: row.get(1)? }))
        .optional()
}
