//! Handshake messages (RFC 8446 section 4), which may be split into records as the sender likes.
//!
//! Of a message only what is read is kept, so a chain of certificates takes no more memory than the first one.

use super::fields::Fields;
use crate::context::Context;

pub(crate) const CLIENT_HELLO: u8 = 1;
pub(crate) const SERVER_HELLO: u8 = 2;
pub(crate) const END_OF_EARLY_DATA: u8 = 5;
pub(crate) const ENCRYPTED_EXTENSIONS: u8 = 8;
pub(crate) const CERTIFICATE: u8 = 11;
pub(crate) const SERVER_HELLO_DONE: u8 = 14;
pub(crate) const FINISHED: u8 = 20;
pub(crate) const KEY_UPDATE: u8 = 24;

/// Maximum bytes of a hello, and of the part of a Certificate message that is read. Post-quantum keys make a ClientHello
/// some 2,000 bytes, post-quantum signatures a certificate some 5,000; one record carries 16 KiB.
const LONGEST: usize = 1 << 14;
const HEAD: usize = 4;

/// What the next bytes of the handshake bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The message goes on in another record.
    Unfinished,
    /// The message is complete.
    Complete,
    /// A message that is too long to be one.
    TooLong,
    /// There is no memory for the message.
    Full,
}

/// Puts the messages of a direction together. What it keeps is charged to the budget.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    /// The start of the current message, as far as it is kept.
    kept: Vec<u8>,
    /// Remaining bytes of the current message; None within its head.
    unread: Option<usize>,
}

impl Messages {
    /// Read from `data`, and remove from it what was read, up to the end of the current message.
    pub(crate) fn read(&mut self, cx: &mut Context<'_>, data: &mut &[u8]) -> Progress {
        while !data.is_empty() {
            let unread = self.unread.unwrap_or_else(|| HEAD - self.kept.len());
            let part = taken(data, unread);
            let room = self.kept_size().saturating_sub(self.kept.len());
            let kept = part.get(..room).unwrap_or(part);
            if !cx.charge(kept.len()) {
                return Progress::Full;
            }
            self.kept.extend_from_slice(kept);
            let left = match unread - part.len() {
                0 if self.unread.is_none() => match self.length() {
                    Some(length) => length,
                    None => return Progress::TooLong,
                },
                left if self.unread.is_none() && left > 0 => return Progress::Unfinished,
                left => left,
            };
            self.unread = (left > 0).then_some(left);
            if left == 0 {
                return Progress::Complete;
            }
        }
        Progress::Unfinished
    }

    /// Return the type of the current message, if it is known.
    pub(crate) fn kind(&self) -> Option<u8> {
        self.kept.first().copied()
    }

    /// Return the body of the current message, as far as it is kept.
    pub(crate) fn body(&self) -> &[u8] {
        self.kept.get(HEAD..).unwrap_or_default()
    }

    /// Return the bytes of the budget in use.
    pub(crate) fn held(&self) -> usize {
        self.kept.len()
    }

    /// Forget the current message.
    pub(crate) fn release(&mut self, cx: &mut Context<'_>) {
        cx.release(self.kept.len());
        self.kept = Vec::new();
        self.unread = None;
    }

    /// Return the length of the body, which the head says; None if it is not believed.
    fn length(&self) -> Option<usize> {
        let length = Fields::new(self.kept.get(1..).unwrap_or_default()).number(3);
        let hello = matches!(self.kind(), Some(CLIENT_HELLO | SERVER_HELLO));
        (!hello || length <= LONGEST - HEAD).then_some(length)
    }

    /// Return how many bytes of the current message are kept.
    fn kept_size(&self) -> usize {
        match self.kind() {
            _ if self.unread.is_none() => HEAD,
            Some(CLIENT_HELLO | SERVER_HELLO | CERTIFICATE | ENCRYPTED_EXTENSIONS) => LONGEST,
            _ => HEAD,
        }
    }
}

/// Remove and return the first `size` bytes, or as many as there are.
pub(crate) fn taken<'a>(data: &mut &'a [u8], size: usize) -> &'a [u8] {
    let (part, rest) = data.split_at_checked(size).unwrap_or((data, &[]));
    *data = rest;
    part
}
