//! What receives the bytes of one direction of a connection, depending on the protocol.

use crate::bytes::run;
use crate::preamble::proxy_header_size;

/// Receives the bytes of one direction.
#[derive(Debug)]
pub(crate) enum Sink {
    /// The protocol is still unknown.
    Opening(Opening),
    /// The protocol that was recognised.
    Messages,
    /// The first bytes of a server whose client speaks TLS or HTTP/2: it may refuse that in plain HTTP/1. Until then, the
    /// connection is counted as this kind.
    Refusal(&'static str),
    /// Nothing: the bytes are ignored.
    Nobody,
}

impl Default for Sink {
    fn default() -> Self {
        Self::Opening(Opening::default())
    }
}

/// What is known of a direction whose protocol is not.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Opening {
    /// Whether bytes have arrived.
    pub(crate) begun: bool,
    /// Whether its first byte was not HTTP, so that no message of its own follows.
    pub(crate) foreign: bool,
    /// Remaining bytes of a PROXY protocol header.
    pub(crate) header: usize,
}

impl Opening {
    /// Return how many bytes a PROXY protocol header and empty lines (RFC 9112 section 2.2) take before a message.
    pub(crate) fn before_message(&mut self, data: &[u8]) -> usize {
        let size = if self.header > 0 { self.header } else { proxy_header_size(data) };
        self.header = size.saturating_sub(data.len());
        let rest = data.get(size..).unwrap_or_default();
        data.len() - rest.len() + run(rest, |byte| matches!(byte, b'\r' | b'\n'))
    }
}
