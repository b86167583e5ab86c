//! What every audit log must do.

use super::*;
use crate::sandbox::Verdict;
use std::sync::Arc;

fn begun(job: &str) -> Line {
    Line { challenge: "compress".to_owned(), job: job.to_owned(), phase: "score", event: Event::Begun }
}

fn ended(job: &str, begun: Option<u64>) -> Line {
    let calls = |name: &str, verdict, count| Calls {
        name: name.to_owned(),
        verdict,
        count,
        bytes_in: count * 10,
        bytes_out: u64::MAX,
    };
    let seen = vec![calls("web.fetch", Verdict::Denied, 1), calls("state.get", Verdict::Failed, 2)];
    let inner = vec![calls("agents.call", Verdict::Granted, 3), calls("log.write", Verdict::Exceeded, 4)];
    let told = seen.iter().cloned().chain(inner).collect();
    let how = "a \"quoted\"\nend \u{fffd}".to_owned();
    let event = Event::Ended { begun, how, seen, told };
    Line { challenge: "compress".to_owned(), job: job.to_owned(), phase: "score", event }
}

/// Runs on an empty log; `reopen` gives the same one after its process ended, and `read` all lines in their order.
pub async fn check<A: Audit>(audit: A, reopen: impl AsyncFn(A) -> A, read: impl AsyncFn() -> Vec<Line>) {
    assert_eq!(read().await, Vec::new());
    let first = [begun("one"), ended("one", Some(1)), ended("two", None)];
    for (line, number) in first.iter().zip(1..) {
        assert_eq!(audit.append(line.clone()).await, Ok(number), "it says which line it is");
    }
    assert_eq!(read().await, first, "as they were written, in order");

    let audit = Arc::new(reopen(audit).await);
    let names: Vec<String> = (0..50).map(|number| format!("{number:02}")).collect();
    let append = |name: &String| {
        let (audit, line) = (audit.clone(), begun(name));
        tokio::spawn(async move { audit.append(line).await })
    };
    let appends: Vec<_> = names.iter().map(append).collect();
    let mut numbers = Vec::new();
    for append in appends {
        numbers.push(append.await.expect("no panic").expect("it is written"));
    }
    let found = read().await;
    assert_eq!(found[..3], first, "lines survive a restart, and new ones follow");
    for (name, number) in names.iter().zip(numbers) {
        assert_eq!(found[number as usize - 1].job, *name, "each has the number that it was told");
    }
    let mut jobs: Vec<&str> = found[3..].iter().map(|line| line.job.as_str()).collect();
    jobs.sort_unstable();
    assert_eq!(jobs, names, "of many at once each has its one line");
}
