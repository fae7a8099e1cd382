//! Small byte operations for parsing HTTP/1.

use memchr::memchr;

/// Return the index of the first newline from `start` on.
pub(crate) fn newline(data: &[u8], start: usize) -> Option<usize> {
    memchr(b'\n', data.get(start..)?).map(|place| start + place)
}

/// Return whether a byte is white space between words of a start line.
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Return whether a byte is any ASCII white space.
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0B | 0x0C)
}

/// Trim white space at both ends.
pub(crate) fn trimmed(data: &[u8]) -> &[u8] {
    without_tail(trimmed_start(data))
}

/// Trim white space at the start.
fn trimmed_start(mut data: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = data
        && is_space(*first)
    {
        data = rest;
    }
    data
}

/// Trim white space at the end.
pub(crate) fn without_tail(mut data: &[u8]) -> &[u8] {
    while let [rest @ .., last] = data
        && is_space(*last)
    {
        data = rest;
    }
    data
}

/// Count the bytes at the start that satisfy a condition.
pub(crate) fn run(data: &[u8], is: impl Fn(u8) -> bool) -> usize {
    data.iter().position(|byte| !is(*byte)).unwrap_or(data.len())
}

/// Split at the first `separator`; the second part is empty if there is none.
pub(crate) fn partition(data: &[u8], separator: u8) -> (&[u8], &[u8]) {
    match memchr(separator, data) {
        Some(place) => {
            data.split_at_checked(place).map_or((data, &[]), |(head, tail)| (head, tail.get(1..).unwrap_or(&[])))
        }
        None => (data, &[]),
    }
}

/// Return whether `data` starts with `start`, ignoring case.
pub(crate) fn starts_with_ignoring_case(data: &[u8], start: &[u8]) -> bool {
    data.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}
