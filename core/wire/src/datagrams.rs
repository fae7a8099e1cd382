//! Records of IP packets and DNS answers, for statistics that ask for them.

use std::net::IpAddr;

use crate::dns;
use crate::network::Payload;
use crate::readers::{be16, part};
use crate::text::printable;

const TCP: u8 = 6;
const UDP: u8 = 17;
const DCCP: u8 = 33;
const SCTP: u8 = 132;
const UDP_LITE: u8 = 136;
/// Maximum characters of a name.
const LONGEST_NAME: usize = 255;

/// An IP packet of any kind; the inner one of a tunnel.
#[derive(Clone, Debug, PartialEq)]
pub struct IpPacket {
    /// Capture time in seconds since the epoch.
    pub time: f64,
    /// Source address.
    pub source: IpAddr,
    /// Destination address.
    pub destination: IpAddr,
    /// IP protocol number (IANA): 6 is TCP, 17 UDP, 1 ICMP.
    pub protocol: u8,
    /// Source port; 0 if the protocol has no ports.
    pub source_port: u16,
    /// Destination port; 0 if the protocol has no ports.
    pub destination_port: u16,
    /// Captured bytes of the whole frame.
    pub length: usize,
}

/// A response of a DNS server (RFC 1035).
#[derive(Clone, Debug, PartialEq)]
pub struct DnsAnswer {
    /// Capture time in seconds since the epoch.
    pub time: f64,
    /// Address of the client that asked.
    pub client: IpAddr,
    /// Address of the DNS server.
    pub server: IpAddr,
    /// The requested name in lower case.
    pub name: String,
    /// RCODE: 0 is no error, 3 is no such name.
    pub code: u8,
    /// The addresses of the name.
    pub addresses: Vec<IpAddr>,
}

/// A record of either kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Datagram {
    /// An IP packet.
    Packet(IpPacket),
    /// A response of a DNS server.
    Answer(DnsAnswer),
}

/// Builds the requested records: of every IP packet, or of DNS answers.
#[derive(Clone, Debug, Default)]
pub struct Datagrams {
    /// Whether to record every IP packet, including TCP.
    pub every_packet: bool,
    /// Whether to record DNS answers.
    pub answers: bool,
    /// Records not taken yet.
    pub found: Vec<Datagram>,
}

impl Datagrams {
    /// Return whether no such records are wanted.
    #[must_use]
    pub fn none(&self) -> bool {
        !(self.every_packet || self.answers)
    }

    /// Build the records of an IP packet in a frame of `length` bytes; they are kept if it is the innermost one.
    pub(crate) fn records(&self, time: f64, length: usize, payload: &Payload<'_>) -> [Option<Datagram>; 2] {
        let (source, destination) = payload.addresses.both();
        let (source_port, destination_port) = ports(payload);
        let protocol = payload.protocol;
        let packet = IpPacket { time, source, destination, protocol, source_port, destination_port, length };
        let is_answer = self.answers && protocol == UDP && source_port == dns::PORT;
        let answer = if is_answer { answer(time, payload) } else { None };
        [self.every_packet.then_some(Datagram::Packet(packet)), answer.map(Datagram::Answer)]
    }
}

fn ports(payload: &Payload<'_>) -> (u16, u16) {
    let has_ports = matches!(payload.protocol, TCP | UDP | SCTP | DCCP | UDP_LITE);
    let Payload { data, start, end, .. } = payload;
    match (be16(data, *start), be16(data, start + 2)) {
        (Ok(source), Ok(destination)) if has_ports && *end >= start + 4 => (source, destination),
        _ => (0, 0),
    }
}

fn answer(time: f64, payload: &Payload<'_>) -> Option<DnsAnswer> {
    let (server, client) = payload.addresses.both();
    let answer = dns::answer(part(&payload.data, payload.start + 8, payload.end))?;
    let name = printable(&answer.name.to_ascii_lowercase(), LONGEST_NAME);
    Some(DnsAnswer { time, client, server, name, code: answer.code, addresses: answer.addresses })
}
