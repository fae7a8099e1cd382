//! From frames to TCP segments: through link layers, tags, tunnels and IP, with fragments reassembled.
//!
//! Checksums are ignored, because they are usually wrong with offloading and on loopback. UDP is searched for tunnels
//! and for QUIC.

mod ethernet;
mod fragments;
mod ip;
mod lanes;
mod layers;
mod link;
mod ppp;
mod sharing;
mod table;
#[cfg(test)]
mod tests;
mod tunnels;
mod wifi;

use std::borrow::Cow;
use std::sync::Arc;

use crate::datagrams::{Datagram, Datagrams};
use crate::dns;
use crate::health::Ledger;
use crate::key::Key;
use crate::limits::Limits;
use crate::ports::Ports;
use crate::protocols::Protocols;
use crate::quic::{self, HTTPS, Quic};
use crate::readers::{Short, be16, be32, part};
use crate::records::Wanted;
use ip::{Ip, PacketPosition};
use lanes::Lanes;
use layers::{IPV4, IPV6, LINK, Malformed, NOTHING, PROTOCOL, TCP, UDP, UDP_PORT};

pub(crate) use ip::Payload;
pub use sharing::Sharing;

/// Finds the IP packet in a frame of a link-layer type (a number) that this crate does not know.
pub type InnerIp = Box<dyn FnMut(u32, &[u8]) -> Option<Vec<u8>> + Send>;

const LINKTYPE_ETHERNET: u32 = 1;
const LINKTYPE_LINUX_SLL2: u32 = 276;
/// Bytes of an IPv4 header without options and a TCP header.
const PLAIN_SIZE: usize = 40;
/// Bytes of an IPv4 header without options and a UDP header.
const PLAIN_DATAGRAM: usize = 28;
const LEAST_TCP_HEADER: usize = 20;
const UDP_HEADER: usize = 8;
/// The port of the NetBIOS name service, whose messages have the same form (RFC 1002).
const NETBIOS: u16 = 137;
const UDP_PROTOCOL: u8 = 17;
/// Maximum headers of one frame; a tunnel adds three or four.
const MOST_LAYERS: usize = 40;

/// A TCP segment, or a UDP datagram with a DNS message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment<'a> {
    /// The direction of the flow. Its label tells apart flows of different networks, and is the same in both
    /// directions.
    pub key: Key,
    /// The captured bytes from the TCP header on, at least 20; those behind the UDP header of a datagram.
    pub bytes: &'a [u8],
    /// Bytes of the segment that were not captured.
    pub cut: usize,
    /// Whether it is a datagram.
    pub datagram: bool,
}

/// Finds the TCP segments in frames.
pub struct Network {
    ports: Arc<Ports>,
    datagrams: Datagrams,
    inner_ip: Option<InnerIp>,
    ip: Ip,
    lanes: Lanes,
    quic: Quic,
    /// Whether DNS messages in datagrams are wanted.
    lookups: bool,
    /// The networks that the current frame has passed through, such as VLANs.
    network: Vec<u8>,
    /// The records of the innermost IP packet of the current frame.
    innermost: [Option<Datagram>; 2],
    /// The last datagram that was reassembled or found by `inner_ip`; a segment borrows from it.
    whole: Vec<u8>,
}

impl Network {
    /// Create a network. `wanted` selects records of IP packets, DNS and QUIC connections.
    #[must_use]
    pub fn new(
        ports: Arc<Ports>,
        limits: &Limits,
        inner_ip: Option<InnerIp>,
        wanted: Wanted,
        protocols: Protocols,
    ) -> Self {
        let lookups = wanted.lookups && protocols.dns;
        // Both are only needed while connections start, so fewer entries are enough than connections may be open.
        let most = limits.connections / 8 + 1;
        Self {
            datagrams: Datagrams { every_packet: wanted.packets, answers: wanted.answers, found: Vec::new() },
            inner_ip,
            ip: Ip::new(limits.fragment_timeout, lookups),
            lanes: Lanes::new(most),
            quic: Quic::new(&ports, limits, most, protocols, wanted),
            ports,
            lookups,
            network: Vec::new(),
            innermost: [None, None],
            whole: Vec::new(),
        }
    }

