//! Shares frames out among several decoders: both directions of a connection go to the same one.
//!
//! The first decoder gets everything but TCP, and DNS over TCP too, because it pairs queries and answers over both.
//! Tunnels and tags are looked through, since one direction of a connection may be without them.

use std::net::IpAddr;

use super::ip::Addresses;
use super::layers::{IPV4, IPV6, LINK, Malformed, NOTHING, PROTOCOL, TCP, UDP, UDP_PORT};
use super::{MOST_LAYERS, plain, plain_ip, table, tunnels};
use crate::aged::Aged;
use crate::dns;
use crate::key::Key;
use crate::owners::End;
use crate::readers::{be16, be32, be128, byte, part};

const TCP_PROTOCOL: u8 = 6;
const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;
const MOST_EXTENSIONS: usize = 16;
/// Maximum datagrams whose fragments are still expected.
const MOST_DATAGRAMS: usize = 4096;
/// 2^64 divided by the golden ratio (Knuth's multiplicative hashing).
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// The addresses of a datagram, and the number that its fragments share.
type Ident = (Addresses, u32);

/// Decides which decoder gets a frame.
#[derive(Debug)]
pub struct Sharing {
    decoders: u32,
    /// Who got the first fragments of TCP segments.
    fragments: Aged<Ident, u32>,
}

/// An IP packet without its headers.
struct Content {
    protocol: u8,
    addresses: Addresses,
    start: usize,
    fragment: Option<Fragment>,
}

struct Fragment {
    number: u32,
    is_first: bool,
}

impl Sharing {
    /// Share out among `decoders`, at least one.
    #[must_use]
    pub fn new(decoders: u32) -> Self {
        Self { decoders: decoders.max(1), fragments: Aged::new() }
    }

    /// Return the number of the decoder for a frame.
    #[inline]
    pub fn of_frame(&mut self, link_type: u32, frame: &[u8]) -> u32 {
        match plain_ip(link_type, frame).and_then(plain) {
            Some(segment) => self.of_key(segment.key),
            None => self.of_other(link_type, frame),
        }
    }

    /// Return the number of the decoder for a TCP connection between two ends.
    #[must_use]
    pub fn of_ends(&self, one: End, other: End) -> u32 {
        let ports = u32::from(one.1) << 16 | u32::from(other.1);
        match (one.0, other.0) {
            (IpAddr::V4(one), IpAddr::V4(other)) => self.of_key(Key::v4(one.into(), other.into(), ports, 0)),
            (IpAddr::V6(one), IpAddr::V6(other)) => self.of_key(Key::v6(one.into(), other.into(), ports, 0)),
            _ => 0,
        }
    }

    #[inline]
    fn of_key(&self, key: Key) -> u32 {
        let (source, target) = key.ports();
        if dns::is_stream_port(source, target) {
            return 0;
        }
        let bits = key.canonical().0.bits();
        // The highest bits of the product depend on all bits.
        let spread = (bits ^ bits >> 32).wrapping_mul(SPREAD) >> 32;
        ((spread * u64::from(self.decoders)) >> 32) as u32
    }

    /// Return the decoder for a frame that is not as plain as nearly all are.
    #[inline(never)]
    fn of_other(&mut self, link_type: u32, frame: &[u8]) -> u32 {
        // What is malformed or truncated belongs to no connection.
        self.through(LINK | link_type, frame).ok().flatten().unwrap_or_default()
    }

    /// Go from header to header, as `Network::through` does, but do not reassemble anything.
    fn through(&mut self, mut layer: u32, frame: &[u8]) -> Result<Option<u32>, Malformed> {
        let mut start = 0;
        for _ in 0..MOST_LAYERS {
            if layer == IPV4 || layer == IPV6 {
                let read = if layer == IPV4 { version4 } else { version6 };
                let found = read(frame, start)?;
                layer = PROTOCOL | u32::from(found.protocol);
                start = found.start;
                if layer == TCP || found.fragment.is_some() {
                    return self.of_content(&found, frame);
                }
                if layer == UDP {
                    (layer, start) = (inside_udp(frame, start)?, start + 8);
                }
            } else if let Some(read) = table::layer(layer) {
                let step = read(frame, start)?;
                (layer, start) = (step.layer, step.start);
            } else {
                return Ok(None);
            }
        }
        Ok(None)
    }

    fn of_content(&mut self, found: &Content, frame: &[u8]) -> Result<Option<u32>, Malformed> {
        if found.protocol != TCP_PROTOCOL {
            return Ok(None);
        }
        let ident = found.fragment.as_ref().map(|fragment| (found.addresses, fragment.number));
        if let (Some(ident), Some(Fragment { is_first: false, .. })) = (&ident, &found.fragment) {
            return Ok(self.fragments.get(ident).copied());
        }
        let decoder = self.of_key(found.addresses.key(be32(frame, found.start)?));
        if let Some(ident) = ident {
            self.fragments.insert(ident, decoder);
            if self.fragments.len() > MOST_DATAGRAMS {
                self.fragments.pop_front();
            }
        }
        Ok(Some(decoder))
    }
}

