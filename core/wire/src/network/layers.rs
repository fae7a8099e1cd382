//! The vocabulary of the layers around IP: every layer is a function in one table, found by the number it is known by.
//!
//! A layer is given a frame and the index of its header, and says which layer follows, where that starts, and what part
//! of the network's identity it carries (VLAN ids and the like). It never looks behind the frame.

use crate::readers::{Short, be16, byte};

/// A layer: reads the header that begins at an index of a frame.
pub(super) type Layer = fn(&[u8], usize) -> Result<Step, Malformed>;

// Where a layer's number comes from. Plain numbers are EtherTypes; the others are added to one of these.

/// Link types of capture files.
pub(super) const LINK: u32 = 0x10000;
/// IP protocols.
pub(super) const PROTOCOL: u32 = 0x20000;
/// Ports of UDP.
pub(super) const UDP_PORT: u32 = 0x30000;
/// PPP protocols (RFC 1661).
pub(super) const PPP: u32 = 0x40000;
/// Layers that have no number of their own.
pub(super) const OWN: u32 = 0x50000;

/// No layer that is read.
pub(super) const NOTHING: u32 = u32::MAX;
pub(super) const IPV4: u32 = 0x0800;
pub(super) const IPV6: u32 = 0x86DD;
pub(super) const MPLS: u32 = 0x8847;
pub(super) const NSH: u32 = 0x894F;
pub(super) const ETHERNET: u32 = LINK | 1;
/// The link type of PPP, with or without its address and control field.
pub(super) const PPP_LINK: u32 = LINK | 9;
pub(super) const TCP: u32 = PROTOCOL | 6;
pub(super) const UDP: u32 = PROTOCOL | 17;
/// IPv4 or IPv6, as its first four bits say.
pub(super) const IP: u32 = OWN | 1;
pub(super) const LLC: u32 = OWN | 2;

/// A header that contradicts itself, or ends too early; the text is the name it is counted under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed(pub(super) &'static str);

impl From<Short> for Malformed {
    fn from(_: Short) -> Self {
        Self("truncated frame")
    }
}

/// A part of the network's identity: a letter for its kind, and its number of up to 24 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity(u32);

impl Identity {
    /// Of a kind, with so many bytes of the frame; where they are not there, what follows is not there either.
    pub(super) fn new(kind: u8, number: &[u8]) -> Self {
        Self(number.iter().take(3).fold(u32::from(kind), |bits, byte| bits << 8 | u32::from(*byte)))
    }

    /// As bytes, to be put behind others.
    pub(super) fn bytes(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }
}

/// What follows a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Which layer; `NOTHING` if none that is read.
    pub(super) layer: u32,
    /// Where its header begins.
    pub(super) start: usize,
    /// What the header says of the network.
    pub(super) identity: Option<Identity>,
}

impl Step {
    /// To a layer, without any identity.
    pub(super) fn to(layer: u32, start: usize) -> Self {
        Self { layer, start, identity: None }
    }

    /// The same from a network.
    pub(super) fn within(self, identity: Identity) -> Self {
        Self { identity: Some(identity), ..self }
    }
}

/// What follows an EtherType; below 1536 it is a length, and LLC follows (IEEE 802.3 clause 3.2.6).
pub(super) fn ethertype(data: &[u8], place: usize) -> Result<Step, Malformed> {
    let kind = be16(data, place)?;
    Ok(Step::to(if kind >= 0x600 { u32::from(kind) } else { LLC }, place + 2))
}

/// IPv4 or IPv6 without anything that tells which.
pub(super) fn ip(data: &[u8], start: usize) -> Result<Step, Malformed> {
    let layer = match byte(data, start)? >> 4 {
        4 => IPV4,
        6 => IPV6,
        _ => NOTHING,
    };
    Ok(Step::to(layer, start))
}
