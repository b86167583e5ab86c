//! Artifacts in pieces: given to peers from the vault, and fetched from them into it.

use crate::figures::count;
use crate::handle::{AskError, FetchError, Handle};
use crate::limits;
use crate::task::Reply;
use agon_port::vault::Vault;
use agon_types::Digest;
use agon_types::digest::Hasher;
use agon_types::limits::CHUNK_BYTES_MAX;
use agon_types::peer::{ChunkAnswer, ChunkAsk};
use libp2p::PeerId;
use libp2p::request_response::ResponseChannel;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Rounds over all peers while some are busy.
const ROUNDS: usize = 5;
const PAUSE: Duration = Duration::from_millis(200);

/// A peer's question that waits for the vault.
pub(crate) type Asked = (ChunkAsk, ResponseChannel<ChunkAnswer>);

/// Answers until nobody can ask any more. What is being asked for stays in memory, so that the vault reads and checks
/// an artifact once and not for each piece.
pub(crate) async fn serve(
    vault: Arc<dyn Vault>,
    mut asked: mpsc::Receiver<Asked>,
    replies: mpsc::UnboundedSender<Reply>,
) {
    let mut held: VecDeque<(Digest, Arc<[u8]>)> = VecDeque::new();
    while let Some((ask, channel)) = asked.recv().await {
        if !held.iter().any(|(digest, _)| *digest == ask.artifact) {
            match vault.get(ask.artifact).await {
                Ok(Some(bytes)) => {
                    held.truncate(limits::SERVED_ARTIFACTS_MAX - 1);
                    held.push_front((ask.artifact, bytes));
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(artifact = %ask.artifact, %error, "cannot give an artifact"),
            }
        }
        let found = held.iter().find(|(digest, _)| *digest == ask.artifact);
        let answer = found.map_or(ChunkAnswer::Missing, |(_, bytes)| piece(bytes, ask.offset));
        if replies.send(Reply::Chunk(channel, answer)).is_err() {
            return;
        }
    }
}

fn piece(bytes: &[u8], offset: u64) -> ChunkAnswer {
    let rest = usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..));
    let Some(rest) = rest else { return ChunkAnswer::Missing };
    let chunk = &rest[..rest.len().min(CHUNK_BYTES_MAX)];
    ChunkAnswer::Chunk { size: bytes.len() as u64, bytes: chunk.to_vec() }
}

/// Why one peer did not give an artifact.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("it does not have it")]
    Missing,
    #[error("it sent other bytes")]
    Wrong,
    #[error("it has {size} bytes, and {max} are allowed")]
    TooLarge { size: u64, max: u64 },
    #[error(transparent)]
    Ask(AskError),
}

pub(crate) async fn fetch(
    handle: &Handle,
    artifact: Digest,
    bytes_max: u64,
    from: &[PeerId],
) -> Result<(), FetchError> {
    if handle.vault.size(artifact).await.map_err(FetchError::Vault)?.is_some() {
        return Ok(());
    }
    // Each fetch holds one artifact in memory; the semaphore is never closed.
    let _permit = handle.fetches.acquire().await;
    let (mut asked, mut last) = (0, "nobody is connected".to_owned());
    for round in 0..ROUNDS {
        let peers = if from.is_empty() { handle.bound_peers() } else { from.to_vec() };
        asked = asked.max(peers.len());
        let mut is_worth_waiting = false;
        for peer in peers {
            match fetch_from(handle, peer, artifact, bytes_max).await {
                Ok(bytes) => {
                    handle.vault.put(artifact, &bytes).await.map_err(FetchError::Vault)?;
                    count(&handle.counters.fetched);
                    return Ok(());
                }
                Err(error) => {
                    is_worth_waiting |= matches!(error, Failed::Ask(AskError::Busy));
                    settle(handle, peer, &error).await;
                    last = format!("{peer}: {error}");
                }
            }
        }
        if !is_worth_waiting || round + 1 == ROUNDS {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(FetchError::Nobody { artifact, asked, last })
}

/// Whoever sends other bytes than those of the digest is banned.
async fn settle(handle: &Handle, peer: PeerId, error: &Failed) {
    if matches!(error, Failed::Wrong) {
        count(&handle.counters.wrong_bytes);
        handle.blame(peer).await;
    }
}

async fn fetch_from(
    handle: &Handle,
    peer: PeerId,
    artifact: Digest,
    bytes_max: u64,
) -> Result<Vec<u8>, Failed> {
    let (mut bytes, mut hasher) = (Vec::new(), Hasher::default());
    loop {
        let ask = ChunkAsk { artifact, offset: bytes.len() as u64 };
        let (size, piece) = match handle.chunk(peer, ask).await.map_err(Failed::Ask)? {
            ChunkAnswer::Chunk { size, bytes } => (size, bytes),
            ChunkAnswer::Missing => return Err(Failed::Missing),
            ChunkAnswer::Busy => return Err(Failed::Ask(AskError::Busy)),
        };
        if size > bytes_max {
            return Err(Failed::TooLarge { size, max: bytes_max });
        }
        let have = bytes.len() as u64 + piece.len() as u64;
        if have > size || (piece.is_empty() && have < size) {
            return Err(Failed::Wrong);
        }
        hasher.update(&piece);
        bytes.extend_from_slice(&piece);
        if have == size {
            return if hasher.finish() == artifact { Ok(bytes) } else { Err(Failed::Wrong) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_artifact_is_given_in_pieces_to_its_end() {
        let bytes: Vec<u8> = (0..CHUNK_BYTES_MAX + 3).map(|n| n as u8).collect();
        let size = bytes.len() as u64;
        let given = |offset: usize| match piece(&bytes, offset as u64) {
            ChunkAnswer::Chunk { size: of, bytes } if of == size => Some(bytes.len()),
            _ => None,
        };
        assert_eq!(given(0), Some(CHUNK_BYTES_MAX));
        assert_eq!(given(CHUNK_BYTES_MAX), Some(3));
        assert_eq!(given(bytes.len()), Some(0));
        assert_eq!(piece(&bytes, size + 1), ChunkAnswer::Missing);
        assert_eq!(piece(&bytes, u64::MAX), ChunkAnswer::Missing);
    }
}