    /// Return the TCP segment in a frame; None if there is none, or if its datagram is incomplete.
    #[inline]
    pub fn segment<'a>(
        &'a mut self,
        ledger: &mut Ledger,
        time: f64,
        link_type: u32,
        frame: &'a [u8],
    ) -> Option<Segment<'a>> {
        if !self.datagrams.every_packet
            && let Some(segment) = plain_ip(link_type, frame).and_then(plain)
        {
            return Some(segment);
        }
        self.other_segment(ledger, time, link_type, frame)
    }

    /// Return the segment or DNS message in a frame that is not as plain as nearly all are.
    #[inline(never)]
    fn other_segment<'a>(
        &'a mut self,
        ledger: &mut Ledger,
        time: f64,
        link_type: u32,
        frame: &'a [u8],
    ) -> Option<Segment<'a>> {
        if self.lookups
            && !self.datagrams.every_packet
            && !self.datagrams.answers
            && let Some(message) = plain_ip(link_type, frame).and_then(plain_message)
        {
            return Some(message);
        }
        self.any_segment(ledger, time, link_type, frame)
    }

    /// Forget fragments of datagrams that stayed incomplete, and idle QUIC connections.
    pub fn expire(&mut self, ledger: &mut Ledger, now: f64) {
        self.ip.expire(ledger, now);
        self.quic.expire(ledger, now);
    }

    /// Return what is known of QUIC.
    pub(crate) fn quic(&mut self) -> &mut Quic {
        &mut self.quic
    }

    /// Return the collector of IP packets and DNS answers.
    pub fn datagrams(&mut self) -> &mut Datagrams {
        &mut self.datagrams
    }

    #[inline(never)]
    fn any_segment<'a>(
        &'a mut self,
        ledger: &mut Ledger,
        time: f64,
        link_type: u32,
        frame: &'a [u8],
    ) -> Option<Segment<'a>> {
        let found = self.through(ledger, time, LINK | link_type, Cow::Borrowed(frame), frame.len());
        self.datagrams.found.extend(self.innermost.iter_mut().filter_map(Option::take));
        match found {
            Ok(found) => found.and_then(|(key, payload)| self.kept(key, payload)),
            Err(Malformed(name)) => {
                ledger.health.odd(name);
                None
            }
        }
    }

    /// Return a segment within the frame, or within a buffer that is valid until the next call.
    fn kept<'a>(&'a mut self, key: Key, payload: Payload<'a>) -> Option<Segment<'a>> {
        let datagram = payload.protocol == UDP_PROTOCOL;
        let Payload { start, end, cut, .. } = payload;
        let data: &[u8] = match payload.data {
            Cow::Borrowed(frame) => frame,
            Cow::Owned(whole) => {
                self.whole = whole;
                &self.whole
            }
        };
        Some(Segment { key, bytes: data.get(start..end)?, cut, datagram })
    }

    /// Go from header to header until TCP or a DNS message, or until a header that is not supported. The frame had `length` bytes.
    fn through<'a>(
        &mut self,
        ledger: &mut Ledger,
        time: f64,
        mut layer: u32,
        mut data: Cow<'a, [u8]>,
        length: usize,
    ) -> Result<Option<(Key, Payload<'a>)>, Malformed> {
        self.network.clear();
        let (mut start, mut end) = (0, data.len());
        for _ in 0..MOST_LAYERS {
            if layer == IPV4 || layer == IPV6 {
                let place = PacketPosition { time, data, start, limit: end, network: &self.network };
                let read = if layer == IPV4 { Ip::version4 } else { Ip::version6 };
                let Some(found) = read(&mut self.ip, ledger, place)? else { return Ok(None) };
                self.note(time, length, &found);
                layer = PROTOCOL | u32::from(found.protocol);
                if layer == TCP {
                    return self.tcp(found).map(Some);
                }
                (start, end) = (found.start, found.end);
                if layer == UDP && self.lookups && self.is_dns(&found)? {
                    return message(found).map(Some);
                }
                if layer == UDP {
                    (layer, start) = (self.udp(ledger, time, &found)?, start + 8);
                }
                data = found.data;
            } else if let Some(read) = table::layer(layer) {
                let step = read(&data, start)?;
                (layer, start) = (step.layer, step.start);
                self.network.extend(step.identity.iter().flat_map(|identity| identity.bytes()));
            } else {
                let Some(inner) = self.foreign(ledger, layer, part(&data, start, data.len())) else { return Ok(None) };
                return self.through(ledger, time, layers::IP, Cow::Owned(inner), length);
            }
        }
        Err(Malformed("too many encapsulations"))
    }

    /// Build the records of an IP packet; they are emitted if it contains no other IP packet.
    fn note(&mut self, time: f64, length: usize, found: &Payload<'_>) {
        if !self.datagrams.none() {
            self.innermost = self.datagrams.records(time, length, found);
        }
    }

    fn tcp<'a>(&mut self, found: Payload<'a>) -> Result<(Key, Payload<'a>), Malformed> {
        if found.end < found.start + LEAST_TCP_HEADER {
            return Err(Malformed("truncated TCP header"));
        }
        let tcp = part(&found.data, found.start, found.end);
        let key = found.addresses.key(be32(tcp, 0)?);
        if self.network.is_empty() {
            return Ok((key, found));
        }
        let label = self.lanes.label(key, &self.network, tcp)?;
        Ok((key.labelled(label), found))
    }

    /// Return whether a datagram has a DNS message. On a port of DNS it has, unless the other one is that of a tunnel;
    /// on a monitored port, only if that is certain.
    fn is_dns(&self, found: &Payload<'_>) -> Result<bool, Short> {
        let (source, target) = (be16(&found.data, found.start)?, be16(&found.data, found.start + 2)?);
        let ports = [source, target];
        let content = || part(&found.data, found.start + UDP_HEADER, found.end);
        if !dns::is_datagram_port(source, target) {
            let monitored = ports.iter().any(|port| self.ports.contains(*port));
            return Ok(monitored && !ports.contains(&NETBIOS) && dns::is_proven(content()));
        }
        let tunnel = ports.iter().any(|port| table::layer(UDP_PORT | u32::from(*port)).is_some());
        Ok(!tunnel || dns::is_plausible(content()))
    }

    /// Return the layer inside UDP: known by a port of either side, or Teredo if it looks like it.
    fn udp(&mut self, ledger: &mut Ledger, time: f64, found: &Payload<'_>) -> Result<u32, Short> {
        let (data, start) = (found.data.as_ref(), found.start);
        let (source, target) = (be16(data, start)?, be16(data, start + 2)?);
        let by_port = [target, source].map(|port| UDP_PORT | u32::from(port));
        if let Some(layer) = by_port.into_iter().find(|layer| table::layer(*layer).is_some()) {
            return Ok(layer);
        }
        if found.end < start + 9 {
            return Ok(NOTHING);
        }
        if tunnels::is_teredo(data, start) {
            return Ok(IPV6);
        }
        self.quic_datagram(ledger, time, found)?;
        Ok(NOTHING)
    }

    fn quic_datagram(&mut self, ledger: &mut Ledger, time: f64, found: &Payload<'_>) -> Result<(), Short> {
        let Payload { data, start, end, cut, .. } = found;
        let key = found.addresses.key(be32(data, *start)?);
        let (source, target) = key.ports();
        let listed = [source, target].iter().any(|port| *port == HTTPS || self.ports.contains(*port));
        let (bytes, size) = (part(data, start + 8, *end), end - start - 8 + cut);
        self.quic.datagram(ledger, &quic::Datagram { time, key, bytes, size, listed });
        Ok(())
    }

    /// Ask `inner_ip` for the IP packet in a frame of an unknown link-layer type.
    fn foreign(&mut self, ledger: &mut Ledger, layer: u32, data: &[u8]) -> Option<Vec<u8>> {
        if !(LINK..PROTOCOL).contains(&layer) {
            return None;
        }
        let link_type = layer - LINK;
        let inner = self.inner_ip.as_mut().and_then(|inner_ip| inner_ip(link_type, data));
        if inner.is_none() {
            ledger.health.odd(&format!("unknown link type {link_type}"));
        }
        inner
    }
}

