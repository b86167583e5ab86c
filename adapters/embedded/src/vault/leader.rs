//! A vault that fetches what it lacks from those who have it, and keeps it.

use super::FolderVault;
use crate::http;
use agon_port::vault::{Error, Vault};
use agon_types::{Digest, limits};
use async_trait::async_trait;
use reqwest::Client;
use std::sync::Arc;
use std::time::Duration;

/// How long one artifact may take to arrive.
const FETCH_MS: u64 = 60_000;

/// A folder in front of the vaults of leaders. Bytes are checked against their digest, whoever sent them.
#[derive(Debug)]
pub struct LeaderVault {
    local: FolderVault,
    leaders: Vec<String>,
    client: Client,
}

impl LeaderVault {
    /// `leaders` are base addresses such as `http://127.0.0.1:7700`.
    pub fn new(local: FolderVault, leaders: Vec<String>) -> Result<Self, Error> {
        let leaders: Result<_, _> = leaders.iter().map(|leader| http::base(leader)).collect();
        Ok(Self { local, leaders: leaders.map_err(Error::Storage)?, client: http::client() })
    }

    async fn fetch(&self, leader: &str, digest: Digest) -> Result<Vec<u8>, String> {
        let request = self.client.get(format!("{leader}/v1/vault/{digest}"));
        let response = request.timeout(Duration::from_millis(FETCH_MS)).send().await;
        let response = response.map_err(|error| http::reason(&error))?;
        if !response.status().is_success() {
            return Err(format!("{leader} answers {}", response.status()));
        }
        let bytes_max = usize::try_from(limits::ARTIFACT_BYTES_MAX).unwrap_or(usize::MAX);
        http::body(response, bytes_max).await
    }
}

#[async_trait]
impl Vault for LeaderVault {
    async fn put(&self, expected: Digest, bytes: &[u8]) -> Result<(), Error> {
        self.local.put(expected, bytes).await
    }

    async fn get(&self, digest: Digest) -> Result<Option<Arc<[u8]>>, Error> {
        if let Some(bytes) = self.local.get(digest).await? {
            return Ok(Some(bytes));
        }
        for leader in &self.leaders {
            match self.fetch(leader, digest).await {
                Ok(bytes) if Digest::of(&bytes) == digest => {
                    self.local.put(digest, &bytes).await?;
                    return Ok(Some(bytes.into()));
                }
                Ok(bytes) => tracing::warn!(%digest, "{leader} sent {} other bytes", bytes.len()),
                Err(problem) => tracing::debug!(%digest, "not fetched: {problem}"),
            }
        }
        Ok(None)
    }

    async fn size(&self, digest: Digest) -> Result<Option<u64>, Error> {
        self.local.size(digest).await
    }
}
