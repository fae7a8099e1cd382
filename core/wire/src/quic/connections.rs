//! The table of QUIC connections, found by their endpoints or by the connection ids that servers chose.
//!
//! Nothing readable ends a connection, so it ends when it falls silent.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::connection::{Connection, Datagram, Ends, News};
use super::google::plain_version;
use super::identity::{Identity, LONGEST};
use super::packets::{is_long, long_packets};
use super::recognition::{HTTPS, is_quic};
use super::versions::protections;
use crate::aged::Aged;
use crate::health::Ledger;
use crate::key::Key;
use crate::limits::Limits;
use crate::ports::Ports;
use crate::readers::be32;
use crate::records::QuicRow;

/// Silence after which a connection has ended, in seconds. Most endpoints agree on 30 (RFC 9000 section 10.1).
const SILENCE: f64 = 60.0;
/// Minimum length of a connection id by which a connection is found on another path.
const LEAST_FOUND: usize = 4;
/// Maximum paths of a connection; an attacker who copies a connection id cannot add more.
const MOST_PATHS: usize = 8;

/// Where a path leads.
#[derive(Clone, Copy, Debug)]
struct Path {
    number: u64,
    /// Whether the client is the second endpoint in the order of `Key::canonical`.
    client_second: bool,
}

/// Follows connections.
pub(crate) struct Connections {
    ports: Arc<Ports>,
    most: usize,
    silence: f64,
    server_names: usize,
    /// Whether records are wanted.
    wanted: bool,
    /// Connections by number, the longest silent first.
    all: Aged<u64, Connection>,
    next: u64,
    paths: HashMap<Key, Path>,
    /// Numbers by the connection ids that servers chose.
    identities: HashMap<Identity, u64>,
    /// How many of these there are, by their length.
    lengths: [usize; LONGEST + 1],
    /// Records of connections that have ended, until they are taken.
    ended: Vec<QuicRow>,
}

impl Connections {
    /// Create an empty table for up to `most` connections.
    pub(crate) fn new(ports: Arc<Ports>, limits: &Limits, most: usize, wanted: bool) -> Self {
        Self {
            ports,
            most,
            silence: limits.connection_timeout.min(SILENCE),
            server_names: limits.server_names,
            wanted,
            all: Aged::new(),
            next: 0,
            paths: HashMap::new(),
            identities: HashMap::new(),
            lengths: [0; LONGEST + 1],
            ended: Vec::new(),
        }
    }

    /// Handle a datagram, which may be anything.
    pub(crate) fn datagram(&mut self, ledger: &mut Ledger, datagram: &Datagram<'_>) {
        let (key, swapped) = datagram.key.canonical();
        let path = self.path(ledger, key, datagram).or_else(|| self.moved(datagram));
        let Some(Path { number, client_second }) = path else {
            return self.begin(ledger, datagram);
        };
        let Some(connection) = self.all.touch(&number) else {
            return;
        };
        let news = connection.take(&mut ledger.budget, datagram, swapped == client_second);
        if news.another {
            self.end(ledger, number, datagram.time);
            return self.begin(ledger, datagram);
        }
        self.note(ledger, number, news);
    }

    /// End connections that have fallen silent.
    pub(crate) fn expire(&mut self, ledger: &mut Ledger, now: f64) {
        while let Some((number, _)) = self.all.front().filter(|(_, oldest)| now - oldest.last > self.silence) {
            self.end(ledger, *number, now);
        }
    }

    /// End the longest silent connection; return false if there is none.
    pub(crate) fn end_one(&mut self, ledger: &mut Ledger, now: f64) -> bool {
        let number = self.all.front().map(|(number, _)| *number);
        number.is_some_and(|number| {
            self.end(ledger, number, now);
            true
        })
    }

    /// Take the records of connections that have ended.
    pub(crate) fn ended(&mut self) -> Vec<QuicRow> {
        std::mem::take(&mut self.ended)
    }

    /// Return the path that a datagram takes, unless its connection has ended by now.
    fn path(&mut self, ledger: &mut Ledger, key: Key, datagram: &Datagram<'_>) -> Option<Path> {
        let path = *self.paths.get(&key)?;
        let silent = |connection: &Connection| datagram.time - connection.last > self.silence;
        if self.all.get(&path.number).is_some_and(silent) {
            self.end(ledger, path.number, datagram.time);
            return None;
        }
        Some(path)
    }

    /// Return the path of a datagram by the connection id to which it is sent: its client has another address now.
    fn moved(&mut self, datagram: &Datagram<'_>) -> Option<Path> {
        let number = self.named(datagram.bytes)?;
        let (key, swapped) = datagram.key.canonical();
        let connection = self.all.get_mut(&number)?;
        let is_old = datagram.time - connection.last > self.silence;
        if is_old || connection.ends.server != Ends::of(datagram.key).server || connection.paths.len() >= MOST_PATHS {
            return None;
        }
        connection.migrated = true;
        connection.paths.push(key);
        let path = Path { number, client_second: swapped };
        self.paths.insert(key, path);
        Some(path)
    }

