//! One leader as its HTTP API shows it: pages of decided blocks, and a place to bring actions.

use crate::http;
use crate::limits::{PAGE_BYTES_MAX, PAGE_ITEMS_MAX, PROBLEM_BYTES_MAX};
use agon_types::Height;
use reqwest::Client;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a leader may hold a question back until it has something to tell.
const WAIT_MS: u64 = 10_000;
/// How much longer its answer may take to arrive.
const ANSWER_MS: u64 = 30_000;

/// A decided block on its way: canonical bytes in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Item {
    pub height: Height,
    pub block: String,
    pub certificate: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Page {
    pub items: Vec<Item>,
}

/// The parts of a problem document that a program reads.
#[derive(Debug, Deserialize)]
struct Problem {
    code: String,
    #[serde(default)]
    detail: String,
}

/// What a leader says of an action.
#[derive(Debug)]
pub(super) enum Answer {
    Taken,
    Refused { code: String, detail: String },
}

#[derive(Debug)]
pub(super) struct Leader {
    client: Client,
    base: String,
}

impl Leader {
    pub(super) fn new(client: Client, base: String) -> Self {
        Self { client, base }
    }

    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// Decided blocks from a height on; none if there are none before the wait is over.
    pub(super) async fn blocks(&self, from: Height) -> Result<Vec<Item>, String> {
        let response = self
            .client
            .get(format!("{}/v1/blocks", self.base))
            .query(&[("from", from.0), ("wait_ms", WAIT_MS)])
            .timeout(Duration::from_millis(WAIT_MS + ANSWER_MS))
            .send()
            .await
            .map_err(|error| http::reason(&error))?;
        let status = response.status();
        if !status.is_success() {
            return Err(format!("it answers {status}"));
        }
        let bytes = http::body(response, PAGE_BYTES_MAX).await?;
        let page: Page = serde_json::from_slice(&bytes).map_err(|error| format!("not a page: {error}"))?;
        if page.items.len() > PAGE_ITEMS_MAX {
            return Err(format!("a page of {} blocks is longer than {PAGE_ITEMS_MAX}", page.items.len()));
        }
        Ok(page.items)
    }

    pub(super) async fn submit(&self, action: &str) -> Result<Answer, String> {
        let response = self
            .client
            .post(format!("{}/v1/actions", self.base))
            .json(&serde_json::json!({ "action": action }))
            .timeout(Duration::from_millis(ANSWER_MS))
            .send()
            .await
            .map_err(|error| http::reason(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(Answer::Taken);
        }
        let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok());
        let is_problem = kind.is_some_and(|kind| kind.starts_with("application/problem+json"));
        if !status.is_client_error() || !is_problem {
            return Err(format!("it answers {status}"));
        }
        let bytes = http::body(response, PROBLEM_BYTES_MAX).await?;
        let problem: Problem =
            serde_json::from_slice(&bytes).map_err(|error| format!("it answers {status}: {error}"))?;
        Ok(Answer::Refused { code: problem.code, detail: problem.detail })
    }
}
