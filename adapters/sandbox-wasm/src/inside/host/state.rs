//! What a challenge keeps from epoch to epoch: read as it stood when the epoch opened, and in `weigh` under what this
//! run has set so far.

use super::refused::{Refused, bounded};
use super::{Caller, Worked, reply};
use crate::inside::abi;
use crate::inside::desk::{Desk, Kind, astray};
use crate::inside::guest::Guest;
use crate::inside::tally::Function;
use crate::limits::KEYS_AT_ONCE_MAX;
use agon_port::sandbox::{Answer, Question};
use agon_types::growth::Growth;
use agon_types::limits::{
    STATE_KEY_BYTES_MAX, STATE_VALUE_BYTES_MAX, STATE_WRITES_BYTES_MAX, STATE_WRITES_MAX,
};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use wasmtime::component::{Linker, WasmList, WasmStr};

/// Changes of this run, by key; none removes.
#[derive(Debug)]
pub struct Overlay {
    writes: BTreeMap<String, Option<Vec<u8>>>,
    /// Keys and values together.
    bytes: usize,
    /// Of the state, by these changes.
    growth: Growth,
}

impl Overlay {
    /// No changes yet of a state that takes so many bytes, of so many granted.
    pub fn new(state_bytes: u64, bytes_max: u64) -> Self {
        Self { writes: BTreeMap::new(), bytes: 0, growth: Growth::new(state_bytes, bytes_max) }
    }

    /// One change more of a key that has this value now. It is refused where the ledger would refuse all that were
    /// made with it: so whoever is not refused here is not refused there.
    fn put(&mut self, key: &str, (known, value): (Option<&[u8]>, Option<&[u8]>)) -> Result<(), Refused> {
        let size = |value: Option<&[u8]>| key.len() + value.map_or(0, <[u8]>::len);
        let before = self.writes.get(key).map_or(0, |old| size(old.as_deref()));
        let bytes = self.bytes - before + size(value);
        if before == 0 && self.writes.len() >= STATE_WRITES_MAX {
            let words = format!("more than {STATE_WRITES_MAX} keys are changed at once");
            return Err(Refused::Exceeded(words));
        }
        bounded(bytes, STATE_WRITES_BYTES_MAX, "all that is changed at once")?;
        let growth = self.growth.with(key, (known, value));
        growth.check().map_err(|bytes| {
            let bytes_max = self.growth.bytes_max();
            Refused::Exceeded(format!("the state would have {bytes} bytes, and {bytes_max} are granted"))
        })?;
        self.writes.insert(key.to_owned(), value.map(<[u8]>::to_vec));
        (self.bytes, self.growth) = (bytes, growth);
        Ok(())
    }

    /// The changes in the order of their keys.
    pub fn into_writes(self) -> Vec<(String, Option<Vec<u8>>)> {
        self.writes.into_iter().collect()
    }
}

impl Desk {
    fn reads_state(&self, what: &str) -> Result<(), Refused> {
        self.granted(self.grants.state_bytes_max > 0, "capabilities.state_bytes_max")?;
        self.only(&[Kind::Score, Kind::Weigh, Kind::Serve], what)
    }

    fn get(&self, key: &str) -> Worked<Option<Vec<u8>>> {
        self.reads_state("state.get")?;
        check(key)?;
        let value = self.known(key)?;
        let bytes = value.as_ref().map_or(0, Vec::len);
        Ok((value, bytes))
    }

    /// The value of a key, as this run sees it.
    fn known(&self, key: &str) -> Result<Option<Vec<u8>>, Refused> {
        match self.overlay.writes.get(key) {
            Some(value) => Ok(value.clone()),
            None => match self.ask(Question::StateGet(key.to_owned()))? {
                Answer::State(value) => Ok(value),
                _ => Err(astray()),
            },
        }
    }

    fn put(&mut self, key: &str, value: Option<&[u8]>, what: &str) -> Worked<()> {
        self.granted(self.grants.state_bytes_max > 0, "capabilities.state_bytes_max")?;
        self.only(&[Kind::Weigh], what)?;
        check(key)?;
        bounded(value.map_or(0, <[u8]>::len), STATE_VALUE_BYTES_MAX, "the value")?;
        let known = self.known(key)?;
        self.overlay.put(key, (known.as_deref(), value))?;
        Ok(((), 0))
    }

