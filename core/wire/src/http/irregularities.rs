//! Irregularities of heads and chunk lines: what recipients read in different ways, so that one may hide from another.
//!
//! They are oddities; `docs/oddities.md` tells what is made of them. Ordinary software sends hardly any, so a head is
//! first compared with what it sends.

use memchr::{memchr, memchr_iter, memchr2};

use super::head::{RequestLine, is_token};
use crate::bytes::{is_blank, partition, run, starts_with_ignoring_case, trimmed, without_tail};

/// Fields that decide where a body ends and how it is read.
const OF_BODIES: [&[u8]; 3] = [b"transfer-encoding", b"content-length", b"content-encoding"];
/// A status out of range that well-known sites answer robots with.
const LINKEDIN: u16 = 999;

/// Names of irregularities, in the order in which they were found.
type Oddities = Vec<&'static str>;

/// Return whether a head of `lines` lines surely has no irregularity, if its fields have none.
#[inline]
pub(super) fn is_plain_request(head: &[u8], line: &RequestLine<'_>, lines: usize) -> bool {
    let size = line.method.len() + line.target.len() + b"  HTTP/1.1\r\n".len();
    let version = head.get(size.saturating_sub(11)..size);
    let plain = matches!(version, Some(b" HTTP/1.1\r\n" | b" HTTP/1.0\r\n"));
    let spaced = head.get(line.method.len()) == Some(&b' ') && memchr2(b' ', b'\t', line.target).is_none();
    plain && spaced && unusual_bytes(head) == 2 * lines
}

/// As `is_plain_request`.
#[inline]
pub(super) fn is_plain_response(head: &[u8], line: &[u8], lines: usize) -> bool {
    let version = matches!(line.get(..9), Some(b"HTTP/1.1 " | b"HTTP/1.0 "));
    let status = matches!(line.get(9..), Some([b'1'..=b'5', _, _, b' ', .., b'\r'] | [b'1'..=b'5', _, _, b'\r']));
    let plain = version && status;
    plain && unusual_bytes(head) == 2 * lines
}

/// Count the bytes other than visible ASCII and spaces. If all lines end with CR LF, there are two for each if the head is
/// plain. The inner loop has neither branches nor wide sums, so it is fast.
fn unusual_bytes(head: &[u8]) -> usize {
    let unusual = |byte: &u8| u8::from(byte.wrapping_sub(b' ') > b'~' - b' ');
    head.chunks(255).map(|part| usize::from(part.iter().fold(0, |sum: u8, byte| sum.wrapping_add(unusual(byte))))).sum()
}

/// Return whether a line of a head ends with CR and is otherwise empty, or a token and a colon (RFC 9112 section 5).
#[inline]
pub(super) fn is_regular_field(line: &[u8]) -> bool {
    let named = match run(line, is_token) {
        0 => line.len() == 1,
        size => line.get(size) == Some(&b':'),
    };
    named && line.last() == Some(&b'\r')
}

/// As `is_regular_field` for a line whose name, without white space around it, is known to come before `value`.
#[inline]
pub(super) fn is_regular_known(line: &[u8], value: &[u8]) -> bool {
    let colon = line.len().wrapping_sub(value.len() + 1);
    let start = line.first().is_some_and(|byte| is_token(*byte));
    let end = line.get(colon.wrapping_sub(1)).is_some_and(|byte| is_token(*byte));
    start && end && line.get(colon) == Some(&b':') && line.last() == Some(&b'\r')
}

/// Return the irregularities of the whole head of a request.
#[cold]
pub(super) fn of_request(head: &[u8], parts: &RequestLine<'_>) -> Oddities {
    let mut oddities = Oddities::new();
    let line = without_cr(partition(head, b'\n').0);
    let text = without_tail(line);
    let start = [parts.method, b" ", parts.target].concat();
    if text != start {
        let size = parts.version.len() + b"HTTP/".len();
        let end = text.get(text.len().saturating_sub(size)..).unwrap_or_default();
        if !matches!(end, b"HTTP/1.1" | b"HTTP/1.0") {
            oddities.push("unusual HTTP version");
        }
        let before = line.get(..line.len().saturating_sub(size)).unwrap_or_default();
        if before != [&start, b" ".as_slice()].concat() || parts.target.iter().any(|byte| is_blank(*byte)) {
            oddities.push("malformed request line");
        }
    }
    oddities.extend(of_lines(head));
    oddities
}

