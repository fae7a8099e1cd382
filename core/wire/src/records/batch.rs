//! A batch of records, column by column.

use std::net::IpAddr;

use features::Vector as Features;

use super::derived;
use super::details::{Details, protocol_of};
use super::ending::Ending;
use super::handshakes::HandshakeRow;
use super::owned::OwnerColumn;
use super::strains::StrainRow;
use super::texts::{Codes, Interner};
use super::{Asked, Content, Field, QuicRow};
use crate::datagrams::Datagram;
use crate::dns::LookupColumns;

/// Marks an exchange whose request was not seen.
pub const NO_REQUEST: u32 = u32::MAX;
/// Marks an exchange without a status.
pub const NO_STATUS: i64 = -1;

/// A kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A request whose head is complete.
    Request,
    /// A request and its outcome, or a response whose request was not seen.
    Exchange,
    /// A closed TCP connection.
    Connection,
    /// A TLS ClientHello.
    Hello,
    /// A TLS handshake.
    Handshake,
    /// A QUIC connection that has ended.
    Quic,
    /// An IP packet or a DNS answer.
    Datagram,
    /// A DNS lookup.
    Lookup,
    /// The content of the exchange before it.
    Content,
    /// What wears out a server.
    Strain,
}

/// The requests of the batch, and earlier ones to which its exchanges belong.
#[derive(Debug, Default)]
pub struct AskedColumns {
    /// Capture times of their first bytes.
    pub time: Vec<f64>,
    /// Codes of `Batch::addresses`.
    pub client: Vec<u32>,
    /// TCP ports.
    pub client_port: Vec<u16>,
    /// Codes of `Batch::addresses`.
    pub server: Vec<u32>,
    /// TCP ports.
    pub server_port: Vec<u16>,
    /// Codes of `Batch::methods`.
    pub method: Vec<u32>,
    /// Codes of `Batch::hosts`.
    pub host: Vec<u32>,
    /// Codes of `Batch::versions`.
    pub version: Vec<u32>,
    /// Codes of `Batch::user_agents`.
    pub user_agent: Vec<u32>,
    /// Codes of `Batch::referrers`.
    pub referrer: Vec<u32>,
    /// Codes of `Batch::headers`.
    pub headers: Vec<u32>,
    /// Number of each request within its connection, counted from 1.
    pub ordinal: Vec<u64>,
    /// Rows whose client is not the peer of the connection, in ascending order, and the codes of the peers.
    pub(crate) sources: Vec<(u32, u32)>,
    targets: String,
    target_ends: Vec<usize>,
}

impl AskedColumns {
    /// Return the number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.time.len()
    }

    /// Return whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.time.is_empty()
    }

    /// Return the peer of the connection of each row: codes of `Batch::addresses`.
    #[must_use]
    pub fn sources(&self) -> Vec<u32> {
        dense_sources(&self.client, &self.sources)
    }

    /// Return the target of a row.
    #[must_use]
    pub fn target(&self, row: usize) -> &str {
        let start = row.checked_sub(1).and_then(|before| self.target_ends.get(before)).copied().unwrap_or_default();
        self.target_ends.get(row).and_then(|end| self.targets.get(start..*end)).unwrap_or_default()
    }
}

/// A row with oddities.
#[derive(Debug)]
pub struct OddRow {
    /// Its index.
    pub row: u32,
    /// Names of the oddities.
    pub names: Vec<&'static str>,
    /// How many of them, the first ones, belong to the response.
    pub of_response: u32,
}

/// The exchanges of the batch.
#[derive(Debug, Default)]
pub struct ExchangeColumns {
    /// Capture times of their ends.
    pub time: Vec<f64>,
    /// Codes of `Batch::addresses`.
    pub client: Vec<u32>,
    /// TCP ports.
    pub client_port: Vec<u16>,
    /// Codes of `Batch::addresses`.
    pub server: Vec<u32>,
    /// TCP ports.
    pub server_port: Vec<u16>,
    /// Rows of `Batch::asked`, or `NO_REQUEST`.
    pub asked: Vec<u32>,
    /// Final status codes, or `NO_STATUS`.
    pub status: Vec<i64>,
    /// Bytes of the request bodies.
    pub request_bytes: Vec<i64>,
    /// Bytes of the response bodies.
    pub response_bytes: Vec<i64>,
    /// Seconds from the first byte of the request to the first byte of the response; NaN if unknown.
    pub response_time: Vec<f64>,
    /// Seconds from the first byte of the request to the last byte of the response; NaN unless it is complete.
    pub total_time: Vec<f64>,
    /// Codes of `Batch::content_types`.
    pub content_type: Vec<u32>,
    /// Codes of `Batch::headers`.
    pub headers: Vec<u32>,
    /// Bytes of their messages that the capture lost.
    pub missing_bytes: Vec<i64>,
    /// How they ended: codes of `Ending`.
    pub ending: Vec<u8>,
    /// Capture times of the first response bytes; NaN without a response.
    pub answered: Vec<f64>,
    /// Rows with oddities, in ascending order.
    pub oddities: Vec<OddRow>,
    /// Rows whose client is not the peer of the connection, in ascending order, and the codes of the peers.
    pub(crate) sources: Vec<(u32, u32)>,
    /// Rows with details, in ascending order.
    pub details: Vec<(u32, Details)>,
    /// Rows with features of their requests, in ascending order.
    pub features: Vec<(u32, Features)>,
    /// Whose connections they came over.
    pub owners: OwnerColumn,
}