    /// Return the number of the connection whose server chose the connection id in a packet. A short header does not
    /// say its length (RFC 8999 section 5.2).
    fn named(&self, bytes: &[u8]) -> Option<u64> {
        if self.identities.is_empty() {
            return None;
        }
        if is_long(bytes) {
            return self.identities.get(&long_packets(bytes).next()?.destination).copied();
        }
        let lengths = self.lengths.iter().enumerate().filter(|(_, count)| **count > 0).map(|(length, _)| length);
        let mut identities = lengths.filter_map(|length| bytes.get(1..=length).map(Identity::new));
        identities.find_map(|identity| self.identities.get(&identity)).copied()
    }

    /// Start a connection, if a datagram is its first.
    fn begin(&mut self, ledger: &mut Ledger, datagram: &Datagram<'_>) {
        let recognised = datagram.listed && is_quic(datagram.bytes, 0, datagram.bytes.len());
        if !recognised && !may_prove(datagram.bytes) {
            return;
        }
        let sender = self.sender(datagram.key);
        let (mut connection, mut news) = started(ledger, datagram, sender.unwrap_or(true));
        if !connection.proven && !recognised {
            return connection.close(&mut ledger.budget);
        }
        let (source, target) = datagram.key.ports();
        if !connection.proven && sender.is_none() && source < target {
            connection.close(&mut ledger.budget);
            (connection, news) = started(ledger, datagram, false);
        }
        self.add(ledger, connection, news);
    }

    /// Return whether a packet comes from the client, judged by its ports; None if they do not tell.
    fn sender(&self, key: Key) -> Option<bool> {
        let (source, target) = key.ports();
        let tells = |serves: &dyn Fn(u16) -> bool| (serves(source) != serves(target)).then(|| serves(target));
        tells(&|port| port == HTTPS).or_else(|| tells(&|port| self.ports.contains(port)))
    }

    fn add(&mut self, ledger: &mut Ledger, connection: Connection, news: News) {
        if self.all.len() >= self.most {
            ledger.health.evicted += 1;
            self.end_one(ledger, connection.last);
        }
        let number = self.next;
        self.next += 1;
        if let Some(key) = connection.paths.first() {
            let client_second = Ends::of(*key) != connection.ends;
            self.paths.insert(*key, Path { number, client_second });
        }
        self.all.insert(number, connection);
        ledger.health.unread("QUIC", 1);
        self.note(ledger, number, news);
    }

    fn note(&mut self, ledger: &mut Ledger, number: u64, news: News) {
        if news.refused {
            ledger.health.odd("QUIC handshake not understood");
        }
        for identity in news.identities.into_iter().filter(|identity| identity.len() >= LEAST_FOUND) {
            if let Entry::Vacant(vacant) = self.identities.entry(identity) {
                vacant.insert(number);
                self.count_length(identity, 1);
            }
        }
        let hello = self.all.get(&number).map(|connection| &connection.hello).filter(|_| news.greeted);
        if let Some(hello) = hello.filter(|hello| !hello.server_name.is_empty()) {
            ledger.health.name_server(&hello.server_name, self.server_names);
        }
    }

    fn end(&mut self, ledger: &mut Ledger, number: u64, time: f64) {
        let Some(mut connection) = self.all.remove(&number) else {
            return;
        };
        connection.close(&mut ledger.budget);
        for path in &connection.paths {
            self.paths.remove(path);
        }
        for identity in &connection.identities {
            if self.identities.get(identity) == Some(&number) {
                self.identities.remove(identity);
                self.count_length(*identity, -1);
            }
        }
        if self.wanted {
            self.ended.push(connection.row(time));
        }
    }

    fn count_length(&mut self, identity: Identity, change: isize) {
        if let Some(count) = self.lengths.get_mut(identity.len()) {
            *count = count.saturating_add_signed(change);
        }
    }
}

/// Start a connection with a datagram.
fn started(ledger: &mut Ledger, datagram: &Datagram<'_>, from_client: bool) -> (Connection, News) {
    let client_key = if from_client { datagram.key } else { datagram.key.reversed() };
    let mut connection = Connection::new(datagram.time, client_key, named_version(datagram.bytes));
    let news = connection.take(&mut ledger.budget, datagram, from_client);
    (connection, news)
}

/// Return whether a datagram may prove that it starts a connection: its version is known, so it can be opened or read.
fn may_prove(bytes: &[u8]) -> bool {
    let version = be32(bytes, 1).unwrap_or_default();
    is_long(bytes) && !protections(version).is_empty() || plain_version(bytes).is_some()
}

/// Return the version that the first packet of a datagram names; 0 if it negotiates.
fn named_version(bytes: &[u8]) -> u32 {
    plain_version(bytes).or_else(|| be32(bytes, 1).ok()).unwrap_or_default()
}