/// Return the irregularities of the whole head of a response.
#[cold]
pub(super) fn of_response(head: &[u8], status: u16) -> Oddities {
    let mut oddities = Oddities::new();
    let line = partition(head, b'\n').0;
    let version = if starts_with_ignoring_case(line, b"ICY") {
        3
    } else {
        5 + run(line.get(5..).unwrap_or_default(), |byte| byte.is_ascii_digit() || byte == b'.')
    };
    let (word, rest) = line.split_at_checked(version).unwrap_or((line, &[]));
    if !matches!(word, b"HTTP/1.1" | b"HTTP/1.0" | b"ICY") {
        oddities.push("unusual HTTP version");
    }
    let gap = run(rest, is_blank);
    let next = rest.get(gap + 3);
    if rest.get(..gap) != Some(b" ") || next.is_some_and(|byte| !matches!(byte, b' ' | b'\r')) {
        oddities.push("malformed status line");
    }
    if !(100..600).contains(&status) && status != LINKEDIN {
        oddities.push("status code out of range");
    }
    oddities.extend(of_lines(head));
    oddities
}

/// Return the irregularities of the lines of a head, its first one included.
#[cold]
pub(super) fn of_lines(head: &[u8]) -> Oddities {
    let mut oddities = Oddities::new();
    let lines = memchr_iter(b'\n', head).count();
    let pairs = memchr_iter(b'\n', head).filter(|end| end.checked_sub(1).and_then(|end| head.get(end)) == Some(&b'\r'));
    let pairs = pairs.count();
    if memchr_iter(b'\r', head).count() > pairs {
        oddities.push("bare CR in a head");
    }
    if pairs == 0 {
        oddities.push("bare LF in a head");
    } else if lines > pairs {
        oddities.push("mixed line ends in a head");
    }
    if head.iter().any(|byte| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r')) {
        oddities.push("control character in a head");
    }
    let found = of_fields(head);
    let named = [
        (found.space_before_colon, "white space before a colon"),
        (found.bad_name, "bad field name"),
        (found.white_line, "line of white space in a head"),
        (found.folded, "folded field line"),
        (found.folded_body, "field of bodies in a folded line"),
    ];
    oddities.extend(named.into_iter().filter_map(|(seen, oddity)| seen.then_some(oddity)));
    oddities
}

/// What is irregular in the lines of fields.
#[derive(Default)]
struct Found {
    space_before_colon: bool,
    bad_name: bool,
    white_line: bool,
    folded: bool,
    folded_body: bool,
}

fn of_fields(head: &[u8]) -> Found {
    let mut found = Found::default();
    let mut field = Vec::new();
    let mut rest = partition(head, b'\n').1;
    while let Some(end) = memchr(b'\n', rest) {
        let line = without_cr(rest.get(..end).unwrap_or_default());
        rest = rest.get(end + 1..).unwrap_or_default();
        if line.first().is_some_and(|byte| is_blank(*byte)) {
            let white = |byte: u8| is_blank(byte) || byte == b'\r';
            let text = line.get(run(line, white)..).unwrap_or_default().to_ascii_lowercase();
            found.white_line |= text.is_empty();
            found.folded |= !text.is_empty();
            let named = OF_BODIES.contains(&field.as_slice()) || OF_BODIES.iter().any(|name| text.starts_with(name));
            found.folded_body |= !text.is_empty() && named;
        } else if !line.is_empty() {
            let (name, colon) = line.split_at_checked(run(line, is_token)).unwrap_or((line, &[]));
            let gap = run(colon, is_blank);
            field = name.to_ascii_lowercase();
            let bad = name.is_empty() || colon.get(gap) != Some(&b':');
            found.bad_name |= bad;
            found.space_before_colon |= !bad && gap > 0;
        }
    }
    found
}

/// Return whether a line with a chunk size surely has no irregularity.
pub(super) fn is_plain_chunk_line(line: &[u8]) -> bool {
    let digits = line.strip_suffix(b"\r\n").unwrap_or_default();
    !digits.is_empty() && (digits.first() != Some(&b'0') || digits == b"0") && digits.iter().all(u8::is_ascii_hexdigit)
}

