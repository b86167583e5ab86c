//! The web, as far as a challenge may see it.

use crate::sandbox::{Answer, Exchange};
use async_trait::async_trait;

/// Performs exchanges with named hosts. Every hop and every address is checked before it is connected to: a host that
/// is not on the list, a redirect off it, and a private address are denied.
#[async_trait]
pub trait Web: Send + Sync + 'static {
    /// `Fetched`, `Denied` or `Failed`. The body has at most so many bytes.
    async fn fetch(&self, exchange: Exchange, hosts: &[String], bytes_max: usize) -> Answer;
}

#[cfg(feature = "contract")]
pub mod contract;
