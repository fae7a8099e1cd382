//! The packets of a datagram, as far as their headers are readable.

use super::identity::{Identity, LONGEST};
use super::versions::{NEGOTIATION, Type, has_packed_lengths, packet_type};
use crate::readers::{Short, be32, byte, part};

const LONG: u8 = 0x80;

/// What is readable of a packet with a long header (RFC 9000 section 17.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Long<'a> {
    pub(super) version: u32,
    pub(super) destination: Identity,
    pub(super) source: Identity,
    pub(super) content: Content<'a>,
}

/// What a packet with a long header is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content<'a> {
    /// It may be opened.
    Initial(Initial<'a>),
    ZeroRtt,
    Handshake,
    /// The server asks for a new start, with its own connection id.
    Retry,
    /// The server lists the versions that it supports.
    Negotiation,
    /// A version whose packets cannot be told apart.
    Unknown,
}

/// An Initial packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Initial<'a> {
    /// The packet from its first byte to its last one.
    pub(super) bytes: &'a [u8],
    /// Index of the packet number, which is protected.
    pub(super) number_at: usize,
    /// Whether it brings a token: from a Retry, or from an earlier connection.
    pub(super) has_token: bool,
}

/// Return whether a datagram starts with a long header (RFC 8999 section 5.1).
pub(super) fn is_long(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|first| first & LONG != 0)
}

/// Iterate over the packets with long headers of a datagram, which may be followed by one with a short header (RFC 9000
/// section 12.2). It ends at the first packet that is truncated.
pub(super) fn long_packets(datagram: &[u8]) -> impl Iterator<Item = Long<'_>> {
    let mut rest = datagram;
    std::iter::from_fn(move || {
        let (packet, size) = long_packet(rest).ok()?;
        rest = part(rest, size, rest.len());
        Some(packet)
    })
}

/// Read a packet with a long header; also return its length.
fn long_packet(bytes: &[u8]) -> Result<(Long<'_>, usize), Short> {
    let first = byte(bytes, 0)?;
    if first & LONG == 0 {
        return Err(Short);
    }
    let version = be32(bytes, 1)?;
    let (destination, source, place) = identities(version, bytes)?;
    let (content, size) = content(version, first, bytes, place)?;
    Ok((Long { version, destination, source, content }, size))
}

/// Read both connection ids, and return the index after them.
fn identities(version: u32, bytes: &[u8]) -> Result<(Identity, Identity, usize), Short> {
    if has_packed_lengths(version) {
        let sizes = byte(bytes, 5)?;
        let size = |bits: u8| if bits == 0 { 0 } else { usize::from(bits) + 3 };
        let (middle, end) = (6 + size(sizes >> 4), 6 + size(sizes >> 4) + size(sizes & 15));
        return Ok((identity(bytes, 6, middle)?, identity(bytes, middle, end)?, end));
    }
    let middle = 6 + usize::from(byte(bytes, 5)?);
    let end = middle + 1 + usize::from(byte(bytes, middle)?);
    Ok((identity(bytes, 6, middle)?, identity(bytes, middle + 1, end)?, end))
}

fn identity(bytes: &[u8], from: usize, to: usize) -> Result<Identity, Short> {
    let bytes = bytes.get(from..to).ok_or(Short)?;
    if bytes.len() > LONGEST { Err(Short) } else { Ok(Identity::new(bytes)) }
}

/// Read what follows the connection ids, and return the length of the packet.
fn content(version: u32, first: u8, bytes: &[u8], place: usize) -> Result<(Content<'_>, usize), Short> {
    if version == NEGOTIATION {
        return Ok((Content::Negotiation, bytes.len()));
    }
    if super::versions::protections(version).is_empty() {
        return Ok((Content::Unknown, bytes.len()));
    }
    let content = match packet_type(version, first) {
        Type::Initial => return initial(bytes, place),
        Type::Retry => return Ok((Content::Retry, bytes.len())),
        Type::ZeroRtt => Content::ZeroRtt,
        Type::Handshake => Content::Handshake,
    };
    let (size, start) = number(bytes, place)?;
    Ok((content, start.checked_add(size).ok_or(Short)?))
}

