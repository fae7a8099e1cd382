//! How a message arrived, and where its lookup belongs.

use super::waiting::Place;
use super::{LLMNR_PORT, MDNS_PORT};
use crate::key::Key;

/// Label of the keys of TCP connections, whose ports are not those of UDP.
const TCP_LABEL: u32 = 1;

/// What carries messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Transport {
    Udp,
    Tcp,
}

/// DNS proper, or a protocol that has its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Dns,
    Mdns,
    Llmnr,
}

/// How a message arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    pub(crate) time: f64,
    /// From the sender to the receiver.
    pub(crate) key: Key,
    pub(crate) transport: Transport,
    /// Whether the capture has only a part of it.
    pub(crate) cut: bool,
}

impl Arrival {
    /// Return how the query of a place arrived, as of `time`.
    pub(super) fn at(place: Place, time: f64) -> Self {
        let over_tcp = place.key == place.key.labelled(TCP_LABEL);
        let transport = if over_tcp { Transport::Tcp } else { Transport::Udp };
        Self { time, key: place.key, transport, cut: false }
    }

    pub(super) fn kind(&self) -> Kind {
        let (source, target) = self.key.ports();
        let is = |port| source == port || target == port;
        match self.transport {
            Transport::Udp if is(MDNS_PORT) => Kind::Mdns,
            _ if is(LLMNR_PORT) => Kind::Llmnr,
            _ => Kind::Dns,
        }
    }

    /// Return whether it is multicast DNS between responders, which has neither ids nor clients (RFC 6762).
    pub(super) fn is_announced(&self) -> bool {
        self.transport == Transport::Udp && self.key.ports() == (MDNS_PORT, MDNS_PORT)
    }

    /// Return where the lookup of a message belongs. Anybody may answer a multicast query.
    pub(super) fn place(&self, client_key: Key, id: u16) -> Place {
        let own = if self.kind() == Kind::Dns { client_key } else { client_key.to_anybody() };
        Place { key: own.labelled(if self.transport == Transport::Tcp { TCP_LABEL } else { 0 }), id }
    }
}
