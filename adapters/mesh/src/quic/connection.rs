//! One QUIC connection as a set of streams.

use libp2p::core::muxing::{StreamMuxer, StreamMuxerEvent};
use libp2p::futures::future::{BoxFuture, FutureExt as _};
use libp2p::futures::{AsyncRead, AsyncWrite};
use quinn::{ConnectionError, RecvStream, SendStream};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

type Next = BoxFuture<'static, Result<(SendStream, RecvStream), ConnectionError>>;

/// A connection with the streams that are about to open on it.
pub(crate) struct Connection {
    connection: quinn::Connection,
    theirs: Option<Next>,
    ours: Option<Next>,
}

impl Connection {
    pub fn new(connection: quinn::Connection) -> Self {
        Self { connection, theirs: None, ours: None }
    }
}

impl StreamMuxer for Connection {
    type Substream = Stream;
    type Error = io::Error;

    fn poll_inbound(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<Stream>> {
        let connection = self.connection.clone();
        let next = self.theirs.get_or_insert_with(|| async move { connection.accept_bi().await }.boxed());
        let opened = ready!(next.poll_unpin(context));
        self.theirs = None;
        Poll::Ready(opened.map(Stream::new).map_err(io::Error::from))
    }

    fn poll_outbound(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<Stream>> {
        let connection = self.connection.clone();
        let next = self.ours.get_or_insert_with(|| async move { connection.open_bi().await }.boxed());
        let opened = ready!(next.poll_unpin(context));
        self.ours = None;
        Poll::Ready(opened.map(Stream::new).map_err(io::Error::from))
    }

    /// Closing is one packet that nobody waits for: the socket sends it, and the other side needs no second.
    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.connection.close(0u32.into(), b"");
        Poll::Ready(Ok(()))
    }

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<StreamMuxerEvent>> {
        Poll::Pending
    }
}

/// Both halves of a stream.
pub(crate) struct Stream {
    send: SendStream,
    receive: RecvStream,
    is_closed: bool,
}

impl Stream {
    fn new((send, receive): (SendStream, RecvStream)) -> Self {
        Self { send, receive, is_closed: false }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        AsyncRead::poll_read(Pin::new(&mut self.receive), context, into)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        AsyncWrite::poll_write(Pin::new(&mut self.send), context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        AsyncWrite::poll_flush(Pin::new(&mut self.send), context)
    }

    /// Closing twice is closing once.
    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.is_closed {
            ready!(AsyncWrite::poll_close(Pin::new(&mut self.send), context))?;
            self.is_closed = true;
        }
        Poll::Ready(Ok(()))
    }
}
