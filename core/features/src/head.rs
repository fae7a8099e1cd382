//! A request head, taken apart.

use memchr::{memchr, memrchr};

use crate::classes::marked;

/// Maximum header fields that are read.
const MOST_FIELDS: usize = 128;
/// Bytes that may be in a token (RFC 9110 section 5.6.2).
const TOKEN: [bool; 256] = marked(b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

/// The parts of a request head.
pub(crate) struct Head<'a> {
    pub(crate) method: &'a [u8],
    /// As sent, with anything odd that is in it.
    pub(crate) target: &'a [u8],
    pub(crate) version: &'a [u8],
    /// Names and values without surrounding spaces.
    pub(crate) fields: Vec<(&'a [u8], &'a [u8])>,
    /// Lines that are no field, and names that are no token (RFC 9110 section 5.1).
    pub(crate) odd_fields: usize,
}

impl<'a> Head<'a> {
    /// Take a request line apart, without the fields; None if it is empty.
    pub(crate) fn of_line(line: &'a [u8]) -> Option<Self> {
        let line = Some(without_cr(line)).filter(|line| !line.is_empty())?;
        let (method, rest) = cut(line, memchr(b' ', line));
        let last = memrchr(b' ', rest);
        let version = last.and_then(|place| rest.get(place + 1..)).filter(|word| word.starts_with(b"HTTP"));
        let target = if version.is_some() { cut(rest, last).0 } else { rest };
        Some(Self { method, target, version: version.unwrap_or_default(), fields: Vec::new(), odd_fields: 0 })
    }

    /// Add the fields: the lines up to an empty one.
    pub(crate) fn add_fields(&mut self, fields: &'a [u8]) {
        self.fields.reserve(16);
        let mut rest = fields;
        for _ in 0..MOST_FIELDS {
            let (line, others) = cut(rest, memchr(b'\n', rest));
            let line = without_cr(line);
            if line.is_empty() {
                break;
            }
            self.add(line);
            rest = others;
        }
    }

    fn add(&mut self, line: &'a [u8]) {
        let Some(colon) = memchr(b':', line) else {
            self.odd_fields += 1;
            return;
        };
        let (name, value) = cut(line, Some(colon));
        self.odd_fields += usize::from(name.is_empty() || !name.iter().all(|byte| is_token(*byte)));
        self.fields.push((name, value.trim_ascii()));
    }

    /// Return the value of the first field of that name, in lower case.
    pub(crate) fn field(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    /// Return the path and the query of the target; both are empty if there is none.
    pub(crate) fn path_and_query(&self) -> (&'a [u8], &'a [u8]) {
        let path = origin_form(self.target);
        cut(path, memchr(b'?', path))
    }
}

/// Return a target without scheme and authority, if it has them.
fn origin_form(target: &[u8]) -> &[u8] {
    if target.starts_with(b"/") {
        return target;
    }
    match target.windows(3).take(8).position(|part| part == b"://") {
        Some(place) => {
            let rest = target.get(place + 3..).unwrap_or_default();
            rest.iter().position(|byte| matches!(byte, b'/' | b'?')).and_then(|start| rest.get(start..)).unwrap_or(b"/")
        }
        None => target,
    }
}

/// Return what is before a place and what is after it; everything and nothing if there is no such place.
pub(crate) fn cut(text: &[u8], place: Option<usize>) -> (&[u8], &[u8]) {
    match place {
        Some(place) => (text.get(..place).unwrap_or_default(), text.get(place + 1..).unwrap_or_default()),
        None => (text, &[]),
    }
}

fn without_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Return whether a byte may be in a token.
pub(crate) fn is_token(byte: u8) -> bool {
    TOKEN.get(usize::from(byte)).copied().unwrap_or_default()
}
