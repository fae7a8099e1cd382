//! Percent-decoding, as ModSecurity does it.

/// A hexadecimal digit.
pub(crate) fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn pair(text: &[u8]) -> Option<u8> {
    match text {
        [high, low, ..] => Some((hex(*high)? << 4) | hex(*low)?),
        _ => None,
    }
}

/// Decode `%41`, and `+` as a space if `plus`. None if a percent sign begins no such escape.
pub(crate) fn percent_decoded(text: &[u8], plus: bool) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        plain.push(match byte {
            b'+' if plus => b' ',
            b'%' => {
                rest = after.get(2..)?;
                pair(after)?
            }
            other => *other,
        });
    }
    Some(plain)
}

/// `urlDecodeUni`: as above, but escapes that are none stay as they are, and `%u0041` is decoded too; None for a
/// code point whose byte depends on the engine's settings.
pub(crate) fn unicode_percent_decoded(text: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        let decoded = match (byte, after) {
            (b'+', _) => b' ',
            (b'%', [b'u' | b'U', a, b, c, d, tail @ ..]) => match (pair(&[*a, *b]), pair(&[*c, *d])) {
                (Some(high), Some(low)) => {
                    rest = tail;
                    low_byte(high, low)?
                }
                _ => b'%',
            },
            (b'%', [_, _, tail @ ..]) => pair(after).inspect(|_| rest = tail).unwrap_or(b'%'),
            (other, _) => *other,
        };
        plain.push(decoded);
    }
    Some(plain)
}

/// The byte of a code point: full-width forms (U+FF01-FF5E) become ASCII; others lose their high byte.
fn low_byte(high: u8, low: u8) -> Option<u8> {
    match (high, low) {
        (0xFF, 0x01..=0x5E) => low.checked_add(0x20),
        _ => Some(low),
    }
}

/// `jsDecode` of escapes with one letter; None for those with numbers.
pub(crate) fn script_decoded(text: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        let decoded = match (byte, rest.as_slice().first()) {
            (b'\\', Some(letter)) => {
                rest.next();
                match letter {
                    b'u' | b'x' | b'0'..=b'7' => return None,
                    b'a' => 7,
                    b'b' => 8,
                    b't' => b'\t',
                    b'n' => b'\n',
                    b'v' => 11,
                    b'f' => 12,
                    b'r' => b'\r',
                    other => *other,
                }
            }
            _ => *byte,
        };
        plain.push(decoded);
    }
    Some(plain)
}

/// `utf8toUnicode`: each character beyond ASCII as `%u` and four digits; None if the text is no UTF-8, or has
/// characters beyond U+FFFF, or U+0000, which the engine drops.
pub(crate) fn as_unicode_escapes(text: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(text.len());
    for character in std::str::from_utf8(text).ok()?.chars() {
        match u32::from(character) {
            0 => return None,
            code @ 1..=0x7F => plain.push(u8::try_from(code).ok()?),
            code @ 0x80..=0xFFFF => plain.extend_from_slice(format!("%u{code:04x}").as_bytes()),
            _ => return None,
        }
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent() {
        assert_eq!(percent_decoded(b"a%20b+c", true).as_deref(), Some(b"a b c".as_slice()));
        assert_eq!(percent_decoded(b"a%2", true), None);
        assert_eq!(percent_decoded(b"a%zz", false), None);
    }

    #[test]
    fn script() {
        assert_eq!(script_decoded(br"a\n\\\q\").as_deref(), Some(b"a\n\\q\\".as_slice()));
        assert_eq!(script_decoded(br"\x41"), None);
    }

    #[test]
    fn unicode() {
        assert_eq!(unicode_percent_decoded(b"%u0041%41%zz%+%uff1c%4").as_deref(), Some(b"AA%zz% <%4".as_slice()));
        assert_eq!(as_unicode_escapes("é<".as_bytes()).as_deref(), Some(b"%u00e9<".as_slice()));
        assert_eq!(as_unicode_escapes(b"\xe9"), None);
    }
}