    fn keys(&self, prefix: &str, after: Option<&str>, limit: u32) -> Worked<Vec<String>> {
        self.reads_state("state.keys")?;
        bounded(prefix.len(), STATE_KEY_BYTES_MAX, "the prefix")?;
        bounded(after.map_or(0, str::len), STATE_KEY_BYTES_MAX, "the key")?;
        let limit = limit.min(KEYS_AT_ONCE_MAX) as usize;
        let mut found: BTreeSet<String> = self.overlay_keys(prefix, after, limit);
        let mut cursor = after.map(str::to_owned);
        let mut seen = 0;
        // What this run removed leaves gaps in a page of the node, so there may be more than one.
        while seen < limit {
            let page = self.page(prefix, cursor.clone())?;
            let is_last = page.len() < KEYS_AT_ONCE_MAX as usize;
            cursor = page.last().cloned();
            let kept = page.into_iter().filter(|key| !self.overlay.writes.contains_key(key));
            let before = found.len();
            found.extend(kept.take(limit - seen));
            seen += found.len() - before;
            if is_last {
                break;
            }
        }
        let keys: Vec<String> = found.into_iter().take(limit).collect();
        let bytes = keys.iter().map(String::len).sum();
        Ok((keys, bytes))
    }

    /// Keys that this run has set.
    fn overlay_keys(&self, prefix: &str, after: Option<&str>, limit: usize) -> BTreeSet<String> {
        let from = after.filter(|after| *after >= prefix).map_or(Bound::Included(prefix), Bound::Excluded);
        let range = self.overlay.writes.range::<str, _>((from, Bound::Unbounded));
        let ours = range.take_while(|(key, _)| key.starts_with(prefix));
        ours.filter(|(_, value)| value.is_some()).map(|(key, _)| key.clone()).take(limit).collect()
    }

    fn page(&self, prefix: &str, after: Option<String>) -> Result<Vec<String>, Refused> {
        let question = Question::StateList { prefix: prefix.to_owned(), after, limit: KEYS_AT_ONCE_MAX };
        match self.ask(question)? {
            Answer::Keys(keys) => Ok(keys),
            _ => Err(astray()),
        }
    }
}

fn check(key: &str) -> Result<(), Refused> {
    match key.len() {
        0 => Err(Refused::Denied("a key has at least one byte".to_owned())),
        length => bounded(length, STATE_KEY_BYTES_MAX, "the key"),
    }
}

pub fn link(linker: &mut Linker<Guest<Desk>>) -> wasmtime::Result<()> {
    let mut state = linker.instance(abi::STATE)?;
    state.func_wrap("get", |mut caller: Caller, (key,): (WasmStr,)| {
        let key = key.to_str(&caller)?.into_owned();
        reply(&mut caller, Function::StateGet, key.len(), |desk| desk.get(&key))
    })?;
    state.func_wrap(
        "keys",
        |mut caller: Caller, (prefix, after, limit): (WasmStr, Option<WasmStr>, u32)| {
            let prefix = prefix.to_str(&caller)?.into_owned();
            let after = after.map(|after| Ok::<_, wasmtime::Error>(after.to_str(&caller)?.into_owned()));
            let after = after.transpose()?;
            let bytes = prefix.len() + after.as_ref().map_or(0, String::len);
            reply(&mut caller, Function::StateKeys, bytes, |desk| desk.keys(&prefix, after.as_deref(), limit))
        },
    )?;
    state.func_wrap("set", |mut caller: Caller, (key, value): (WasmStr, WasmList<u8>)| {
        let key = key.to_str(&caller)?.into_owned();
        let bytes = key.len() + value.len();
        let value = value.as_le_slice(&caller).to_vec();
        reply(&mut caller, Function::StateSet, bytes, |desk| desk.put(&key, Some(&value), "state.set"))
    })?;
    state.func_wrap("remove", |mut caller: Caller, (key,): (WasmStr,)| {
        let key = key.to_str(&caller)?.into_owned();
        reply(&mut caller, Function::StateRemove, key.len(), |desk| desk.put(&key, None, "state.remove"))
    })
}