impl ExchangeColumns {
    /// Return the peer of the connection of each row: codes of `Batch::addresses`.
    #[must_use]
    pub fn sources(&self) -> Vec<u32> {
        dense_sources(&self.client, &self.sources)
    }

    /// Return the oddities of each row, separated by commas; the texts of nearly all rows are empty.
    #[must_use]
    pub fn oddity_texts(&self) -> Codes {
        let mut column = Codes::default();
        column.push(Some(""));
        column.codes.resize(self.time.len(), 0);
        for OddRow { row, names, .. } in &self.oddities {
            if let Some(place) = column.codes.get_mut(*row as usize) {
                *place = column.texts.code(&names.join(", ")).cast_signed();
            }
        }
        column
    }

    /// Return how many of the oddities of each row, the first ones, belong to the response.
    #[must_use]
    pub fn response_oddities(&self) -> Vec<i64> {
        let mut column = vec![0; self.time.len()];
        for odd in &self.oddities {
            if let Some(place) = column.get_mut(odd.row as usize) {
                *place = i64::from(odd.of_response);
            }
        }
        column
    }
}

/// An exchange to be added to the columns.
pub(crate) struct Exchange {
    pub(crate) time: f64,
    pub(crate) status: Option<u16>,
    pub(crate) request_bytes: u64,
    pub(crate) response_bytes: u64,
    pub(crate) response_time: Option<f64>,
    pub(crate) total_time: Option<f64>,
    pub(crate) content_type: String,
    pub(crate) headers: String,
    pub(crate) missing_bytes: u64,
    pub(crate) ending: Ending,
    pub(crate) answered: Option<f64>,
    pub(crate) oddities: Vec<&'static str>,
    /// How many of them, the first ones, belong to the response.
    pub(crate) response_oddities: u32,
    /// None for HTTP/1 without anything else in it.
    pub(crate) details: Option<Box<Details>>,
}

/// A closed TCP connection that carried bytes, HTTP or not.
#[derive(Clone, Debug)]
pub struct ConnectionRow {
    /// Capture time of the end.
    pub time: f64,
    /// Client address and port.
    pub client: (IpAddr, u16),
    /// Server address and port.
    pub server: (IpAddr, u16),
    /// Capture time of the SYN, or of the first packet seen.
    pub started: f64,
    /// Seconds from the client's SYN to the server's; None if one of them was not seen.
    pub connect_time: Option<f64>,
    /// Number of HTTP requests decoded.
    pub requests: u64,
    /// Retransmitted payload bytes of both directions.
    pub resent_bytes: u64,
    /// How it ended.
    pub ending: Ending,
}

/// The start of a TLS connection whose client named the server (RFC 6066 section 3).
#[derive(Clone, Debug)]
pub struct HelloRow {
    /// Capture time of the last byte of the name.
    pub time: f64,
    /// Client address and port.
    pub client: (IpAddr, u16),
    /// Server address and port.
    pub server: (IpAddr, u16),
    /// Server name in lower case.
    pub server_name: String,
}

