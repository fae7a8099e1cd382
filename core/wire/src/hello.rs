//! The server name in a TLS ClientHello, the one thing of an encrypted connection that says who is asked.
//!
//! Reads the record layer of one direction (RFC 8446 section 5.1) and the first handshake message in it (section 4.1.2),
//! however both are cut into segments and records. What is not a ClientHello, or is too long, is given up.

use crate::context::Context;

/// Bytes of a ClientHello. With keys that resist quantum computers it takes some 2,000; one record carries 16 KiB.
const LONGEST: usize = 1 << 14;
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const SERVER_NAME: usize = 0;
const HOST_NAME: u8 = 0;
const MESSAGE_HEAD: usize = 4;

/// Takes the bytes from the first of a TLS connection on.
#[derive(Debug)]
pub(crate) struct HelloReader {
    head: Vec<u8>,
    message: Vec<u8>,
    /// Bytes of the record under way.
    remaining: usize,
    /// Bytes of the message until more is known; 0 when all is done.
    wanted: usize,
}

impl HelloReader {
    pub(crate) fn new() -> Self {
        Self { head: Vec::new(), message: Vec::new(), remaining: 0, wanted: MESSAGE_HEAD }
    }

    /// Take the next bytes; the name, once, if there is one.
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

    /// Bytes of the budget that it takes.
    pub(crate) fn held(&self) -> usize {
        self.message.len()
    }

    /// Give back what is held; nothing more is read.
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

    /// Add to the message what of the record belongs to it.
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
        self.wanted = MESSAGE_HEAD + number(&self.message, 1, 3);
        if self.message.first() != Some(&CLIENT_HELLO) || self.wanted > LONGEST {
            self.close(cx);
        } else if let Some(hello) = self.message.get(MESSAGE_HEAD..self.wanted) {
            let name = server_name(hello).to_vec();
            self.close(cx);
            return (!name.is_empty()).then_some(name);
        }
        None
    }
}

/// Whether bytes start with a record of TLS.
pub(crate) fn starts_record(data: &[u8]) -> bool {
    matches!(data, [0x16, 0x03, 0x00..=0x03, ..])
}

/// Whether a segment starts with a ClientHello beyond doubt: record, message, and a version in each.
pub(crate) fn starts_hello(data: &[u8]) -> bool {
    data.starts_with(b"\x16\x03") && data.get(5) == Some(&1) && data.get(9) == Some(&3)
}

/// The host name (RFC 6066 section 3) in the body of a ClientHello; empty when there is none.
///
/// What is too short for the lengths that it names ends there.
fn server_name(hello: &[u8]) -> &[u8] {
    let mut place = 2 + 32; // version, random
    for size in [1, 2, 1] {
        place += size + number(hello, place, size); // session id, cipher suites, compression methods
    }
    let end = hello.len().min(place + 2 + number(hello, place, 2));
    place += 2;
    while place + 4 <= end {
        let (kind, size) = (number(hello, place, 2), number(hello, place + 2, 2));
        place += 4;
        if kind == SERVER_NAME {
            return host_name(hello.get(place..end.min(place + size)).unwrap_or_default());
        }
        place += size;
    }
    &[]
}

/// The first name of the list; the only kind there is, is a host name.
fn host_name(names: &[u8]) -> &[u8] {
    let name = names.get(5..).and_then(|rest| rest.get(..number(names, 3, 2)));
    name.filter(|_| names.get(2) == Some(&HOST_NAME)).unwrap_or_default()
}

/// A number of `size` bytes in network byte order, of as many of them as there are.
fn number(data: &[u8], start: usize, size: usize) -> usize {
    let end = data.len().min(start + size);
    data.get(start..end).unwrap_or_default().iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
}
