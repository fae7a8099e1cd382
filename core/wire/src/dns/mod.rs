//! DNS (RFC 1035), mDNS (RFC 6762) and LLMNR (RFC 4795): messages become lookups, each a query with its answer.

mod answer;
mod answered;
mod arrival;
mod codes;
mod connection;
mod kept;
mod lookups;
mod message;
mod name;
mod outcome;
mod records;
mod row;
mod stream;
#[cfg(test)]
mod tests;
mod waiting;

pub(crate) use answer::answer;
pub(crate) use arrival::{Arrival, Transport};
pub(crate) use connection::DnsConnection;
pub(crate) use lookups::Lookups;
pub(crate) use message::{is_plausible, is_proven};
pub(crate) use stream::{proves_stream, starts_stream};

pub use codes::{FLAGS, SEEN, operation, rcode, record_type};
pub use row::{KINDS, LookupColumns, NO_RCODE, NO_TYPE, TRANSPORTS};
pub(crate) use row::{Lists, Row};

/// The port of DNS servers.
pub(crate) const PORT: u16 = 53;
/// The UDP port of multicast DNS.
pub(crate) const MDNS_PORT: u16 = 5353;
/// The port of Link-Local Multicast Name Resolution.
pub(crate) const LLMNR_PORT: u16 = 5355;

/// Return whether one of these UDP ports belongs to DNS, mDNS or LLMNR.
pub(crate) fn is_datagram_port(source: u16, target: u16) -> bool {
    [source, target].iter().any(|port| matches!(*port, PORT | MDNS_PORT | LLMNR_PORT))
}

/// Return whether one of these TCP ports belongs to DNS or LLMNR, neither of which is HTTP.
pub(crate) fn is_stream_port(source: u16, target: u16) -> bool {
    [source, target].iter().any(|port| matches!(*port, PORT | LLMNR_PORT))
}
