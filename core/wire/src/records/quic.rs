//! The record of a QUIC connection.

use std::net::IpAddr;

/// A QUIC connection that has ended (RFC 9000): nobody but its endpoints reads what it carried.
#[derive(Clone, Debug, PartialEq)]
pub struct QuicRow {
    /// Capture time of the end: when it had been silent for long, or when the capture ended.
    pub time: f64,
    /// Address and port of the client, before any migration.
    pub client: (IpAddr, u16),
    /// Address and port of the server.
    pub server: (IpAddr, u16),
    /// Capture time of the first packet seen.
    pub started: f64,
    /// `1`, `2`, `draft-29`, `Q046`, `mvfst draft-27`; a number of another version; empty if unknown.
    pub version: String,
    /// Server name in lower case; empty if unknown. With `ech`, it is only that of the front.
    pub server_name: String,
    /// The protocols that the client offers, such as `h3, h3-29`.
    pub alpn: String,
    /// The fingerprint of the client; empty if unknown.
    pub ja4: String,
    /// Whether the real ClientHello may be encrypted inside the one that was read.
    pub ech: bool,
    /// Packets of the client with early data.
    pub zero_rtt: u64,
    /// Whether the server had the client start again with a Retry packet.
    pub retry: bool,
    /// Whether the client changed its address or port.
    pub migrated: bool,
    /// UDP datagrams of the client.
    pub client_packets: u64,
    /// Bytes of their payloads.
    pub client_bytes: u64,
    /// UDP datagrams of the server.
    pub server_packets: u64,
    /// Bytes of their payloads.
    pub server_bytes: u64,
    /// Seconds from the first to the last datagram.
    pub duration: f64,
    /// What the client calls itself, in versions of Google's before TLS.
    pub user_agent: String,
}

impl QuicRow {
    /// Return the characters of its longest texts.
    pub(crate) fn characters(&self) -> usize {
        [&self.server_name, &self.alpn, &self.user_agent].iter().map(|text| text.chars().count()).sum()
    }
}
