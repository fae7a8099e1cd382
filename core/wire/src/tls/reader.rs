//! One direction of a TLS connection: its records (RFC 8446 section 5.1), and the handshake messages in them (section 4).
//!
//! Records may be split into segments, and messages into records, as the sender likes.

use super::head::{HEAD, Head};
use super::messages::{CLIENT_HELLO, Messages, Progress, taken};
use crate::context::Context;

pub(crate) const CHANGE_CIPHER_SPEC: u8 = 20;
pub(crate) const ALERT: u8 = 21;
pub(crate) const HANDSHAKE: u8 = 22;
pub(crate) const APPLICATION_DATA: u8 = 23;
const HEARTBEAT: u8 = 24;

const ALERT_SIZE: usize = 2;
const FATAL: u8 = 2;

/// What happens in a direction.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event<'a> {
    /// A handshake message in the clear: its type, and its body as far as it is read.
    Message(u8, &'a [u8]),
    /// From here on, handshake messages and alerts are encrypted, but not in TLS 1.3, where it means nothing.
    ChangeCipherSpec,
    /// An alert in the clear: whether it is fatal, and its description.
    Alert(bool, u8),
    /// The head of a record with ciphertext: its type, and its length.
    Encrypted(u8, usize),
}

/// Reads one direction from the head of a record on.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    /// The start of the current head of a record, or of the current alert.
    head: Vec<u8>,
    kind: u8,
    /// Remaining bytes of the current record.
    remaining: usize,
    messages: Messages,
    /// Whether the last message was delivered, so that its bytes are no longer needed.
    delivered: bool,
    /// Whether a ClientHello must come first, before which there is nothing else.
    awaits_hello: bool,
    /// Whether handshake messages and alerts are encrypted.
    pub(crate) encrypted: bool,
    /// Whether nothing more can be read: this is not TLS, or bytes are missing.
    pub(crate) over: bool,
}

impl Reader {
    /// Read the direction of the client, from its ClientHello on.
    pub(crate) fn of_client() -> Self {
        Self { awaits_hello: true, ..Self::default() }
    }

    /// Return the next event of `data`, and remove from `data` what was read for it; None at the end of `data`.
    pub(crate) fn next<'a>(&'a mut self, cx: &mut Context<'_>, data: &mut &[u8]) -> Option<Event<'a>> {
        if std::mem::take(&mut self.delivered) {
            self.release(cx);
        }
        while !self.over && !data.is_empty() {
            if self.remaining == 0 {
                if let Some(event) = self.start_record(cx, data) {
                    return Some(event);
                }
                continue;
            }
            match self.kind {
                HANDSHAKE if !self.encrypted => {
                    if self.handshake(cx, data) {
                        (self.delivered, self.awaits_hello) = (true, false);
                        return Some(Event::Message(self.messages.kind().unwrap_or_default(), self.messages.body()));
                    }
                }
                ALERT if !self.encrypted => {
                    if let Some(alert) = self.alert(data) {
                        return Some(alert);
                    }
                }
                _ => self.skip(data),
            }
        }
        None
    }

    /// Return the bytes of the budget in use.
    pub(crate) fn held(&self) -> usize {
        self.messages.held()
    }

    /// Read nothing more.
    pub(crate) fn close(&mut self, cx: &mut Context<'_>) {
        self.release(cx);
        self.over = true;
    }

    fn release(&mut self, cx: &mut Context<'_>) {
        self.messages.release(cx);
    }

