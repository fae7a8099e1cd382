//! Frames that cost a server work and a client nothing, if there are many in a second: HTTP/2 floods.

/// The kinds of floods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flood {
    /// Requests that the client resets before they are answered (CVE-2023-44487).
    Resets,
    /// Requests that the client makes the server reset, by frames that are wrong (CVE-2025-8671).
    Provoked,
    /// SETTINGS, each of which must be acknowledged (CVE-2019-9515).
    Settings,
    /// PING, each of which must be answered (CVE-2019-9512).
    Pings,
    /// PRIORITY, which reorders the streams (CVE-2019-9513).
    Priorities,
    /// Frames without content that end nothing (CVE-2019-9518).
    Empty,
    /// CONTINUATION, of which a header block may have any number (CVE-2024-27316).
    Continuations,
}

impl Flood {
    const ALL: usize = 7;

    /// Return its oddity.
    pub(super) fn oddity(self) -> &'static str {
        match self {
            Self::Resets => "rapid reset",
            Self::Provoked => "provoked reset",
            Self::Settings => "SETTINGS flood",
            Self::Pings => "PING flood",
            Self::Priorities => "PRIORITY flood",
            Self::Empty => "empty frame flood",
            Self::Continuations => "CONTINUATION flood",
        }
    }

    /// Return how many frames in a second are one.
    fn least(self) -> u32 {
        match self {
            Self::Resets | Self::Provoked | Self::Settings | Self::Continuations => 100,
            Self::Pings | Self::Priorities | Self::Empty => 1000,
        }
    }
}

/// The frames of each kind in the current second.
#[derive(Debug, Default)]
pub(super) struct Floods([(f64, u32); Flood::ALL]);

impl Floods {
    /// Count a frame; return the start of the second and the count, once for each second of a flood.
    pub(super) fn note(&mut self, flood: Flood, time: f64) -> Option<(f64, u32)> {
        let (since, count) = self.0.get_mut(flood as usize)?;
        if time - *since >= 1.0 {
            (*since, *count) = (time, 0);
        }
        *count += 1;
        (*count == flood.least()).then_some((*since, *count))
    }
}
