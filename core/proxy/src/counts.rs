//! Counters of the proxy.

use std::sync::atomic::{AtomicU64, Ordering};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    Connections,
    OpenConnections,
    TurnedAway,
    Handshakes,
    FailedHandshakes,
    BadProxyHeaders,
    Requests,
    BadRequests,
    Refused,
    WouldRefuse,
    Undecided,
    LateHeads,
    LateBodies,
    SlowTakers,
    NoUpstream,
    UpstreamErrors,
    UpstreamTimeouts,
    CutResponses,
    Retries,
    Upgrades,
    LostRefusals,
}

const NAMES: [&str; 21] = [
    "connections",
    "open connections",
    "connections turned away",
    "TLS handshakes",
    "failed TLS handshakes",
    "bad PROXY headers",
    "requests",
    "malformed requests",
    "refused requests",
    "requests that would be refused",
    "undecided requests",
    "late request heads",
    "late request bodies",
    "clients that took no response",
    "requests without an upstream",
    "upstream errors",
    "upstream timeouts",
    "responses cut short",
    "retries",
    "upgrades",
    "refusals not told",
];

/// The counters, shared by all threads.
#[derive(Debug, Default)]
pub(crate) struct Counts([AtomicU64; NAMES.len()]);

impl Counts {
    pub(crate) fn add(&self, what: Count) {
        if let Some(counter) = self.0.get(what as usize) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn take_back(&self, what: Count) {
        if let Some(counter) = self.0.get(what as usize) {
            counter.fetch_sub(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn of(&self, what: Count) -> u64 {
        self.0.get(what as usize).map_or(0, |counter| counter.load(Ordering::Relaxed))
    }

    /// All counters with their names.
    pub(crate) fn all(&self) -> Vec<(&'static str, u64)> {
        NAMES.iter().zip(&self.0).map(|(name, counter)| (*name, counter.load(Ordering::Relaxed))).collect()
    }
}
