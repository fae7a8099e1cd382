//! Frames that cost a server work and a client nothing, if there are many in a second: HTTP/2 floods.

use crate::context::Context;

/// The kinds of floods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flood {
    /// Requests that the client resets before they are answered (CVE-2023-44487).
    Resets,
    /// SETTINGS, each of which must be acknowledged (CVE-2019-9515).
    Settings,
    /// PING, each of which must be answered (CVE-2019-9512).
    Pings,
    /// Frames without content that end nothing (CVE-2019-9518).
    Empty,
}

impl Flood {
    const ALL: usize = 4;

    /// Return how many frames in a second are one, and its oddity.
    fn of(self) -> (u32, &'static str) {
        match self {
            Self::Resets => (100, "rapid reset"),
            Self::Settings => (100, "SETTINGS flood"),
            Self::Pings => (1000, "PING flood"),
            Self::Empty => (1000, "empty frame flood"),
        }
    }
}

/// The frames of each kind in the current second.
#[derive(Debug, Default)]
pub(super) struct Floods([(f64, u32); Flood::ALL]);

impl Floods {
    /// Count a frame; each second of a flood is one oddity.
    pub(super) fn note(&mut self, cx: &mut Context<'_>, flood: Flood, time: f64) {
        let Some((since, count)) = self.0.get_mut(flood as usize) else {
            return;
        };
        if time - *since >= 1.0 {
            (*since, *count) = (time, 0);
        }
        *count += 1;
        let (most, oddity) = flood.of();
        if *count == most {
            cx.odd(oddity);
        }
    }
}
