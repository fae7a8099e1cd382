//! A WebSocket: messages in frames, after a handshake in HTTP/1 (RFC 6455) or HTTP/2 (RFC 8441).
//!
//! `WebSocket` reads both sides and becomes the details of one exchange. `reader` follows the frames of one side,
//! `frame` parses their headers and `close` the last payload; `handshake` checks what both sides agreed on.

mod close;
mod frame;
mod handshake;
mod reader;

pub(crate) use frame::whole_frames;
pub(crate) use handshake::{accepts, extensions};
pub(crate) use reader::Extensions;

use close::NO_CLOSE;
use reader::FrameReader;

use crate::context::Context;
use crate::http::Side;
use crate::records::{Details, Ending, Exchange};

/// Memory of a WebSocket in bytes, with the longest reasons.
pub(crate) const COST: usize = 1024;

/// Both sides of a WebSocket.
#[derive(Debug)]
pub(crate) struct WebSocket {
    client: FrameReader,
    server: FrameReader,
    /// The side that sent the first Close frame.
    closer: Option<Side>,
    /// Whether it is counted as unreadable.
    unreadable: bool,
}

impl WebSocket {
    pub(crate) fn new(extensions: Extensions) -> Self {
        let (client, server) = (FrameReader::new(true, extensions), FrameReader::new(false, extensions));
        Self { client, server, closer: None, unreadable: false }
    }

    fn reader(&mut self, side: Side) -> &mut FrameReader {
        match side {
            Side::Requests => &mut self.client,
            Side::Responses => &mut self.server,
        }
    }

    /// Read the next bytes of a side, captured at `time`; return whether both sides have closed now.
    pub(crate) fn data(&mut self, cx: &mut Context<'_>, side: Side, data: &[u8], time: f64) -> bool {
        let reader = self.reader(side);
        let (closed, lost) = (reader.closed(), reader.lost());
        reader.data(cx, data, time);
        let (closes, fails) = (!closed && reader.closed(), !lost && reader.lost());
        if closes {
            self.closer.get_or_insert(side);
        }
        if fails && !std::mem::replace(&mut self.unreadable, true) {
            cx.ledger.health.unread("WebSocket", 1);
        }
        closes && self.client.closed() && self.server.closed()
    }

    /// Skip `size` bytes of a side that the capture lost; 0 if their number is unknown.
    pub(crate) fn gap(&mut self, cx: &mut Context<'_>, side: Side, size: u64) {
        let reader = self.reader(side);
        if size > 0 {
            reader.gap(cx, size);
        } else {
            reader.lose();
        }
        if reader.closed() {
            self.closer.get_or_insert(side);
        }
    }

    /// Return whether its outcome is unknown, because frames are lost.
    fn broken(&self) -> bool {
        self.closer.is_none() && (self.client.lost() || self.server.lost())
    }

    /// Complete its exchange, whose request started at `started`.
    #[cold]
    pub(crate) fn describe(&self, exchange: &mut Exchange, started: Option<f64>) {
        let (client, server) = (&self.client, &self.server);
        if exchange.ending != Ending::Complete && self.broken() {
            exchange.ending = Ending::Gap;
        }
        let over = matches!(exchange.ending, Ending::Complete | Ending::Closed | Ending::Reset);
        exchange.response_time = None; // a 101 answers no more than the handshake
        exchange.total_time = started.filter(|_| over).map(|started| (exchange.time - started).max(0.0));
        exchange.request_bytes = client.tally.bytes;
        exchange.response_bytes = server.tally.bytes;
        exchange.missing_bytes += client.tally.missing + server.tally.missing;
        for oddity in client.oddities.iter().chain(&server.oddities) {
            if !exchange.oddities.contains(oddity) {
                exchange.oddities.push(oddity);
            }
        }
        exchange.details = Some(Box::new(self.details(over, started)));
    }

    fn details(&self, over: bool, started: Option<f64>) -> Details {
        let (client, server) = (&self.client, &self.server);
        let first = server.tally.first_message.flatten();
        let (close_code, close_reason) = match self.closer {
            Some(Side::Requests) => (client.close.code(), client.close.reason()),
            Some(Side::Responses) => (server.close.code(), server.close.reason()),
            None if over && !self.broken() => (Some(NO_CLOSE), String::new()),
            None => (None, String::new()),
        };
        Details {
            protocol: "websocket",
            request_messages: client.tally.messages,
            response_messages: server.tally.messages,
            first_message_time: started.zip(first).map(|(started, first)| (first - started).max(0.0)),
            close_code,
            close_reason,
            control_frames: client.tally.control_frames + server.tally.control_frames,
            fragments: client.tally.fragments + server.tally.fragments,
            ..Details::default()
        }
    }
}

#[cfg(test)]
mod tests;