/// Parse the DNS message of a plain IPv4 packet, as nearly all are: see `plain`.
#[inline]
fn plain_message(ip: &[u8]) -> Option<Segment<'_>> {
    let head: &[u8; PLAIN_DATAGRAM] = ip.first_chunk()?;
    let is_whole_udp = head[6] & 0xBF == 0 && head[7] == 0 && head[9] == UDP_PROTOCOL;
    let (total, size) = (u16::from_be_bytes([head[2], head[3]]), u16::from_be_bytes([head[24], head[25]]));
    let (source, target) = (u16::from_be_bytes([head[20], head[21]]), u16::from_be_bytes([head[22], head[23]]));
    let other = if source == dns::PORT { target } else { source };
    let is_dns = (source == dns::PORT || target == dns::PORT) && table::layer(UDP_PORT | u32::from(other)).is_none();
    if head[0] != 0x45 || !is_whole_udp || !is_dns || u32::from(size) + 20 != u32::from(total) {
        return None;
    }
    let number = |at: usize| be32(head, at).ok();
    let key = Key::v4(number(12)?, number(16)?, number(20)?, 0);
    Some(Segment { key, bytes: ip.get(PLAIN_DATAGRAM..usize::from(total))?, cut: 0, datagram: true })
}

/// Return the content of a UDP datagram, which may be shorter than that of its IP packet.
fn message(found: Payload<'_>) -> Result<(Key, Payload<'_>), Malformed> {
    let key = found.addresses.key(be32(&found.data, found.start)?);
    let size = usize::from(be16(&found.data, found.start + 4)?);
    let end = if size < UDP_HEADER { found.end } else { found.end.min(found.start + size) };
    let start = (found.start + UDP_HEADER).min(end);
    Ok((key, Payload { start, end, ..found }))
}

