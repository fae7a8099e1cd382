//! The top level of a JSON text (RFC 8259), as far as it was captured: one pass, without building values.

use crate::bytes::{is_space, run};

/// A value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// The contents of a string, with escapes; without its end if that was not captured.
    Text(&'a [u8]),
    /// The text of anything else.
    Other(&'a [u8]),
}

impl<'a> Value<'a> {
    /// Return the contents of a string.
    pub(super) fn text(self) -> Option<&'a [u8]> {
        match self {
            Self::Text(text) => Some(text),
            Self::Other(_) => None,
        }
    }

    /// Return the members of an object.
    pub(super) fn members(self) -> Members<'a> {
        match self {
            Self::Other(text) => members(text),
            Self::Text(_) => Members { rest: b"" },
        }
    }
}

/// The members of an object, up to the first mistake.
#[derive(Clone, Copy, Debug)]
pub(super) struct Members<'a> {
    rest: &'a [u8],
}

/// Return the members of the object that starts a text; none if it starts otherwise.
pub(super) fn members(text: &[u8]) -> Members<'_> {
    Members { rest: spaced(text).strip_prefix(b"{").unwrap_or_default() }
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a [u8], Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = spaced(self.rest);
        let rest = spaced(rest.strip_prefix(b",").unwrap_or(rest));
        let (Value::Text(name), rest) = value(rest)? else {
            return None;
        };
        let (value, rest) = value(spaced(spaced(rest).strip_prefix(b":")?))?;
        self.rest = rest;
        Some((name, value))
    }
}

/// Return the elements of the array that starts a text; the last one may be incomplete. The second value is whether the
/// end of the array was captured.
pub(super) fn elements(text: &[u8]) -> Option<(Vec<Value<'_>>, bool)> {
    let mut rest = spaced(text).strip_prefix(b"[")?;
    let mut found = Vec::new();
    loop {
        rest = spaced(rest);
        if rest.starts_with(b"]") {
            return Some((found, true));
        }
        let Some((element, after)) = value(spaced(rest.strip_prefix(b",").unwrap_or(rest))) else {
            return Some((found, false));
        };
        found.push(element);
        rest = after;
    }
}

/// Split a text behind its first value; None if there is none.
fn value(text: &[u8]) -> Option<(Value<'_>, &[u8])> {
    if let Some(inside) = text.strip_prefix(b"\"") {
        let (contents, rest) = inside.split_at_checked(string_size(inside))?;
        return Some((Value::Text(contents), rest.get(1..).unwrap_or_default()));
    }
    let size = value_size(text);
    let (value, rest) = text.split_at_checked(size)?;
    (size > 0).then_some((Value::Other(value), rest))
}

/// Return the size of the contents of a string: up to its closing quotation mark, or the end.
fn string_size(inside: &[u8]) -> usize {
    let mut place = 0;
    loop {
        match inside.get(place) {
            Some(b'\\') => place += 2,
            Some(b'"') => return place,
            Some(_) => place += 1,
            None => return inside.len(),
        }
    }
}

/// Return the size of an object, an array, a number or a literal. Nesting costs no memory.
fn value_size(text: &[u8]) -> usize {
    let (mut depth, mut place) = (0_usize, 0);
    while let Some(byte) = text.get(place) {
        place += 1;
        match byte {
            b'"' => place += string_size(text.get(place..).unwrap_or_default()) + 1,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return place - usize::from(depth == 0),
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => return place - 1,
            _ => {}
        }
    }
    text.len()
}

fn spaced(text: &[u8]) -> &[u8] {
    text.get(run(text, is_space)..).unwrap_or_default()
}

/// Replace the escapes in the contents of a string (RFC 8259 section 7).
pub(super) fn unescaped(contents: &[u8]) -> Vec<u8> {
    let (mut text, mut rest) = (Vec::with_capacity(contents.len()), contents);
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'\\', [b'u', digits @ ..]) => {
                let (character, size) = utf16(digits).unwrap_or((char::REPLACEMENT_CHARACTER, hex_digits(digits)));
                text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                rest = digits.get(size..).unwrap_or_default();
            }
            (b'\\', [letter, after @ ..]) => {
                text.push(match letter {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 0x08,
                    b'f' => 0x0C,
                    other => *other,
                });
                rest = after;
            }
            (byte, _) => text.push(*byte),
        }
    }
    text
}

