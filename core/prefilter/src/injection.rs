//! `@detectSQLi` and `@detectXSS`, as libinjection decides them.
//!
//! The port that is used here agrees with the original on values without quotes, backslashes, control characters,
//! bytes beyond ASCII, and numbers such as `1.e`; the others may match.

use std::sync::LazyLock;

use libinjectionrs::{detect_sqli, detect_xss};

use crate::alphabet::{Kinds, bytes_among};

/// Longest value that is looked at, in bytes.
const LONGEST: usize = 4096;

/// Bytes of a value that is one or two words or numbers, which is no fingerprint of an injection.
static WORD: LazyLock<Kinds> = LazyLock::new(|| bytes_among(b"abcdefghijklmnopqrstuvwxyz0123456789_"));
static STRANGE: LazyLock<Kinds> = LazyLock::new(|| bytes_among(b"\"'`\\\0\x01\t\r\n\x80"));
/// Without a tag or a value of an attribute, there is no script.
static MARKUP: LazyLock<Kinds> = LazyLock::new(|| bytes_among(b"<>="));

/// Whether `@detectSQLi` may match a value.
pub(crate) fn maybe_sql(value: &[u8]) -> bool {
    let seen = bytes_among(value);
    if seen & !*WORD == 0 {
        return false;
    }
    seen & *STRANGE != 0
        || value.len() > LONGEST
        || has_bare_exponent(value)
        || detect_sqli(value).is_injection()
}

/// Whether `@detectXSS` may match a value.
pub(crate) fn maybe_script(value: &[u8]) -> bool {
    let seen = bytes_among(value);
    seen & *MARKUP != 0 && (seen & *STRANGE != 0 || value.len() > LONGEST || detect_xss(value).is_injection())
}

/// A dot after a digit, then an e.
fn has_bare_exponent(value: &[u8]) -> bool {
    value.windows(3).any(|three| matches!(three, [b'0'..=b'9', b'.', b'e' | b'E']))
}
