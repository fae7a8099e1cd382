//! A stream that shows its bytes to its [`Connection`] as they pass.

use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::connection::{Connection, Layer};
use crate::segments::Side;

/// The stream of a client, at one layer.
#[derive(Debug)]
pub(crate) struct Tap<S> {
    stream: S,
    connection: Arc<Connection>,
    layer: Layer,
    ends: [bool; 2],
}

impl<S> Tap<S> {
    pub(crate) fn new(stream: S, layer: Layer, connection: Arc<Connection>) -> Self {
        Self { stream, connection, layer, ends: [false; 2] }
    }

    fn finish(&mut self, side: Side) {
        let [client, server] = &mut self.ends;
        let ended = if side == Side::Client { client } else { server };
        if !std::mem::replace(ended, true) {
            self.connection.finished(self.layer, side);
        }
    }

    fn sent(&mut self, result: &Poll<Result<usize>>, data: &[IoSlice<'_>]) {
        match result {
            Poll::Ready(Ok(size)) => {
                let mut left = *size;
                for part in data {
                    let said = part.get(..left.min(part.len())).unwrap_or_default();
                    if !said.is_empty() {
                        self.connection.said(self.layer, Side::Server, said);
                    }
                    left -= said.len();
                }
            }
            Poll::Pending if self.layer != Layer::Inner => self.connection.waits_to_send(),
            Poll::Pending => {}
            Poll::Ready(Err(_)) => {}
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tap<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if matches!(result, Poll::Ready(Ok(()))) {
            match buffer.filled().get(before..) {
                Some([]) | None if buffer.remaining() > 0 => self.finish(Side::Client),
                Some(data) => self.connection.said(self.layer, Side::Client, data),
                None => {}
            }
        }
        result
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tap<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(cx, data);
        self.sent(&result, &[IoSlice::new(data)]);
        result
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, data);
        self.sent(&result, data);
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.finish(Side::Server);
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S> Drop for Tap<S> {
    /// The system closes what was not shut down.
    fn drop(&mut self) {
        self.connection.closed(self.layer, self.ends);
    }
}
