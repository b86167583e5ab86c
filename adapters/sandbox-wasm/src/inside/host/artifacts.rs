//! Files of the vault: those that the manifest names may be read, and a few bytes may be left.

use super::refused::{Refused, bounded};
use super::{Caller, Worked, reply};
use crate::inside::abi;
use crate::inside::desk::{Desk, Kind, astray};
use crate::inside::fault::Fault;
use crate::inside::guest::Guest;
use crate::inside::tally::Function;
use crate::limits::PIECE_BYTES_MAX;
use agon_port::sandbox::{Answer, Question};
use agon_types::Digest;
use agon_types::limits::KEPT_MAX;
use wasmtime::component::{Linker, WasmList, WasmStr};

/// What a run left in the vault, in its order.
#[derive(Debug, Default)]
pub struct Kept {
    pub digests: Vec<Digest>,
    bytes: usize,
}

impl Desk {
    fn piece(&self, digest: &str, offset: u64, length: u32) -> Worked<Vec<u8>> {
        self.granted(!self.grants.artifacts.is_empty(), "capabilities.artifacts")?;
        self.only(&[Kind::Observe, Kind::Score], "artifacts.read")?;
        let named = digest.parse::<Digest>().ok().filter(|digest| self.grants.artifacts.contains(digest));
        let digest =
            named.ok_or_else(|| Refused::Denied("the manifest does not name this artifact".to_owned()))?;
        let length = length.min(PIECE_BYTES_MAX);
        match self.ask(Question::ArtifactRead { digest, offset, length })? {
            Answer::Artifact(bytes) if bytes.len() <= length as usize => {
                let length = bytes.len();
                Ok((bytes, length))
            }
            _ => Err(astray()),
        }
    }

    fn keep(&mut self, bytes: Result<Vec<u8>, usize>) -> Worked<String> {
        self.granted(self.grants.kept_bytes_max > 0, "capabilities.kept_bytes_max")?;
        self.only(&[Kind::Score], "artifacts.keep")?;
        if self.kept.digests.len() >= KEPT_MAX {
            return Err(Refused::Exceeded(format!("{KEPT_MAX} pieces are kept already")));
        }
        let size = self.kept.bytes + bytes.as_ref().map_or_else(|length| *length, Vec::len);
        bounded(size, self.grants.kept_bytes_max as usize, "all that is kept")?;
        let bytes = bytes.map_err(|_| astray())?;
        let digest = Digest::of(&bytes);
        match self.ask(Question::ArtifactKeep(bytes))? {
            // The report names what the guest gave, not what the node says it got.
            Answer::Kept(kept) if kept == digest => {}
            Answer::Kept(_) => {
                return Err(Refused::Stop(Fault::Host("the vault kept other bytes".to_owned())));
            }
            _ => return Err(astray()),
        }
        self.kept.bytes = size;
        self.kept.digests.push(digest);
        let name = digest.to_string();
        let length = name.len();
        Ok((name, length))
    }
}

pub fn link(linker: &mut Linker<Guest<Desk>>) -> wasmtime::Result<()> {
    let mut artifacts = linker.instance(abi::ARTIFACTS)?;
    artifacts.func_wrap("read", |mut caller: Caller, (digest, offset, length): (WasmStr, u64, u32)| {
        let digest = digest.to_str(&caller)?.into_owned();
        let bytes = digest.len();
        reply(&mut caller, Function::ArtifactRead, bytes, |desk| desk.piece(&digest, offset, length))
    })?;
    artifacts.func_wrap("keep", |mut caller: Caller, (bytes,): (WasmList<u8>,)| {
        let length = bytes.len();
        // What is too much is not copied.
        let within = length as u64 <= caller.data().data.grants.kept_bytes_max;
        let bytes = if within { Ok(bytes.as_le_slice(&caller).to_vec()) } else { Err(length) };
        reply(&mut caller, Function::ArtifactKeep, length, |desk| desk.keep(bytes))
    })
}