/// Return the character of one or two escapes of which the first `\u` is read, and how many bytes they take.
fn utf16(digits: &[u8]) -> Option<(char, usize)> {
    let unit = |digits: &[u8]| {
        let four = digits.get(..hex_digits(digits)).filter(|four| four.len() == 4)?;
        u32::from_str_radix(std::str::from_utf8(four).ok()?, 16).ok()
    };
    let first = unit(digits)?;
    if let Some(character) = char::from_u32(first) {
        return Some((character, 4));
    }
    let second = unit(digits.get(4..)?.strip_prefix(b"\\u")?)?;
    let high = first.checked_sub(0xD800).filter(|high| *high < 0x400)?;
    let low = second.checked_sub(0xDC00).filter(|low| *low < 0x400)?;
    Some((char::from_u32(0x10000 + (high << 10) + low)?, 10))
}

/// Return how many hexadecimal digits, at most four, a text starts with.
fn hex_digits(text: &[u8]) -> usize {
    run(text.get(..4).unwrap_or(text), |byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(text: &str) -> Vec<(String, String)> {
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let value = |value| match value {
            Value::Text(text) => format!("'{}'", shown(text)),
            Value::Other(text) => shown(text),
        };
        members(text.as_bytes()).map(|(name, found)| (shown(name), value(found))).collect()
    }

    #[test]
    fn members_are_those_of_the_top_level() {
        let found =
            listed(r#" { "a" : "x\"}" , "b": {"c": [1, "]}"], "d": {}}, "e" :[] ,"f":-1.5e3, "g":null}, "h": 1"#);
        let found: Vec<_> = found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let nested = r#"{"c": [1, "]}"], "d": {}}"#;
        assert_eq!(found, [("a", r#"'x\"}'"#), ("b", nested), ("e", "[]"), ("f", "-1.5e3"), ("g", "null")]);
    }

    #[test]
    fn a_text_that_is_cut_anywhere_gives_the_same_members_before_the_cut() {
        let text = r#"{"a": "x\u0041", "b": {"c": ["d"]}, "e": 5, "f": "end"}"#;
        let whole = listed(text);
        for cut in 0..text.len() {
            let found = listed(&text[..cut]);
            let before = found.len().saturating_sub(1);
            assert_eq!(found[..before], whole[..before], "{}", &text[..cut]);
        }
    }

    #[test]
    fn other_texts_have_no_members() {
        for text in ["", "[]", "\"a\"", "{", "{}", "{a: 1}", "{\"a\"}", "{1: 2}", "{\"a\" 1}", "nul"] {
            assert_eq!(listed(text), [], "{text}");
        }
    }

    #[test]
    fn elements_of_an_array() {
        let count = |text: &str| elements(text.as_bytes()).map(|(found, whole)| (found.len(), whole));
        assert_eq!(count(" [ {\"a\": [1]} , 2, \"]\" ] "), Some((3, true)));
        assert_eq!(count("[]"), Some((0, true)));
        assert_eq!(count("[{\"a\": 1}, {\"b"), Some((2, false)));
        assert_eq!(count("{}"), None);
    }

    #[test]
    fn escapes_are_replaced() {
        assert_eq!(unescaped(br#"a\n\"\\\/\u00e9\ud83d\ude00b"#), "a\n\"\\/é😀b".as_bytes());
        assert_eq!(unescaped(br"\ud83d!\u12"), "\u{FFFD}!\u{FFFD}".as_bytes());
        assert_eq!(unescaped(b"\\"), b"\\");
    }

    #[test]
    fn deep_nesting_takes_one_pass() {
        let bomb = "[".repeat(100_000);
        assert_eq!(elements(bomb.as_bytes()).map(|(found, whole)| (found.len(), whole)), Some((1, false)));
        assert_eq!(listed(&format!("{{\"a\":{}", "{\"a\":".repeat(1000))).len(), 1);
    }
}
