//! Questions and answers between two peers, as bytes: a length, then one canonical encoding of at most a stated size.

use crate::limits;
use agon_types::binding::Binding;
use agon_types::{Digest, Signed, codec};
use borsh::{BorshDeserialize, BorshSerialize};
use libp2p::StreamProtocol;
use libp2p::futures::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use libp2p::request_response;
use std::io;
use std::marker::PhantomData;

/// Who I am, if I speak for anybody: both the question and the answer.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Greeting {
    pub binding: Option<Signed<Binding>>,
}

/// Asks for a piece of an artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ChunkAsk {
    pub artifact: Digest,
    pub offset: u64,
}

/// A piece of an artifact, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum ChunkAnswer {
    Chunk {
        size: u64,
        bytes: Vec<u8>,
    },
    Missing,
    /// Too much is asked, or the asker has no right: another peer may answer.
    Busy,
}

/// Asks for decided blocks from a height.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct BlocksAsk {
    pub from: u64,
    pub count: u16,
}

/// Encoded blocks with their certificates, in order, and how far the answerer is.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum BlocksAnswer {
    Blocks { tip: u64, blocks: Vec<Vec<u8>> },
    Busy,
}

/// A document that travels, and the most bytes that it may have.
pub trait Document: BorshSerialize + BorshDeserialize + Send + Sync + 'static {
    const BYTES: usize;
}

impl Document for Greeting {
    const BYTES: usize = limits::GREETING_BYTES_MAX;
}
impl Document for ChunkAsk {
    const BYTES: usize = limits::QUESTION_BYTES_MAX;
}
impl Document for ChunkAnswer {
    const BYTES: usize = limits::CHUNK_BYTES_MAX + 64;
}
impl Document for BlocksAsk {
    const BYTES: usize = limits::QUESTION_BYTES_MAX;
}
impl Document for BlocksAnswer {
    const BYTES: usize = limits::BLOCKS_BYTES_MAX + limits::BLOCK_ITEM_BYTES_MAX + 1024;
}

/// Reads a document that somebody on the network sent.
pub fn read<T: Document>(bytes: &[u8]) -> Result<T, codec::Error> {
    codec::decode(bytes, T::BYTES)
}

/// The codec of one kind of question and its answer. A question that is no document arrives as none, because the
/// behaviour around the codec would not say whose fault an error was.
#[derive(Debug)]
pub(crate) struct Codec<Q, A>(PhantomData<fn() -> (Q, A)>);

impl<Q, A> Default for Codec<Q, A> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<Q, A> Clone for Codec<Q, A> {
    fn clone(&self) -> Self {
        Self(PhantomData)
    }
}

impl<Q: Document, A: Document> request_response::Codec for Codec<Q, A> {
    type Protocol = StreamProtocol;
    type Request = Option<Q>;
    type Response = A;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Option<Q>>
    where
        T: AsyncRead + Unpin + Send,
    {
        match receive(io).await {
            Ok(question) => Ok(Some(question)),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<A>
    where
        T: AsyncRead + Unpin + Send,
    {
        receive(io).await
    }

    async fn write_request<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        question: Option<Q>,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        match question {
            Some(question) => send(io, &question).await,
            None => Ok(()),
        }
    }

    async fn write_response<T>(&mut self, _: &StreamProtocol, io: &mut T, answer: A) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        send(io, &answer).await
    }
}

/// Memory grows with what has arrived, not with what was promised.
async fn receive<D: Document>(io: &mut (impl AsyncRead + Unpin)) -> io::Result<D> {
    let mut length = [0; 4];
    io.read_exact(&mut length).await?;
    let length = u64::from(u32::from_le_bytes(length));
    if length > D::BYTES as u64 {
        return Err(malformed(format!("{length} bytes are more than the {} that are allowed", D::BYTES)));
    }
    let mut bytes = Vec::new();
    io.take(length).read_to_end(&mut bytes).await?;
    if bytes.len() as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    read(&bytes).map_err(malformed)
}

async fn send<D: Document>(io: &mut (impl AsyncWrite + Unpin), document: &D) -> io::Result<()> {
    let bytes = codec::encode(document);
    let length = u32::try_from(bytes.len()).map_err(malformed)?;
    io.write_all(&length.to_le_bytes()).await?;
    io.write_all(&bytes).await?;
    io.flush().await
}

fn malformed(error: impl ToString) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use libp2p::futures::io::Cursor;

    async fn received<D: Document>(bytes: Vec<u8>) -> io::Result<D> {
        receive(&mut Cursor::new(bytes)).await
    }

    #[tokio::test]
    async fn what_is_sent_is_received() {
        let answer = ChunkAnswer::Chunk { size: 9, bytes: vec![7; limits::CHUNK_BYTES_MAX] };
        let mut sent = Vec::new();
        send(&mut Cursor::new(&mut sent), &answer).await.unwrap();
        assert_eq!(received::<ChunkAnswer>(sent).await.unwrap(), answer);
    }

    #[tokio::test]
    async fn what_is_too_long_cut_or_no_document_is_refused() {
        let framed = |length: u32, body: &[u8]| [&length.to_le_bytes()[..], body].concat();
        for (bytes, kind) in [
            (framed(u32::MAX, b""), io::ErrorKind::InvalidData),
            (framed(limits::QUESTION_BYTES_MAX as u32 + 1, &[0; 512]), io::ErrorKind::InvalidData),
            (framed(40, &[0; 39]), io::ErrorKind::UnexpectedEof),
            (framed(40, &[0; 40])[..3].to_vec(), io::ErrorKind::UnexpectedEof),
            (framed(39, &[0; 39]), io::ErrorKind::InvalidData),
            (framed(8, "наука".as_bytes()), io::ErrorKind::InvalidData),
        ] {
            assert_eq!(received::<ChunkAsk>(bytes).await.unwrap_err().kind(), kind);
        }
        assert_eq!(
            received::<ChunkAsk>(framed(40, &[0; 40])).await.unwrap(),
            ChunkAsk { artifact: Digest::ZERO, offset: 0 }
        );
    }
}
