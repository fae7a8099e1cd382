//! Lookups as rows, and as the columns of a batch.

use std::net::IpAddr;

use super::codes::extended_error;
use super::name::push_text;
use crate::records::{Ending, Interner};

/// The protocols, by their code in a row.
pub const KINDS: [&str; 3] = ["dns", "mdns", "llmnr"];
/// What carried a lookup, by its code in a row.
pub const TRANSPORTS: [&str; 2] = ["udp", "tcp"];
/// Marks a lookup without an answer.
pub const NO_RCODE: u16 = u16::MAX;
/// Marks a lookup whose question is unknown.
pub const NO_TYPE: u32 = u32::MAX;

/// The name in a question that the capture cut off.
const UNKNOWN: &str = "(unknown)";

/// A lookup, but for its texts and lists.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) time: f64,
    /// NaN if the query was not seen.
    pub(crate) started: f64,
    /// NaN if unanswered.
    pub(crate) response_time: f64,
    /// None for an announcement to all.
    pub(crate) client: Option<IpAddr>,
    pub(crate) client_port: u16,
    pub(crate) server: IpAddr,
    pub(crate) server_port: u16,
    pub(crate) kind: u8,
    pub(crate) transport: u8,
    pub(crate) operation: u8,
    /// Type of the question, or `NO_TYPE`.
    pub(crate) record_type: u32,
    /// Extended response code, or `NO_RCODE`.
    pub(crate) rcode: u16,
    pub(crate) flags: u8,
    /// What belongs to DNSSEC: bits in the order of `SEEN`.
    pub(crate) seen: u8,
    pub(crate) answers: u32,
    pub(crate) retries: u32,
    pub(crate) size: u32,
    pub(crate) truncated: bool,
    /// Whether the capture cut off the question.
    pub(crate) unnamed: bool,
    pub(crate) ending: Ending,
}

/// The lookups of a batch.
#[derive(Debug, Default)]
pub struct LookupColumns {
    /// Capture times of the answers, or when waiting for them ended.
    pub time: Vec<f64>,
    /// Capture times of the queries; NaN if they were not seen.
    pub started: Vec<f64>,
    /// Seconds from the query to the answer; NaN if unknown.
    pub response_time: Vec<f64>,
    /// Codes of `Batch::addresses`.
    pub client: Vec<u32>,
    /// Ports of the clients.
    pub client_port: Vec<u16>,
    /// Codes of `Batch::addresses`.
    pub server: Vec<u32>,
    /// Ports of the servers.
    pub server_port: Vec<u16>,
    /// Indexes in `KINDS`.
    pub kind: Vec<u8>,
    /// Indexes in `TRANSPORTS`.
    pub transport: Vec<u8>,
    /// Operation codes.
    pub operation: Vec<u8>,
    /// Codes of `names`.
    pub name: Vec<u32>,
    /// Types of the questions, or `NO_TYPE`.
    pub record_type: Vec<u32>,
    /// Response codes, or `NO_RCODE`.
    pub rcode: Vec<u16>,
    /// Bits in the order of `FLAGS`.
    pub flags: Vec<u8>,
    /// Bits in the order of `SEEN`.
    pub seen: Vec<u8>,
    /// Numbers of answer records.
    pub answers: Vec<u32>,
    /// Numbers of repeated queries.
    pub retries: Vec<u32>,
    /// Bytes of the answers.
    pub size: Vec<u32>,
    /// Whether an answer over UDP was truncated.
    pub truncated: Vec<bool>,
    /// How they ended: codes of `Ending`.
    pub ending: Vec<u8>,
    /// Rows with Extended DNS Errors, in ascending order, and these as text.
    pub errors: Vec<(u32, String)>,
    /// Names.
    pub names: Interner,
    addresses: Vec<IpAddr>,
    address_ends: Vec<u32>,
    /// Room for a name as text.
    text: String,
}

impl LookupColumns {
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

    /// Return the addresses in the answer of a row.
    #[must_use]
    pub fn addresses(&self, row: usize) -> &[IpAddr] {
        let end = |row: usize| self.address_ends.get(row).copied().unwrap_or_default() as usize;
        let start = row.checked_sub(1).map_or(0, end);
        self.addresses.get(start..end(row)).unwrap_or_default()
    }

    /// Add a row, whose addresses have these codes.
    pub(crate) fn push(&mut self, row: &Row, client: u32, server: u32, lists: Lists<'_>) {
        self.time.push(row.time);
        self.started.push(row.started);
        self.response_time.push(row.response_time);
        self.client.push(client);
        self.client_port.push(row.client_port);
        self.server.push(server);
        self.server_port.push(row.server_port);
        self.kind.push(row.kind);
        self.transport.push(row.transport);
        self.operation.push(row.operation);
        self.record_type.push(row.record_type);
        self.rcode.push(row.rcode);
        self.flags.push(row.flags);
        self.seen.push(row.seen);
        self.answers.push(row.answers);
        self.retries.push(row.retries);
        self.size.push(row.size);
        self.truncated.push(row.truncated);
        self.ending.push(row.ending as u8);
        self.push_name(row, lists.name);
        self.push_lists(lists);
    }

    fn push_name(&mut self, row: &Row, name: &[u8]) {
        self.text.clear();
        if row.unnamed {
            self.text.push_str(UNKNOWN);
        } else if row.record_type != NO_TYPE {
            push_text(name, &mut self.text);
        }
        let code = self.names.code(&self.text);
        self.name.push(code);
    }

    fn push_lists(&mut self, lists: Lists<'_>) {
        if !lists.errors.is_empty() {
            let text = lists.errors.iter().map(|code| error_text(*code)).collect::<Vec<_>>().join(", ");
            self.errors.push((self.time.len() as u32 - 1, text));
        }
        self.addresses.extend_from_slice(lists.addresses);
        self.address_ends.push(self.addresses.len() as u32);
    }
}

/// The lists of a lookup.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lists<'a> {
    /// Labels in lower case, each after its length.
    pub(crate) name: &'a [u8],
    pub(crate) addresses: &'a [IpAddr],
    /// Extended DNS Errors.
    pub(crate) errors: &'a [u16],
}

/// Return an Extended DNS Error as text: `6 DNSSEC Bogus`.
fn error_text(code: u16) -> String {
    format!("{code} {}", extended_error(code)).trim_end().to_owned()
}