    /// Read the head of a record.
    fn start_record<'a>(&mut self, cx: &mut Context<'_>, data: &mut &[u8]) -> Option<Event<'a>> {
        self.head.extend_from_slice(taken(data, HEAD - self.head.len()));
        let head = Head::of(self.head.as_slice().try_into().ok()?);
        self.head.clear();
        let Head { kind, length, version: [major, _] } = head;
        (self.kind, self.remaining) = (kind, length);
        if major != 3 || !self.plausible(kind, length) {
            self.close(cx);
            return None;
        }
        match kind {
            CHANGE_CIPHER_SPEC => Some(Event::ChangeCipherSpec),
            APPLICATION_DATA => Some(Event::Encrypted(kind, length)),
            HANDSHAKE if self.encrypted => Some(Event::Encrypted(kind, length)),
            _ => None,
        }
    }

    /// Return whether there is such a record. Only application data may be empty (RFC 8446 section 5.1).
    fn plausible(&self, kind: u8, length: usize) -> bool {
        match kind {
            HANDSHAKE => length > 0,
            _ if self.awaits_hello => false,
            APPLICATION_DATA => true,
            CHANGE_CIPHER_SPEC => length == 1,
            ALERT => length == ALERT_SIZE || self.encrypted && length > ALERT_SIZE,
            HEARTBEAT => length > 0,
            _ => false,
        }
    }

    fn skip(&mut self, data: &mut &[u8]) {
        self.remaining -= taken(data, self.remaining).len();
    }

    fn alert<'a>(&mut self, data: &mut &[u8]) -> Option<Event<'a>> {
        let part = taken(data, self.remaining);
        self.remaining -= part.len();
        self.head.extend_from_slice(part);
        let [level, description] = *self.head.as_slice() else {
            return None;
        };
        self.head.clear();
        Some(Event::Alert(level == FATAL, description))
    }

    /// Read the next part of a handshake message; return whether it is complete.
    fn handshake(&mut self, cx: &mut Context<'_>, data: &mut &[u8]) -> bool {
        let mut part = data.get(..self.remaining).unwrap_or(data);
        let before = part.len();
        let progress = self.messages.read(cx, &mut part);
        taken(data, before - part.len());
        self.remaining -= before - part.len();
        if progress == Progress::Full && !self.awaits_hello {
            cx.odd("total buffer full");
        }
        let wrong = self.awaits_hello && self.messages.kind() != Some(CLIENT_HELLO);
        if wrong || matches!(progress, Progress::Full | Progress::TooLong) {
            self.close(cx);
            return false;
        }
        progress == Progress::Complete
    }
}

#[cfg(test)]
mod tests {
    use super::super::messages::{CERTIFICATE, SERVER_HELLO};
    use super::super::samples::{message, record};
    use super::*;
    use crate::context::tests::with_context;

    /// Read a stream in parts of `size` bytes; return what happened, with the size of each message's kept body.
    fn read(mut reader: Reader, stream: &[u8], size: usize) -> Vec<String> {
        with_context(|cx| {
            let mut found = Vec::new();
            for mut part in stream.chunks(size) {
                while let Some(event) = reader.next(cx, &mut part) {
                    found.push(match event {
                        Event::Message(kind, body) => format!("message {kind} of {}", body.len()),
                        other => format!("{other:?}"),
                    });
                }
            }
            if reader.over {
                found.push("over".to_owned());
            }
            reader.close(cx);
            assert_eq!(cx.ledger.budget.used, 0);
            found
        })
    }

    #[test]
    fn messages_are_found_however_they_are_split() {
        let messages = [message(SERVER_HELLO, &[0; 70]), message(CERTIFICATE, &[1; 40_000]), message(14, b"")].concat();
        for in_record in [1, 3, 4, 5, 16_384] {
            let records = messages.chunks(in_record).map(|part| record(HANDSHAKE, part)).collect::<Vec<_>>().concat();
            for in_segment in [1, 5, 1460, 1 << 20] {
                let found = read(Reader::default(), &records, in_segment);
                assert_eq!(found, ["message 2 of 70", "message 11 of 16380", "message 14 of 0"]);
            }
        }
    }

    #[test]
    fn alerts_and_ciphertext_are_told_apart() {
        let mut reader = Reader::default();
        let stream = [record(ALERT, &[2, 40]), record(CHANGE_CIPHER_SPEC, &[1]), record(APPLICATION_DATA, b"data")];
        let found = read(Reader::default(), &stream.concat(), 1);
        assert_eq!(found, ["Alert(true, 40)", "ChangeCipherSpec", "Encrypted(23, 4)"]);
        reader.encrypted = true;
        let stream = [record(HANDSHAKE, &[7; 40]), record(ALERT, &[7; 26])].concat();
        assert_eq!(read(reader, &stream, 3), ["Encrypted(22, 40)"]);
    }

    #[test]
    fn a_client_starts_with_its_hello() {
        let hello = record(HANDSHAKE, &message(CLIENT_HELLO, b"hello"));
        assert_eq!(read(Reader::of_client(), &hello, 7), ["message 1 of 5"]);
        for other in [record(ALERT, &[1, 0]), record(HANDSHAKE, &message(SERVER_HELLO, b"x")), record(HANDSHAKE, b"")] {
            assert_eq!(read(Reader::of_client(), &[other, hello.clone()].concat(), 7), ["over"]);
        }
    }

    #[test]
    fn what_is_not_tls_is_given_up() {
        assert_eq!(read(Reader::default(), b"HTTP/1.1 400 Bad Request", 5), ["over"]);
        let long = record(HANDSHAKE, &[CLIENT_HELLO, 0, 0x40, 0]);
        assert_eq!(read(Reader::default(), &long, 100), ["over"]);
    }
}
