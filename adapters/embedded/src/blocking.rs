//! Work that waits for a disk, away from the threads that serve everyone.

/// Runs the work to its end, even if nobody waits for it any longer. The error is a panic of the work, as text.
pub(crate) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.map_err(|failed| match failed.try_into_panic() {
        Ok(panic) => match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
            (Some(text), _) => (*text).to_owned(),
            (_, Some(text)) => text.clone(),
            _ => "the storage panicked".to_owned(),
        },
        Err(cancelled) => cancelled.to_string(),
    })
}
