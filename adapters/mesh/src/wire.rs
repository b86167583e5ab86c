//! Questions and answers between two peers, as bytes: a length, then one canonical encoding of at most a stated size.

use agon_types::codec;
use agon_types::peer::{Document, read};
use libp2p::StreamProtocol;
use libp2p::futures::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use libp2p::request_response;
use std::io;
use std::marker::PhantomData;

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
    use agon_types::peer::{ChunkAnswer, ChunkAsk};
    use agon_types::{Digest, limits};
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
