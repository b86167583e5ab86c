//! The tables, the settings of a connection, and the version that says which program may open the file.

use rusqlite::{Connection, TransactionBehavior};
use std::fs::OpenOptions;
use std::io;
use std::path::Path;

/// The layout that this code reads and writes.
pub(super) const VERSION: i64 = STEPS.len() as i64;

const BUSY_MS: u32 = 10_000;

/// What leads from each layout to the next one; the first makes an empty file's.
const STEPS: [&str; 2] = [TABLES, RECORDINGS];

/// Times are milliseconds since 1970. `AUTOINCREMENT` stands where the id is a cursor, so that none comes twice.
const TABLES: &str = "
    CREATE TABLE tickets (
        submission BLOB PRIMARY KEY,
        announcement BLOB NOT NULL,
        artifact BLOB NOT NULL,
        size_bytes INTEGER NOT NULL,
        token TEXT NOT NULL UNIQUE,
        created_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        uploaded_at INTEGER
    ) STRICT;
    CREATE INDEX tickets_by_expiry ON tickets (expires_at);

    CREATE TABLE reports (
        epoch INTEGER NOT NULL,
        round INTEGER NOT NULL,
        submission BLOB NOT NULL,
        report BLOB NOT NULL,
        salt BLOB NOT NULL,
        PRIMARY KEY (epoch, round, submission)
    ) STRICT;

    CREATE TABLE intents (
        epoch INTEGER PRIMARY KEY,
        seal BLOB NOT NULL,
        set_at INTEGER
    ) STRICT;

    CREATE TABLE events (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        height INTEGER NOT NULL,
        time_ms INTEGER NOT NULL,
        event TEXT NOT NULL
    ) STRICT;
    CREATE INDEX events_by_height ON events (height);

    CREATE TABLE projection (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        height INTEGER NOT NULL
    ) STRICT;
    INSERT INTO projection (one, height) VALUES (1, 0);

    CREATE TABLE nonces (
        key TEXT NOT NULL,
        nonce TEXT NOT NULL,
        used_at INTEGER NOT NULL,
        PRIMARY KEY (key, nonce)
    ) STRICT;
    CREATE INDEX nonces_by_time ON nonces (used_at);
";

const RECORDINGS: &str = "
    CREATE TABLE recordings (
        challenge TEXT NOT NULL,
        version INTEGER NOT NULL,
        epoch INTEGER NOT NULL,
        benchmark TEXT NOT NULL,
        recording BLOB NOT NULL,
        PRIMARY KEY (challenge, version, epoch, benchmark)
    ) STRICT;
";

/// Makes the file readable for its owner only; SQLite gives its other files the same rights.
pub(super) fn create_private(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(|_| ())
}

pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "busy_timeout", BUSY_MS)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

/// Brings a file to this layout; refuses one that a newer program wrote.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), String> {
    let found = version(connection).map_err(|error| error.to_string())?;
    if found > VERSION {
        return Err(format!("its schema {found} is newer than this program's {VERSION}: update agon"));
    }
    if found == VERSION {
        return Ok(());
    }
    let mut make = || {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another process may have done it between the look and the lock.
        let done = usize::try_from(version(&transaction)?).unwrap_or(STEPS.len());
        for step in STEPS.iter().skip(done) {
            transaction.execute_batch(step)?;
        }
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.commit()
    };
    make().map_err(|error: rusqlite::Error| error.to_string())
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}
