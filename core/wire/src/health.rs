//! What the decoder counts about itself: how much it saw, lost, could not read or threw away.

use std::collections::HashMap;

/// Totals since the start.
#[derive(Clone, Debug, Default)]
pub struct Health {
    /// Frames handed to the decoder.
    pub frames: u64,
    /// TCP segments that belong to the monitored ports.
    pub segments: u64,
    /// Requests decoded.
    pub requests: u64,
    /// Exchanges given out.
    pub exchanges: u64,
    /// Connections open now.
    pub connections: u64,
    /// Times that bytes were missing from a stream.
    pub gaps: u64,
    /// Bytes missing from streams.
    pub missing_bytes: u64,
    /// Responses without a request that is certainly theirs.
    pub unpaired_responses: u64,
    /// Requests without a response that is certainly theirs.
    pub unanswered_requests: u64,
    /// Connections given up because a limit was reached.
    pub evicted: u64,
    /// Records thrown away because they were not taken in time.
    pub lost: u64,
    /// Connections that cannot be read, by kind: `TLS`, `HTTP/2`, `WebSocket`, ...
    pub unreadable: HashMap<String, i64>,
    /// TLS connections by the name that the client asked for; those beyond a limit under `(other)`.
    pub server_names: HashMap<String, u64>,
    /// Malformed, hostile or over-long input, by name.
    pub oddities: HashMap<String, u64>,
}

impl Health {
    /// Count something malformed, hostile or over-long.
    pub fn odd(&mut self, name: &str) {
        self.odd_many(name, 1);
    }

    /// Count so many of them.
    pub fn odd_many(&mut self, name: &str, times: u64) {
        match self.oddities.get_mut(name) {
            Some(count) => *count += times,
            None => {
                self.oddities.insert(name.to_owned(), times);
            }
        }
    }

    /// Count a connection that cannot be read; `times` is -1 where it turns out to be of another kind.
    pub fn unread(&mut self, kind: &str, times: i64) {
        match self.unreadable.get_mut(kind) {
            Some(count) => *count += times,
            None => {
                self.unreadable.insert(kind.to_owned(), times);
            }
        }
    }
}

/// Bytes held by all connections together.
#[derive(Clone, Debug)]
pub struct Budget {
    /// How many there may be.
    pub limit: usize,
    /// How many there are.
    pub used: usize,
}

/// What every part counts into: it belongs to the decoder, and is lent to the parts.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// What was seen, lost and thrown away.
    pub health: Health,
    /// What is held.
    pub budget: Budget,
}

impl Ledger {
    /// An empty one; `limit` bytes may be held.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { health: Health::default(), budget: Budget { limit, used: 0 } }
    }
}
