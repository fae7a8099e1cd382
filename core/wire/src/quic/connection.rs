//! One QUIC connection: what its handshake says, and what it moves.

use std::net::IpAddr;

use super::frames::crypto_frames;
use super::google::{chlo, find_chlo, plain_version};
use super::handshake::{Found, Handshake};
use super::hello::Hello;
use super::identity::{Identity, LEAST_IDENTITY};
use super::keys::Keys;
use super::packets::{Content, Initial, Long, long_packets};
use super::versions::{self, is_googles, protections};
use crate::health::Budget;
use crate::key::Key;
use crate::records::QuicRow;

/// Maximum attempts to open packets of a connection. A ClientHello rarely needs more than two packets.
const MOST_ATTEMPTS: u8 = 32;
/// Maximum connection ids of a server that are remembered for a connection.
const MOST_IDENTITIES: usize = 8;
/// Within this time, a first packet may belong to a connection that was seen before: it was captured out of order, or
/// the client starts again. Later, it starts another connection.
const AGAIN: f64 = 3.0;

/// A datagram of UDP.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Datagram<'a> {
    /// Capture time.
    pub(crate) time: f64,
    pub(crate) key: Key,
    /// The captured bytes of the payload.
    pub(crate) bytes: &'a [u8],
    /// Length of the payload.
    pub(crate) size: usize,
    /// Whether the port of HTTP/3 or a monitored port is among its ports.
    pub(crate) listed: bool,
}

/// What became known with a datagram.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct News {
    /// Whether the client's hello is complete now.
    pub(super) greeted: bool,
    /// Whether a hello was given up because it exceeds a limit or is none.
    pub(super) refused: bool,
    /// Connection ids that the server chose.
    pub(super) identities: Vec<Identity>,
    /// Whether another connection starts between the same endpoints.
    pub(super) another: bool,
}

/// Both endpoints: address and port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ends {
    pub(super) client: (IpAddr, u16),
    pub(super) server: (IpAddr, u16),
}

impl Ends {
    /// Return the endpoints of a packet that the client sent.
    pub(super) fn of(key: Key) -> Self {
        let ((client, server), (client_port, server_port)) = (key.addresses(), key.ports());
        Self { client: (client, client_port), server: (server, server_port) }
    }
}

/// Datagrams of a direction.
#[derive(Clone, Copy, Debug, Default)]
struct Volume {
    packets: u64,
    bytes: u64,
}

/// A connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) ends: Ends,
    pub(super) last: f64,
    pub(super) hello: Hello,
    pub(super) migrated: bool,
    /// The addresses and ports between which it was seen, in the order of `Key::canonical`.
    pub(super) paths: Vec<Key>,
    /// Connection ids that the server chose, and those to which the client sent before.
    pub(super) identities: Vec<Identity>,
    started: f64,
    version: u32,
    /// Whether a packet of the client was opened, or its CHLO was read: so this is QUIC, and it is the client.
    pub(super) proven: bool,
    keys: Option<Keys>,
    handshake: Handshake,
    /// Whether nothing more is read of the handshake.
    over: bool,
    attempts: u8,
    /// Whether the client has sent a token.
    has_token: bool,
    /// Whether the server has asked for another version, for a new start, or has begun its handshake.
    negotiated: bool,
    retry: bool,
    answered: bool,
    zero_rtt: u64,
    from_client: Volume,
    from_server: Volume,
    news: News,
}

impl Connection {
    /// Create a connection of a version, which a datagram with this key of the client's starts.
    pub(super) fn new(time: f64, client_key: Key, version: u32) -> Self {
        Self {
            ends: Ends::of(client_key),
            last: time,
            hello: Hello::default(),
            migrated: false,
            paths: vec![client_key.canonical().0],
            identities: Vec::new(),
            started: time,
            version,
            proven: false,
            keys: None,
            handshake: Handshake::default(),
            over: false,
            attempts: 0,
            has_token: false,
            negotiated: false,
            retry: false,
            answered: false,
            zero_rtt: 0,
            from_client: Volume::default(),
            from_server: Volume::default(),
            news: News::default(),
        }
    }

    /// Count a datagram, and read its packets with long headers.
    pub(super) fn take(&mut self, budget: &mut Budget, datagram: &Datagram<'_>, from_client: bool) -> News {
        if from_client && !self.over && plain_version(datagram.bytes).is_some() {
            self.plain_packet(datagram.bytes);
        }
        for packet in long_packets(datagram.bytes) {
            if from_client {
                self.client_packet(budget, datagram.time, &packet);
            } else {
                self.server_packet(&packet);
            }
            if self.news.another {
                return std::mem::take(&mut self.news);
            }
        }
        self.last = self.last.max(datagram.time);
        let volume = if from_client { &mut self.from_client } else { &mut self.from_server };
        volume.packets += 1;
        volume.bytes += datagram.size as u64;
        std::mem::take(&mut self.news)
    }

    /// Give up reading the handshake, and release what was kept for it.
    pub(super) fn close(&mut self, budget: &mut Budget) {
        self.handshake.clear(budget);
        self.over = true;
    }

