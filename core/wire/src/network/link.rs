//! Link-layer headers before IP, by link-layer type (https://www.tcpdump.org/linktypes.html).

use super::layers::{ETHERNET, IP, IPV4, IPV6, LINK, LLC, Malformed, NOTHING, Step, ethertype};
use crate::readers::{be16, be32, byte, le16, le32};

const NFLOG_PAYLOAD: u16 = 9;
const NFLOG_BRIDGE: u8 = 7;
/// The link-layer type without a header.
const RAW: u32 = 101;
/// Cooked captures mark 802.3 and 802.2 frames with these values instead of an EtherType.
const LLC_FRAMES: [u16; 2] = [1, 4];

/// `AF_INET`, and `AF_INET6` of Linux, Windows, NetBSD and OpenBSD, Solaris, FreeBSD and macOS.
fn family(number: u32) -> Option<u32> {
    match number {
        2 => Some(IPV4),
        10 | 23 | 24 | 26 | 28 | 30 => Some(IPV6),
        _ => None,
    }
}

/// Return the layer of an address family.
fn of_family(number: u32) -> u32 {
    family(number).unwrap_or(NOTHING)
}

/// Read an address family in the byte order of the capturing machine; OpenBSD always uses big endian.
pub(super) fn loopback(data: &[u8], start: usize) -> Result<Step, Malformed> {
    let mut family = le32(data, start)?;
    if family > 0xFFFF {
        family = be32(data, start)?;
    }
    Ok(Step::to(of_family(family), start + 4))
}

/// Linux cooked capture.
pub(super) fn cooked(data: &[u8], start: usize) -> Result<Step, Malformed> {
    cooked_protocol(data, start + 14, start + 16)
}

/// Linux cooked capture, version 2.
pub(super) fn cooked2(data: &[u8], start: usize) -> Result<Step, Malformed> {
    cooked_protocol(data, start, start + 20)
}

fn cooked_protocol(data: &[u8], place: usize, following: usize) -> Result<Step, Malformed> {
    let kind = ethertype(data, place)?.layer;
    let readable = kind != LLC || LLC_FRAMES.contains(&be16(data, place)?);
    Ok(Step::to(if readable { kind } else { NOTHING }, following))
}

/// Family, version, resource, then fields of length, type and value; lengths are in host byte order.
pub(super) fn nflog(data: &[u8], start: usize) -> Result<Step, Malformed> {
    let mut place = start + 4;
    while place < data.len() {
        let (mut size, mut kind) = (le16(data, place)?, le16(data, place + 2)?);
        if kind & 0x7FFF > 0xFF {
            (size, kind) = (be16(data, place)?, be16(data, place + 2)?);
        }
        if kind & 0x7FFF == NFLOG_PAYLOAD {
            return Ok(Step::to(nflog_payload(byte(data, start)?), place + 4));
        }
        let size = usize::from(size);
        if size < 4 || place + size > data.len() {
            return Err(Malformed("bad NFLOG field"));
        }
        place += size.next_multiple_of(4);
    }
    Ok(Step::to(NOTHING, start))
}

fn nflog_payload(number: u8) -> u32 {
    family(u32::from(number)).unwrap_or(if number == NFLOG_BRIDGE { ETHERNET } else { IP })
}

/// Apple's header: its length, the record type, and the link-layer type in the machine's numbering.
pub(super) fn pktap(data: &[u8], start: usize) -> Result<Step, Malformed> {
    let (size, following) = (le32(data, start)? as usize, le32(data, start + 8)?);
    if !(12..=data.len()).contains(&size) {
        return Err(Malformed("bad PKTAP header"));
    }
    let link_type = if matches!(following, 12 | 14) { RAW } else { following & 0xFFFF };
    Ok(Step::to(LINK | link_type, start + size))
}

/// Source, destination, then the protocol.
pub(super) fn arcnet(data: &[u8], start: usize) -> Result<Step, Malformed> {
    arcnet_protocol(data, start + 2)
}

/// Like `arcnet`, with the offset in the card's buffer before the protocol.
pub(super) fn linux_arcnet(data: &[u8], start: usize) -> Result<Step, Malformed> {
    arcnet_protocol(data, start + 4)
}

/// In RFC 1051 IP follows directly; RFC 1201 and RFC 2497 insert a split flag and a sequence number.
fn arcnet_protocol(data: &[u8], place: usize) -> Result<Step, Malformed> {
    let layer = match byte(data, place)? {
        0xF0 => return Ok(Step::to(IPV4, place + 1)),
        0xD4 => IPV4,
        0xC4 => IPV6,
        _ => return Ok(Step::to(NOTHING, place)),
    };
    let exception = byte(data, place + 1)? == 0xFF; // such a frame is padded
    let place = place + if exception { 5 } else { 1 };
    if byte(data, place)? != 0 {
        return Err(Malformed("fragmented ARCNET packet"));
    }
    Ok(Step::to(layer, place + 3))
}

/// IEEE 802.5: access and frame control, then addresses. The first bit of the source announces a route.
pub(super) fn token_ring(data: &[u8], start: usize) -> Result<Step, Malformed> {
    let routed = byte(data, start + 8)? & 0x80 != 0;
    let route = if routed { byte(data, start + 14)? & 0x1F } else { 0 };
    Ok(Step::to(LLC, start + 14 + usize::from(route)))
}

/// OpenBSD pflog: header length without padding, then address family.
pub(super) fn firewall(data: &[u8], start: usize) -> Result<Step, Malformed> {
    let layer = of_family(byte(data, start + 1)?.into());
    let size = usize::from(byte(data, start)?).next_multiple_of(4);
    Ok(Step::to(layer, start + size))
}

/// Solaris ipnet: version and address family in a 24-byte header.
pub(super) fn ipnet(data: &[u8], start: usize) -> Result<Step, Malformed> {
    Ok(Step::to(of_family(byte(data, start + 1)?.into()), start + 24))
}
