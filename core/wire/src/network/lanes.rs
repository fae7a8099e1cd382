//! Tells apart connections of different networks (VLANs, virtual networks) with the same addresses and ports.
//!
//! Normally the network of a frame is not part of a connection's key: a mirror port may tag one direction and not the
//! other, or tag them differently, and may show a packet both before and after it is routed, tunnelled or tagged. Such
//! packets are copies within one connection. Only a SYN whose sequence number differs from that seen in another network
//! proves a second connection; from then on, the keys of that network carry a label.

use crate::aged::Aged;
use crate::key::Key;
use crate::readers::{Short, be32, byte};

const SYN: u8 = 0x02;
const ACK: u8 = 0x10;
/// Maximum connections with the same addresses and ports at a time.
const MOST_FIRSTS: usize = 8;

/// A flow within a network.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Lane {
    key: Key,
    network: Vec<u8>,
}

/// The SYN of a connection.
#[derive(Debug)]
struct First {
    sequence: u32,
    network: Vec<u8>,
    label: u32,
}

/// The SYNs of connections in tagged networks, and the labels of those that collide.
pub(super) struct Lanes {
    most: usize,
    /// SYNs by flow, each flow's in order of arrival.
    firsts: Aged<Key, Vec<First>>,
    labels: Aged<Lane, u32>,
    /// A reusable lookup key, so that lookups do not allocate.
    sought: Lane,
    count: u32,
}

impl Lanes {
    /// Create an empty set for up to `most` flows at a time.
    pub(super) fn new(most: usize) -> Self {
        let sought = Lane { key: Key::v4(0, 0, 0, 0), network: Vec::new() };
        Self { most, firsts: Aged::new(), labels: Aged::new(), sought, count: 0 }
    }

    /// Return the label for the key of a segment from `network`, given its TCP header; 0 if nothing collides.
    pub(super) fn label(&mut self, key: Key, network: &[u8], tcp: &[u8]) -> Result<u32, Short> {
        let flags = byte(tcp, 13)?;
        if flags & SYN != 0 {
            if flags & ACK != 0 {
                self.answer(key, network, be32(tcp, 8)?.wrapping_sub(1));
            } else {
                self.begin(key, network, be32(tcp, 4)?);
            }
        }
        Ok(self.known_label(key, network))
    }

    fn known_label(&mut self, key: Key, network: &[u8]) -> u32 {
        if self.labels.is_empty() {
            return 0;
        }
        self.sought.key = key;
        self.sought.network.clear();
        self.sought.network.extend_from_slice(network);
        self.labels.get(&self.sought).copied().unwrap_or_default()
    }

    fn begin(&mut self, key: Key, network: &[u8], sequence: u32) {
        if !self.firsts.move_to_back(&key) {
            self.firsts.insert(key, Vec::new());
        }
        let known = self.first(key, sequence);
        let label = known.unwrap_or_else(|| self.add(key, network, sequence));
        self.assign(key, network, label);
    }

    /// Return the label of the connection that a SYN with this number started.
    fn first(&self, key: Key, sequence: u32) -> Option<u32> {
        self.firsts.get(&key)?.iter().find(|first| first.sequence == sequence).map(|first| first.label)
    }

    fn add(&mut self, key: Key, network: &[u8], sequence: u32) -> u32 {
        let label = self.label_of_new(key, network);
        if let Some(firsts) = self.firsts.get_mut(&key) {
            firsts.push(First { sequence, network: network.to_vec(), label });
            if firsts.len() > MOST_FIRSTS {
                firsts.remove(0);
            }
        }
        if self.firsts.len() > self.most {
            self.firsts.pop_front();
        }
        label
    }

    /// Return 0 in the first network, or if it is the only one.
    fn label_of_new(&mut self, key: Key, network: &[u8]) -> u32 {
        let firsts = self.firsts.get(&key).map(Vec::as_slice).unwrap_or_default();
        if let Some(first) = firsts.iter().find(|first| first.network == network) {
            return first.label;
        }
        if firsts.is_empty() {
            return 0;
        }
        self.count = self.count.wrapping_add(1).max(1);
        self.count
    }

    /// Assign a label to a SYN-ACK. It may come from another network than the SYN, but what it acknowledges identifies
    /// it.
    fn answer(&mut self, key: Key, network: &[u8], sequence: u32) {
        if let Some(label) = self.first(key.reversed(), sequence) {
            self.assign(key.reversed(), network, label);
        }
    }

    fn assign(&mut self, key: Key, network: &[u8], label: u32) {
        if self.labels.is_empty() && label == 0 {
            return;
        }
        for key in [key, key.reversed()] {
            self.labels.insert(Lane { key, network: network.to_vec() }, label);
        }
        while self.labels.len() > 4 * self.most {
            self.labels.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Mirror(Lanes);

    impl Mirror {
        fn label(&mut self, key: Key, network: &[u8], flags: u8, seq: u32, ack: u32) -> u32 {
            let mut tcp = [0; 20];
            tcp[4..8].copy_from_slice(&seq.to_be_bytes());
            tcp[8..12].copy_from_slice(&ack.to_be_bytes());
            tcp[13] = flags;
            self.0.label(key, network, &tcp).unwrap()
        }
    }

    #[test]
    fn a_copy_has_no_label_and_a_collision_has_one_in_both_directions() {
        let mut mirror = Mirror(Lanes::new(16));
        let client = Key::v4(1, 2, 40000 << 16 | 80, 0);
        assert_eq!(mirror.label(client, b"v005", SYN, 1, 0), 0);
        assert_eq!(mirror.label(client, b"v006", SYN, 1, 0), 0);
        assert_eq!(mirror.label(client, b"v006", SYN, 1000, 0), 1);
        assert_eq!(mirror.label(client.reversed(), b"v006", ACK, 9, 0), 1);
        assert_eq!(mirror.label(client, b"v005", ACK, 2, 0), 0);
        // The answer has yet another tag.
        assert_eq!(mirror.label(client.reversed(), b"v007", SYN | ACK, 9, 1001), 1);
        assert_eq!(mirror.label(client.reversed(), b"v007", ACK, 10, 0), 1);
    }

    #[test]
    fn the_first_of_as_many_collisions_as_are_kept_is_still_known() {
        let mut mirror = Mirror(Lanes::new(16));
        let client = Key::v4(1, 2, 40000 << 16 | 80, 0);
        for number in 0..MOST_FIRSTS as u8 {
            assert_eq!(mirror.label(client, &[number], SYN, 7 * u32::from(number), 0), u32::from(number));
        }
        assert_eq!(mirror.label(client, b"copy", SYN, 0, 0), 0);
    }

    #[test]
    fn memory_is_bounded() {
        let mut mirror = Mirror(Lanes::new(16));
        for number in 0..2000 {
            for tag in 0..20 {
                mirror.label(Key::v4(number, 7, 0, 0), &[tag], SYN, u32::from(tag) * 7, 0);
            }
        }
        assert!(mirror.0.firsts.iter().all(|(_, firsts)| firsts.len() <= MOST_FIRSTS));
        assert_eq!((mirror.0.firsts.len(), mirror.0.labels.len()), (16, 64));
    }
}
