//! The tables of supported layers by number, besides IPv4, IPv6, TCP and UDP.

use super::layers::{ETHERNET, IP, IPV4, IPV6, LINK, LLC, Layer, MPLS, OWN, PPP, PPP_LINK, PROTOCOL, Step, UDP_PORT};
use super::layers::{ethertype, ip};
use super::{ethernet, link, ppp, tunnels, wifi};

const GRE: u32 = PROTOCOL | 47;
const CISCO_HDLC: u32 = LINK | 104;
const FRAME_RELAY: u32 = LINK | 107;

/// Return the layer with a number; None if unknown.
pub(super) fn layer(number: u32) -> Option<Layer> {
    let (source, own) = (number & !0xFFFF, number & 0xFFFF);
    match source {
        0 => of_ethertype(own),
        LINK => of_link_type(own),
        PROTOCOL => of_protocol(own),
        UDP_PORT => of_port(own),
        PPP => of_ppp_protocol(own),
        OWN if number == IP => Some(ip),
        OWN if number == LLC => Some(ethernet::llc),
        _ => None,
    }
}

/// A layer that skips a header of `size` bytes before another layer.
macro_rules! after {
    ($size:expr, $layer:expr) => {
        |_, start| Ok(Step::to($layer, start + $size))
    };
}

/// A layer that skips a header of `size` bytes, the last two of which are an EtherType.
macro_rules! ethertype_after {
    ($size:expr) => {
        |data, start| ethertype(data, start + $size - 2)
    };
}

/// Return the layer of an EtherType.
fn of_ethertype(number: u32) -> Option<Layer> {
    Some(match number {
        0x8100 | 0x88A8 | 0x9100 | 0x9200 | 0x9300 => ethernet::vlan,
        0x88E7 => ethernet::backbone,
        0x8903 => ethernet::fabric_path,
        0x22F3 => ethernet::trill,
        0x88E5 => ethernet::macsec,
        0x894F => ethernet::nsh,
        0x8926 => ethertype_after!(6), // Cisco VN-Tag
        0x8909 => ethertype_after!(8), // Cisco MetaData, with a security group tag
        0xF1C1 => ethertype_after!(6), // IEEE 802.1CB redundancy tag
        0x892F => ethertype_after!(6), // IEC 62439-3 HSR
        0x8864 => ethernet::pppoe,
        0x880B => after!(0, PPP_LINK),    // PPP, inside GRE (RFC 2637)
        0x6558 => after!(0, ETHERNET),    // transparent Ethernet bridging (RFC 1701)
        0x6559 => after!(0, FRAME_RELAY), // inside GRE (RFC 1701)
        0x8847 | 0x8848 => ethernet::mpls,
        0x8200..0x8400 if number & 0xF == 0 => wifi::wifi, // GRE protocols of Aruba, one per channel
        _ => return None,
    })
}

/// Return the layer of a link-layer type of capture files (https://www.tcpdump.org/linktypes.html).
fn of_link_type(number: u32) -> Option<Layer> {
    Some(match number {
        0 | 108 => link::loopback,
        1 => ethernet::ethernet,
        6 => link::token_ring,
        7 => link::arcnet,
        8 => after!(16, IP), // SLIP as written by libpcap
        9 | 50 | 166 => ppp::ppp,
        10 => after!(13, LLC),                      // FDDI: frame control and addresses
        12 | 14 | 101 | 228 | 229 => after!(0, IP), // raw IP, as numbered by several systems
        51 => after!(6, PPP_LINK),                  // PPPoE without its Ethernet header
        100 => after!(0, LLC),                      // ATM with LLC (RFC 2684)
        104 => ppp::hdlc,
        105 => wifi::wifi,
        107 => ppp::frame_relay,
        109 => after!(12, IP), // OpenBSD IPsec interface
        113 => link::cooked,
        117 => link::firewall,
        119 | 163 => wifi::prism,
        122 => after!(16, LLC), // IP over fibre channel (RFC 2625)
        123 => after!(4, LLC),  // SunATM
        127 => wifi::radiotap,
        129 => link::linux_arcnet,
        143 => after!(0, ETHERNET), // DOCSIS, as delivered by cable modem systems
        149 | 258 => link::pktap,
        192 => wifi::ppi,
        204 => after!(1, PPP_LINK), // direction
        205 => after!(1, CISCO_HDLC),
        206 => after!(1, FRAME_RELAY),
        219 => after!(0, MPLS),
        226 => link::ipnet,
        239 => link::nflog,
        240 => after!(4, ETHERNET),  // Hilscher netANALYZER
        241 => after!(12, ETHERNET), // with preamble
        274 => after!(8, ETHERNET),  // preamble
        276 => link::cooked2,
        _ => return None,
    })
}

/// Return the layer of an IP protocol.
fn of_protocol(number: u32) -> Option<Layer> {
    Some(match number {
        4 | 94 => after!(0, IPV4),
        41 => after!(0, IPV6),
        47 => tunnels::gre,
        97 => tunnels::etherip,
        137 => after!(0, MPLS),
        143 => after!(0, ETHERNET),
        _ => return None,
    })
}

/// Return the layer of a UDP port.
fn of_port(number: u32) -> Option<Layer> {
    Some(match number {
        1701 => tunnels::l2tp,
        2152 => tunnels::gtp,
        3386 => tunnels::gtp_0,
        3544 => tunnels::teredo,
        4341 => after!(8, IP), // LISP, RFC 9300 section 5.1
        4754 => after!(0, GRE),
        4789 | 8472 => tunnels::vxlan,
        4790 => tunnels::vxlan_generic,
        5072 => tunnels::ayiya,
        6081 => tunnels::geneve,
        6635 => after!(0, MPLS),
        37008 => tunnels::tzsp,
        _ => return None,
    })
}

/// Return the layer of a PPP protocol.
fn of_ppp_protocol(number: u32) -> Option<Layer> {
    Some(match number {
        0x21 => after!(0, IPV4),
        0x57 => after!(0, IPV6),
        0x281 | 0x283 => after!(0, MPLS),
        0x31 => after!(2, ETHERNET), // bridged (RFC 3518), with flags and MAC type
        _ => return None,
    })
}
