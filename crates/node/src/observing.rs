//! What several jobs of an epoch are scored over is observed by one of them, while the others wait for it.

use agon_port::records::Observed;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

/// What is observed, and where those stand who wait for it.
type Place = (Observed, Weak<Turn<()>>);

/// Who observes what. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Observing(Arc<Mutex<Vec<Place>>>);

impl Observing {
    /// Waits until nobody else observes this.
    pub(crate) async fn turn(&self, of: &Observed) -> OwnedMutexGuard<()> {
        self.place(of).lock_owned().await
    }

    /// Places that nobody stands at any more are given up.
    fn place(&self, of: &Observed) -> Arc<Turn<()>> {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        places.retain(|(_, place)| place.strong_count() > 0);
        let known = places.iter().find(|(other, _)| other == of).and_then(|(_, place)| place.upgrade());
        known.unwrap_or_else(|| {
            let place = Arc::new(Turn::new(()));
            places.push((of.clone(), Arc::downgrade(&place)));
            place
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agon_types::Epoch;

    fn of(benchmark: &str) -> Observed {
        let challenge = "c".parse().unwrap();
        Observed { challenge, version: 1, epoch: Epoch(1), benchmark: benchmark.to_owned() }
    }

    #[tokio::test]
    async fn one_observes_at_a_time_and_other_benchmarks_do_not_wait() {
        let observing = Observing::default();
        let first = observing.turn(&of("a")).await;
        drop(observing.turn(&of("b")).await);
        let again = observing.clone();
        let waiting = tokio::spawn(async move { drop(again.turn(&of("a")).await) });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(first);
        waiting.await.unwrap();
        drop(observing.turn(&of("c")).await);
        let places = observing.0.lock().unwrap();
        assert_eq!(places.len(), 1, "what is over leaves nothing");
    }
}
