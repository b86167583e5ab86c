//! A wire within one process: every node in a hall hears what any of them says.

use super::wire::{Arrival, Wire};
use crate::driver::Verdict;
use crate::message::Topic;
use agon_types::SessionKey;
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{mpsc, oneshot};

/// Arrivals that wait for one node; more are lost.
const ARRIVALS: usize = 4096;

/// Where nodes of one process meet.
#[derive(Clone, Debug, Default)]
pub struct Hall(Arc<Mutex<BTreeMap<SessionKey, mpsc::Sender<Arrival>>>>);

struct Seat {
    key: SessionKey,
    hall: Hall,
    arrivals: tokio::sync::Mutex<mpsc::Receiver<Arrival>>,
}

impl Hall {
    /// Takes a place; who had it before hears nothing more.
    pub fn enter(&self, key: SessionKey) -> Arc<dyn Wire> {
        let (sender, arrivals) = mpsc::channel(ARRIVALS);
        self.seats().insert(key, sender);
        Arc::new(Seat { key, hall: self.clone(), arrivals: tokio::sync::Mutex::new(arrivals) })
    }

    /// Leaves; nothing that is said reaches this key any more.
    pub fn leave(&self, key: &SessionKey) {
        self.seats().remove(key);
    }

    fn seats(&self) -> MutexGuard<'_, BTreeMap<SessionKey, mpsc::Sender<Arrival>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Wire for Seat {
    fn publish(&self, topic: Topic, bytes: Vec<u8>) {
        for (_, seat) in self.hall.seats().iter().filter(|(key, _)| **key != self.key) {
            let message = Arrival::Message { from: self.key, topic, bytes: bytes.clone(), number: 0 };
            if seat.try_send(message).is_err() {
                tracing::debug!("a message is lost in the hall");
            }
        }
    }

    /// All hear everything anyway.
    fn judge(&self, _number: u64, _verdict: Verdict) {}

    async fn ask(&self, peer: SessionKey, bytes: Vec<u8>) -> Option<Vec<u8>> {
        let seat = self.hall.seats().get(&peer).cloned()?;
        let (reply, answer) = oneshot::channel();
        seat.send(Arrival::Question { from: self.key, bytes, reply }).await.ok()?;
        answer.await.ok()
    }

    async fn next(&self) -> Option<Arrival> {
        self.arrivals.lock().await.recv().await
    }
}
