//! What holds for the redb ledger beyond the contract of every ledger.

use super::*;

fn entry(height: u64, block: &[u8]) -> Entry {
    Entry { height: Height(height), block: block.to_vec(), certificate: Vec::new(), writes: Vec::new() }
}

#[tokio::test]
async fn a_redb_file_keeps_the_contract_of_a_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.redb");
    let ledger = RedbLedger::open(&path).unwrap();
    let reopen = async |ledger: RedbLedger| {
        drop(ledger);
        RedbLedger::open(&path).unwrap()
    };
    agon_port::ledger::contract::check(ledger, reopen).await;
}

#[test]
fn a_second_opening_says_who_is_in_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.redb");
    let _first = RedbLedger::open(&path).unwrap();
    let Err(Error::Storage(text)) = RedbLedger::open(&path) else { panic!("the second one opened") };
    assert!(text.contains("another process"), "{text}");
}

#[tokio::test]
async fn a_block_that_the_disk_changed_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.redb");
    let ledger = RedbLedger::open(&path).unwrap();
    ledger.append(entry(1, b"what was decided of old")).await.unwrap();
    drop(ledger);
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.windows(7).position(|window| window == b"decided").unwrap();
    bytes[at] = b'D';
    std::fs::write(&path, bytes).unwrap();
    let damaged = match RedbLedger::open(&path) {
        Ok(ledger) => ledger.blocks(Height(1), 1).await.map(|_| ()),
        Err(error) => Err(error),
    };
    assert!(matches!(damaged, Err(Error::Damaged(_))), "{damaged:?}");
}

#[tokio::test]
async fn a_file_with_a_height_left_out_does_not_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.redb");
    let ledger = RedbLedger::open(&path).unwrap();
    for height in 1..=3 {
        ledger.append(entry(height, b"block")).await.unwrap();
    }
    let write = ledger.database.begin_write().unwrap();
    write.open_table(BLOCKS).unwrap().remove(2).unwrap();
    write.commit().unwrap();
    drop(ledger);
    assert!(matches!(RedbLedger::open(&path), Err(Error::Damaged(_))));
}

#[test]
fn a_newer_layout_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.redb");
    let ledger = RedbLedger::open(&path).unwrap();
    let write = ledger.database.begin_write().unwrap();
    write.open_table(META).unwrap().insert("version", VERSION + 1).unwrap();
    write.commit().unwrap();
    drop(ledger);
    let Err(Error::Storage(text)) = RedbLedger::open(&path) else { panic!("it opened") };
    assert!(text.contains("update agon"), "{text}");
}

#[tokio::test]
async fn what_was_appended_is_there_in_the_file_of_a_process_that_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("ledger.redb"), folder.path().join("copy.redb"));
    let ledger = RedbLedger::open(&path).unwrap();
    for height in 1..=5 {
        ledger.append(entry(height, b"block")).await.unwrap();
    }
    // The file as the process leaves it when nothing of it runs any longer, not even a destructor.
    std::fs::copy(&path, &copy).unwrap();
    let found = RedbLedger::open(&copy).unwrap();
    assert_eq!(found.tip().await, Ok(Height(5)));
}