/// The records of a period.
#[derive(Debug, Default)]
pub struct Batch {
    /// The kind of each record, in the order in which they were emitted.
    pub order: Vec<Kind>,
    /// Requests of this batch, and those to which its exchanges belong.
    pub asked: AskedColumns,
    /// Rows of `asked` that are records of this batch.
    pub requests: Vec<u32>,
    /// Exchanges.
    pub exchanges: ExchangeColumns,
    /// Closed connections.
    pub connections: Vec<ConnectionRow>,
    /// ClientHellos.
    pub hellos: Vec<HelloRow>,
    /// TLS handshakes.
    pub handshakes: Vec<HandshakeRow>,
    /// IP packets and DNS answers.
    pub datagrams: Vec<Datagram>,
    /// QUIC connections.
    pub quic: Vec<QuicRow>,
    /// DNS lookups.
    pub lookups: LookupColumns,
    /// Contents of exchanges.
    pub contents: Vec<Content>,
    /// What wears out servers.
    pub strains: Vec<StrainRow>,
    /// Addresses of clients and servers.
    pub addresses: Interner,
    /// Methods.
    pub methods: Interner,
    /// Host fields.
    pub hosts: Interner,
    /// HTTP versions.
    pub versions: Interner,
    /// User agents.
    pub user_agents: Interner,
    /// Referrers.
    pub referrers: Interner,
    /// Media types.
    pub content_types: Interner,
    /// Named fields of requests and responses, as lines of `name: value`. Code 0 is the empty text; there are no texts
    /// if no row has another.
    pub headers: Interner,
}

/// The endpoints of a connection: addresses as codes, and ports.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EndCodes {
    pub(crate) client: u32,
    pub(crate) client_port: u16,
    pub(crate) server: u32,
    pub(crate) server_port: u16,
    /// The peer of the connection, which is usually the client.
    pub(crate) source: u32,
}

/// Note the peer of a row if it is not the client.
fn push_source(sources: &mut Vec<(u32, u32)>, row: u32, ends: EndCodes) {
    if ends.source != ends.client {
        sources.push((row, ends.source));
    }
}

/// Return the code of the peer in each row.
fn dense_sources(clients: &[u32], sources: &[(u32, u32)]) -> Vec<u32> {
    let mut codes = clients.to_vec();
    for (row, source) in sources {
        if let Some(code) = codes.get_mut(*row as usize) {
            *code = *source;
        }
    }
    codes
}

impl Batch {
    /// Add a row to `asked`.
    pub(crate) fn push_asked(&mut self, ends: EndCodes, asked: &Asked) -> u32 {
        let columns = &mut self.asked;
        let row = columns.time.len() as u32;
        push_source(&mut columns.sources, row, ends);
        columns.time.push(asked.time);
        columns.client.push(ends.client);
        columns.client_port.push(ends.client_port);
        columns.server.push(ends.server);
        columns.server_port.push(ends.server_port);
        columns.method.push(self.methods.code(asked.text(Field::Method)));
        columns.host.push(self.hosts.code(asked.text(Field::Host)));
        columns.version.push(self.versions.code(asked.text(Field::Version)));
        columns.user_agent.push(self.user_agents.code(asked.text(Field::UserAgent)));
        columns.referrer.push(self.referrers.code(asked.text(Field::Referrer)));
        columns.headers.push(header_code(&mut self.headers, asked.text(Field::Headers)));
        columns.ordinal.push(asked.ordinal);
        columns.targets.push_str(asked.text(Field::Target));
        columns.target_ends.push(columns.targets.len());
        row
    }

    /// Add a row to `exchanges`.
    pub(crate) fn push_exchange(
        &mut self,
        ends: EndCodes,
        asked: u32,
        exchange: Exchange,
        described: Option<Features>,
    ) {
        let columns = &mut self.exchanges;
        let row = columns.time.len() as u32;
        push_source(&mut columns.sources, row, ends);
        if !exchange.oddities.is_empty() {
            let (names, of_response) = (exchange.oddities, exchange.response_oddities);
            columns.oddities.push(OddRow { row, names, of_response });
        }
        if let Some(details) = exchange.details {
            columns.describe(*details);
        }
        columns.features.extend(described.map(|features| (row, features)));
        columns.time.push(exchange.time);
        columns.client.push(ends.client);
        columns.client_port.push(ends.client_port);
        columns.server.push(ends.server);
        columns.server_port.push(ends.server_port);
        columns.asked.push(asked);
        columns.status.push(exchange.status.map_or(NO_STATUS, i64::from));
        columns.request_bytes.push(exchange.request_bytes.cast_signed());
        columns.response_bytes.push(exchange.response_bytes.cast_signed());
        columns.response_time.push(exchange.response_time.unwrap_or(f64::NAN));
        columns.total_time.push(exchange.total_time.unwrap_or(f64::NAN));
        columns.content_type.push(self.content_types.code(&exchange.content_type));
        columns.headers.push(header_code(&mut self.headers, &exchange.headers));
        columns.missing_bytes.push(exchange.missing_bytes.cast_signed());
        columns.ending.push(exchange.ending as u8);
        columns.answered.push(exchange.answered.unwrap_or(f64::NAN));
    }

