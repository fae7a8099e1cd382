//! Google's QUIC before TLS: versions Q023 to Q050 and their CHLO, a list of tagged values.
//!
//! Up to Q046 the first packets are not encrypted, so the CHLO is searched for in them.

use memchr::memmem;

use super::versions::is_unprotected;
use crate::readers::{Short, be32, byte, le16, le32, part};

const CHLO: &[u8] = b"CHLO";
/// Public flags (up to Q043): there is a version, and a connection id of eight bytes.
const HAS_VERSION: u8 = 0x01;
const HAS_IDENTITY: u8 = 0x08;
/// Flags that are never set beside a version: reset, and two without meaning.
const NO_FLAGS: u8 = 0xC2;
const LONG: u8 = 0x80;
/// The tags of a CHLO end where its values start: tag, and index after the value among the values.
const HEAD: usize = 8;
const ENTRY: usize = 8;
const MOST_TAGS: u16 = 128;

/// What a client says in its CHLO.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Chlo<'a> {
    /// Server name; empty if there is none.
    pub(super) server_name: &'a [u8],
    /// User agent; empty if there is none.
    pub(super) user_agent: &'a [u8],
}

/// Return the version in the header of a packet that Google's versions do not encrypt; None for others.
pub(super) fn plain_version(datagram: &[u8]) -> Option<u32> {
    let first = byte(datagram, 0).ok()?;
    let place = match first {
        _ if first & LONG != 0 => 1,
        _ if first & (NO_FLAGS | HAS_VERSION) == HAS_VERSION => {
            if first & HAS_IDENTITY != 0 {
                9
            } else {
                1
            }
        }
        _ => return None,
    };
    be32(datagram, place).ok().filter(|version| is_unprotected(*version))
}

/// Find a CHLO in bytes, behind frames of other kinds.
pub(super) fn find_chlo(bytes: &[u8]) -> Option<Chlo<'_>> {
    let start = memmem::find(bytes, CHLO)?;
    chlo(part(bytes, start, bytes.len())).ok()
}

/// Read a CHLO as far as it was captured: values whose end is missing are left out.
pub(super) fn chlo(message: &[u8]) -> Result<Chlo<'_>, Short> {
    let tags = le16(message, CHLO.len())?;
    if !message.starts_with(CHLO) || tags == 0 || tags > MOST_TAGS {
        return Err(Short);
    }
    let values = HEAD + usize::from(tags) * ENTRY;
    let (mut found, mut start) = (Chlo::default(), 0);
    for entry in 0..usize::from(tags) {
        let place = HEAD + entry * ENTRY;
        let end = usize::try_from(le32(message, place + 4)?).map_err(|_| Short)?;
        if end < start {
            return Err(Short);
        }
        let value = values.checked_add(end).and_then(|end| message.get(values + start..end)).unwrap_or_default();
        match part(message, place, place + 4) {
            b"SNI\0" => found.server_name = value,
            b"UAID" => found.user_agent = value,
            _ => {}
        }
        start = end;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(values: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
        let mut message = [CHLO, &[values.len() as u8, 0, 0, 0]].concat();
        let mut end = 0;
        for (tag, value) in values {
            end += value.len() as u32;
            message.extend([tag.as_slice(), &end.to_le_bytes()].concat());
        }
        values.iter().for_each(|(_, value)| message.extend(*value));
        message
    }

    #[test]
    fn a_chlo_names_server_and_agent() {
        let values: [(&[u8; 4], &[u8]); 4] =
            [(b"PAD\0", &[b'-'; 99]), (b"SNI\0", b"a.example"), (b"VER\0", b"Q043"), (b"UAID", b"Chrome/77")];
        let packet = [[0x09; 30].as_slice(), &message(&values)].concat();
        let expected = Chlo { server_name: b"a.example", user_agent: b"Chrome/77" };
        assert_eq!(find_chlo(&packet), Some(expected));
        assert_eq!(find_chlo(&packet[..packet.len() - 1]).unwrap().user_agent, b"");
    }

    #[test]
    fn what_only_resembles_a_chlo_is_none() {
        let backwards = [CHLO, &[2, 0, 0, 0], b"SNI\0\x09\0\0\0UAID\x01\0\0\0", &[b'x'; 20]].concat();
        for bytes in [b"CHLO".as_slice(), b"CHLO\0\0\0\0", b"CHLO\xff\xff\0\0", &backwards, b"nothing"] {
            assert_eq!(find_chlo(bytes), None);
        }
        assert_eq!(find_chlo(&message(&[(b"SNI\0", b"a")])[..15]), None);
    }

    #[test]
    fn versions_stand_in_two_places() {
        assert_eq!(plain_version(b"\x09........Q043..").map(u32::to_be_bytes), Some(*b"Q043"));
        assert_eq!(plain_version(b"\x01Q035..").map(u32::to_be_bytes), Some(*b"Q035"));
        assert_eq!(plain_version(b"\xc3Q046\x50").map(u32::to_be_bytes), Some(*b"Q046"));
        for other in [b"\xc3Q050\x50".as_slice(), b"\x09........X043", b"\x0b........Q043", b"\x01Q0", b""] {
            assert_eq!(plain_version(other), None);
        }
    }
}
