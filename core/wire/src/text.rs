//! Converts bytes from the wire to text that is safe to display, log and compare.

use std::borrow::Cow;

use crate::printable::NOT_PRINTABLE;

/// Convert `raw` to at most `limit` printable characters.
///
/// It is decoded as UTF-8 if valid, else as Latin-1 (RFC 9110 section 5.5). Unprintable characters (control characters,
/// bidirectional overrides, zero-width characters) are escaped, as in `\x1b`.
#[must_use]
pub fn printable(raw: &[u8], limit: usize) -> String {
    let mut text = Vec::new();
    push_printable(&mut text, raw, limit);
    String::from_utf8(text).unwrap_or_default()
}

/// Append the same to a UTF-8 text; return how many characters it has.
pub fn push_printable(text: &mut Vec<u8>, raw: &[u8], limit: usize) -> usize {
    if is_plain(raw) {
        let plain = raw.get(..limit).unwrap_or(raw);
        text.extend_from_slice(plain);
        return plain.len();
    }
    // A character takes up to four bytes. Cut first, so that the work does not grow with the input.
    let most = if raw.len() > limit { limit.saturating_mul(4).min(raw.len()) } else { raw.len() };
    let mut shown = String::new();
    for character in decoded(raw.get(..most).unwrap_or_default()).chars() {
        push(&mut shown, character);
    }
    if let Some((end, _)) = shown.char_indices().nth(limit) {
        shown.truncate(end);
    }
    text.extend_from_slice(shown.as_bytes());
    shown.chars().count()
}

/// Return whether all bytes are printable ASCII.
fn is_plain(raw: &[u8]) -> bool {
    // Without an early exit the compiler can check many bytes at a time.
    raw.iter().fold(true, |so_far, byte| so_far & matches!(byte, 0x20..=0x7E))
}

fn decoded(raw: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(raw) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(raw.iter().map(|byte| char::from(*byte)).collect()),
    }
}

/// Append a character or its escape.
fn push(text: &mut String, character: char) {
    let code = u32::from(character);
    match character {
        _ if is_printable(character) => text.push(character),
        '\t' => text.push_str("\\t"),
        '\n' => text.push_str("\\n"),
        '\r' => text.push_str("\\r"),
        '\0'..='\u{FF}' => text.push_str(&format!("\\x{code:02x}")),
        '\u{100}'..='\u{FFFF}' => text.push_str(&format!("\\u{code:04x}")),
        _ => text.push_str(&format!("\\U{code:08x}")),
    }
}

fn is_printable(character: char) -> bool {
    let code = u32::from(character);
    let after = NOT_PRINTABLE.partition_point(|(first, _)| *first <= code);
    let range = after.checked_sub(1).and_then(|index| NOT_PRINTABLE.get(index));
    range.is_none_or(|(_, last)| code > *last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unprintable_characters_are_escaped() {
        assert_eq!(printable(b"plain text", 99), "plain text");
        assert_eq!(printable(b"\x1b[31m\t\n\r\x00\x7f", 99), "\\x1b[31m\\t\\n\\r\\x00\\x7f");
        assert_eq!(printable("\u{202E}\u{E0001}é\u{3000}".as_bytes(), 99), "\\u202e\\U000e0001é\\u3000");
    }

    #[test]
    fn invalid_utf8_is_read_as_latin1() {
        assert_eq!(printable(b"caf\xe9\x85", 99), "café\\x85");
        assert_eq!(printable(b"\xed\xa0\x80", 99), "í\\xa0\\x80");
    }

    #[test]
    fn text_is_cut_by_bytes_then_by_characters() {
        assert_eq!(printable(b"abcdef", 3), "abc");
        assert_eq!(printable("éééé".as_bytes(), 3), "ééé");
        assert_eq!(printable(b"ab\x1b", 6), "ab\\x1b");
        assert_eq!(printable(b"ab\x1b", 3), "ab\\");
        // The character has four bytes, and the limit falls within its second one.
        assert_eq!(printable("€€".as_bytes(), 1), "â");
        assert_eq!(printable(b"abc", 0), "");
    }
}
