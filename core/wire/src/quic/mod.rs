//! QUIC: which connections there are, and what their handshakes say in clear (RFC 9000, RFC 9001).
//!
//! The first packets of a connection are encrypted with keys that everyone can derive, so that they can be opened: they
//! name the server, the protocol and the client's implementation. Everything else is encrypted, and is only counted.
//!
//! UDP ports say little, so a connection is recognised anywhere by a first packet that can be opened, which proves it.
//! On the port of HTTP/3 and on monitored ports, less is enough: a packet that names a version of QUIC.

mod connection;
mod connections;
mod frames;
mod google;
mod handshake;
mod hello;
mod identity;
mod keys;
mod packets;
mod recognition;
#[cfg(test)]
mod tests;
mod versions;

use std::sync::Arc;

use crate::health::Ledger;
use crate::limits::Limits;
use crate::ports::Ports;
use crate::protocols::Protocols;
use crate::records::{QuicRow, Wanted};
use connections::Connections;
use recognition::Seen;

pub(crate) use connection::Datagram;
pub(crate) use recognition::HTTPS;

/// What is done with QUIC.
pub(crate) enum Quic {
    /// Connections are only counted.
    Counted(Seen),
    /// Connections are followed.
    Followed(Box<Connections>),
}

impl Quic {
    /// Create it without any of up to `most` connections.
    pub(crate) fn new(ports: &Arc<Ports>, limits: &Limits, most: usize, protocols: Protocols, wanted: Wanted) -> Self {
        if protocols.quic {
            Self::Followed(Box::new(Connections::new(Arc::clone(ports), limits, most, wanted.quic)))
        } else {
            Self::Counted(Seen::new(most, limits.connection_timeout))
        }
    }

    /// Handle a datagram, which may be anything.
    pub(crate) fn datagram(&mut self, ledger: &mut Ledger, datagram: &Datagram<'_>) {
        match self {
            Self::Counted(seen) if datagram.listed => {
                if recognition::is_quic(datagram.bytes, 0, datagram.bytes.len())
                    && seen.is_new(datagram.time, datagram.key)
                {
                    ledger.health.unread("QUIC", 1);
                }
            }
            Self::Counted(_) => {}
            Self::Followed(connections) => connections.datagram(ledger, datagram),
        }
    }

    /// Forget connections that have fallen silent.
    pub(crate) fn expire(&mut self, ledger: &mut Ledger, now: f64) {
        match self {
            Self::Counted(seen) => seen.expire(now),
            Self::Followed(connections) => connections.expire(ledger, now),
        }
    }

    /// End the longest silent connection; return false if there is none.
    pub(crate) fn end_one(&mut self, ledger: &mut Ledger, now: f64) -> bool {
        match self {
            Self::Counted(_) => false,
            Self::Followed(connections) => connections.end_one(ledger, now),
        }
    }

    /// Take the records of connections that have ended.
    pub(crate) fn ended(&mut self) -> Vec<QuicRow> {
        match self {
            Self::Counted(_) => Vec::new(),
            Self::Followed(connections) => connections.ended(),
        }
    }
}
