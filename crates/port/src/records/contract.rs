//! What every adapter of the records must do.

use super::*;
use agon_types::{Hotkey, Outcome};

fn ticket(name: &[u8], expires_at: u64) -> Ticket {
    Ticket {
        submission: SubmissionId(Digest::of(name)),
        announcement: name.to_vec(),
        artifact: Digest::of(b"artifact"),
        size_bytes: 8,
        token: Digest::of(name).to_string(),
        created_at: TimeMs(1),
        expires_at: TimeMs(expires_at),
        uploaded_at: None,
    }
}

/// Runs on empty records; `reopen` gives the same ones after their process ended.
pub async fn check<R: Records>(records: R, reopen: impl AsyncFn(R) -> R) {
    tickets(&records).await;
    reports(&records).await;
    events(&records).await;
    let records = reopen(records).await;
    let job = JobId { epoch: Epoch(2), round: 0, submission: SubmissionId(Digest::of(b"s")) };
    assert!(records.own_report(job).await.expect("a read").is_some(), "reports survive a restart");
    assert_eq!(records.last_event().await, Ok(4), "events survive a restart");
    assert_eq!(records.use_nonce("key".to_owned(), "nonce".to_owned(), TimeMs(2)).await, Ok(false));
}

async fn tickets(records: &dyn Records) {
    let (one, two) = (ticket(b"one", 10), ticket(b"two", 20));
    assert_eq!(records.ticket(one.submission).await, Ok(None));
    assert_eq!(records.put_ticket(one.clone()).await, Ok(one.clone()));
    assert_eq!(records.put_ticket(two.clone()).await, Ok(two.clone()));
    assert_eq!(records.ticket_by_token(two.token.clone()).await, Ok(Some(two.clone())));
    assert_eq!(records.ticket_by_token("guess".to_owned()).await, Ok(None));
    let open = records.open_tickets(TimeMs(15), 10).await.expect("a read");
    assert_eq!(open.len(), 1, "an expired ticket is not open");

    records.mark_uploaded(two.submission, TimeMs(5)).await.expect("a write");
    let uploaded = Ticket { uploaded_at: Some(TimeMs(5)), ..two.clone() };
    let again = Ticket { token: "another".to_owned(), ..two.clone() };
    assert_eq!(records.put_ticket(again).await, Ok(uploaded.clone()), "an upload is never forgotten");
    assert_eq!(records.ticket(two.submission).await, Ok(Some(uploaded)));

    assert_eq!(records.remove_expired_tickets(TimeMs(15)).await, Ok(1));
    assert_eq!(records.ticket(one.submission).await, Ok(None));
    records.remove_ticket(two.submission).await.expect("a write");
    assert_eq!(records.ticket(two.submission).await, Ok(None));
}

async fn reports(records: &dyn Records) {
    let job = |epoch| JobId { epoch: Epoch(epoch), round: 0, submission: SubmissionId(Digest::of(b"s")) };
    let own = |epoch, salt| OwnReport {
        report: Report { job: job(epoch), validator: Hotkey([1; 32]), outcome: Outcome::Scored(Vec::new()) },
        salt: [salt; 32],
    };
    assert_eq!(records.keep_report(own(1, 1)).await, Ok(own(1, 1)));
    assert_eq!(records.keep_report(own(1, 2)).await, Ok(own(1, 1)), "the first report of a job stands");
    assert_eq!(records.keep_report(own(2, 3)).await, Ok(own(2, 3)));
    recordings(records).await;
    assert_eq!(records.remove_reports(Epoch(2)).await, Ok(2), "a report and a recording");
    assert_eq!(records.recording(observed(1)).await, Ok(None));
    assert_eq!(records.own_report(job(1)).await, Ok(None));
    assert_eq!(records.own_report(job(2)).await, Ok(Some(own(2, 3))));

    let intent = Intent { epoch: Epoch(1), seal: Digest::of(b"seal"), set_at: None };
    assert_eq!(records.intent(Epoch(1)).await, Ok(None));
    records.put_intent(intent.clone()).await.expect("a write");
    let set = Intent { set_at: Some(9), ..intent };
    records.put_intent(set.clone()).await.expect("a write");
    assert_eq!(records.intent(Epoch(1)).await, Ok(Some(set)));
}

fn observed(epoch: u64) -> Observed {
    let challenge = "c".parse().expect("a slug");
    Observed { challenge, version: 1, epoch: Epoch(epoch), benchmark: "b".to_owned() }
}

async fn recordings(records: &dyn Records) {
    let (one, two) = (Digest::of(b"one"), Digest::of(b"two"));
    assert_eq!(records.recording(observed(1)).await, Ok(None));
    assert_eq!(records.keep_recording(observed(1), one).await, Ok(one));
    assert_eq!(records.keep_recording(observed(1), two).await, Ok(one), "the first recording stands");
    assert_eq!(records.keep_recording(observed(2), two).await, Ok(two));
    assert_eq!(records.recording(observed(1)).await, Ok(Some(one)));
}

async fn events(records: &dyn Records) {
    let event = |epoch| Event::EpochOpened { epoch: Epoch(epoch) };
    assert_eq!(records.last_event().await, Ok(0));
    let first = records.append_events(Height(1), TimeMs(1), vec![event(0), event(1)]).await.expect("a write");
    assert_eq!(first.iter().map(|numbered| numbered.id).collect::<Vec<_>>(), [1, 2]);
    let again = records.append_events(Height(1), TimeMs(1), vec![event(0), event(1)]).await;
    assert_eq!(again, Ok(first), "a block is told once");
    records.append_events(Height(2), TimeMs(2), Vec::new()).await.expect("a block without events");
    records.append_events(Height(3), TimeMs(3), vec![event(2)]).await.expect("a write");
    assert!(
        records.append_events(Height(5), TimeMs(5), vec![event(5)]).await.is_err(),
        "a height is left out"
    );
    let own = records.append_own_event(TimeMs(4), event(3)).await.expect("a write");
    assert_eq!((own.id, own.event), (4, event(3)));
    assert_eq!(records.projected_height().await, Ok(Height(3)), "an own event is of no block");
    let after = records.events_after(1, 10).await.expect("a read");
    assert_eq!(after.iter().map(|numbered| numbered.id).collect::<Vec<_>>(), [2, 3, 4]);
    assert_eq!(records.events_after(0, 1).await.map(|events| events.len()), Ok(1));
    assert_eq!(records.use_nonce("key".to_owned(), "nonce".to_owned(), TimeMs(1)).await, Ok(true));
    assert_eq!(records.use_nonce("key".to_owned(), "nonce".to_owned(), TimeMs(1)).await, Ok(false));
    assert_eq!(records.use_nonce("other".to_owned(), "nonce".to_owned(), TimeMs(1)).await, Ok(true));
}
