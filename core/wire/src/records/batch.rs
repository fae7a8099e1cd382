//! A batch: the records of a while, column by column.

use std::net::IpAddr;

use super::derived;
use super::ending::Ending;
use super::texts::{Codes, Interner};
use super::{Asked, Field};
use crate::datagrams::Datagram;

/// Stands for the request of an exchange whose request was not seen.
pub const NO_REQUEST: u32 = u32::MAX;
/// Stands for the status of an exchange without one.
pub const NO_STATUS: i64 = -1;

/// A kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A request whose head is complete.
    Request,
    /// A request with what became of it, or a response whose request was not seen.
    Exchange,
    /// A TCP connection that is over.
    Connection,
    /// A ClientHello of TLS.
    Hello,
    /// An IP packet, or an answer of a name server.
    Datagram,
}

/// Requests of the batch, and those of earlier ones that an exchange of it answers.
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
    /// Which request of its connection each is, from 1.
    pub ordinal: Vec<u64>,
    targets: String,
    target_ends: Vec<usize>,
}

impl AskedColumns {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.time.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.time.is_empty()
    }

    /// The target of a row.
    #[must_use]
    pub fn target(&self, row: usize) -> &str {
        let start = row.checked_sub(1).and_then(|before| self.target_ends.get(before)).copied().unwrap_or_default();
        self.target_ends.get(row).and_then(|end| self.targets.get(start..*end)).unwrap_or_default()
    }
}

/// Exchanges of the batch.
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
    /// Body bytes sent.
    pub request_bytes: Vec<i64>,
    /// Body bytes answered.
    pub response_bytes: Vec<i64>,
    /// Seconds from the first byte of the request to the first byte of the response; NaN where it is not known.
    pub response_time: Vec<f64>,
    /// Seconds from the first byte of the request to the last byte of the response; NaN unless it is complete.
    pub total_time: Vec<f64>,
    /// Codes of `Batch::content_types`.
    pub content_type: Vec<u32>,
    /// Bytes of their messages that the capture lost.
    pub missing_bytes: Vec<i64>,
    /// How they ended.
    pub ending: Vec<u8>,
    /// Capture times of the first bytes of their responses; NaN without one.
    pub answered: Vec<f64>,
    /// What was wrong with messages: rows that have any, in ascending order, with the names.
    pub oddities: Vec<(u32, Vec<&'static str>)>,
}

/// One exchange, on its way into the columns.
pub(crate) struct Exchange {
    pub(crate) time: f64,
    pub(crate) status: Option<u16>,
    pub(crate) request_bytes: u64,
    pub(crate) response_bytes: u64,
    pub(crate) response_time: Option<f64>,
    pub(crate) total_time: Option<f64>,
    pub(crate) content_type: String,
    pub(crate) missing_bytes: u64,
    pub(crate) ending: Ending,
    pub(crate) answered: Option<f64>,
    pub(crate) oddities: Vec<&'static str>,
}

/// A TCP connection that carried bytes, HTTP or not, and is over.
#[derive(Clone, Debug)]
pub struct ConnectionRow {
    /// Capture time of its end.
    pub time: f64,
    /// Client address and port.
    pub client: (IpAddr, u16),
    /// Server address and port.
    pub server: (IpAddr, u16),
    /// Capture time of its SYN, or of the first packet that was seen.
    pub started: f64,
    /// Seconds from the client's SYN to the server's; None if one of them was not seen.
    pub connect_time: Option<f64>,
    /// HTTP requests that were read in it.
    pub requests: u64,
    /// Payload bytes that came again, in both directions.
    pub resent_bytes: u64,
    /// How it ended.
    pub ending: Ending,
}

/// A TLS connection began, and its client said which server it wants (RFC 6066 section 3).
#[derive(Clone, Debug)]
pub struct HelloRow {
    /// Capture time of the name's last byte.
    pub time: f64,
    /// Client address and port.
    pub client: (IpAddr, u16),
    /// Server address and port.
    pub server: (IpAddr, u16),
    /// The name in lower case.
    pub server_name: String,
}

/// The records of a while.
#[derive(Debug, Default)]
pub struct Batch {
    /// The kind of each record, in the order in which they were given out.
    pub order: Vec<Kind>,
    /// Requests, and those that exchanges answer.
    pub asked: AskedColumns,
    /// Rows of `asked` that are records of this batch.
    pub requests: Vec<u32>,
    /// Exchanges.
    pub exchanges: ExchangeColumns,
    /// Connections that are over.
    pub connections: Vec<ConnectionRow>,
    /// ClientHellos.
    pub hellos: Vec<HelloRow>,
    /// IP packets and answers of name servers.
    pub datagrams: Vec<Datagram>,
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
}

/// Addresses, as codes, and ports of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EndCodes {
    pub(crate) client: u32,
    pub(crate) client_port: u16,
    pub(crate) server: u32,
    pub(crate) server_port: u16,
}

impl Batch {
    /// A row of `asked`.
    pub(crate) fn push_asked(&mut self, ends: EndCodes, asked: &Asked) -> u32 {
        let columns = &mut self.asked;
        let row = columns.time.len() as u32;
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
        columns.ordinal.push(asked.ordinal);
        columns.targets.push_str(asked.text(Field::Target));
        columns.target_ends.push(columns.targets.len());
        row
    }

    /// A row of `exchanges`.
    pub(crate) fn push_exchange(&mut self, ends: EndCodes, asked: u32, exchange: Exchange) {
        let columns = &mut self.exchanges;
        if !exchange.oddities.is_empty() {
            columns.oddities.push((columns.time.len() as u32, exchange.oddities));
        }
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
        columns.missing_bytes.push(exchange.missing_bytes.cast_signed());
        columns.ending.push(exchange.ending as u8);
        columns.answered.push(exchange.answered.unwrap_or(f64::NAN));
    }

    /// Host name of each row of `asked`, in lower case, without port and final dot; the server's where none was named.
    #[must_use]
    pub fn domains(&self) -> Codes {
        self.derived(derived::domain)
    }

    /// Who is asked, with the port, for each row of `asked`.
    #[must_use]
    pub fn authorities(&self) -> Codes {
        self.derived(|asked, out| out.push_str(asked.authority()))
    }

    /// The target's path of each row of `asked`, without query and fragment.
    #[must_use]
    pub fn paths(&self) -> Codes {
        self.derived(|asked, out| out.push_str(asked.path()))
    }

    /// Host and first segment of the path of each row of `asked`.
    #[must_use]
    pub fn sections(&self) -> Codes {
        self.derived(derived::section)
    }

    /// The target of each row of `asked`.
    #[must_use]
    pub fn targets(&self) -> Codes {
        self.derived(|asked, out| out.push_str(asked.target))
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
