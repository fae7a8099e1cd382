//! DNS answers: which addresses a name has (RFC 1035). Compressed names are followed up to a limit.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::readers::{Short, be16, be32, be128, byte, part};

const RESPONSE: u16 = 0x8000;
const POINTER: u8 = 0xC0;
/// Maximum labels and pointers of one name; a name has at most 127 labels.
const MOST_LABELS: usize = 128;
const MOST_ANSWERS: u16 = 64;
const A: u16 = 1;
/// IPv6 address record (RFC 3596).
const AAAA: u16 = 28;

/// The answer to a question about a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The name that was asked for, without the final dot.
    pub(crate) name: Vec<u8>,
    /// RCODE: 0 is no error, 3 is no such name.
    pub(crate) code: u8,
    pub(crate) addresses: Vec<IpAddr>,
}

/// Return the answer in a UDP payload; None for queries and malformed messages.
pub(crate) fn answer(message: &[u8]) -> Option<Answer> {
    response(message).ok().flatten()
}

fn response(message: &[u8]) -> Result<Option<Answer>, Short> {
    let flags = be16(message, 2)?;
    if flags & RESPONSE == 0 || be16(message, 4)? != 1 {
        return Ok(None);
    }
    let (name, place) = name(message, 12)?;
    let addresses = addresses(message, place + 4, be16(message, 6)?.min(MOST_ANSWERS))?;
    Ok(Some(Answer { name, code: (flags & 15) as u8, addresses }))
}

fn addresses(message: &[u8], mut place: usize, answers: u16) -> Result<Vec<IpAddr>, Short> {
    let mut found = Vec::new();
    for _ in 0..answers {
        (_, place) = name(message, place)?;
        let (kind, size) = (be16(message, place)?, be16(message, place + 8)?);
        let content = place + 10;
        place = content + usize::from(size);
        if place > message.len() {
            return Err(Short);
        }
        match (kind, size) {
            (A, 4) => found.push(Ipv4Addr::from(be32(message, content)?).into()),
            (AAAA, 16) => found.push(Ipv6Addr::from(be128(message, content)?).into()),
            _ => {}
        }
    }
    Ok(found)
}

/// Read a name and return the index after it; an error if it exceeds the message or its pointers form a loop.
fn name(message: &[u8], mut place: usize) -> Result<(Vec<u8>, usize), Short> {
    let (mut name, mut after) = (Vec::new(), None);
    for _ in 0..MOST_LABELS {
        let size = byte(message, place)?;
        let next = place + 1;
        match size & POINTER {
            0 if size == 0 => return Ok((name, after.unwrap_or(next))),
            0 => {
                place = next + usize::from(size);
                if !name.is_empty() {
                    name.push(b'.');
                }
                name.extend_from_slice(part(message, next, place));
            }
            POINTER => {
                let target = be16(message, place)? & 0x3FFF;
                after = after.or(Some(next + 1));
                place = usize::from(target);
            }
            _ => return Err(Short),
        }
    }
    Err(Short)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUESTION: &[u8] = b"\x07\x07\x81\x83\0\x01\0\x02\0\0\0\0\x03wWw\x02ab\0\0\x01\0\x01";

    fn record(name: &[u8], kind: u8, content: &[u8]) -> Vec<u8> {
        [name, &[0, kind, 0, 1, 0, 0, 0, 9, 0, content.len() as u8], content].concat()
    }

    #[test]
    fn an_answer_has_the_name_and_its_addresses() {
        let alias = record(b"\xc0\x0c", 5, b"\x01x\xc0\x10");
        let address = record(b"\x01x\xc0\x10", 1, &[10, 0, 0, 9]);
        let found = answer(&[QUESTION, &alias, &address].concat()).unwrap();
        assert_eq!((found.name.as_slice(), found.code), (b"wWw.ab".as_slice(), 3));
        assert_eq!(found.addresses, [IpAddr::from([10, 0, 0, 9])]);
    }

    #[test]
    fn truncated_and_looping_names_are_rejected() {
        let circle = record(b"\xc0\x18", 1, &[10, 0, 0, 9]);
        assert_eq!(answer(&[QUESTION, &circle, &circle].concat()), None);
        assert_eq!(answer(&QUESTION[..20]), None);
        assert_eq!(answer(b""), None);
    }
}