fn version4(data: &[u8], start: usize) -> Result<Content, Malformed> {
    let header = usize::from(byte(data, start)? & 15) * 4;
    let (number, field) = (be16(data, start + 4)?, be16(data, start + 6)?);
    let is_first = field & 0x1FFF == 0;
    let content = Content {
        protocol: byte(data, start + 9)?,
        addresses: Addresses::V4(be32(data, start + 12)?, be32(data, start + 16)?),
        start: start + header,
        fragment: (field & 0x3FFF != 0).then_some(Fragment { number: number.into(), is_first }),
    };
    if content.protocol == AUTHENTICATION { authenticated(data, content) } else { Ok(content) }
}

fn version6(data: &[u8], start: usize) -> Result<Content, Malformed> {
    let addresses = Addresses::V6(be128(data, start + 8)?, be128(data, start + 24)?);
    let mut content = Content { protocol: byte(data, start + 6)?, addresses, start: start + 40, fragment: None };
    for _ in 0..MOST_EXTENSIONS {
        let at = content.start;
        content = match content.protocol {
            // Hop-by-hop options, routing, destination options, mobility, host identity, shim6.
            0 | 43 | 60 | 135 | 139 | 140 => {
                Content { protocol: byte(data, at)?, start: at + 8 + usize::from(byte(data, at + 1)?) * 8, ..content }
            }
            AUTHENTICATION => authenticated(data, content)?,
            FRAGMENT => {
                let field = be16(data, at + 2)?;
                let is_first = field & 0xFFF8 == 0;
                let number = be32(data, at + 4)?;
                let fragment = (field & 0xFFF9 != 0).then_some(Fragment { number, is_first });
                let content = Content { protocol: byte(data, at)?, start: at + 8, fragment, ..content };
                if !is_first {
                    return Ok(content);
                }
                content
            }
            _ => return Ok(content),
        };
    }
    Ok(content)
}

fn authenticated(data: &[u8], content: Content) -> Result<Content, Malformed> {
    let at = content.start;
    Ok(Content { protocol: byte(data, at)?, start: at + 8 + usize::from(byte(data, at + 1)?) * 4, ..content })
}

