//! The decoder's counters: what it saw, missed, could not read or discarded.

use std::collections::HashMap;

/// Under which server names are counted that are not counted apart.
const OTHER_SERVERS: &str = "(other)";

/// Totals since the start.
#[derive(Clone, Debug, Default)]
pub struct Health {
    /// Frames passed to the decoder.
    pub frames: u64,
    /// TCP segments of monitored ports.
    pub segments: u64,
    /// Requests decoded.
    pub requests: u64,
    /// Exchanges emitted.
    pub exchanges: u64,
    /// Connections open now.
    pub connections: u64,
    /// Number of times that bytes were missing from a stream.
    pub gaps: u64,
    /// Bytes missing from streams.
    pub missing_bytes: u64,
    /// Responses that no request could be proven to belong to.
    pub unpaired_responses: u64,
    /// Requests that no response could be proven to belong to.
    pub unanswered_requests: u64,
    /// Requests of HTTP/2 whose method, host or path the capture does not tell.
    pub unnamed_requests: u64,
    /// Connections given up because of a limit.
    pub evicted: u64,
    /// Records discarded because they were not taken in time.
    pub lost: u64,
    /// Exchanges of connections with an end on this host whose owner is unknown.
    pub unknown_owners: u64,
    /// Owners of connections that were forgotten because there are too many.
    pub forgotten_owners: u64,
    /// Connections whose owners were not asked for because there are too many.
    pub unasked_owners: u64,
    /// Connections that cannot be decoded, by kind: `TLS`, `HTTP/2`, `WebSocket`, ...
    pub unreadable: HashMap<String, i64>,
    /// TLS connections by requested server name; names beyond a limit count under `(other)`.
    pub server_names: HashMap<String, u64>,
    /// Malformed, hostile or oversized input, by name.
    pub oddities: HashMap<String, u64>,
    /// What became of the secrets of TLS connections, and of what was to be decrypted with them, by name.
    pub secrets: HashMap<String, u64>,
}

/// What becomes of secrets when they are added, which every decoder counts that is given them.
const OF_EACH: [&str; 5] = ["loaded", "repeated", "other", "malformed", "discarded unused"];

impl Health {
    /// Add what another decoder counted, which shares the traffic with this one and is given the same secrets.
    pub fn add(&mut self, other: &Self) {
        self.frames += other.frames;
        self.segments += other.segments;
        self.requests += other.requests;
        self.exchanges += other.exchanges;
        self.connections += other.connections;
        self.gaps += other.gaps;
        self.missing_bytes += other.missing_bytes;
        self.unpaired_responses += other.unpaired_responses;
        self.unanswered_requests += other.unanswered_requests;
        self.unnamed_requests += other.unnamed_requests;
        self.evicted += other.evicted;
        self.lost += other.lost;
        self.unknown_owners += other.unknown_owners;
        self.forgotten_owners += other.forgotten_owners;
        self.unasked_owners += other.unasked_owners;
        other.unreadable.iter().for_each(|(kind, times)| self.unread(kind, *times));
        other.server_names.iter().for_each(|(name, times)| add(&mut self.server_names, name, *times));
        other.oddities.iter().for_each(|(name, times)| self.odd_many(name, *times));
        let secrets = other.secrets.iter().filter(|(name, _)| !OF_EACH.contains(&name.as_str()));
        secrets.for_each(|(name, times)| self.secret_many(name, *times));
    }

    /// Count malformed, hostile or oversized input.
    pub fn odd(&mut self, name: &str) {
        self.odd_many(name, 1);
    }

    /// Count what became of a secret or of something encrypted.
    pub(crate) fn secret(&mut self, name: &str) {
        self.secret_many(name, 1);
    }

    /// Count it several times.
    pub(crate) fn secret_many(&mut self, name: &str, times: u64) {
        add(&mut self.secrets, name, times);
    }

    /// Count it several times.
    pub fn odd_many(&mut self, name: &str, times: u64) {
        add(&mut self.oddities, name, times);
    }

    /// Count a connection under its server name, of which up to `most` are counted apart; return the name it counts under.
    pub(crate) fn name_server(&mut self, name: &str, most: usize) -> String {
        let apart = self.server_names.contains_key(name) || self.server_names.len() < most;
        let counted = if apart { name } else { OTHER_SERVERS };
        *self.server_names.entry(counted.to_owned()).or_default() += 1;
        counted.to_owned()
    }

    /// Take back a connection that was counted under a server name.
    pub(crate) fn unname(&mut self, name: &str) {
        if let Some(count) = self.server_names.get_mut(name) {
            *count -= 1;
            if *count == 0 {
                self.server_names.remove(name);
            }
        }
    }

    /// Count a connection that cannot be decoded; `times` is -1 to correct an earlier count.
    pub fn unread(&mut self, kind: &str, times: i64) {
        match self.unreadable.get_mut(kind) {
            Some(count) => *count += times,
            None => {
                self.unreadable.insert(kind.to_owned(), times);
            }
        }
    }
}

fn add(counts: &mut HashMap<String, u64>, name: &str, times: u64) {
    match counts.get_mut(name) {
        Some(count) => *count += times,
        None => {
            counts.insert(name.to_owned(), times);
        }
    }
}

/// The bytes buffered for all connections together.
#[derive(Clone, Debug)]
pub struct Budget {
    /// Maximum bytes.
    pub limit: usize,
    /// Bytes in use.
    pub used: usize,
}

/// The counters of all components. The decoder owns them and lends them out.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// What was seen, lost and discarded.
    pub health: Health,
    /// What is buffered.
    pub budget: Budget,
}

impl Ledger {
    /// Create empty counters; `limit` is the total buffer in bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { health: Health::default(), budget: Budget { limit, used: 0 } }
    }
}
