//! Texts as their receiver reads them: percent-encoding undone as often as it was applied, in lower case.

/// Times that percent-encoding is undone.
const MOST_ROUNDS: usize = 3;
/// Bytes of one text that are read.
const LONGEST: usize = 1024;

/// Counts of how texts were encoded.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Encoding {
    /// Percent-encoded bytes.
    pub(crate) encoded: usize,
    /// Encoded letters and digits, which need no encoding (RFC 3986 section 2.3).
    pub(crate) needless: usize,
    /// Encoded control characters.
    pub(crate) controls: usize,
    /// Percent signs that encode nothing, and `%u`.
    pub(crate) malformed: usize,
    /// Bytes that were encoded more than once.
    pub(crate) doubled: usize,
}

impl Encoding {
    /// Add the counts of another text.
    pub(crate) fn add(&mut self, other: Self) {
        self.encoded += other.encoded;
        self.needless += other.needless;
        self.controls += other.controls;
        self.malformed += other.malformed;
        self.doubled += other.doubled;
    }
}

/// A buffer for one decoded text at a time.
#[derive(Debug, Default)]
pub(crate) struct Text {
    decoded: Vec<u8>,
}

impl Text {
    /// Decode a text; a plus sign stands for a space in a form.
    pub(crate) fn decode(&mut self, text: &[u8], form: bool) -> (&[u8], Encoding) {
        self.decoded.clear();
        self.decoded.extend_from_slice(text.get(..LONGEST).unwrap_or(text));
        let mut encoding = Encoding::default();
        if form {
            for byte in &mut self.decoded {
                if *byte == b'+' {
                    *byte = b' ';
                }
            }
        }
        for round in 0..MOST_ROUNDS {
            if !self.decoded.contains(&b'%') {
                break;
            }
            let found = undone(&mut self.decoded);
            if round == 0 {
                encoding = found;
            } else {
                encoding.doubled += found.encoded;
                encoding.controls += found.controls;
            }
            if found.encoded == 0 {
                break;
            }
        }
        self.decoded.make_ascii_lowercase();
        (&self.decoded, encoding)
    }
}

/// Undo percent-encoding in place.
fn undone(text: &mut Vec<u8>) -> Encoding {
    let (mut found, mut from, mut to) = (Encoding::default(), 0, 0);
    while let Some(byte) = text.get(from).copied() {
        let (decoded, size) = if byte == b'%' { one(text, from, &mut found) } else { (byte, 1) };
        if let Some(place) = text.get_mut(to) {
            *place = decoded;
        }
        from += size;
        to += 1;
    }
    text.truncate(to);
    found
}

/// Decode what starts with a percent sign; return its byte and its size.
fn one(text: &[u8], place: usize, found: &mut Encoding) -> (u8, usize) {
    let wide = matches!(text.get(place + 1), Some(b'u' | b'U'));
    let digits = if wide { place + 4 } else { place + 1 };
    let Some((high, low)) = digit(text.get(digits)).zip(digit(text.get(digits + 1))) else {
        found.malformed += 1;
        return (b'%', 1);
    };
    let byte = 16 * high + low;
    found.malformed += usize::from(wide);
    found.encoded += 1;
    found.needless += usize::from(byte.is_ascii_alphanumeric());
    found.controls += usize::from(byte < b' ' || byte == 0x7f);
    (byte, if wide { 6 } else { 3 })
}

fn digit(byte: Option<&u8>) -> Option<u8> {
    (*byte? as char).to_digit(16).map(|digit| digit as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_twice_is_decoded_twice() {
        let mut text = Text::default();
        let (decoded, found) = text.decode(b"a+%2541%00%zz%u0027", true);
        assert_eq!(decoded, b"a a\0%zz'");
        assert_eq!((found.encoded, found.doubled, found.controls, found.malformed), (3, 1, 1, 2));
    }

    #[test]
    fn a_plus_sign_is_a_space_only_in_forms() {
        assert_eq!(Text::default().decode(b"a+B", false).0, b"a+b");
    }
}
