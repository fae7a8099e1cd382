//! Messages over TCP: each follows its length, two bytes (RFC 1035 section 4.2.2, RFC 7766 section 8).

use super::message::{is_plausible, is_proven};
use crate::context::Context;
use crate::readers::be16;

const LENGTH: usize = 2;
const HEADER: usize = 12;

/// Cuts one direction of a connection into messages.
#[derive(Debug, Default)]
pub(crate) struct MessageStream {
    /// The start of a message whose end has not arrived, with its length.
    held: Vec<u8>,
    /// Whether bytes were lost, so that the next message starts somewhere.
    lost: bool,
}

impl MessageStream {
    /// Return the bytes of the budget in use.
    pub(crate) fn held(&self) -> usize {
        self.held.len()
    }

    /// Add the next bytes and hand over each complete message.
    pub(crate) fn data(
        &mut self,
        cx: &mut Context<'_>,
        mut data: &[u8],
        mut message: impl FnMut(&mut Context<'_>, &[u8]),
    ) {
        if std::mem::take(&mut self.lost) && !starts_stream(data) {
            self.lost = true;
            return;
        }
        while !data.is_empty() {
            if self.held.is_empty()
                && let Some((whole, rest)) = split(data)
            {
                message(cx, whole);
                data = rest;
            } else {
                let missing = missing(&self.held, data);
                let (part, rest) = data.split_at_checked(missing).unwrap_or((data, &[]));
                if !self.hold(cx, part) {
                    return;
                }
                data = rest;
                if let Some((whole, _)) = split(&self.held) {
                    message(cx, whole);
                    self.release(cx);
                }
            }
        }
    }

    /// Drop what is held: the end of its message is lost.
    pub(crate) fn gap(&mut self, cx: &mut Context<'_>) {
        self.release(cx);
        self.lost = true;
    }

    /// Drop what is held.
    pub(crate) fn release(&mut self, cx: &mut Context<'_>) {
        cx.release(self.held.len());
        self.held = Vec::new();
    }

    /// Keep bytes; if there is no room, their message is lost.
    fn hold(&mut self, cx: &mut Context<'_>, part: &[u8]) -> bool {
        if !cx.charge(part.len()) {
            cx.odd("reassembly buffer full");
            self.gap(cx);
            return false;
        }
        self.held.extend_from_slice(part);
        true
    }
}

/// Split off the first message, if it is complete.
fn split(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let size = usize::from(be16(data, 0).ok()?);
    data.get(LENGTH..)?.split_at_checked(size)
}

/// Return how many bytes are missing from what is held: up to the length, then up to the end.
fn missing(held: &[u8], data: &[u8]) -> usize {
    let length = held.iter().chain(data).take(LENGTH).fold(0, |number, byte| number << 8 | usize::from(*byte));
    if held.len() + data.len() < LENGTH { data.len() } else { LENGTH + length - held.len() }
}

/// Return whether bytes start with a message and its length, or with a part of one.
pub(crate) fn starts_stream(data: &[u8]) -> bool {
    let (Some(size), Some(rest)) = (be16(data, 0).ok().map(usize::from), data.get(LENGTH..)) else {
        return data.len() < LENGTH; // too few bytes to tell
    };
    let message = rest.get(..size).unwrap_or(rest);
    size >= HEADER && (message.len() < size.min(HEADER + 5) || is_plausible(message))
}

/// Return whether bytes are certainly one or more messages, the first of which is whole.
pub(crate) fn proves_stream(data: &[u8]) -> bool {
    split(data).is_some_and(|(whole, _)| is_proven(whole))
}
