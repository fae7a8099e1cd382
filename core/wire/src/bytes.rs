//! Small questions about bytes, as HTTP/1 asks them.

use memchr::memchr;

/// Index of the first newline from `start` on.
pub(crate) fn newline(data: &[u8], start: usize) -> Option<usize> {
    memchr(b'\n', data.get(start..)?).map(|place| start + place)
}

/// White space that stands between words of a start line.
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// White space of any kind in ASCII.
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0B | 0x0C)
}

/// Without white space at both ends.
pub(crate) fn trimmed(data: &[u8]) -> &[u8] {
    without_tail(trimmed_start(data))
}

/// Without white space at the start.
fn trimmed_start(mut data: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = data
        && is_space(*first)
    {
        data = rest;
    }
    data
}

/// Without white space at the end.
pub(crate) fn without_tail(mut data: &[u8]) -> &[u8] {
    while let [rest @ .., last] = data
        && is_space(*last)
    {
        data = rest;
    }
    data
}

/// How many bytes at the start are of a kind.
pub(crate) fn run(data: &[u8], is: impl Fn(u8) -> bool) -> usize {
    data.iter().position(|byte| !is(*byte)).unwrap_or(data.len())
}

/// What is before the first `separator`, and what is after it; nothing is after where there is none.
pub(crate) fn partition(data: &[u8], separator: u8) -> (&[u8], &[u8]) {
    match memchr(separator, data) {
        Some(place) => {
            data.split_at_checked(place).map_or((data, &[]), |(head, tail)| (head, tail.get(1..).unwrap_or(&[])))
        }
        None => (data, &[]),
    }
}

/// Whether `data` starts with `start`, whatever the case of letters.
pub(crate) fn starts_with_ignoring_case(data: &[u8], start: &[u8]) -> bool {
    data.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}
