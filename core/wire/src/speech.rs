//! What both sides of a connection speak, once that is recognised: one variant for each protocol.
//!
//! A protocol is told of bytes, gaps and ends, side by side, in the order in which TCP delivers them. All protocols have
//! the same methods, so `Conversation` knows none of them apart from how each is recognised.

use crate::context::Context;
use crate::dns::DnsConnection;
use crate::http::{Http, Side};
use crate::http2::{Http2, Start};
use crate::records::Ending;
use crate::strain::Awaited;
use crate::tcp::{Position, Stream};
use crate::tls::Tls;

/// The TCP streams of a connection, by what they carry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sides<'a> {
    pub(crate) requests: &'a Stream,
    pub(crate) responses: &'a Stream,
    /// Capture time of the latest packet.
    pub(crate) now: f64,
}

impl<'a> Sides<'a> {
    pub(crate) fn of(self, side: Side) -> &'a Stream {
        match side {
            Side::Requests => self.requests,
            Side::Responses => self.responses,
        }
    }
}

/// The protocol of a connection, with its state.
#[derive(Debug)]
pub(crate) enum Speech {
    /// HTTP/1.
    Http(Box<Http>),
    /// DNS, whose lookups are paired apart from the connection.
    Dns(Box<DnsConnection>),
    /// HTTP/2.
    Http2(Box<Http2>),
    /// TLS, up to the end of its handshake, or with what is inside.
    Tls(Box<Tls>),
}

/// What a connection speaks from some byte on.
#[derive(Debug)]
pub(crate) enum Next {
    /// HTTP/1, in which a server refuses HTTP/2.
    Http,
    /// HTTP/2.
    Http2(Start),
    /// TLS, in a tunnel.
    Tls,
}

/// A change of the protocol within a segment.
#[derive(Debug)]
pub(crate) struct Switch {
    /// Bytes of the segment that come before it.
    pub(crate) taken: usize,
    pub(crate) next: Next,
}

impl Speech {
    /// Handle the next bytes of a side: the payload of one segment, and where it starts. If the protocol changes, the rest
    /// is for the next one.
    pub(crate) fn data(
        &mut self,
        cx: &mut Context<'_>,
        sides: Sides<'_>,
        side: Side,
        data: &[u8],
        place: Position,
    ) -> Option<Box<Switch>> {
        match self {
            Self::Http(http) => http.arrived(cx, sides, side, data, place),
            Self::Http2(http2) => {
                let refused = !http2.data(cx, side, data, place);
                refused.then(|| Box::new(Switch { taken: 0, next: Next::Http }))
            }
            Self::Tls(tls) => {
                tls.arrived(cx, sides, side, data, place);
                None
            }
            Self::Dns(dns) => {
                dns.arrived(cx, side, data, place.time);
                None
            }
        }
    }

    /// Handle `size` missing bytes of a side; 0 if their number is unknown.
    pub(crate) fn gap(&mut self, cx: &mut Context<'_>, sides: Sides<'_>, side: Side, size: usize) {
        match self {
            Self::Http(http) => http.missed(cx, sides, side, size as u64),
            Self::Http2(http2) => http2.gap(cx, side, size),
            Self::Tls(tls) => tls.missed(cx, sides, side, size),
            Self::Dns(dns) => dns.missed(cx, side),
        }
    }

    /// Note acknowledged bytes of a side that have not arrived: they may be missing, or the acknowledgment is wrong.
    pub(crate) fn doubt(&mut self, cx: &mut Context<'_>, sides: Sides<'_>, side: Side) {
        match self {
            Self::Http(http) => http.doubted(cx, sides, side),
            Self::Http2(http2) => http2.doubt(cx, side),
            Self::Tls(tls) => tls.doubted(cx, side),
            Self::Dns(_) => {}
        }
    }

    /// Handle the FIN of a side, with its acknowledgment number: no more bytes come from there.
    pub(crate) fn end(&mut self, cx: &mut Context<'_>, sides: Sides<'_>, side: Side, time: f64, ack: Option<u32>) {
        match self {
            Self::Http(http) => http.ended_by(cx, sides, side, time, ack),
            Self::Http2(_) => {} // frames end streams, and the rest ends with the connection
            Self::Tls(tls) => tls.ended_by(cx, side, time, ack),
            Self::Dns(_) => {}
        }
    }

    /// Handle the end of the connection: emit what waits, and release all buffers.
    pub(crate) fn close(&mut self, cx: &mut Context<'_>, sides: Sides<'_>, ending: Ending, time: f64) {
        match self {
            Self::Http(http) => http.closed(cx, sides, ending, time),
            Self::Http2(http2) => http2.close(cx, ending, time),
            Self::Tls(tls) => tls.closed(cx, ending, time),
            Self::Dns(dns) => dns.closed(cx),
        }
    }

    /// Return whether no exchange is under way.
    pub(crate) fn idle(&self) -> bool {
        match self {
            Self::Http(http) => http.pairing.idle(),
            Self::Http2(http2) => http2.idle(),
            Self::Tls(tls) => tls.idle(),
            Self::Dns(_) => true,
        }
    }

    /// Return what the server waits for, if that is something that the client has to say.
    pub(crate) fn awaited(&self, now: f64) -> Option<Awaited> {
        match self {
            Self::Http(http) => http.awaited(),
            Self::Http2(http2) => http2.awaited(now),
            Self::Tls(tls) => tls.awaited(now),
            Self::Dns(_) => None,
        }
    }

    /// Return whether nobody can tell if an exchange is under way.
    pub(crate) fn is_opaque(&self) -> bool {
        matches!(self, Self::Tls(tls) if tls.is_opaque())
    }

    /// Return the number of requests so far.
    pub(crate) fn requests(&self) -> u64 {
        match self {
            Self::Http(http) => http.pairing.count,
            Self::Http2(http2) => http2.count,
            Self::Tls(tls) => tls.requests(),
            Self::Dns(_) => 0,
        }
    }

    /// Return the bytes of the budget in use.
    pub(crate) fn held(&self) -> usize {
        match self {
            Self::Http(http) => http.held(),
            Self::Http2(http2) => http2.held(),
            Self::Tls(tls) => tls.held(),
            Self::Dns(dns) => dns.held(),
        }
    }
}
