//! Collects the current batch, within limits, because it may be taken late.

use std::net::IpAddr;
use std::sync::Arc;

use features::Describer;

use super::address_codes::AddressCodes;
use super::batch::{Batch, ConnectionRow, EndCodes, Exchange, HelloRow, Kind, NO_REQUEST};
use super::handshakes::HandshakeRow;
use super::{Asked, Content, QuicRow, Secured, StrainRow};
use crate::address;
use crate::datagrams::Datagram;
use crate::dns::{Lists, Row};
use crate::forwarding::TrustedProxies;
use crate::health::Health;
use crate::http::Side;
use crate::key::Key;
use crate::limits::Limits;
use crate::owners::Owners;

/// The optional kinds of records to emit, besides requests and exchanges.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// Closed TCP connections.
    pub connections: bool,
    /// TLS ClientHellos.
    pub hellos: bool,
    /// TLS handshakes.
    pub handshakes: bool,
    /// IP packets of any kind.
    pub packets: bool,
    /// DNS answers.
    pub answers: bool,
    /// QUIC connections.
    pub quic: bool,
    /// DNS lookups.
    pub lookups: bool,
    /// Contents of exchanges.
    pub content: bool,
    /// What wears out servers.
    pub strains: bool,
}

/// Both ends of a connection, and whose requests it carries.
#[derive(Clone, Debug)]
pub(crate) struct Ends {
    pub(crate) client: (IpAddr, u16),
    pub(crate) server: (IpAddr, u16),
    /// The client that a trusted proxy named in a PROXY protocol header.
    announced: Option<IpAddr>,
    /// Whether the client is a trusted proxy, once that was asked.
    proxy: Option<bool>,
    /// What protects the connection; None in the clear.
    secured: Option<Arc<Secured>>,
    /// Codes of the addresses, with the number of the batch in which they are valid.
    codes: (u64, u32, u32),
}

impl Ends {
    pub(crate) fn new(client: (IpAddr, u16), server: (IpAddr, u16), secured: Option<Arc<Secured>>) -> Self {
        Self { client, server, announced: None, proxy: None, secured, codes: (u64::MAX, 0, 0) }
    }

    /// Return the ends of a connection; `key` is that of packets from the client.
    pub(crate) fn of(key: Key, secured: Option<Arc<Secured>>) -> Self {
        let ((client, server), (client_port, server_port)) = (key.addresses(), key.ports());
        Self::new((client, client_port), (server, server_port), secured)
    }

    /// Set the client that a trusted proxy named in a PROXY protocol header.
    pub(crate) fn announced(self, announced: Option<IpAddr>) -> Self {
        Self { announced, ..self }
    }

    /// Return whether requests come from a trusted proxy, so that they may name another client.
    pub(crate) fn is_proxy(&mut self, proxies: &TrustedProxies) -> bool {
        match self.proxy {
            Some(known) => known,
            None => *self.proxy.insert(proxies.contains(self.announced.unwrap_or(self.client.0))),
        }
    }
}

/// Collects records, and discards those that exceed the limits until the batch is taken.
#[derive(Debug, Default)]
pub struct Collector {
    batch: Batch,
    address_codes: AddressCodes,
    /// Number of the current batch.
    number: u64,
    characters: usize,
    most_records: usize,
    most_characters: usize,
    /// Bytes of the contents, which are limited apart, so that they push out no other record.
    content_bytes: usize,
    most_content: usize,
    keeps_content: bool,
    /// Finds the features of exchanges; None if nobody wants them.
    describer: Option<Box<Describer>>,
    full: bool,
    /// Whether `strain` emits anything.
    pub(crate) strains: bool,
    pub(crate) owners: Owners,
}

impl Collector {
    /// Create an empty collector of the wanted records with these limits.
    #[must_use]
    pub fn new(limits: &Limits, wanted: Wanted) -> Self {
        Self {
            most_records: limits.waiting_records,
            most_characters: limits.waiting_characters,
            most_content: limits.waiting_content,
            keeps_content: wanted.content,
            describer: limits.features.then(Box::default),
            strains: wanted.strains,
            owners: Owners::new(limits.owners),
            ..Self::default()
        }
    }

