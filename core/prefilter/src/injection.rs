//! `@detectSQLi` and `@detectXSS`, as libinjection decides them.
//!
//! The port that is used here agrees with the original on values without quotes, backslashes, control characters,
//! bytes beyond ASCII, and numbers such as `1.e`; the others may match.

use std::sync::LazyLock;

use libinjectionrs::{detect_sqli, detect_xss};
use memchr::memmem;

use crate::alphabet::{Kinds, bytes_among};

/// Longest value that is looked at, in bytes.
const LONGEST: usize = 4096;

/// Bytes of a value that is one or two words or numbers, which is no fingerprint of an injection.
static WORD: LazyLock<Kinds> = LazyLock::new(|| bytes_among(b"abcdefghijklmnopqrstuvwxyz0123456789_"));
static STRANGE: LazyLock<Kinds> = LazyLock::new(|| bytes_among(b"\"'`\\\0\x01\t\r\n"));
/// Without a tag or a value of an attribute, there is no script.
static MARKUP: LazyLock<Kinds> = LazyLock::new(|| bytes_among(b"<>="));

/// Whether `@detectSQLi` may match a value.
pub(crate) fn maybe_sql(value: &[u8]) -> bool {
    let seen = bytes_among(value);
    if seen & !*WORD == 0 {
        return false;
    }
    seen & *STRANGE != 0 || value.len() > LONGEST || has_bare_exponent(value) || detect_sqli(value).is_injection()
}

/// Whether `@detectXSS` may match a value.
///
/// Versions of libinjection differ in the tags and the handlers that they know, so all of them count.
pub(crate) fn maybe_script(value: &[u8]) -> bool {
    let seen = bytes_among(value);
    if seen & *MARKUP == 0 {
        return false;
    }
    seen & *STRANGE != 0
        || value.len() > LONGEST
        || value.contains(&b'<')
        || memmem::find(value, b"&#").is_some()
        || has_handler(value)
        || detect_xss(value).is_injection()
}

/// Whether a name in a value begins like that of a handler of events.
fn has_handler(value: &[u8]) -> bool {
    let begins = |text: &[u8]| text.get(..2).is_some_and(|start| start.eq_ignore_ascii_case(b"on"));
    let after = |pair: &[u8]| !pair.first().is_some_and(u8::is_ascii_alphanumeric);
    begins(value) || value.windows(3).any(|three| after(three) && three.get(1..).is_some_and(begins))
}

/// Whether a number has an exponent without digits, as `1.e(` or `1end`. What begins with a letter is a word.
fn has_bare_exponent(value: &[u8]) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let is_number = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let mut before = None;
    let mut rest = value;
    while let Some((byte, after)) = rest.split_first() {
        if is_number(byte) && !before.is_some_and(is_word) {
            let end = rest.iter().position(|byte| !is_number(byte)).unwrap_or(rest.len());
            let tail = rest.get(end..).unwrap_or_default();
            match tail {
                [b'e' | b'E', b'0'..=b'9', ..] | [b'e' | b'E', b'+' | b'-', b'0'..=b'9', ..] => {}
                [b'e' | b'E', ..] => return true,
                _ => {}
            }
            before = Some(&b'0');
            rest = tail;
        } else {
            before = Some(byte);
            rest = after;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_tokens_are_no_injections() {
        for value in [&b"red shoes"[..], b"eyJ9.eyJ0.x", b"/a/b?c=d&e=f", b"GA1.2.123.456", b"union"] {
            assert!(!maybe_sql(value) && !maybe_script(value), "{value:?}");
        }
    }

    #[test]
    fn injections_are() {
        for value in [
            &b"1 or 1=1"[..],
            b"1' or '1'='1",
            b"1.e(ascii 1.e(2))",
            b"&&1end/( a.b/order-*",
            b"x union select a from b",
        ] {
            assert!(maybe_sql(value), "{value:?}");
        }
        assert!(maybe_script(b"<script>") && maybe_script(b"x onclick=y") && maybe_script(b"/onnew=y"));
    }
}
