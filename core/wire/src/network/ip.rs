//! IPv4 and IPv6 headers, with fragments reassembled (RFC 791, RFC 8200).

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::fragments::{FragmentPosition, Fragments, Ident};
use super::layers::{Malformed, PROTOCOL, UDP};
use crate::health::Ledger;
use crate::key::Key;
use crate::readers::{Short, be16, be32, be128, byte, part};

const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;
const DESTINATION: u8 = 60;
const MOBILITY: u8 = 135;
const HOST_IDENTITY: u8 = 139;
const SHIM6: u8 = 140;
const MOST_EXTENSIONS: usize = 16;

/// Source and destination of an IP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Addresses {
    V4(u32, u32),
    V6(u128, u128),
}

impl Addresses {
    /// Return the key of a flow between these addresses; the ports are in network byte order.
    pub(crate) fn key(self, ports: u32) -> Key {
        match self {
            Self::V4(source, destination) => Key::v4(source, destination, ports, 0),
            Self::V6(source, destination) => Key::v6(source, destination, ports, 0),
        }
    }

    /// Return both addresses, the source first.
    pub(crate) fn both(self) -> (IpAddr, IpAddr) {
        match self {
            Self::V4(source, destination) => (Ipv4Addr::from(source).into(), Ipv4Addr::from(destination).into()),
            Self::V6(source, destination) => (Ipv6Addr::from(source).into(), Ipv6Addr::from(destination).into()),
        }
    }
}

/// The payload of an IP packet, within `data`: a frame or a reassembled datagram.
#[derive(Clone, Debug)]
pub(crate) struct Payload<'a> {
    pub(crate) protocol: u8,
    pub(crate) addresses: Addresses,
    pub(crate) data: Cow<'a, [u8]>,
    pub(crate) start: usize,
    /// Index after the last captured byte; before `start` if the headers claim more than there is.
    pub(crate) end: usize,
    /// Number of bytes that were not captured.
    pub(crate) cut: usize,
}

/// The position of an IP packet, and its network.
pub(crate) struct PacketPosition<'a, 'n> {
    pub(crate) time: f64,
    pub(crate) data: Cow<'a, [u8]>,
    pub(crate) start: usize,
    /// Index up to which it may extend.
    pub(crate) limit: usize,
    pub(crate) network: &'n [u8],
}

impl PacketPosition<'_, '_> {
    /// Return the end of a packet of a declared length, and the number of bytes that were not captured.
    ///
    /// A length of 0 marks packets of more than 64 KiB from segmentation offload, and jumbograms (RFC 2675).
    fn extent(&self, declared: Option<usize>) -> (usize, usize) {
        let declared = declared.map_or(self.limit, |size| self.start + size);
        let end = declared.min(self.limit);
        (end, declared - end)
    }
}

/// Parses IP packets and keeps the fragments of incomplete ones.
pub(super) struct Ip {
    fragments: Fragments,
    /// Whether to return the first fragment of a UDP datagram if the capture cut it, so that it never becomes whole.
    keeps_first: bool,
}

impl Ip {
    /// Create a parser; fragments are given up after `fragment_timeout` seconds.
    pub(super) fn new(fragment_timeout: f64, keeps_first: bool) -> Self {
        Self { fragments: Fragments::new(fragment_timeout), keeps_first }
    }

    /// Forget fragments of datagrams that stayed incomplete.
    pub(super) fn expire(&mut self, ledger: &mut Ledger, now: f64) {
        self.fragments.expire(ledger, now);
    }

