//! Tickets: the right to upload one artifact.

use agon_port::records::Ticket;
use agon_types::{Digest, SubmissionId, TimeMs};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params, params};

const COLUMNS: &str =
    "submission, announcement, artifact, size_bytes, token, created_at, expires_at, uploaded_at";

fn ticket(row: &Row<'_>) -> rusqlite::Result<Ticket> {
    Ok(Ticket {
        submission: SubmissionId(Digest(row.get("submission")?)),
        announcement: row.get("announcement")?,
        artifact: Digest(row.get("artifact")?),
        size_bytes: row.get("size_bytes")?,
        token: row.get("token")?,
        created_at: TimeMs(row.get("created_at")?),
        expires_at: TimeMs(row.get("expires_at")?),
        uploaded_at: row.get::<_, Option<u64>>("uploaded_at")?.map(TimeMs),
    })
}

/// Returns the ticket that stands: the new one, unless something was uploaded for the old one.
pub(super) fn put(connection: &Connection, new: &Ticket) -> rusqlite::Result<Ticket> {
    if let Some(old) = by_submission(connection, new.submission)?
        && old.uploaded_at.is_some()
    {
        return Ok(old);
    }
    connection
        .prepare_cached(
            "INSERT INTO tickets VALUES (:submission, :announcement, :artifact, :size_bytes, :token, :created_at,
                                         :expires_at, :uploaded_at)
             ON CONFLICT (submission) DO UPDATE SET
                announcement = excluded.announcement, artifact = excluded.artifact,
                size_bytes = excluded.size_bytes, token = excluded.token, created_at = excluded.created_at,
                expires_at = excluded.expires_at, uploaded_at = excluded.uploaded_at",
        )?
        .execute(named_params! {
            ":submission": new.submission.0.0,
            ":announcement": new.announcement,
            ":artifact": new.artifact.0,
            ":size_bytes": new.size_bytes,
            ":token": new.token,
            ":created_at": new.created_at.0,
            ":expires_at": new.expires_at.0,
            ":uploaded_at": new.uploaded_at.map(|at| at.0),
        })?;
    Ok(new.clone())
}

pub(super) fn by_submission(
    connection: &Connection,
    submission: SubmissionId,
) -> rusqlite::Result<Option<Ticket>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM tickets WHERE submission = ?1"))?
        .query_row([submission.0.0], ticket)
        .optional()
}

pub(super) fn by_token(connection: &Connection, token: &str) -> rusqlite::Result<Option<Ticket>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM tickets WHERE token = ?1"))?
        .query_row([token], ticket)
        .optional()
}

pub(super) fn mark_uploaded(
    connection: &Connection,
    submission: SubmissionId,
    at: TimeMs,
) -> rusqlite::Result<()> {
    // The first upload stands.
    let sql = "UPDATE tickets SET uploaded_at = ?2 WHERE submission = ?1 AND uploaded_at IS NULL";
    connection.prepare_cached(sql)?.execute(params![submission.0.0, at.0]).map(|_| ())
}

pub(super) fn open(connection: &Connection, now: TimeMs, limit: i64) -> rusqlite::Result<Vec<Ticket>> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM tickets WHERE expires_at > ?1 ORDER BY created_at, submission LIMIT ?2"
        ))?
        .query_map(params![now.0, limit], ticket)?
        .collect()
}

pub(super) fn remove(connection: &Connection, submission: SubmissionId) -> rusqlite::Result<()> {
    let sql = "DELETE FROM tickets WHERE submission = ?1";
    connection.prepare_cached(sql)?.execute([submission.0.0]).map(|_| ())
}

pub(super) fn remove_expired(connection: &Connection, before: TimeMs) -> rusqlite::Result<u64> {
    let sql = "DELETE FROM tickets WHERE expires_at < ?1";
    connection.prepare_cached(sql)?.execute([before.0]).map(|count| count as u64)
}
