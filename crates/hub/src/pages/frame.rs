//! What stands around every page: the network, how far its epoch is, and the two files beside the page.

use crate::view::network::Network;
use crate::view::words;
use crate::{stream, time};
use agon_types::{Digest, Epoch, Height, Score};
use std::borrow::Borrow;
use std::fmt::Display;

pub(crate) const STYLE: &str = include_str!("../../static/style.css");
pub(crate) const LIVE: &str = include_str!("../../static/live.js");

#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub network: String,
    pub development: bool,
    pub height: Height,
    pub epoch: Epoch,
    pub passed: u64,
    pub blocks: u64,
    pub permille: u64,
    pub validators: usize,
    pub sealed: Option<Epoch>,
    pub style: String,
    pub live: String,
    /// The last event that the page has seen: those after it change the page.
    pub event: u64,
    /// Every type of event that a page listens to.
    pub types: String,
}

/// An address that changes with the content.
fn address(file: &str, content: &str) -> String {
    format!("/static/{file}?v={}", Digest::of(content.as_bytes()).short())
}

/// A problem's words, as people begin a sentence.
pub(crate) fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

impl Frame {
    pub fn of(network: &Network, event: u64) -> Self {
        Self {
            network: network.network.to_string(),
            development: network.development,
            height: network.height,
            epoch: network.epoch,
            passed: network.progress.passed,
            blocks: network.progress.blocks,
            permille: network.progress.permille,
            validators: network.validators,
            sealed: network.sealed,
            style: address("style.css", STYLE),
            live: address("live.js", LIVE),
            event,
            types: stream::TYPES.join(" "),
        }
    }

    /// A time for people.
    pub fn time(&self, rfc3339: &str) -> String {
        time::for_people(rfc3339)
    }

    /// A whole number for people.
    pub fn grouped(&self, number: impl Display) -> String {
        words::grouped(&number.to_string())
    }

    /// Billionths, in percent.
    pub fn percent(&self, billionths: impl Borrow<u64>) -> String {
        words::percent(*billionths.borrow())
    }

    /// A share of a whole, in percent.
    pub fn share(&self, score: &Score) -> String {
        words::percent(u64::from(score.billionths()))
    }

    /// A code as words.
    pub fn spaced(&self, code: &str) -> String {
        code.replace('_', " ")
    }
}
