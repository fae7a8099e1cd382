//! Records of IP packets that are not about HTTP, for statistics that ask for them.

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
/// Characters of a name.
const LONGEST_NAME: usize = 255;

/// An IP packet of any kind; of a tunnel, the one inside.
#[derive(Clone, Debug, PartialEq)]
pub struct IpPacket {
    /// Capture time in seconds since the epoch.
    pub time: f64,
    /// Who sent it.
    pub source: IpAddr,
    /// Who is to receive it.
    pub destination: IpAddr,
    /// Its number (IANA): 6 is TCP, 17 UDP, 1 ICMP.
    pub protocol: u8,
    /// 0 where the protocol has no ports.
    pub source_port: u16,
    /// 0 where the protocol has no ports.
    pub destination_port: u16,
    /// Bytes of the whole frame that were captured.
    pub length: usize,
}

/// A response of a name server (RFC 1035).
#[derive(Clone, Debug, PartialEq)]
pub struct DnsAnswer {
    /// Capture time in seconds since the epoch.
    pub time: f64,
    /// Who asked.
    pub client: IpAddr,
    /// The name server.
    pub server: IpAddr,
    /// The name that was asked for, in lower case.
    pub name: String,
    /// 0 is no error, 3 no such name.
    pub code: u8,
    /// The addresses that it has.
    pub addresses: Vec<IpAddr>,
}

/// One of the records.
#[derive(Clone, Debug, PartialEq)]
pub enum Datagram {
    /// An IP packet.
    Packet(IpPacket),
    /// A response of a name server.
    Answer(DnsAnswer),
}

/// Makes the records that are wanted, of every IP packet or of DNS answers.
#[derive(Clone, Debug, Default)]
pub struct Datagrams {
    /// Whether there is to be a record of every IP packet, also of TCP.
    pub every_packet: bool,
    /// Whether DNS answers are wanted.
    pub answers: bool,
    /// What was found and not taken yet.
    pub found: Vec<Datagram>,
}

impl Datagrams {
    /// Whether nothing is wanted.
    #[must_use]
    pub fn none(&self) -> bool {
        !(self.every_packet || self.answers)
    }

    /// The records of an IP packet in a frame of so many bytes, to be kept if it is the innermost.
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