    /// Return the number of records that wait to be taken.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.batch.order.len()
    }

    /// Return the characters of the records that wait to be taken, and the bytes of their contents.
    #[must_use]
    pub fn characters(&self) -> usize {
        self.characters + self.content_bytes
    }

    /// Return whether heads and bodies of a side are to be kept.
    #[inline]
    pub(crate) fn keeps(&self, side: Side) -> bool {
        self.keeps_content || self.describer.is_some() && side == Side::Requests
    }

    /// Take the batch, and start another.
    pub fn take(&mut self, health: &mut Health) -> Batch {
        health.unknown_owners += self.batch.exchanges.owners.settle(&mut self.owners);
        health.forgotten_owners = self.owners.forgotten;
        health.unasked_owners = self.owners.unasked;
        self.number += 1;
        self.characters = 0;
        self.content_bytes = 0;
        self.full = false;
        self.address_codes.clear();
        std::mem::take(&mut self.batch)
    }

    /// Return whether another record fits; once one does not, none does until the batch is taken.
    fn admits(&mut self, health: &mut Health, kind: Kind, characters: usize) -> bool {
        self.full = self.full
            || self.batch.order.len() - self.batch.contents.len() >= self.most_records
            || self.characters + characters > self.most_characters;
        if self.full {
            health.lost += 1;
        } else {
            self.characters += characters;
            self.batch.order.push(kind);
        }
        !self.full
    }

    pub(crate) fn request(&mut self, health: &mut Health, ends: &mut Ends, asked: &mut Asked) {
        if self.admits(health, Kind::Request, asked.characters) {
            let row = self.row(ends, asked);
            self.batch.requests.push(row);
        }
    }

    pub(crate) fn exchange(
        &mut self,
        health: &mut Health,
        ends: &mut Ends,
        asked: Option<&mut Asked>,
        mut exchange: Exchange,
        content: Option<Content>,
    ) {
        if let Some(secured) = &ends.secured {
            exchange.details.get_or_insert_default().secured = Some(Arc::clone(secured));
        }
        let details = exchange.details.as_ref().map_or(0, |details| details.characters());
        let characters = exchange.content_type.chars().count() + exchange.headers.chars().count() + details;
        let described = content.as_ref().zip(self.describer.as_deref_mut());
        let described = described.and_then(|(content, describer)| content.features(describer));
        let characters = characters + described.map_or(0, |_| 2 * features::COUNT);
        if self.admits(health, Kind::Exchange, characters) {
            let (codes, row) = match asked {
                Some(asked) => (self.codes(ends, asked.client.as_ref()), self.row(ends, asked)),
                None => (self.codes(ends, None), NO_REQUEST),
            };
            self.batch.push_exchange(codes, row, exchange, described);
            if self.owners.wanted() {
                self.batch.exchanges.owners.push(&self.owners, ends.client, ends.server);
            }
        }
        if let Some(content) = content.filter(|_| self.keeps_content) {
            self.content(health, content);
        }
    }

    /// Add the content of the exchange that was added last. If it does not fit, it alone is dropped.
    #[cold]
    fn content(&mut self, health: &mut Health, content: Content) {
        let bytes = content.memory();
        if self.full || self.content_bytes + bytes > self.most_content {
            return health.odd("content not kept");
        }
        self.content_bytes += bytes;
        let exchange = self.batch.exchanges.time.len().saturating_sub(1) as u32;
        self.batch.order.push(Kind::Content);
        self.batch.contents.push(Content { exchange, ..content });
    }

    pub(crate) fn connection(&mut self, health: &mut Health, connection: ConnectionRow) {
        if self.admits(health, Kind::Connection, 0) {
            self.batch.connections.push(connection);
        }
    }

    pub(crate) fn hello(&mut self, health: &mut Health, hello: HelloRow) {
        if self.admits(health, Kind::Hello, 0) {
            self.batch.hellos.push(hello);
        }
    }

    pub(crate) fn quic(&mut self, health: &mut Health, row: QuicRow) {
        if self.admits(health, Kind::Quic, row.characters()) {
            self.batch.quic.push(row);
        }
    }

    pub(crate) fn handshake(&mut self, health: &mut Health, handshake: HandshakeRow) {
        if self.admits(health, Kind::Handshake, handshake.facts.size()) {
            self.batch.handshakes.push(handshake);
        }
    }

    pub(crate) fn datagram(&mut self, health: &mut Health, datagram: Datagram) {
        if self.admits(health, Kind::Datagram, 0) {
            self.batch.datagrams.push(datagram);
        }
    }

    pub(crate) fn lookup(&mut self, health: &mut Health, row: &Row, lists: Lists<'_>) {
        if self.admits(health, Kind::Lookup, lists.name.len()) {
            let Self { batch, address_codes, .. } = self;
            let client = row.client.map(|client| address_codes.code(client, &mut batch.addresses));
            let server = address_codes.code(row.server, &mut batch.addresses);
            let client = client.unwrap_or_else(|| batch.addresses.code(""));
            batch.lookups.push(row, client, server, lists);
        }
    }

    /// Emit what wears out a server, if that is wanted.
    pub(crate) fn strain(&mut self, health: &mut Health, row: StrainRow) {
        if self.strains && self.admits(health, Kind::Strain, 0) {
            self.batch.strains.push(row);
        }
    }

    /// Return the row of a request in this batch, which is added if missing.
    fn row(&mut self, ends: &mut Ends, asked: &mut Asked) -> u32 {
        let (batch, row) = asked.row;
        if batch == self.number {
            return row;
        }
        let codes = self.codes(ends, asked.client.as_ref());
        let row = self.batch.push_asked(codes, asked);
        asked.row = (self.number, row);
        row
    }

    /// Return the codes of both ends, and of the client that a request named.
    fn codes(&mut self, ends: &mut Ends, named: Option<&IpAddr>) -> EndCodes {
        if ends.codes.0 != self.number {
            let source = self.batch.addresses.code(&address::text(ends.client.0));
            let server = self.batch.addresses.code(&address::text(ends.server.0));
            ends.codes = (self.number, source, server);
        }
        let (_, source, server) = ends.codes;
        let client = match named.or(ends.announced.as_ref()) {
            Some(client) => self.address_codes.code(*client, &mut self.batch.addresses),
            None => source,
        };
        EndCodes { client, client_port: ends.client.1, server, server_port: ends.server.1, source }
    }
}