    /// Return the host name of each row of `asked`, in lower case, without port and final dot; the server's address if
    /// unnamed.
    #[must_use]
    pub fn domains(&self) -> Codes {
        self.derived(derived::domain)
    }

    /// Return the requested host with its port, for each row of `asked`.
    #[must_use]
    pub fn authorities(&self) -> Codes {
        self.derived(|asked, out| out.push_str(asked.authority()))
    }

    /// Return the path of each row of `asked`, without query and fragment.
    #[must_use]
    pub fn paths(&self) -> Codes {
        self.derived(|asked, out| out.push_str(asked.path()))
    }

    /// Return the host and first path segment of each row of `asked`.
    #[must_use]
    pub fn sections(&self) -> Codes {
        self.derived(derived::section)
    }

    /// Return the target of each row of `asked`.
    #[must_use]
    pub fn targets(&self) -> Codes {
        self.derived(|asked, out| out.push_str(asked.target))
    }

    /// Return the protocol of each exchange; empty if neither its request nor anything else says it.
    #[must_use]
    pub fn protocols(&self) -> Codes {
        let mut texts = Interner::default();
        let by_version: Vec<u32> = self.versions.texts().map(|version| texts.code(&protocol_of(version))).collect();
        let unknown = texts.code("");
        let versions = self.exchanges.asked.iter().map(|row| self.asked.version.get(*row as usize));
        let code = |version: Option<&u32>| version.and_then(|version| by_version.get(*version as usize)).copied();
        let mut codes: Vec<i32> = versions.map(|version| code(version).unwrap_or(unknown).cast_signed()).collect();
        for (row, details) in self.exchanges.details.iter().filter(|(_, details)| !details.protocol.is_empty()) {
            if let Some(place) = codes.get_mut(*row as usize) {
                *place = texts.code(details.protocol).cast_signed();
            }
        }
        Codes { codes, texts }
    }

    /// Return the operation of each exchange; empty if it has none.
    #[must_use]
    pub fn operations(&self) -> Codes {
        self.detailed(|details| &details.operation)
    }

    /// Return the reason with which each WebSocket was closed; empty if none was given.
    #[must_use]
    pub fn close_reasons(&self) -> Codes {
        self.detailed(|details| &details.close_reason)
    }

    /// Return the version of TLS of each exchange; empty in the clear.
    #[must_use]
    pub fn tls_versions(&self) -> Codes {
        self.detailed(|details| details.secured.as_ref().map_or("", |secured| &secured.version))
    }

    /// Return the server name in TLS of each exchange; empty if there is none.
    #[must_use]
    pub fn server_names(&self) -> Codes {
        self.detailed(|details| details.secured.as_ref().map_or("", |secured| &secured.server_name))
    }

    /// Return the features of all exchanges, `features::COUNT` bytes each: zeros where there are none.
    #[must_use]
    pub fn features(&self) -> Vec<u8> {
        let mut bytes = vec![0; features::COUNT * self.exchanges.time.len()];
        for (row, described) in &self.exchanges.features {
            let start = features::COUNT * *row as usize;
            if let Some(place) = bytes.get_mut(start..start + features::COUNT) {
                place.copy_from_slice(described.bytes());
            }
        }
        bytes
    }

    fn detailed(&self, text: impl Fn(&Details) -> &str) -> Codes {
        let mut texts = Interner::default();
        let absent = texts.code("").cast_signed();
        let codes = self.exchanges.dense(absent, |details| texts.code(text(details)).cast_signed());
        Codes { codes, texts }
    }

    fn derived(&self, write: impl Fn(&derived::Target<'_>, &mut String)) -> Codes {
        let (mut codes, mut text) = (Codes::with_room(self.asked.len()), String::new());
        let columns = &self.asked;
        for (row, ((method, host), server)) in columns.method.iter().zip(&columns.host).zip(&columns.server).enumerate()
        {
            let asked = derived::Target {
                connect: self.methods.get(*method) == Some("CONNECT"),
                host: self.hosts.get(*host).unwrap_or_default(),
                target: columns.target(row),
                server: self.addresses.get(*server).unwrap_or_default(),
            };
            text.clear();
            write(&asked, &mut text);
            codes.push(Some(&text));
        }
        codes
    }
}

/// Return the code of named fields. Usually none are kept, which takes no time.
fn header_code(headers: &mut Interner, text: &str) -> u32 {
    if text.is_empty() {
        return 0;
    }
    headers.code("");
    headers.code(text)
}
