//! How an exchange or a connection ended.

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Ending {
    /// The last byte of the response was seen.
    Complete,
    /// The connection was closed before the response was complete.
    Closed,
    /// A TCP RST of the connection, or RST_STREAM of HTTP/2, came before the response was complete.
    Reset,
    /// No packet arrived for `connection_timeout` seconds.
    Timeout,
    /// The framing is broken, so the end of the body is unknown.
    Malformed,
    /// Bytes are missing from the capture, so the outcome of the exchange is unknown.
    Gap,
    /// A limit was reached, so the connection or the request was given up.
    Evicted,
    /// The capture ended before the exchange.
    CaptureEnd,
}

impl Ending {
    /// All endings, in the order of their numbers.
    pub const ALL: [Self; 8] = [
        Self::Complete,
        Self::Closed,
        Self::Reset,
        Self::Timeout,
        Self::Malformed,
        Self::Gap,
        Self::Evicted,
        Self::CaptureEnd,
    ];

    /// Return its name in records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Closed => "closed",
            Self::Reset => "reset",
            Self::Timeout => "timeout",
            Self::Malformed => "malformed",
            Self::Gap => "gap",
            Self::Evicted => "evicted",
            Self::CaptureEnd => "capture_end",
        }
    }
}
