//! Tunnels in IP and UDP: GRE with all its payloads, VXLAN, Geneve, GTP-U, Teredo and others.

use super::ethernet::generic_protocol;
use super::layers::{ETHERNET, IP, IPV4, IPV6, Identity, LINK, Malformed, NOTHING, PPP_LINK, Step, ethertype};
use crate::readers::{Short, be16, byte, part};

const CHECKSUM: u16 = 0x8000;
const ROUTING: u16 = 0x4000;
const KEY: u16 = 0x2000;
const SEQUENCE: u16 = 0x1000;
const ACKNOWLEDGMENT: u16 = 0x0080;
const ERSPAN: u32 = 0x88BE;
const ERSPAN_3: u32 = 0x22EB;
const WCCP: u32 = 0x883E;
const BRIDGING: u32 = 0x6558;
const TEREDO_PREFIX: [u8; 4] = [0x20, 0x01, 0x00, 0x00];

/// Read the 24-bit identifier of a virtual network.
fn virtual_network(data: &[u8], place: usize) -> Identity {
    Identity::new(b'x', part(data, place, place + 3))
}

/// Convert a length in 4-byte words to bytes.
fn words(number: u8) -> usize {
    usize::from(number) * 4
}

/// GRE (RFC 2784, RFC 2890) with the routing of RFC 1701; version 1 is that of PPTP (RFC 2637).
pub(super) fn gre(data: &[u8], start: usize) -> Result<Step, Malformed> {
    let flags = be16(data, start)?;
    let kind = ethertype(data, start + 2)?.layer;
    let key = start + if flags & (CHECKSUM | ROUTING) == 0 { 4 } else { 8 };
    let mut place = key + [KEY, SEQUENCE].iter().filter(|field| flags & *field != 0).count() * 4;
    if flags & 7 == 1 && flags & ACKNOWLEDGMENT != 0 {
        place += 4;
    } else if flags & 7 == 0 && flags & ROUTING != 0 {
        place = after_routes(data, place)?;
    }
    let step = gre_payload(kind, flags, data, place)?;
    // NVGRE (RFC 7637): virtual subnet and flow.
    Ok(if flags & KEY != 0 && kind == BRIDGING { step.within(virtual_network(data, key)) } else { step })
}

fn gre_payload(kind: u32, flags: u16, data: &[u8], place: usize) -> Result<Step, Malformed> {
    Ok(match kind {
        // Type I has neither header nor sequence number, type II has both (draft-foschiano-erspan-03).
        ERSPAN if flags & SEQUENCE != 0 => Step::to(ETHERNET, place + 8),
        ERSPAN => Step::to(ETHERNET, place),
        ERSPAN_3 => erspan_3(data, place)?,
        // Version 2 has a 4-byte redirect header, version 1 has none; IPv4 follows.
        WCCP if byte(data, place)? >> 4 == 4 => Step::to(IPV4, place),
        WCCP => Step::to(IPV4, place + 4),
        _ => Step::to(kind, place),
    })
}

/// ERSPAN type III: twelve bytes, plus eight if the last bit says so. Frame type 2 is IP, 0 is Ethernet.
fn erspan_3(data: &[u8], start: usize) -> Result<Step, Short> {
    let (kind, options) = (byte(data, start + 10)? >> 2 & 0x1F, byte(data, start + 11)?);
    let size = if options & 1 != 0 { 20 } else { 12 };
    Ok(Step::to(if kind == 2 { IP } else { ETHERNET }, start + size))
}

/// Skip source route entries: address family, offset, length. The last one is all zeros.
fn after_routes(data: &[u8], mut place: usize) -> Result<usize, Short> {
    while be16(data, place)? != 0 || byte(data, place + 3)? != 0 {
        place += 4 + usize::from(byte(data, place + 3)?);
    }
    Ok(place + 4)
}

/// VXLAN (RFC 7348). Others use its reserved fields, so only the flag of a valid identifier is checked.
pub(super) fn vxlan(data: &[u8], start: usize) -> Result<Step, Malformed> {
    if byte(data, start)? & 0x08 == 0 {
        return Err(Malformed("bad VXLAN header"));
    }
    Ok(Step::to(ETHERNET, start + 8).within(virtual_network(data, start + 4)))
}

/// VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe): a flag says whether the next protocol is given.
pub(super) fn vxlan_generic(data: &[u8], start: usize) -> Result<Step, Malformed> {
    let named = byte(data, start)? & 0x04 != 0;
    let layer = if named { generic_protocol(byte(data, start + 3)?) } else { ETHERNET };
    Ok(Step::to(layer, start + 8).within(virtual_network(data, start + 4)))
}

/// Geneve (RFC 8926): options, whose length is counted in words, then an EtherType.
pub(super) fn geneve(data: &[u8], start: usize) -> Result<Step, Malformed> {
    let first = byte(data, start)?;
    if first >> 6 != 0 {
        return Err(Malformed("bad Geneve header"));
    }
    let kind = ethertype(data, start + 2)?.layer;
    Ok(Step::to(kind, start + 8 + words(first & 0x3F)).within(virtual_network(data, start + 4)))
}

