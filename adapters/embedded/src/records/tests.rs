//! What holds for the SQLite records beyond the contract of all records.

use super::*;
use agon_types::Digest;
use std::path::PathBuf;

fn records() -> (tempfile::TempDir, PathBuf, SqliteRecords) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.sqlite");
    let records = SqliteRecords::open(&path).unwrap();
    (folder, path, records)
}

fn nonce(text: &str) -> (String, String) {
    ("key".to_owned(), text.to_owned())
}

#[tokio::test]
async fn a_sqlite_file_keeps_the_contract_of_records() {
    let (_folder, path, records) = records();
    let reopen = async |records: SqliteRecords| {
        drop(records);
        SqliteRecords::open(&path).unwrap()
    };
    agon_port::records::contract::check(records, reopen).await;
}

#[test]
fn a_newer_schema_is_refused() {
    let (_folder, path, records) = records();
    lock(&records.writer).pragma_update(None, "user_version", schema::VERSION + 1).unwrap();
    drop(records);
    let Err(Error::Storage(text)) = SqliteRecords::open(&path) else { panic!("it opened") };
    assert!(text.contains("update agon"), "{text}");
}

#[test]
fn every_commit_is_durable_in_a_file_of_ones_own() {
    let (_folder, path, records) = records();
    let pragma = |name: &str| {
        lock(&records.writer)
            .pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0))
            .unwrap()
    };
    assert_eq!(pragma("journal_mode"), "wal".to_owned().into());
    assert_eq!(pragma("synchronous"), 2.into(), "FULL");
    assert_eq!(pragma("foreign_keys"), 1.into());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[tokio::test]
async fn a_nonce_is_forgotten_after_ten_minutes_and_not_before() {
    let (_folder, _path, records) = records();
    let use_at = async |at| {
        let (key, nonce) = nonce("n");
        records.use_nonce(key, nonce, TimeMs(at)).await.unwrap()
    };
    assert!(use_at(1_000).await);
    assert!(!use_at(601_000).await, "ten minutes later it still counts as used");
    assert!(use_at(601_001).await);
}

#[tokio::test]
async fn a_batch_of_events_is_kept_whole_or_not_at_all() {
    let (_folder, _path, records) = records();
    let event = || Event::EpochOpened { epoch: Epoch(1) };
    let failed: Result<(), Error> = records
        .write(move |transaction| {
            events::append(transaction, Height(1), TimeMs(1), vec![event(), event()])?;
            Err(rusqlite::Error::InvalidQuery)
        })
        .await;
    assert!(failed.is_err());
    assert_eq!(records.last_event().await, Ok(0));
    assert_eq!(records.projected_height().await, Ok(Height(0)));
    let kept = records.append_events(Height(1), TimeMs(1), vec![event(), event()]).await.unwrap();
    assert_eq!(kept.iter().map(|numbered| numbered.id).collect::<Vec<_>>(), [1, 2]);
}

#[tokio::test]
async fn a_size_that_sqlite_cannot_count_is_refused() {
    let (_folder, _path, records) = records();
    let ticket = Ticket {
        submission: SubmissionId(Digest::of(b"s")),
        announcement: Vec::new(),
        artifact: Digest::of(b"a"),
        size_bytes: u64::MAX,
        token: "token".to_owned(),
        created_at: TimeMs(1),
        expires_at: TimeMs(2),
        uploaded_at: None,
    };
    assert!(records.put_ticket(ticket).await.is_err());
}
