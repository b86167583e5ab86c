//! A start after a crash: the core hears again what it had heard of the height, and says the same.

use super::record::{self, Entry};
use super::shell::{CoreInput, Kind, Shell};
use super::{Driver, pace};
use crate::context::number;
use agon_port::order::Fault;
use agon_types::signed::signing_bytes;
use agon_types::{Digest, Height, NetworkId, SessionKey};
use std::collections::BTreeSet;

impl Shell {
    /// The entries of the height that is not decided yet. Records of a later one tell of votes that the ledger knows
    /// nothing about: up to there this node does not vote.
    pub fn take_records(&mut self) -> Result<Vec<Entry>, Fault> {
        let mut entries = Vec::new();
        let mut known = BTreeSet::new();
        for record in std::mem::take(&mut self.records) {
            let (height, entry) = record::decode(&record).map_err(|error| {
                Fault(format!("the journal has a record that this program cannot read: {error}"))
            })?;
            if height == self.height {
                known.insert(Digest::of(&record));
                entries.push(entry);
            } else if height > self.height {
                self.journal_until = self.journal_until.max(height);
            }
        }
        if self.journal_until > Height(0) {
            let (until, height) = (self.journal_until, self.height);
            tracing::warn!(%until, %height, "the journal is ahead of the ledger: this node only follows until then");
            return Ok(Vec::new());
        }
        self.replay = (!entries.is_empty()).then_some((known, None));
        Ok(entries)
    }
}

impl Driver {
    /// Brings the core back to where it was.
    pub(super) fn replay(&mut self, entries: Vec<Entry>) -> Result<(), Fault> {
        let (me, height) = (self.shell.key.session(), self.shell.height);
        let mut inputs = Vec::new();
        for entry in entries {
            if let Some((kind, round, digest)) = own(&entry, &me, &self.shell.settings.network) {
                self.shell.signed.entry((kind, round)).or_insert(digest);
            }
            if let Entry::Value { digest, round, proposer, is_valid: true, .. } = &entry
                && *proposer == me
            {
                self.shell.built.entry(*round).or_insert(*digest);
            }
            inputs.push(entry.replay(height, &mut self.shell.blocks));
        }
        if let Some(core) = &mut self.core {
            core.index_wal_entries(&inputs);
        }
        self.shell.start(true);
        self.pump()?;
        for input in inputs {
            self.feed_again(input)?;
        }
        if let Some(core) = &mut self.core {
            core.reset_entries_index();
        }
        self.resume()
    }

    fn feed_again(&mut self, input: CoreInput) -> Result<(), Fault> {
        if let CoreInput::TimeoutElapsed(timeout) = input
            && let Some(timer) = pace::timer(self.shell.height, timeout)
        {
            self.shell.cancel(timer);
        }
        self.shell.next.push_back(input);
        self.pump()
    }

    /// Asks for what was left open, once the journal has said all.
    fn resume(&mut self) -> Result<(), Fault> {
        let Some((_, wanted)) = self.shell.replay.take() else { return Ok(()) };
        let Some(core) = &self.core else { return Ok(()) };
        let (height, round) = (core.height(), number(core.round()));
        let is_open = core.driver.step_is_propose() && wanted == Some(round);
        if is_open && !self.shell.signed.contains_key(&(Kind::Proposal, round)) {
            self.shell.want_block(height, round);
        }
        self.pump()
    }
}

/// What this node itself has signed, by an entry.
fn own(entry: &Entry, me: &SessionKey, network: &NetworkId) -> Option<(Kind, u32, Digest)> {
    let (voter, kind, round, bytes) = match entry {
        Entry::Prevote(ballot) => {
            (ballot.voter, Kind::Prevote, ballot.body.round, signing_bytes(network, &ballot.body))
        }
        Entry::Precommit(ballot) => {
            (ballot.voter, Kind::Precommit, ballot.body.round, signing_bytes(network, &ballot.body))
        }
        Entry::Proposal(ballot) => {
            (ballot.voter, Kind::Proposal, ballot.body.round, signing_bytes(network, &ballot.body))
        }
        _ => return None,
    };
    (voter == *me).then(|| (kind, round, Digest::of(&bytes)))
}