    /// Return the payload of an IPv4 packet; None while fragments are missing.
    pub(super) fn version4<'a>(
        &mut self,
        ledger: &mut Ledger,
        place: PacketPosition<'a, '_>,
    ) -> Result<Option<Payload<'a>>, Malformed> {
        let (data, start) = (place.data.as_ref(), place.start);
        let first = byte(data, start)?;
        let header = usize::from(first & 15) * 4;
        if first >> 4 != 4 || header < 20 {
            return Err(Malformed("bad IPv4 header"));
        }
        let total = usize::from(be16(data, start + 2)?);
        if total != 0 && total < header {
            return Err(Malformed("bad IPv4 header"));
        }
        let (number, field, protocol) = (be16(data, start + 4)?, be16(data, start + 6)?, byte(data, start + 9)?);
        let addresses = Addresses::V4(be32(data, start + 12)?, be32(data, start + 16)?);
        let (end, cut) = place.extent((total != 0).then_some(total));
        let (time, network) = (place.time, place.network);
        let mut found = Payload { protocol, addresses, data: place.data, start: start + header, end, cut };
        if field & 0x3FFF != 0 {
            let ident = Ident { addresses, protocol, number: number.into(), network: network.to_vec() };
            let piece =
                FragmentPosition { time, ident, offset: usize::from(field & 0x1FFF) * 8, more: field & 0x2000 != 0 };
            match self.fragment(ledger, piece, found) {
                Some(whole) => found = whole,
                None => return Ok(None),
            }
        }
        Ok(Some(if found.protocol == AUTHENTICATION { authenticated(found)? } else { found }))
    }

    /// Return the payload of an IPv6 packet after its extension headers; None while fragments are missing.
    pub(super) fn version6<'a>(
        &mut self,
        ledger: &mut Ledger,
        place: PacketPosition<'a, '_>,
    ) -> Result<Option<Payload<'a>>, Malformed> {
        let (time, network) = (place.time, place.network);
        let mut found = header6(place)?;
        for _ in 0..MOST_EXTENSIONS {
            found = match found.protocol {
                HOP_BY_HOP | ROUTING | DESTINATION | MOBILITY | HOST_IDENTITY | SHIM6 => extended(found)?,
                AUTHENTICATION => authenticated(found)?,
                FRAGMENT => match self.fragmented(ledger, time, found, network)? {
                    Some(whole) => whole,
                    None => return Ok(None),
                },
                _ => return Ok(Some(found)),
            };
        }
        Err(Malformed("too many IPv6 extension headers"))
    }

    /// Fragment header (RFC 8200 section 4.5). An atomic fragment (RFC 6946) is a whole datagram.
    fn fragmented<'a>(
        &mut self,
        ledger: &mut Ledger,
        time: f64,
        found: Payload<'a>,
        network: &[u8],
    ) -> Result<Option<Payload<'a>>, Short> {
        let field = be16(&found.data, found.start + 2)?;
        // If the number is truncated, no data follows it, so it does not matter.
        let number = be32(&found.data, found.start + 4).unwrap_or_default();
        let found = behind(found, 8)?;
        if field & 0xFFF9 == 0 {
            return Ok(Some(found));
        }
        let ident = Ident { addresses: found.addresses, protocol: FRAGMENT, number, network: network.to_vec() };
        let piece = FragmentPosition { time, ident, offset: usize::from(field & 0xFFF8), more: field & 1 != 0 };
        Ok(self.fragment(ledger, piece, found))
    }

    fn fragment<'a>(
        &mut self,
        ledger: &mut Ledger,
        piece: FragmentPosition,
        found: Payload<'a>,
    ) -> Option<Payload<'a>> {
        if found.cut > 0 {
            ledger.health.odd("truncated IP fragment");
            let starts = self.keeps_first && piece.offset == 0 && u32::from(found.protocol) | PROTOCOL == UDP;
            return starts.then_some(found);
        }
        let whole = self.fragments.add(ledger, piece, part(&found.data, found.start, found.end))?;
        Some(Payload { start: 0, end: whole.len(), data: Cow::Owned(whole), ..found })
    }
}

/// Return the content of an IPv6 packet, which may start with an extension header.
fn header6<'a>(place: PacketPosition<'a, '_>) -> Result<Payload<'a>, Malformed> {
    let (data, start) = (place.data.as_ref(), place.start);
    if byte(data, start)? >> 4 != 6 {
        return Err(Malformed("bad IPv6 header"));
    }
    let size = usize::from(be16(data, start + 4)?);
    let addresses = Addresses::V6(be128(data, start + 8)?, be128(data, start + 24)?);
    let protocol = byte(data, start + 6)?;
    let (end, cut) = place.extent((size != 0).then_some(40 + size));
    Ok(Payload { protocol, addresses, data: place.data, start: start + 40, end, cut })
}

fn extended(found: Payload<'_>) -> Result<Payload<'_>, Short> {
    let size = 8 + usize::from(byte(&found.data, found.start + 1)?) * 8;
    behind(found, size)
}

/// Skip an authentication header (RFC 4302), whose length is counted in words, minus two.
fn authenticated(found: Payload<'_>) -> Result<Payload<'_>, Short> {
    let size = 8 + usize::from(byte(&found.data, found.start + 1)?) * 4;
    behind(found, size)
}

/// Skip a header of `size` bytes, the first of which names the next one.
fn behind(found: Payload<'_>, size: usize) -> Result<Payload<'_>, Short> {
    Ok(Payload { protocol: byte(&found.data, found.start)?, start: found.start + size, ..found })
}
