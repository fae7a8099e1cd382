//! Recognises connections by the first packets of their handshake, and counts them.

use super::identity::{LEAST_IDENTITY, LONGEST};
use super::versions::{NEGOTIATION, is_experiment, is_final, is_googles, is_reserved};
use crate::aged::Aged;
use crate::key::Key;
use crate::readers::{Short, be32, byte};

/// The UDP port of HTTP/3.
pub(crate) const HTTPS: u16 = 443;
const LONG: u8 = 0x80;
const FIXED: u8 = 0x40;

/// Return whether a UDP payload is a QUIC packet with a version field: RFC 8999, or Google's predecessor.
pub(super) fn is_quic(data: &[u8], start: usize, end: usize) -> bool {
    if end < start + 12 {
        return false;
    }
    match byte(data, start) {
        Ok(first) if first & LONG != 0 => is_long(first, data, start, end).unwrap_or_default(),
        // Google's public header: version flag, 8-byte connection id, version (up to Q043).
        Ok(first) if first & 0xC1 == 1 => {
            let version = start + if first & 0x08 != 0 { 9 } else { 1 };
            be32(data, version).is_ok_and(is_googles)
        }
        _ => false,
    }
}

fn is_long(first: u8, data: &[u8], start: usize, end: usize) -> Result<bool, Short> {
    let version = be32(data, start + 1)?;
    if version == NEGOTIATION {
        return is_negotiation(data, start + 5, end);
    }
    if first & FIXED == 0 {
        return Ok(false);
    }
    if is_googles(version) || is_experiment(version) {
        return Ok(true);
    }
    Ok((is_final(version) || is_reserved(version)) && usize::from(byte(data, start + 5)?) <= LONGEST)
}

/// Check the connection ids of the client and for the server, then 4-byte versions (RFC 8999 section 6).
fn is_negotiation(data: &[u8], place: usize, end: usize) -> Result<bool, Short> {
    let place = place + 1 + usize::from(byte(data, place)?);
    if place >= end {
        return Ok(false);
    }
    let size = byte(data, place)?;
    let place = place + 1 + usize::from(size);
    Ok((LEAST_IDENTITY..=LONGEST).contains(&usize::from(size)) && place < end && (end - place).is_multiple_of(4))
}

/// Connections seen recently, to count each once until it falls silent.
pub(crate) struct Seen {
    most: usize,
    timeout: f64,
    /// When each was last seen, the longest silent first.
    seen: Aged<Key, f64>,
}

impl Seen {
    /// Create an empty set for up to `most` connections, each of which falls silent after `timeout` seconds.
    pub(crate) fn new(most: usize, timeout: f64) -> Self {
        Self { most, timeout, seen: Aged::new() }
    }

    /// Return whether no connection with this key, or that of the opposite direction, was seen recently.
    pub(super) fn is_new(&mut self, time: f64, key: Key) -> bool {
        let (key, _) = key.canonical();
        let last = self.seen.touch(&key).map(|seen| std::mem::replace(seen, time));
        if last.is_none() {
            self.seen.insert(key, time);
            if self.seen.len() > self.most {
                self.seen.pop_front();
            }
        }
        last.is_none_or(|last| time - last > self.timeout)
    }

    /// Forget idle connections.
    pub(super) fn expire(&mut self, now: f64) {
        let timeout = self.timeout;
        while self.seen.pop_front_if(|_, last| now - last > timeout).is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_that_name_their_version_are_quic() {
        let first = |version: u32, identity: u8| [&[0xC0], version.to_be_bytes().as_slice(), &[identity; 8]].concat();
        let is = |data: &[u8]| is_quic(data, 0, data.len());
        assert!(is(&first(1, 8)) && !is(&first(1, 21)) && !is(&first(7, 8)));
        assert!(is(&first(0x1A2A_3A4A, 8)) && is(&first(0xFF00_001D, 99)));
        assert!(is(b"\xc0Q046........") && is(b"\x09........Q043") && !is(b"\x09........X043"));
        assert!(is(&[[0x80, 0, 0, 0, 0, 0, 8].as_slice(), &[7; 8], &[0, 0, 0, 1]].concat()));
        assert!(!is(b"\xc0\0\0\0\x01\x08"));
    }

    #[test]
    fn a_connection_is_counted_once_until_it_falls_silent() {
        let mut connections = Seen::new(2, 10.0);
        let key = |client| Key::v4(client, 2, 5 << 16 | 443, 0);
        assert!(connections.is_new(0.0, key(1)) && !connections.is_new(10.0, key(1).reversed()));
        assert!(connections.is_new(20.5, key(1)));
        assert!(connections.is_new(21.0, key(3)) && connections.is_new(22.0, key(4)));
        assert!(connections.is_new(23.0, key(1)));
        connections.expire(99.0);
        assert!(connections.seen.is_empty());
    }
}
