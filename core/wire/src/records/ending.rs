//! How an exchange or a connection ended.

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Ending {
    /// The response was seen to its last byte.
    Complete,
    /// The connection was closed before the response was complete.
    Closed,
    /// A TCP RST ended the connection before the response was complete.
    Reset,
    /// No packet came for `connection_timeout` seconds.
    Timeout,
    /// The framing is broken: where the body ends is not known.
    Malformed,
    /// Bytes are missing from the capture, and what became of the exchange is not known.
    Gap,
    /// A limit was reached, and the connection or the request was given up.
    Evicted,
    /// The capture ended first.
    CaptureEnd,
}

impl Ending {
    /// All of them, in the order of their numbers.
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

    /// Its name in records.
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
