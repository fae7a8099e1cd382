//! The server name in a TLS ClientHello, the only readable part of an encrypted connection that names the server.
//!
//! Reads the record layer of one direction (RFC 8446 section 5.1) and its first handshake message (section 4.1.2),
//! however both are split into segments and records. Anything that is not a ClientHello, or is too long, is given up.

use super::client_hello::ClientHello;
use super::fields::Fields;
use crate::context::Context;

/// Maximum bytes of a ClientHello. Post-quantum keys make it some 2,000 bytes; one record carries 16 KiB.
const LONGEST: usize = 1 << 14;
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const MESSAGE_HEAD: usize = 4;

/// Reads a TLS connection from its first byte.
#[derive(Debug)]
pub(crate) struct HelloReader {
    head: Vec<u8>,
    message: Vec<u8>,
    /// Remaining bytes of the current record.
    remaining: usize,
    /// Bytes of the message needed to go on; 0 when done.
    wanted: usize,
}

impl HelloReader {
    pub(crate) fn new() -> Self {
        Self { head: Vec::new(), message: Vec::new(), remaining: 0, wanted: MESSAGE_HEAD }
    }

    /// Read the next bytes; return the server name, once, if there is one.
    pub(crate) fn data(&mut self, cx: &mut Context<'_>, mut data: &[u8]) -> Option<Vec<u8>> {
        let mut name = None;
        while self.wanted > 0 && !data.is_empty() {
            let size = if self.remaining > 0 { self.remaining } else { 5 - self.head.len() };
            let (part, rest) = data.split_at_checked(size).unwrap_or((data, &[]));
            if self.remaining > 0 {
                name = self.take(cx, part).or(name);
            } else {
                self.head.extend_from_slice(part);
                self.start_record(cx);
            }
            data = rest;
        }
        name
    }

    /// Return the bytes of the budget in use.
    pub(crate) fn held(&self) -> usize {
        self.message.len()
    }

    /// Release the buffer and read nothing more.
    pub(crate) fn close(&mut self, cx: &mut Context<'_>) {
        cx.release(self.message.len());
        self.message = Vec::new();
        self.wanted = 0;
    }

    fn start_record(&mut self, cx: &mut Context<'_>) {
        let [kind, major, _, high, low] = *self.head.as_slice() else {
            return;
        };
        self.remaining = usize::from(high) << 8 | usize::from(low);
        if kind != HANDSHAKE || major != 3 || self.remaining == 0 {
            self.close(cx);
        }
        self.head.clear();
    }

    /// Add the next bytes of the current record to the message.
    fn take(&mut self, cx: &mut Context<'_>, part: &[u8]) -> Option<Vec<u8>> {
        self.remaining -= part.len();
        let kept = part.get(..LONGEST.saturating_sub(self.message.len())).unwrap_or(part);
        if !cx.charge(kept.len()) {
            self.close(cx);
            return None;
        }
        self.message.extend_from_slice(kept);
        if self.message.len() >= self.wanted { self.read(cx) } else { None }
    }

    fn read(&mut self, cx: &mut Context<'_>) -> Option<Vec<u8>> {
        self.wanted = MESSAGE_HEAD + Fields::new(self.message.get(1..).unwrap_or_default()).number(3);
        if self.message.first() != Some(&CLIENT_HELLO) || self.wanted > LONGEST {
            self.close(cx);
        } else if let Some(hello) = self.message.get(MESSAGE_HEAD..self.wanted) {
            let name = ClientHello::parse(hello).server_name.to_vec();
            self.close(cx);
            return (!name.is_empty()).then_some(name);
        }
        None
    }
}

/// Return whether bytes start with a TLS record.
pub(crate) fn starts_record(data: &[u8]) -> bool {
    matches!(data, [0x16, 0x03, 0x00..=0x03, ..])
}

/// Return whether a segment certainly starts with a ClientHello: both types and both versions match.
pub(crate) fn starts_hello(data: &[u8]) -> bool {
    data.starts_with(b"\x16\x03") && data.get(5) == Some(&1) && data.get(9) == Some(&3)
}
