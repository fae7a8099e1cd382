//! What wears out a server without ending anything: requests that are never complete, responses that nobody reads, and
//! connections that are never opened. No other record tells of them in time, so `Strain` does while they last.
//!
//! `watch` looks at every open connection every few seconds, so packets cost nothing for it; `openings` follows TCP
//! handshakes. Both exist only if the record is wanted. Floods of HTTP/2 are counted in `http2/floods`.

mod openings;
mod watch;

pub(crate) use openings::Openings;
pub(crate) use watch::{LONG, NO_ROOM, RATE, Watch};

use crate::records::StrainKind;

/// What a connection waits for: something that its client has to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Awaited {
    pub(crate) kind: StrainKind,
    /// When it began; None if only looking twice will tell.
    pub(crate) since: Option<f64>,
    /// Bytes that have come, or a number that rises with them.
    pub(crate) bytes: u64,
    /// How many of the same kind there are on the connection.
    pub(crate) count: u64,
}

impl Awaited {
    pub(crate) fn one(kind: StrainKind, since: f64, bytes: u64) -> Self {
        Self { kind, since: Some(since), bytes, count: 1 }
    }
}
