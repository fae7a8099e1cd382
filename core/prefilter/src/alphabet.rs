//! Which bytes occur in a value, as a set of bits: the cheapest test that an expression cannot match.

/// A set of kinds of bytes.
pub(crate) type Kinds = u128;

/// Whether a byte is white space to PCRE and to C.
pub(crate) const fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | 9..=13)
}

const UPPER: u32 = 96;
const WHITE: u32 = 97;
const DIGIT: u32 = 98;
const QUOTE: u32 = 99;
const LETTER: u32 = 100;
const BRACKET: u32 = 101;
const ODD: u32 = 102;

/// Upper-case letters.
pub(crate) const UPPER_KIND: Kinds = 1 << UPPER;

/// All kinds of one byte: its own, in lower case, and those of the classes that it is in.
const fn kinds_of_byte(byte: u8) -> Kinds {
    let own: u32 = match byte {
        0 => 95,
        9 => 103,
        10 => 104,
        13 => 105,
        1..=31 | 127 => 106,
        128..=255 => 107,
        _ => (byte.to_ascii_lowercase() - 32) as u32,
    };
    let mut kinds: Kinds = 1 << own;
    if byte.is_ascii_uppercase() {
        kinds |= 1 << UPPER;
    }
    if is_white(byte) {
        kinds |= 1 << WHITE;
    }
    if byte.is_ascii_digit() {
        kinds |= 1 << DIGIT;
    }
    if matches!(byte, b'"' | b'\'' | b'`') {
        kinds |= 1 << QUOTE;
    }
    if byte.is_ascii_alphabetic() {
        kinds |= 1 << LETTER;
    }
    if matches!(byte, b'(' | b'[' | b'{' | b'<') {
        kinds |= 1 << BRACKET;
    }
    if !byte.is_ascii_alphanumeric() && !matches!(byte, b'-' | b'_' | b'.' | b'/' | b' ' | b'=') {
        kinds |= 1 << ODD;
    }
    kinds
}

const fn table() -> [Kinds; 256] {
    let mut kinds = [0; 256];
    let mut byte = 0;
    #[allow(clippy::indexing_slicing)] // evaluated by the compiler
    while byte < 256 {
        kinds[byte] = kinds_of_byte(byte as u8);
        byte += 1;
    }
    kinds
}

static KINDS: [Kinds; 256] = table();

/// Kinds of the bytes of a value.
pub(crate) fn kinds(value: &[u8]) -> Kinds {
    value.iter().fold(0, |all, byte| all | KINDS.get(usize::from(*byte)).copied().unwrap_or(0))
}

/// The single kinds, each with the bytes that are of it.
pub(crate) fn each() -> impl Iterator<Item = (Kinds, [bool; 256])> {
    (0..108).map(|bit| {
        let kind = 1 << bit;
        (kind, std::array::from_fn(|byte| KINDS.get(byte).is_some_and(|kinds| kinds & kind != 0)))
    })
}

/// Kinds of single bytes only, without classes.
pub(crate) fn bytes_among(value: &[u8]) -> Kinds {
    const CLASSES: Kinds = 0x7F << UPPER;
    kinds(value) & !CLASSES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_folded_but_known() {
        assert_eq!(kinds(b"select"), kinds(b"SELECT") & !UPPER_KIND);
        assert_ne!(kinds(b"SELECT") & UPPER_KIND, 0);
    }

    #[test]
    fn each_byte_has_a_kind() {
        assert!((0..=255_u8).all(|byte| kinds(&[byte]) != 0));
    }
}
