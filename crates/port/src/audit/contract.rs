//! What every audit log must do.

use super::*;
use crate::sandbox::Verdict;
use std::sync::Arc;

fn line(job: &str) -> Line {
    let calls = |name: &str, verdict, count| Calls {
        name: name.to_owned(),
        verdict,
        count,
        bytes_in: count * 10,
        bytes_out: u64::MAX,
    };
    Line {
        challenge: "compress".to_owned(),
        job: job.to_owned(),
        phase: "score",
        calls: vec![
            calls("agents.call", Verdict::Granted, 3),
            calls("web.fetch", Verdict::Denied, 1),
            calls("state.get", Verdict::Failed, 2),
            calls("log.write", Verdict::Exceeded, 4),
        ],
        ended: "a \"quoted\"\nend \u{fffd}".to_owned(),
    }
}

/// Runs on an empty log; `reopen` gives the same one after its process ended, and `read` all lines in their order.
pub async fn check<A: Audit>(audit: A, reopen: impl AsyncFn(A) -> A, read: impl AsyncFn() -> Vec<Line>) {
    assert_eq!(read().await, Vec::new());
    for job in ["one", "two"] {
        assert_eq!(audit.append(line(job)).await, Ok(()));
    }
    assert_eq!(read().await, [line("one"), line("two")], "as they were written, in order");

    let audit = Arc::new(reopen(audit).await);
    let names: Vec<String> = (0..50).map(|number| format!("{number:02}")).collect();
    let append = |name: &String| {
        let (audit, line) = (audit.clone(), line(name));
        tokio::spawn(async move { audit.append(line).await })
    };
    let appends: Vec<_> = names.iter().map(append).collect();
    for append in appends {
        assert_eq!(append.await.expect("no panic"), Ok(()));
    }
    let found = read().await;
    assert_eq!(found[..2], [line("one"), line("two")], "lines survive a restart, and new ones follow");
    let mut jobs: Vec<&str> = found[2..].iter().map(|line| line.job.as_str()).collect();
    jobs.sort_unstable();
    assert_eq!(jobs, names, "of many at once each has its one line");
}