/// Read the token and the length of an Initial packet (RFC 9000 section 17.2.2).
fn initial(bytes: &[u8], place: usize) -> Result<(Content<'_>, usize), Short> {
    let (token, place) = number(bytes, place)?;
    let (size, number_at) = number(bytes, place.checked_add(token).ok_or(Short)?)?;
    let end = number_at.checked_add(size).ok_or(Short)?;
    let bytes = bytes.get(..end).ok_or(Short)?;
    Ok((Content::Initial(Initial { bytes, number_at, has_token: token > 0 }), end))
}

/// Read a number of variable length (RFC 9000 section 16), and return the index after it.
pub(super) fn number(bytes: &[u8], place: usize) -> Result<(usize, usize), Short> {
    let first = byte(bytes, place)?;
    let end = place.checked_add(1 << (first >> 6)).ok_or(Short)?;
    let rest = bytes.get(place + 1..end).ok_or(Short)?;
    let value = rest.iter().fold(u64::from(first & 0x3F), |value, byte| value << 8 | u64::from(*byte));
    Ok((usize::try_from(value).map_err(|_| Short)?, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(first: u8, destination: &[u8], source: &[u8], rest: &[u8]) -> Vec<u8> {
        let lengths = [destination.len() as u8, source.len() as u8];
        [&[first, 0, 0, 0, 1, lengths[0]], destination, &lengths[1..], source, rest].concat()
    }

    #[test]
    fn numbers_have_four_lengths() {
        // RFC 9000 appendix A.1
        assert_eq!(number(&[0xC2, 0x19, 0x7C, 0x5E, 0xFF, 0x14, 0xE8, 0x8C], 0), Ok((151_288_809_941_952_652, 8)));
        assert_eq!(number(&[0x9D, 0x7F, 0x3E, 0x7D], 0), Ok((494_878_333, 4)));
        assert_eq!((number(&[0x7B, 0xBD], 0), number(&[0x25], 0)), (Ok((15_293, 2)), Ok((37, 1))));
        assert_eq!(
            (number(&[0x7B], 0), number(&[], 0), number(&[1], usize::MAX)),
            (Err(Short), Err(Short), Err(Short))
        );
    }

    #[test]
    fn packets_of_a_datagram_are_found_one_after_the_other() {
        let initial = packet(0xC0, &[7; 8], &[9; 4], &[1, 0xAA, 3, 1, 2, 3]);
        let early = packet(0xD0, &[7; 8], &[9; 4], &[2, 1, 2]);
        let datagram = [initial.as_slice(), &early, &[0x40, 1, 2, 3]].concat();
        let found: Vec<Long<'_>> = long_packets(&datagram).collect();
        let content = Content::Initial(Initial { bytes: &initial, number_at: 22, has_token: true });
        let (destination, source) = (Identity::new(&[7; 8]), Identity::new(&[9; 4]));
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], Long { version: 1, destination, source, content });
        assert_eq!(found[1], Long { version: 1, destination, source, content: Content::ZeroRtt });
    }

    #[test]
    fn truncated_packets_and_long_identities_end_the_datagram() {
        let datagram = packet(0xC0, &[7; 8], &[9; 4], &[0, 3, 1, 2, 3]);
        assert_eq!(long_packets(&datagram).count(), 1);
        assert_eq!((0..datagram.len()).map(|kept| long_packets(&datagram[..kept]).count()).sum::<usize>(), 0);
        assert_eq!(long_packets(&packet(0xC0, &[7; 21], b"", &[0, 1, 1])).count(), 0);
        assert_eq!(long_packets(&packet(0xC0, &[7; 8], b"", &[0xFF; 20])).count(), 0);
    }

    #[test]
    fn google_once_packed_both_lengths_into_a_byte() {
        let datagram = [b"\xC3Q046\x50".as_slice(), &[5; 8], &[0; 30]].concat();
        let found = long_packets(&datagram).next().unwrap();
        assert_eq!((found.destination, found.source), (Identity::new(&[5; 8]), Identity::new(b"")));
        assert_eq!(found.content, Content::Unknown);
    }
}
