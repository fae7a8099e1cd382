//! The protocol layers around IP. Each is a function in one table, found by its protocol number.
//!
//! A layer gets a frame and the index of its header. It returns the next layer, the index of its header, and its part
//! of the network's identity (such as a VLAN id). It never reads beyond the frame.

use crate::readers::{Short, be16, byte};

/// A layer: parses the header at an index of a frame.
pub(super) type Layer = fn(&[u8], usize) -> Result<Step, Malformed>;

// Number spaces of layers. Plain numbers are EtherTypes; the others are added to one of these.

/// Link-layer types of capture files.
pub(super) const LINK: u32 = 0x10000;
/// IP protocol numbers.
pub(super) const PROTOCOL: u32 = 0x20000;
/// UDP port numbers.
pub(super) const UDP_PORT: u32 = 0x30000;
/// PPP protocol numbers (RFC 1661).
pub(super) const PPP: u32 = 0x40000;
/// Layers without a number of their own.
pub(super) const OWN: u32 = 0x50000;

/// No layer that is supported.
pub(super) const NOTHING: u32 = u32::MAX;
pub(super) const IPV4: u32 = 0x0800;
pub(super) const IPV6: u32 = 0x86DD;
pub(super) const MPLS: u32 = 0x8847;
pub(super) const NSH: u32 = 0x894F;
pub(super) const ETHERNET: u32 = LINK | 1;
/// The link-layer type of PPP, with or without address and control field.
pub(super) const PPP_LINK: u32 = LINK | 9;
pub(super) const TCP: u32 = PROTOCOL | 6;
pub(super) const UDP: u32 = PROTOCOL | 17;
/// IPv4 or IPv6, depending on the first four bits.
pub(super) const IP: u32 = OWN | 1;
pub(super) const LLC: u32 = OWN | 2;

/// An invalid or truncated header; its text is the name of the oddity to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed(pub(super) &'static str);

impl From<Short> for Malformed {
    fn from(_: Short) -> Self {
        Self("truncated frame")
    }
}

/// A part of the network's identity: a letter for its kind, and a number of up to 24 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity(u32);

impl Identity {
    /// Create an identity from bytes of the frame; if they are missing, what follows is missing too.
    pub(super) fn new(kind: u8, number: &[u8]) -> Self {
        Self(number.iter().take(3).fold(u32::from(kind), |bits, byte| bits << 8 | u32::from(*byte)))
    }

    /// Return the bytes to append to other identities.
    pub(super) fn bytes(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }
}

/// The result of parsing a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// The next layer; `NOTHING` if none is supported.
    pub(super) layer: u32,
    /// Index of its header.
    pub(super) start: usize,
    /// The identity of the network, if the header has one.
    pub(super) identity: Option<Identity>,
}

impl Step {
    /// Go to a layer without an identity.
    pub(super) fn to(layer: u32, start: usize) -> Self {
        Self { layer, start, identity: None }
    }

    /// Add an identity.
    pub(super) fn within(self, identity: Identity) -> Self {
        Self { identity: Some(identity), ..self }
    }
}

/// Return the layer of an EtherType. A value below 1536 is a length before LLC (IEEE 802.3 clause 3.2.6).
pub(super) fn ethertype(data: &[u8], place: usize) -> Result<Step, Malformed> {
    let kind = be16(data, place)?;
    Ok(Step::to(if kind >= 0x600 { u32::from(kind) } else { LLC }, place + 2))
}

/// IPv4 or IPv6, recognised only by its version field.
pub(super) fn ip(data: &[u8], start: usize) -> Result<Step, Malformed> {
    let layer = match byte(data, start)? >> 4 {
        4 => IPV4,
        6 => IPV6,
        _ => NOTHING,
    };
    Ok(Step::to(layer, start))
}