    /// Return its record.
    pub(super) fn row(self, time: f64) -> QuicRow {
        QuicRow {
            time: time.max(self.last),
            client: self.ends.client,
            server: self.ends.server,
            started: self.started,
            version: versions::name(self.version),
            server_name: self.hello.server_name,
            alpn: self.hello.alpn,
            ja4: self.hello.ja4,
            ech: self.hello.ech,
            zero_rtt: self.zero_rtt,
            retry: self.retry,
            migrated: self.migrated,
            client_packets: self.from_client.packets,
            client_bytes: self.from_client.bytes,
            server_packets: self.from_server.packets,
            server_bytes: self.from_server.bytes,
            duration: self.last - self.started,
            user_agent: self.hello.user_agent,
        }
    }

    /// Read a packet of one of Google's versions that do not encrypt the first ones.
    fn plain_packet(&mut self, bytes: &[u8]) {
        if let Some(chlo) = find_chlo(bytes) {
            (self.over, self.proven) = (true, true);
            self.greet(Hello::of_google(&chlo));
        }
    }

    fn client_packet(&mut self, budget: &mut Budget, time: f64, packet: &Long<'_>) {
        match packet.content {
            Content::Initial(initial) => self.initial(budget, time, packet, &initial),
            Content::ZeroRtt => self.zero_rtt += 1,
            _ => {}
        }
    }

    fn server_packet(&mut self, packet: &Long<'_>) {
        match packet.content {
            Content::Negotiation => self.negotiated |= !self.answered,
            Content::Retry if !self.answered && !self.retry => {
                (self.retry, self.keys) = (true, None);
                self.remember(packet.source);
            }
            Content::Initial(_) | Content::Handshake => {
                self.answered = true;
                self.version = packet.version; // the server may choose a compatible one (RFC 9368 section 2.3)
                if self.remember(packet.source) {
                    self.news.identities.push(packet.source);
                }
            }
            _ => {}
        }
    }

    /// Remember a connection id of the server; return whether it is new and there is room for it.
    fn remember(&mut self, identity: Identity) -> bool {
        let new = !self.identities.contains(&identity) && self.identities.len() < MOST_IDENTITIES;
        if new {
            self.identities.push(identity);
        }
        new
    }

    /// Read an Initial packet of the client.
    fn initial(&mut self, budget: &mut Budget, time: f64, packet: &Long<'_>, initial: &Initial<'_>) {
        let known = self.identities.contains(&packet.destination);
        if self.attempts >= MOST_ATTEMPTS || known && self.over {
            return;
        }
        self.attempts += 1;
        let opened = match self.keys.filter(|_| known) {
            Some(keys) => keys.open(initial),
            None => self.first(budget, time, packet, initial),
        };
        if let Some(content) = opened {
            self.remember(packet.destination);
            self.has_token |= initial.has_token;
            self.read(budget, &content);
        }
    }

    /// Open a packet that seems to be the first with its keys.
    fn first(&mut self, budget: &mut Budget, time: f64, packet: &Long<'_>, initial: &Initial<'_>) -> Option<Vec<u8>> {
        let Some((keys, content)) = first_opened(packet, initial) else {
            // Perhaps the server chose this connection id in a packet that was not captured.
            return self.keys.and_then(|keys| keys.open(initial));
        };
        let after_retry = self.proven && initial.has_token && !self.has_token;
        if !self.identities.contains(&packet.destination) && !self.goes_on(time, packet.version, after_retry) {
            self.news.another = true;
            return None;
        }
        self.retry |= after_retry && !self.negotiated;
        (self.proven, self.keys, self.version) = (true, Some(keys), packet.version);
        self.handshake.clear(budget); // it starts again
        Some(content)
    }

    /// Return whether the connection starts again: with another version, or after a Retry.
    fn goes_on(&self, time: f64, version: u32, after_retry: bool) -> bool {
        if self.proven {
            let again = self.negotiated || after_retry || version != self.version;
            again && !self.answered && time - self.last < AGAIN
        } else {
            self.retry || time - self.started < AGAIN
        }
    }

    /// Read the content of an Initial packet of the client.
    fn read(&mut self, budget: &mut Budget, content: &[u8]) {
        if self.over {
            return;
        }
        let kept = crypto_frames(content, is_googles(self.version)).all(|frame| self.handshake.add(budget, frame));
        let hello = match self.handshake.hello() {
            Found::Part if kept && self.attempts < MOST_ATTEMPTS => return,
            Found::Part => None,
            Found::Hello(body) => Some(Hello::of_tls(&body)),
            Found::Other(message) => chlo(&message).ok().map(|chlo| Hello::of_google(&chlo)),
        };
        self.news.refused = hello.is_none();
        hello.into_iter().for_each(|hello| self.greet(hello));
        self.close(budget);
    }

    fn greet(&mut self, hello: Hello) {
        self.hello = hello;
        self.news.greeted = true;
    }
}

/// Open a client's first packet, with keys that follow from its own connection id; also return the keys.
fn first_opened(packet: &Long<'_>, initial: &Initial<'_>) -> Option<(Keys, Vec<u8>)> {
    let destination = packet.destination.bytes();
    if destination.len() < LEAST_IDENTITY {
        return None;
    }
    protections(packet.version).iter().find_map(|protection| {
        let keys = Keys::new(protection, destination)?;
        keys.open(initial).map(|content| (keys, content))
    })
}
