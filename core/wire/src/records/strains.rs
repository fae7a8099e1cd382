//! The record of what wears out a server while its connections are still open.

use std::net::IpAddr;

/// What wears out a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StrainKind {
    /// The head of a request, of which the end does not come.
    SlowHead,
    /// The body of a request that hardly goes on, without an answer.
    SlowBody,
    /// A response for which the client has no room.
    SlowRead,
    /// A TLS handshake in which the client does not go on.
    SlowHandshake,
    /// A connection that the server accepts and the client does not complete.
    HalfOpen,
    /// A connection that the server accepts and the client then resets, as a scan does.
    Abandoned,
    /// A connection that the server refuses.
    Refused,
    /// Frames of HTTP/2 in such numbers that they are an oddity of this name.
    Flood(&'static str),
}

impl StrainKind {
    /// Return its name, as in `traffic.records.Strain`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SlowHead => "slow head",
            Self::SlowBody => "slow body",
            Self::SlowRead => "slow read",
            Self::SlowHandshake => "slow handshake",
            Self::HalfOpen => "half open",
            Self::Abandoned => "abandoned",
            Self::Refused => "refused",
            Self::Flood(oddity) => oddity,
        }
    }
}

/// A sign that a client wears out a server.
#[derive(Clone, Debug, PartialEq)]
pub struct StrainRow {
    /// Capture time at which it was noticed.
    pub time: f64,
    /// Address and port of the client: no address if it stands for many clients, and port 0 if for many connections.
    pub client: (Option<IpAddr>, u16),
    /// Address and port of the server.
    pub server: (IpAddr, u16),
    /// What it is.
    pub kind: StrainKind,
    /// Capture time at which it began.
    pub since: f64,
    /// Connections, streams of HTTP/2 or frames that it stands for.
    pub amount: u64,
    /// Bytes of the message that have come.
    pub bytes: u64,
}
