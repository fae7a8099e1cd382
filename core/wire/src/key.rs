//! The key of a flow: both endpoints, and a label that tells apart flows of different networks with the same addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// One direction of a flow: source and destination, each an address and a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// IPv4: source, destination, source port, destination port and label, from the highest bits down.
    V4(u128),
    /// IPv6: source, destination; then source port, destination port and label, from the highest bits down.
    V6(u128, u128, u64),
}

impl Key {
    /// Create a key from IPv4 addresses and ports in network byte order; the label of most flows is 0.
    #[must_use]
    pub fn v4(source: u32, destination: u32, ports: u32, label: u32) -> Self {
        Self::V4(u128::from(source) << 96 | u128::from(destination) << 64 | u128::from(ports) << 32 | u128::from(label))
    }

    /// Create a key from IPv6 addresses and ports.
    #[must_use]
    pub fn v6(source: u128, destination: u128, ports: u32, label: u32) -> Self {
        Self::V6(source, destination, u64::from(ports) << 32 | u64::from(label))
    }

    /// Return the key of the opposite direction.
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            Self::V4(bits) => {
                let [source, destination, ports, label] = quarters(bits);
                Self::v4(destination, source, ports.rotate_left(16), label)
            }
            Self::V6(source, destination, rest) => {
                let (ports, label) = halves(rest);
                Self::v6(destination, source, ports.rotate_left(16), label)
            }
        }
    }

    /// Return the key that both directions share, and whether this one had to be reversed for it.
    #[must_use]
    pub fn canonical(self) -> (Self, bool) {
        let swapped = match self {
            Self::V4(bits) => {
                let [source, destination, ports, _] = quarters(bits);
                (source, ports >> 16) > (destination, ports & 0xFFFF)
            }
            Self::V6(source, destination, rest) => {
                let (ports, _) = halves(rest);
                (source, ports >> 16) > (destination, ports & 0xFFFF)
            }
        };
        (if swapped { self.reversed() } else { self }, swapped)
    }

    /// Return bits that differ between most flows; whoever crafts flows can make them collide.
    #[must_use]
    pub fn bits(self) -> u64 {
        let bits = match self {
            Self::V4(bits) => bits,
            Self::V6(source, destination, rest) => source ^ destination ^ u128::from(rest),
        };
        (bits >> 64) as u64 ^ bits as u64
    }

    /// Return the source and destination port.
    #[must_use]
    pub fn ports(self) -> (u16, u16) {
        let ports = match self {
            Self::V4(bits) => quarters(bits)[2],
            Self::V6(_, _, rest) => halves(rest).0,
        };
        ((ports >> 16) as u16, ports as u16)
    }

    /// Return the source and destination address.
    #[must_use]
    pub fn addresses(self) -> (IpAddr, IpAddr) {
        match self {
            Self::V4(bits) => {
                let [source, destination, ..] = quarters(bits);
                (IpAddr::V4(Ipv4Addr::from(source)), IpAddr::V4(Ipv4Addr::from(destination)))
            }
            Self::V6(source, destination, _) => {
                (IpAddr::V6(Ipv6Addr::from(source)), IpAddr::V6(Ipv6Addr::from(destination)))
            }
        }
    }

    /// Return the same flow to no address in particular.
    #[must_use]
    pub fn to_anybody(self) -> Self {
        match self {
            Self::V4(bits) => Self::V4(bits & !(0xFFFF_FFFF << 64)),
            Self::V6(source, _, rest) => Self::V6(source, 0, rest),
        }
    }

    /// Return the same flow with another label.
    #[must_use]
    pub fn labelled(self, label: u32) -> Self {
        match self {
            Self::V4(bits) => Self::V4(bits & !0xFFFF_FFFF | u128::from(label)),
            Self::V6(source, destination, rest) => {
                Self::V6(source, destination, rest & !0xFFFF_FFFF | u64::from(label))
            }
        }
    }
}

fn quarters(bits: u128) -> [u32; 4] {
    [(bits >> 96) as u32, (bits >> 64) as u32, (bits >> 32) as u32, bits as u32]
}

fn halves(bits: u64) -> (u32, u32) {
    ((bits >> 32) as u32, bits as u32)
}