/// Return the irregularities of a line with a chunk size that can be read (RFC 9112 section 7.1).
#[cold]
pub(super) fn of_chunk_line(line: &[u8], server: bool) -> Oddities {
    let mut oddities = of_line_end(line);
    let text = without_cr(line.strip_suffix(b"\n").unwrap_or(line));
    let white = |byte: u8| matches!(byte, b' ' | b'\t' | 0x0B | 0x0C);
    let (before, text) = text.split_at_checked(run(text, white)).unwrap_or_default();
    let (digits, text) = text.split_at_checked(run(text, |byte| byte.is_ascii_hexdigit())).unwrap_or_default();
    let (after, extension) = text.split_at_checked(run(text, |byte| white(byte) || byte == b'\r')).unwrap_or_default();
    if digits.len() > 1 && digits.starts_with(b"0") {
        oddities.push("leading zeros in a chunk size");
    }
    if !before.is_empty() || after.iter().any(|byte| *byte != b' ') {
        oddities.push("bad white space around a chunk size");
    } else if !after.is_empty() {
        oddities.push("spaces after a chunk size");
    }
    if let [_, parts @ ..] = extension {
        if !are_extensions(parts) {
            oddities.push("malformed chunk extension");
        } else if server {
            oddities.push("chunk extension in a response"); // clients of S3 sign their chunks in extensions
        }
    }
    oddities
}

/// Return whether chunk extensions may be some: names, with or without values; quotes must come in pairs.
fn are_extensions(parts: &[u8]) -> bool {
    match parts.iter().filter(|byte| **byte == b'"').count() {
        0 => parts.split(|byte| *byte == b';').all(is_extension),
        quotes => quotes.is_multiple_of(2),
    }
}

/// Return whether a chunk extension is a name with or without a value, which has no quotes.
fn is_extension(part: &[u8]) -> bool {
    let inner = |text: &[u8]| -> Vec<u8> {
        let start = run(text, is_blank);
        let end = text.iter().rposition(|byte| !is_blank(*byte)).map_or(start, |last| last + 1);
        text.get(start..end).unwrap_or_default().to_vec()
    };
    let is_word = |text: &[u8]| !text.is_empty() && text.iter().all(|byte| is_token(*byte));
    match memchr(b'=', part) {
        None => is_word(&inner(part)),
        Some(place) => part
            .split_at_checked(place)
            .is_some_and(|(name, value)| is_word(&inner(name)) && is_word(&inner(value.get(1..).unwrap_or_default()))),
    }
}

/// Return the irregularities of a line after the last chunk (RFC 9112 section 7.1.2).
pub(super) fn of_trailer(line: &[u8]) -> Oddities {
    let mut oddities = of_line_end(line);
    let name = run(line, is_token);
    let colon = line.get(name..).unwrap_or_default();
    let named = name > 0 && colon.get(run(colon, is_blank)) == Some(&b':');
    if !named && !matches!(line, b"\r\n" | b"\n") {
        oddities.push("bad trailer field");
    }
    oddities
}

/// Return the irregularities of the end of a line of the chunked framing.
pub(super) fn of_line_end(line: &[u8]) -> Oddities {
    if line.ends_with(b"\r\n") { Oddities::new() } else { vec!["bare LF in chunked framing"] }
}

/// Return what is wrong with transfer codings, which have no white space around them (RFC 9112 sections 6.1 and 7).
#[cold]
pub(super) fn of_codings(codings: &[&[u8]]) -> Oddities {
    let mut oddities = Oddities::new();
    let joined = codings.join(&b',');
    if codings.len() > 1 {
        oddities.push("repeated Transfer-Encoding");
    }
    let names = || joined.split(|byte| *byte == b',').map(trimmed);
    if names().any(|name| !is_coding(&name.to_ascii_lowercase())) {
        oddities.push("unknown transfer coding");
    }
    let misspelt =
        |name: &[u8]| name.eq_ignore_ascii_case(b"chunked") && !matches!(name, b"chunked" | b"Chunked" | b"CHUNKED");
    if names().any(misspelt) {
        oddities.push("unusual spelling of chunked");
    }
    oddities
}

/// Return whether RFC 9112 section 7 or its predecessors define a transfer coding.
fn is_coding(name: &[u8]) -> bool {
    matches!(name, b"chunked" | b"gzip" | b"x-gzip" | b"deflate" | b"compress" | b"x-compress" | b"identity")
}

fn without_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}