/// Return the layer inside UDP, as `Network::udp` does.
fn inside_udp(data: &[u8], start: usize) -> Result<u32, Malformed> {
    let (source, target) = (be16(data, start)?, be16(data, start + 2)?);
    if dns::is_datagram_port(source, target) && dns::is_plausible(part(data, start + 8, data.len())) {
        return Ok(NOTHING);
    }
    let by_port = [target, source].map(|port| UDP_PORT | u32::from(port));
    if let Some(layer) = by_port.into_iter().find(|layer| table::layer(*layer).is_some()) {
        return Ok(layer);
    }
    Ok(if tunnels::is_teredo(data, start) { IPV6 } else { NOTHING })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECODERS: u32 = 8;
    const ETHERNET: u32 = 1;
    const RAW: u32 = 101;
    const CLIENT: [u8; 4] = [10, 0, 0, 1];
    const SERVER: [u8; 4] = [10, 0, 0, 2];

    /// Build an IPv4 packet; `field` has the flags and the offset of a fragment.
    fn ipv4(ends: [[u8; 4]; 2], number: u16, field: u16, protocol: u8, payload: &[u8]) -> Vec<u8> {
        let words = [0x4500, 20 + payload.len() as u16, number, field, 64 << 8 | u16::from(protocol), 0];
        let head = words.iter().flat_map(|word| word.to_be_bytes());
        head.chain(ends.concat()).chain(payload.iter().copied()).collect()
    }

    fn tcp(source: u16, target: u16) -> Vec<u8> {
        [&source.to_be_bytes()[..], &target.to_be_bytes(), &[0; 8], &[0x50, 0x10], &[0; 6]].concat()
    }

    fn asks(port: u16) -> Vec<u8> {
        ipv4([CLIENT, SERVER], 1, 0, 6, &tcp(port, 80))
    }

    fn answers(port: u16) -> Vec<u8> {
        ipv4([SERVER, CLIENT], 1, 0, 6, &tcp(80, port))
    }

    fn tagged(packet: &[u8]) -> Vec<u8> {
        [&[2; 12], [0x81, 0, 0, 7, 8, 0].as_slice(), packet].concat()
    }

    /// Build an IPv6 packet between two addresses that differ in one byte.
    fn ipv6(ends: [u8; 2], next: u8, payload: &[u8]) -> Vec<u8> {
        let address = |last| [[0x20; 15].as_slice(), &[last]].concat();
        let head = [&[0x60, 0, 0, 0], (payload.len() as u16).to_be_bytes().as_slice(), &[next, 64]].concat();
        [head, address(ends[0]), address(ends[1]), payload.to_vec()].concat()
    }

    #[test]
    fn both_directions_of_a_connection_go_to_the_same_decoder_with_and_without_tags() {
        let mut sharing = Sharing::new(DECODERS);
        for port in 1024..2048 {
            let decoder = sharing.of_frame(RAW, &asks(port));
            assert_eq!(sharing.of_frame(RAW, &answers(port)), decoder);
            assert_eq!(sharing.of_frame(ETHERNET, &tagged(&answers(port))), decoder);
            let ends = [(IpAddr::from(SERVER), 80), (IpAddr::from(CLIENT), port)];
            assert_eq!(sharing.of_ends(ends[0], ends[1]), decoder);
        }
    }

    #[test]
    fn connections_of_one_client_are_spread_evenly() {
        let mut sharing = Sharing::new(DECODERS);
        let mut counts = [0; DECODERS as usize];
        (0..8000).for_each(|number| counts[sharing.of_frame(RAW, &asks(20_000 + number)) as usize] += 1);
        assert!(counts.iter().all(|count| (800..1200).contains(count)), "{counts:?}");
        let decoders: Vec<u32> =
            (0..100).map(|port| sharing.of_frame(RAW, &ipv6([1, 9], 6, &tcp(port, 443)))).collect();
        assert!((0..DECODERS).all(|decoder| decoders.contains(&decoder)));
    }

    #[test]
    fn fragments_follow_the_first_one() {
        let mut sharing = Sharing::new(DECODERS);
        for port in 3000..3100 {
            let decoder = sharing.of_frame(RAW, &asks(port));
            let whole = tcp(port, 80);
            let [first, last] = [(0x2000, &whole[..8]), (0x0001, &whole[8..])]
                .map(|(field, part)| ipv4([CLIENT, SERVER], port, field, 6, part));
            assert_eq!((sharing.of_frame(RAW, &first), sharing.of_frame(RAW, &last)), (decoder, decoder));
            let decoder = sharing.of_frame(RAW, &ipv6([2, 1], 6, &tcp(80, port)));
            let [first, last] = [(1_u16, &whole[..16]), (16, &whole[16..])].map(|(field, part)| {
                let head = [&[6, 0], field.to_be_bytes().as_slice(), &[0, 0], &port.to_be_bytes()].concat();
                ipv6([1, 2], FRAGMENT, &[&head, part].concat())
            });
            assert_eq!((sharing.of_frame(RAW, &first), sharing.of_frame(RAW, &last)), (decoder, decoder));
        }
    }

    #[test]
    fn fragments_without_a_first_one_are_forgotten_in_the_end() {
        let mut sharing = Sharing::new(DECODERS);
        for number in 0..2 * MOST_DATAGRAMS as u16 {
            sharing.of_frame(RAW, &ipv4([CLIENT, SERVER], number, 0x2000, 6, &tcp(number, 80)));
            sharing.of_frame(RAW, &ipv4([SERVER, CLIENT], number, 0x0002, 6, &tcp(80, number)));
        }
        assert_eq!(sharing.fragments.len(), MOST_DATAGRAMS);
    }

    #[test]
    fn the_first_decoder_gets_everything_else() {
        let mut sharing = Sharing::new(DECODERS);
        for port in 4000..4100 {
            assert_eq!(sharing.of_frame(RAW, &ipv4([CLIENT, SERVER], 1, 0, 17, &tcp(port, 443))), 0);
            assert_eq!(sharing.of_frame(RAW, &ipv4([CLIENT, SERVER], 1, 0, 6, &tcp(port, dns::PORT))), 0);
            assert_eq!(sharing.of_frame(RAW, &ipv4([CLIENT, SERVER], 1, 0, 1, &tcp(port, 80))), 0);
            assert_eq!(sharing.of_frame(999, &asks(port)), 0);
        }
    }

    #[test]
    fn truncated_packets_are_no_error() {
        let mut sharing = Sharing::new(DECODERS);
        let fragment = ipv6([1, 2], FRAGMENT, &[&[6, 0, 0, 1, 0, 0, 0, 1], tcp(1, 2).as_slice()].concat());
        for packet in [asks(1), ipv6([1, 2], 6, &tcp(1, 80)), fragment] {
            for size in 0..packet.len() {
                assert!(sharing.of_frame(RAW, &packet[..size]) < DECODERS);
                assert!(sharing.of_frame(ETHERNET, &tagged(&packet[..size])) < DECODERS);
            }
        }
    }
}
