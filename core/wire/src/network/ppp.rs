//! Serial links: PPP (RFC 1661, RFC 1662), Cisco HDLC, and frame relay (RFC 2427).

use super::ethernet::snap_number;
use super::layers::{ETHERNET, IPV4, IPV6, Malformed, NOTHING, PPP, PPP_LINK, Step, ethertype};
use crate::readers::{be16, byte};

const UNNUMBERED: u8 = 3;
const BRIDGED: (u8, u32) = (0x00, 0x80C2_0007);

/// PPP with or without address and control field. The protocol takes two bytes, or one if compressed.
pub(super) fn ppp(data: &[u8], start: usize) -> Result<Step, Malformed> {
    match byte(data, start)? {
        0xFF if byte(data, start + 1)? == UNNUMBERED => ppp_protocol(data, start + 2),
        // Serial links captured as PPP that use Cisco HDLC.
        0x0F | 0x8F if byte(data, start + 1)? == 0 => hdlc(data, start),
        _ => ppp_protocol(data, start),
    }
}

fn ppp_protocol(data: &[u8], start: usize) -> Result<Step, Malformed> {
    let first = byte(data, start)?;
    if first & 1 != 0 {
        return Ok(Step::to(PPP | u32::from(first), start + 1));
    }
    Ok(Step::to(PPP | u32::from(be16(data, start)?), start + 2))
}

/// Cisco HDLC: address, control, EtherType (RFC 1547 section 4.3.1).
pub(super) fn hdlc(data: &[u8], start: usize) -> Result<Step, Malformed> {
    ethertype(data, start + 2)
}

/// Skip an address of two to four bytes, then HDLC control and a network-layer protocol, or an EtherType (Cisco).
pub(super) fn frame_relay(data: &[u8], start: usize) -> Result<Step, Malformed> {
    let mut place = start;
    while byte(data, place)? & 1 == 0 {
        place += 1;
        if place > start + 3 {
            return Ok(Step::to(NOTHING, start));
        }
    }
    if byte(data, place + 1)? != UNNUMBERED {
        return ethertype(data, place + 1);
    }
    let padded = byte(data, place + 2)? == 0;
    network_protocol(data, place + if padded { 3 } else { 2 })
}

/// A network-layer protocol identifier (RFC 2427 section 4).
fn network_protocol(data: &[u8], place: usize) -> Result<Step, Malformed> {
    let layer = match byte(data, place)? {
        0x80 if snap_number(data, place + 1)? == BRIDGED => return Ok(Step::to(ETHERNET, place + 6)),
        0x80 => return ethertype(data, place + 4),
        0xCC => IPV4,
        0x8E => IPV6,
        0xCF => PPP_LINK,
        _ => NOTHING,
    };
    Ok(Step::to(layer, place + 1))
}
