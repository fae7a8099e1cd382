//! Headers between Ethernet and IP: tags, labels, LLC/SNAP and PPPoE.

use super::layers::{ETHERNET, IPV4, IPV6, Identity, MPLS, Malformed, NOTHING, NSH, PPP_LINK, Step, ethertype};
use crate::readers::{be16, be32, byte, part};

const CONTROL_WORD: usize = 4;
const MOST_LABELS: usize = 32;
const SNAP: u16 = 0xAAAA;
const LLC_IP: u16 = 0x0606;
/// SNAP identifiers of bridged Ethernet frames, with and without checksum (RFC 2684 section 5.2).
const BRIDGED: [(u8, u32); 2] = [(0x00, 0x80C2_0001), (0x00, 0x80C2_0007)];

/// An Ethernet header: addresses and EtherType.
pub(super) fn ethernet(data: &[u8], start: usize) -> Result<Step, Malformed> {
    ethertype(data, start + 12)
}

/// IEEE 802.1Q. VLAN 0 only carries a priority and names no VLAN.
pub(super) fn vlan(data: &[u8], start: usize) -> Result<Step, Malformed> {
    let step = ethertype(data, start + 2)?;
    let number = be16(data, start)? & 0x0FFF;
    Ok(if number == 0 { step } else { step.within(Identity::new(b'v', &number.to_be_bytes())) })
}

/// IEEE 802.1ah: a 24-bit service identifier, then the whole frame of the customer.
pub(super) fn backbone(data: &[u8], start: usize) -> Result<Step, Malformed> {
    Ok(Step::to(ETHERNET, start + 4).within(Identity::new(b'i', part(data, start + 1, start + 4))))
}

/// Cisco FabricPath: the outer header held its addresses, so only four bytes of its tag are left.
pub(super) fn fabric_path(_: &[u8], start: usize) -> Result<Step, Malformed> {
    Ok(Step::to(ETHERNET, start + 2))
}

/// RFC 6325 section 3: six bytes, then options whose length is counted in words.
pub(super) fn trill(data: &[u8], start: usize) -> Result<Step, Malformed> {
    let options = usize::from(be16(data, start)? >> 6 & 0x1F);
    Ok(Step::to(ETHERNET, start + 6 + options * 4))
}

/// IEEE 802.1AE clause 9. The payload is readable only if the E bit is not set.
pub(super) fn macsec(data: &[u8], start: usize) -> Result<Step, Malformed> {
    let control = byte(data, start)?;
    if control & 0x08 != 0 {
        return Err(Malformed("encrypted MACsec frame"));
    }
    let with_channel = control & 0x20 != 0;
    ethertype(data, start + if with_channel { 14 } else { 6 })
}

/// Network Service Header (RFC 8300 section 2.2).
pub(super) fn nsh(data: &[u8], start: usize) -> Result<Step, Malformed> {
    let size = usize::from(byte(data, start + 1)? & 0x3F) * 4;
    if size < 8 {
        return Err(Malformed("bad NSH header"));
    }
    Ok(Step::to(generic_protocol(byte(data, start + 3)?), start + size))
}

/// Return the layer of an NSH next-protocol value; VXLAN-GPE shares them.
pub(super) fn generic_protocol(code: u8) -> u32 {
    match code {
        1 => IPV4,
        2 => IPV6,
        3 => ETHERNET,
        4 => NSH,
        5 => MPLS,
        _ => NOTHING,
    }
}

/// IEEE 802.2, and its SNAP extension with an EtherType (RFC 1042).
pub(super) fn llc(data: &[u8], start: usize) -> Result<Step, Malformed> {
    let access = be16(data, start)?;
    if access == SNAP && byte(data, start + 2)? == 3 {
        if BRIDGED.contains(&snap_number(data, start + 3)?) {
            return Ok(Step::to(ETHERNET, start + 10));
        }
        return ethertype(data, start + 6);
    }
    if access == LLC_IP && byte(data, start + 2)? == 3 {
        return Ok(Step::to(IPV4, start + 3));
    }
    Ok(Step::to(NOTHING, start))
}

/// Read the 5-byte SNAP identifier of a protocol, in two parts.
pub(super) fn snap_number(data: &[u8], place: usize) -> Result<(u8, u32), Malformed> {
    Ok((byte(data, place)?, be32(data, place + 1)?))
}

/// PPPoE session stage (RFC 2516 section 4). Both directions have the same session number.
pub(super) fn pppoe(data: &[u8], start: usize) -> Result<Step, Malformed> {
    if byte(data, start)? != 0x11 {
        return Err(Malformed("bad PPPoE header"));
    }
    Ok(Step::to(PPP_LINK, start + 6).within(Identity::new(b'p', part(data, start + 2, start + 4))))
}

/// Skip MPLS labels (RFC 3032), which differ by direction. Only the first bits of the payload reveal it.
pub(super) fn mpls(data: &[u8], start: usize) -> Result<Step, Malformed> {
    for place in (start..).step_by(4).take(MOST_LABELS) {
        if byte(data, place + 2)? & 1 != 0 {
            return labelled(data, place + 4);
        }
    }
    Err(Malformed("too many MPLS labels"))
}

/// IP, or an Ethernet pseudowire with or without a control word (RFC 4385).
fn labelled(data: &[u8], start: usize) -> Result<Step, Malformed> {
    let first = byte(data, start)? >> 4;
    Ok(match first {
        0 | 4 | 6 if seems_ethernet(data, start) => Step::to(ETHERNET, start),
        0 => Step::to(ETHERNET, start + CONTROL_WORD),
        4 => Step::to(IPV4, start),
        6 => Step::to(IPV6, start),
        _ => Step::to(ETHERNET, start),
    })
}

/// Return whether an Ethernet frame with IP or a tag starts here; the first bits of a MAC address prove nothing.
fn seems_ethernet(data: &[u8], start: usize) -> bool {
    match part(data, start + 12, start + 15) {
        [0x81, 0x00, ..] => true,
        [0x08, 0x00, version] => *version == 0x45,
        [0x86, 0xDD, version] => version >> 4 == 6,
        _ => false,
    }
}
