//! Domain names on the wire (RFC 1035 section 4.1.4), and as text (RFC 4343).

use crate::readers::{Short, be16, byte};

/// Kind of label: a pointer to a name elsewhere in the message.
const POINTER: u8 = 0xC0;
/// Maximum bytes of a name, without the empty label at its end (RFC 1035 section 3.1).
const LONGEST: usize = 254;
/// Maximum pointers of a name; each leads to at least one of at most 127 labels.
const MOST_POINTERS: usize = 127;

/// Why a name cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It exceeds the message or the longest name, or has a label of an unknown kind.
    Malformed,
    /// Its pointers never end, or make it too long.
    Loop,
}

impl From<Short> for Fault {
    fn from(_: Short) -> Self {
        Self::Malformed
    }
}

/// What was found behind a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    /// Index after the name.
    pub(super) after: usize,
    /// Whether a pointer led forward, although it must lead to a prior occurrence.
    pub(super) forward: bool,
}

/// Read the name at an index into `wire`: its labels in lower case, each after its length, without the empty one.
pub(super) fn read(message: &[u8], mut place: usize, wire: &mut Vec<u8>) -> Result<End, Fault> {
    wire.clear();
    let (mut after, mut forward) = (None, false);
    for _ in 0..=MOST_POINTERS {
        let labels = read_labels(message, place, wire);
        place = labels.map_err(|fault| if after.is_none() { Fault::Malformed } else { fault })?;
        let size = byte(message, place)?;
        if size == 0 {
            return Ok(End { after: after.unwrap_or(place + 1), forward });
        }
        let target = usize::from(be16(message, place)? & 0x3FFF);
        after = after.or(Some(place + 2));
        forward |= target >= place;
        place = target;
    }
    Err(Fault::Loop)
}

/// Read labels up to the empty one or a pointer; return its index.
fn read_labels(message: &[u8], mut place: usize, wire: &mut Vec<u8>) -> Result<usize, Fault> {
    loop {
        let size = byte(message, place)?;
        match size & POINTER {
            0 if size > 0 => {
                let next = place + 1 + usize::from(size);
                let label = message.get(place..next).ok_or(Short)?;
                if wire.len() + label.len() > LONGEST {
                    return Err(Fault::Loop);
                }
                // A length is at most 63, which is no capital letter.
                wire.extend(label.iter().map(u8::to_ascii_lowercase));
                place = next;
            }
            0 | POINTER => return Ok(place),
            _ => return Err(Fault::Malformed),
        }
    }
}

/// Return the index after the name at an index, without following pointers.
pub(super) fn skip(message: &[u8], mut place: usize) -> Result<usize, Fault> {
    loop {
        let size = byte(message, place)?;
        match size & POINTER {
            0 if size == 0 => return Ok(place + 1),
            0 => place += 1 + usize::from(size),
            POINTER => return Ok(place + 2),
            _ => return Err(Fault::Malformed),
        }
    }
}

/// Append a name as text: `.` is the root, and dots, backslashes and unprintable bytes in labels are escaped, as in
/// `a\.b` and `\032` (RFC 4343 section 2.1).
pub(super) fn push_text(wire: &[u8], text: &mut String) {
    if wire.is_empty() {
        text.push('.');
    }
    let (mut rest, mut dot) = (wire, false);
    while let Some((size, behind)) = rest.split_first() {
        let (label, next) = behind.split_at_checked(usize::from(*size)).unwrap_or((behind, &[]));
        if dot {
            text.push('.');
        }
        dot = true;
        push_label(label, text);
        rest = next;
    }
}

fn push_label(label: &[u8], text: &mut String) {
    let plain = label.iter().fold(true, |plain, byte| plain & is_plain(*byte));
    match std::str::from_utf8(label) {
        Ok(label) if plain => text.push_str(label),
        _ => label.iter().for_each(|byte| push_byte(*byte, text)),
    }
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'.' && byte != b'\\'
}

fn push_byte(byte: u8, text: &mut String) {
    match byte {
        b'.' | b'\\' => text.extend(['\\', char::from(byte)]),
        _ if is_plain(byte) => text.push(char::from(byte)),
        _ => text.push_str(&format!("\\{byte:03}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(wire: &[u8]) -> String {
        let mut text = String::new();
        push_text(wire, &mut text);
        text
    }

    fn name(message: &[u8], place: usize) -> Result<(String, usize, bool), Fault> {
        let mut wire = Vec::new();
        let end = read(message, place, &mut wire)?;
        assert_eq!(skip(message, place), Ok(end.after));
        Ok((text(&wire), end.after, end.forward))
    }

    #[test]
    fn names_are_lower_case_and_end_at_the_root() {
        assert_eq!(name(b"\x03wWw\x02ab\0", 0), Ok(("www.ab".to_owned(), 8, false)));
        assert_eq!(name(b"\0", 0), Ok((".".to_owned(), 1, false)));
    }

    #[test]
    fn bytes_that_a_label_should_not_have_are_escaped() {
        assert_eq!(text(b"\x03a.b\x02\\ "), "a\\.b.\\\\\\032");
        assert_eq!(text(b"\x04x\xc3\xa4\x07"), "x\\195\\164\\007");
    }

    #[test]
    fn pointers_are_followed_back_and_forth() {
        let message = b"\x01a\0\x01b\xc0\0\xc0\x03\xc0\x0b\x01c\0";
        assert_eq!(name(message, 3), Ok(("b.a".to_owned(), 7, false)));
        assert_eq!(name(message, 7), Ok(("b.a".to_owned(), 9, false)));
        assert_eq!(name(message, 9), Ok(("c".to_owned(), 11, true)));
    }

    #[test]
    fn loops_and_names_that_are_too_long_are_faults() {
        let mut wire = Vec::new();
        assert_eq!(read(b"\xc0\0", 0, &mut wire), Err(Fault::Loop));
        assert_eq!(read(b"\x01a\xc0\0", 0, &mut wire), Err(Fault::Loop));
        assert_eq!(read(&[&[63; 256][..], b"\0"].concat(), 0, &mut wire), Err(Fault::Malformed));
        for message in [b"".as_slice(), b"\x02a", b"\xc0", b"\x80\0", b"\x40\0", b"\xc0\x05"] {
            assert_eq!(read(message, 0, &mut wire), Err(Fault::Malformed), "{message:?}");
        }
    }
}