/// User data of GTP version 1 (3GPP TS 29.281 section 5). The tunnel identifier differs by direction.
pub(super) fn gtp(data: &[u8], start: usize) -> Result<Step, Malformed> {
    let flags = byte(data, start)?;
    if flags >> 4 != 3 || byte(data, start + 1)? != 0xFF {
        return Ok(Step::to(NOTHING, start)); // control messages, echo, GTP'
    }
    let place = if flags & 0x07 == 0 { start + 8 } else { after_gtp_extensions(data, start + 8, flags)? };
    Ok(Step::to(if byte(data, place)? == 0xFF { PPP_LINK } else { IP }, place))
}

/// Skip the optional fields, the last of which names an extension header, and those headers.
fn after_gtp_extensions(data: &[u8], fields: usize, flags: u8) -> Result<usize, Malformed> {
    let (mut following, mut place) = (byte(data, fields + 3)?, fields + 4);
    while flags & 0x04 != 0 && following != 0 {
        let size = words(byte(data, place)?);
        if size == 0 {
            return Err(Malformed("bad GTP extension header"));
        }
        following = byte(data, place + size - 1)?;
        place += size;
    }
    Ok(place)
}

/// User data of GTP version 0 (3GPP TS 09.60 section 6).
pub(super) fn gtp_0(data: &[u8], start: usize) -> Result<Step, Malformed> {
    let user_data = byte(data, start)? >> 4 == 1 && byte(data, start + 1)? == 0xFF;
    Ok(Step::to(if user_data { IP } else { NOTHING }, start + 20))
}

/// Teredo (RFC 4380 section 5.1.1): authentication and origin may precede IPv6.
pub(super) fn teredo(data: &[u8], mut start: usize) -> Result<Step, Malformed> {
    if be16(data, start)? == 1 {
        start += 13 + usize::from(byte(data, start + 2)?) + usize::from(byte(data, start + 3)?);
    }
    if be16(data, start)? == 0 {
        start += 8;
    }
    Ok(Step::to(if byte(data, start)? >> 4 == 6 { IPV6 } else { NOTHING }, start))
}

/// Return whether a UDP packet on any ports carries Teredo (RFC 4380); peers do not use the server's port.
pub(super) fn is_teredo(data: &[u8], udp: usize) -> bool {
    let start = udp + 8;
    let addressed = || [8, 24].iter().any(|at| part(data, start + at, start + at + 4) == TEREDO_PREFIX);
    let lengths = || Some((be16(data, udp + 4).ok()?, be16(data, start + 4).ok()?));
    byte(data, start).is_ok_and(|first| first >> 4 == 6)
        && data.len() >= start + 40
        && addressed()
        && lengths().is_some_and(|(outer, inner)| u32::from(outer) == 48 + u32::from(inner))
}

/// AYIYA (draft-massar-v6ops-ayiya-02 section 3): identity length (a power of two), signature length (in words).
pub(super) fn ayiya(data: &[u8], start: usize) -> Result<Step, Malformed> {
    let (identity, signature) = (byte(data, start)? >> 4, byte(data, start + 1)? >> 4);
    let (operation, following) = (byte(data, start + 2)? & 0x0F, byte(data, start + 3)?);
    let layer = match following {
        4 if operation == 1 => IPV4,
        41 if operation == 1 => IPV6,
        _ => NOTHING,
    };
    Ok(Step::to(layer, start + 8 + (1 << identity) + words(signature)))
}

/// Parse a data message of L2TP version 2 (RFC 2661 section 3.1), which carries PPP.
pub(super) fn l2tp(data: &[u8], start: usize) -> Result<Step, Malformed> {
    let flags = be16(data, start)?;
    if flags & 0x8000 != 0 || flags & 0x0F != 2 {
        return Ok(Step::to(NOTHING, start));
    }
    let length = if flags & 0x4000 != 0 { 2 } else { 0 };
    let numbers = if flags & 0x0800 != 0 { 4 } else { 0 };
    let place = start + 6 + length + numbers;
    let offset = if flags & 0x0200 != 0 { 2 + usize::from(be16(data, place)?) } else { 0 };
    Ok(Step::to(PPP_LINK, place + offset))
}

/// `TaZmen` Sniffer Protocol: version, type, link type, then tagged fields up to an end tag.
pub(super) fn tzsp(data: &[u8], start: usize) -> Result<Step, Malformed> {
    let layer = match be16(data, start + 2)? {
        1 => ETHERNET,
        0x12 => LINK | 105,
        0x77 => LINK | 119,
        0x7F => LINK | 127,
        _ => NOTHING,
    };
    let mut place = start + 4;
    loop {
        place += match byte(data, place)? {
            0 => 1,
            1 => return Ok(Step::to(layer, place + 1)),
            _ => 2 + usize::from(byte(data, place + 1)?),
        };
    }
}

/// `EtherIP` version 3 (RFC 3378).
pub(super) fn etherip(data: &[u8], start: usize) -> Result<Step, Malformed> {
    Ok(Step::to(if byte(data, start)? >> 4 == 3 { ETHERNET } else { NOTHING }, start + 2))
}