/// Return the bytes after the IPv4 EtherType of an Ethernet or cooked frame.
#[inline]
fn plain_ip(link_type: u32, frame: &[u8]) -> Option<&[u8]> {
    let (kind, header) = match link_type {
        LINKTYPE_ETHERNET => (frame.get(12..14)?, 14),
        LINKTYPE_LINUX_SLL2 => (frame.get(..2)?, 20),
        _ => return None,
    };
    if kind == [0x08, 0x00] { frame.get(header..) } else { None }
}

/// Parse the segment of a plain IPv4 packet, as nearly all are.
///
/// Its header has no options, it is not a fragment, and it was captured completely.
#[inline]
fn plain(ip: &[u8]) -> Option<Segment<'_>> {
    let head: &[u8; PLAIN_SIZE] = ip.first_chunk()?;
    // The don't-fragment flag (0x40) may be set.
    let is_whole_tcp = head[6] & 0xBF == 0 && head[7] == 0 && head[9] == 6;
    if head[0] != 0x45 || !is_whole_tcp {
        return None;
    }
    let end = usize::from(u16::from_be_bytes([head[2], head[3]]));
    if end < PLAIN_SIZE {
        return None;
    }
    let number = |at: usize| be32(head, at).ok();
    let key = Key::v4(number(12)?, number(16)?, number(20)?, 0);
    Some(Segment { key, bytes: ip.get(20..end)?, cut: 0, datagram: false })
}
