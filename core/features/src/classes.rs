//! What a text consists of.

/// The letters aeiouy and the underscore, by their last five bits.
pub(crate) const VOWELS: u32 = 1 << 1 | 1 << 5 | 1 << 9 | 1 << 15 | 1 << 21 | 1 << 25 | 1 << 31;

/// Mark bytes in a table.
#[allow(clippy::indexing_slicing)] // by the compiler
pub(crate) const fn marked(bytes: &[u8]) -> [bool; 256] {
    let (mut marks, mut place) = ([false; 256], 0);
    while place < bytes.len() {
        marks[bytes[place] as usize] = true;
        place += 1;
    }
    marks
}

/// The class of a value, from its bytes: nothing, a number, a word, an identifier, or text.
pub(crate) fn class(value: &[u8]) -> u8 {
    let mut seen = 0_u8;
    for byte in value {
        seen |= match byte {
            b'0'..=b'9' => 1,
            b'a'..=b'z' | b'A'..=b'Z' => 2,
            b'-' | b'_' | b'.' => 4,
            b' ' | b'+' | b',' => 8,
            b'/' | b':' => 16,
            0x80.. => 32,
            _ => 64,
        };
    }
    seen
}

/// Return whether bytes are text: UTF-8 or nearly so, with few control characters.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    let start = bytes.get(..256).unwrap_or(bytes);
    let strange = start.iter().filter(|byte| matches!(byte, 0..=8 | 14..=31 | 127)).count();
    let high = start.iter().filter(|byte| **byte >= 0x80).count();
    16 * strange <= start.len() && 2 * high <= start.len()
}
