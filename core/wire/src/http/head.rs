//! The start line of an HTTP/1 message, and the end of its head (RFC 9112).
//!
//! Parsing is as lenient as real senders require: a bare LF ends a line.

use crate::bytes::{is_blank, newline, run, starts_with_ignoring_case, trimmed, without_tail};

const METHODS: [&[u8]; 31] = [
    b"GET",
    b"HEAD",
    b"POST",
    b"PUT",
    b"DELETE",
    b"CONNECT",
    b"OPTIONS",
    b"TRACE",
    b"PATCH",
    b"PROPFIND",
    b"PROPPATCH",
    b"MKCOL",
    b"COPY",
    b"MOVE",
    b"LOCK",
    b"UNLOCK",
    b"SEARCH",
    b"REPORT",
    b"MKCALENDAR",
    b"CHECKOUT",
    b"CHECKIN",
    b"MERGE",
    b"SUBSCRIBE",
    b"UNSUBSCRIBE",
    b"NOTIFY",
    b"M-SEARCH",
    b"PURGE",
    b"BAN",
    b"LINK",
    b"UNLINK",
    b"ACL",
];
const LONGEST_METHOD: usize = 64;
const LONGEST_TARGET: usize = 65536;
const LONGEST_SCHEME: usize = 32;

/// A request line; `version` is `0.9` if the line has none (RFC 1945 section 5), empty if the line is cut before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestLine<'a> {
    pub(crate) method: &'a [u8],
    pub(crate) target: &'a [u8],
    pub(crate) version: &'a [u8],
}

/// Search from `start` for the empty line that ends a head; return the index after it, and the number of lines up to
/// it.
pub(crate) fn head_end(data: &[u8], start: usize) -> Option<(usize, usize)> {
    let mut place = start;
    for lines in 2.. {
        let end = newline(data, place)?;
        match data.get(end + 1..) {
            Some([b'\n', ..]) => return Some((end + 2, lines)),
            Some([b'\r', b'\n', ..]) => return Some((end + 3, lines)),
            _ => place = end + 1,
        }
    }
    None
}

/// Return the index after the first line that holds only white space.
///
/// Such a line is a folded line (RFC 9112 section 5.2), but parsers take it for the end of a head if no empty line
/// follows.
pub(crate) fn blank_line_end(data: &[u8]) -> Option<usize> {
    let mut place = 0;
    loop {
        let line = newline(data, place)? + 1;
        let white = run(data.get(line..)?, |byte| matches!(byte, b' ' | b'\t' | b'\r'));
        if data.get(line + white) == Some(&b'\n') {
            return Some(line + white + 1);
        }
        place = line;
    }
}

/// The bytes of tokens (RFC 9110 section 5.6.2).
#[expect(clippy::indexing_slicing, reason = "an index out of bounds would not compile")]
static TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let (mut byte, others) = (0, b"!#$%&'*+-.^_`|~");
    while byte < table.len() {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut place = 0;
    while place < others.len() {
        table[others[place] as usize] = true;
        place += 1;
    }
    table
};

#[inline(always)]
pub(crate) fn is_token(byte: u8) -> bool {
    TOKEN.get(usize::from(byte)).copied().unwrap_or_default()
}

/// Return the length of the method at the start of a line: a token followed by white space.
fn method(line: &[u8]) -> Option<usize> {
    let size = run(line, is_token);
    let ends = line.get(size).is_some_and(|byte| is_blank(*byte));
    (ends && (1..=LONGEST_METHOD).contains(&size)).then_some(size)
}

/// Return the start of the version at the end of a line, including the white space before it, and its number.
fn version(line: &[u8]) -> Option<(usize, &[u8])> {
    let digits = line.iter().rev().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    let begin = line.len().checked_sub(digits + 6)?;
    let word = line.get(begin..)?;
    let near = line.len() - begin <= 16;
    let found = is_blank(*word.first()?) && starts_with_ignoring_case(word.get(1..)?, b"HTTP/");
    (near && found).then_some((begin, word.get(6..)?))
}

/// Return whether a line without a version is an HTTP/0.9 request.
fn is_simple_request(line: &[u8]) -> bool {
    let size = run(line, |byte| byte.is_ascii_uppercase());
    let Some([b' ', target @ ..]) = line.get(size..) else {
        return false;
    };
    let path = [b"/".as_slice(), b"http://"].iter().any(|start| target.starts_with(start));
    (3..=16).contains(&size) && path && !target.iter().any(|byte| is_blank(*byte))
}

/// Return whether a request may start with these bytes: a method, white space and, in a complete line, a version.
///
/// A line without a version must be a Simple-Request of HTTP/0.9 (RFC 1945 section 5).
pub(crate) fn may_start_request(data: &[u8]) -> bool {
    let Some(end) = newline(data, 0) else {
        let size = run(data, is_token);
        let ends = data.get(size).is_none_or(|byte| is_blank(*byte));
        return ends && (1..=LONGEST_METHOD).contains(&size);
    };
    request_line(data.get(..end).unwrap_or_default()).is_some()
}

/// Return whether a response may start with these bytes. SHOUTcast servers write `ICY` in place of the version.
pub(crate) fn may_start_response(data: &[u8]) -> bool {
    let starts = |word: &[u8]| {
        let size = data.len().min(word.len());
        word.get(..size).zip(data.get(..size)).is_some_and(|(word, start)| start.eq_ignore_ascii_case(word))
    };
    starts(b"HTTP/") || starts(b"ICY ")
}

/// Return how many stray bytes, at most `most`, come before what may be a status line, or before the end.
///
/// Return 0 if there are more. Empty lines may follow the stray bytes.
pub(crate) fn strays(data: &[u8], most: usize) -> usize {
    let is_end = |byte| matches!(byte, b'\r' | b'\n');
    if data.first().is_none_or(|byte| is_end(*byte)) || may_start_response(data) {
        return 0;
    }
    let may_follow = |size: &usize| {
        let rest = data.get(*size..).unwrap_or_default();
        may_start_response(rest.get(run(rest, is_end)..).unwrap_or_default())
    };
    (1..=most).find(may_follow).unwrap_or_default()
}

/// Return whether the bytes certainly start with an HTTP/1 request line; if cut, only with a well-known method.
pub(crate) fn starts_request(data: &[u8]) -> bool {
    starts_known_method(data) || starts_any_method(data)
}

fn starts_known_method(data: &[u8]) -> bool {
    let size = run(data.get(..17).unwrap_or(data), |byte| byte.is_ascii_uppercase() || byte == b'-');
    let Some([b' ', rest @ ..]) = data.get(size..) else {
        return false;
    };
    let known = data.get(..size).is_some_and(|method| METHODS.contains(&method));
    known && (target_of_http1(rest).is_some() || is_cut_target(rest))
}

/// Return whether the bytes start with a request line whose method may be any token (RFC 9110 section 9.1).
///
/// The form of the target (RFC 9112 section 3.2) and the start of the next line tell it from other text. The end of a
/// well-known method is the rest of a cut line.
fn starts_any_method(data: &[u8]) -> bool {
    let size = run(data.get(..=LONGEST_METHOD).unwrap_or(data), is_token);
    let Some([b' ', rest @ ..]) = data.get(size..).filter(|_| (1..=LONGEST_METHOD).contains(&size)) else {
        return false;
    };
    let end_of_known = METHODS.iter().any(|known| data.get(..size).is_some_and(|method| known.ends_with(method)));
    !end_of_known
        && target_of_http1(rest).is_some_and(|(target, next)| {
            let form = target == b"*" || target.starts_with(b"/") || scheme(target).is_some();
            form && !target.iter().any(|byte| is_blank(*byte)) && may_start_field(next)
        })
}

/// Return the target and the lines after it, if the line ends with a version of HTTP/1.
fn target_of_http1(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let (line, tail) = rest.split_at_checked(memchr::memchr2(b'\r', b'\n', rest)?)?;
    let next = tail.strip_prefix(b"\r\n").or_else(|| tail.strip_prefix(b"\n"))?;
    let target = line.strip_suffix(b" HTTP/1.1").or_else(|| line.strip_suffix(b" HTTP/1.0"))?;
    (1..=LONGEST_TARGET).contains(&target.len()).then_some((target, next))
}

/// Return the size of the scheme at the start of a target, with `://`.
fn scheme(target: &[u8]) -> Option<usize> {
    let size = run(target, |byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte));
    let named = target.first().is_some_and(u8::is_ascii_alphabetic) && size <= LONGEST_SCHEME;
    (named && target.get(size..)?.starts_with(b"://")).then_some(size + 3)
}

/// Return whether an absolute target names another host than the Host field (RFC 9112 section 3.2.2).
pub(crate) fn contradicts(target: &[u8], host: &[u8]) -> bool {
    let Some(rest) = scheme(target).and_then(|size| target.get(size..)).filter(|_| !host.is_empty()) else {
        return false;
    };
    let authority = rest.get(..run(rest, |byte| !matches!(byte, b'/' | b'?' | b'#'))).unwrap_or_default();
    let name = authority.rsplit(|byte| *byte == b'@').next().unwrap_or_default();
    let bare = |name: &[u8]| name.strip_suffix(b":80").unwrap_or(name).to_ascii_lowercase();
    bare(name) != bare(host)
}

/// Return whether a header field or an empty line may start with these bytes.
fn may_start_field(line: &[u8]) -> bool {
    if matches!(line, [] | [b'\r'] | [b'\n', ..] | [b'\r', b'\n', ..]) {
        return true;
    }
    let size = run(line.get(..=LONGEST_METHOD).unwrap_or(line), is_token);
    let rest = line.get(size..).unwrap_or_default();
    let colon = rest.get(run(rest, is_blank)..).unwrap_or_default().first();
    (1..=LONGEST_METHOD).contains(&size) && colon.is_none_or(|byte| *byte == b':')
}

/// Return whether there is only a target, and perhaps the start of a version, because the segment ends in it.
fn is_cut_target(rest: &[u8]) -> bool {
    let starts: [&[u8]; 4] = [b"/", b"http://", b"https://", b"*"];
    let size = run(rest, |byte| !matches!(byte, b' ' | b'\r' | b'\n'));
    let cut = match rest.get(size..) {
        Some([b' ', word @ ..]) => is_cut_version(word),
        tail => tail.is_none_or(<[u8]>::is_empty),
    };
    cut && starts.iter().any(|start| rest.starts_with(start))
}

fn is_cut_version(word: &[u8]) -> bool {
    let whole = word.strip_suffix(b"\r").unwrap_or(word);
    b"HTTP/1.".starts_with(word) || matches!(whole, b"HTTP/1.0" | b"HTTP/1.1")
}

/// Return whether the bytes start with an HTTP/1 status line.
pub(crate) fn starts_response(data: &[u8]) -> bool {
    let rest = match data {
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'0' | b'1', rest @ ..] | [b'I', b'C', b'Y', rest @ ..] => rest,
        _ => return false,
    };
    matches!(rest, [b' ', b'1'..=b'5', b'0'..=b'9', b'0'..=b'9', b' ' | b'\r' | b'\n', ..])
}

/// Parse a request line without its newline; None if it is not one.
pub(crate) fn request_line(line: &[u8]) -> Option<RequestLine<'_>> {
    let line = without_tail(line);
    let size = method(line)?;
    let (end, version) = match version(line) {
        Some(found) => found,
        None if is_simple_request(line) => (line.len(), b"0.9".as_slice()),
        None => return None,
    };
    let target = line.get(size..end).unwrap_or_default();
    Some(RequestLine { method: line.get(..size)?, target: trimmed(target), version })
}

/// Return what follows the version of a status line.
fn behind_version(line: &[u8]) -> Option<&[u8]> {
    if starts_with_ignoring_case(line, b"ICY") {
        return line.get(3..);
    }
    let rest = line.get(5..).filter(|_| starts_with_ignoring_case(line, b"HTTP/"))?;
    let version = run(rest, |byte| byte.is_ascii_digit() || byte == b'.');
    rest.get(version..).filter(|_| version > 0)
}

/// Parse a request line whose end is missing; None unless it has a method and a target.
///
/// The target may be cut, but not before the end of its authority, so that it names no other host. The version is empty if
/// the line is cut before it.
pub(crate) fn cut_request_line(line: &[u8]) -> Option<RequestLine<'_>> {
    let line = without_tail(line);
    let size = method(line)?;
    let rest = line.get(size..)?;
    let rest = rest.get(run(rest, is_blank)..)?;
    let (target, tail) = rest.split_at_checked(run(rest, |byte| !is_blank(byte)))?;
    let version = cut_version(tail.get(run(tail, is_blank)..)?)?;
    let known = target == b"*" || target.starts_with(b"/") || names_authority(target);
    known.then_some(RequestLine { method: line.get(..size)?, target, version })
}

fn names_authority(target: &[u8]) -> bool {
    let Some(authority) = scheme(target).and_then(|size| target.get(size..)) else {
        return false;
    };
    let size = run(authority, |byte| !matches!(byte, b'/' | b'?' | b'#'));
    0 < size && size < authority.len()
}

/// Return the version at the end of a cut line, or nothing if it is cut too; None if it is something else.
fn cut_version(word: &[u8]) -> Option<&[u8]> {
    match word.strip_prefix(b"HTTP/") {
        None => b"HTTP".starts_with(word).then_some(b"".as_slice()),
        Some([]) => Some(b""),
        Some([major] | [major, b'.']) if major.is_ascii_digit() => Some(b""),
        Some(number @ [major, b'.', minor]) if major.is_ascii_digit() && minor.is_ascii_digit() => Some(number),
        Some(_) => None,
    }
}

/// Parse the status in a line without its newline; None if it is not HTTP.
pub(crate) fn status(line: &[u8]) -> Option<u16> {
    let rest = behind_version(line)?;
    let blank = run(rest, is_blank);
    let [a, b, c, tail @ ..] = rest.get(blank..)? else {
        return None;
    };
    let digits = [a, b, c].iter().all(|digit| digit.is_ascii_digit());
    let ends = tail.first().is_none_or(|byte| !byte.is_ascii_digit());
    let number = |digit: &u8| u16::from(digit.wrapping_sub(b'0'));
    (blank > 0 && digits && ends).then(|| number(a) * 100 + number(b) * 10 + number(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_ends_with_its_first_empty_line() {
        assert_eq!(head_end(b"a\r\nb\r\n\r\nrest", 0), Some((8, 3)));
        assert_eq!(head_end(b"a\nb\n\nrest\r\n\r\n", 0), Some((5, 3)));
        assert_eq!(head_end(b"a\r\nb\r\n\r", 0), None);
        assert_eq!(blank_line_end(b"a\nb\n \t\nc"), Some(7));
    }

    #[test]
    fn request_lines() {
        let line = |text: &'static [u8]| request_line(text).map(|line| (line.method, line.target, line.version));
        assert_eq!(line(b"GET /a b HTTP/1.1\r"), Some((b"GET".as_slice(), b"/a b".as_slice(), b"1.1".as_slice())));
        assert_eq!(line(b"get\t/ http/1.0"), Some((b"get".as_slice(), b"/".as_slice(), b"1.0".as_slice())));
        assert_eq!(line(b"GET /old"), Some((b"GET".as_slice(), b"/old".as_slice(), b"0.9".as_slice())));
        assert_eq!(line(b"GET HTTP/1.1"), Some((b"GET".as_slice(), b"".as_slice(), b"1.1".as_slice())));
        assert_eq!(line(b"hello world"), None);
    }

    #[test]
    fn cut_request_lines() {
        let line = |text: &'static [u8]| cut_request_line(text).map(|line| (line.target, line.version));
        assert_eq!(line(b"QUERY /as/far/a"), Some((b"/as/far/a".as_slice(), b"".as_slice())));
        assert_eq!(line(b"GET /a HTTP/1."), Some((b"/a".as_slice(), b"".as_slice())));
        assert_eq!(line(b"GET /a HTTP/1.1\r"), Some((b"/a".as_slice(), b"1.1".as_slice())));
        assert_eq!(line(b"GET http://a.example/b"), Some((b"http://a.example/b".as_slice(), b"".as_slice())));
        assert_eq!(line(b"GET http://a.exam"), None);
        assert_eq!(line(b"GET /a b"), None);
        assert_eq!(line(b"GET "), None);
        assert_eq!(line(b"hello wor"), None);
    }

    #[test]
    fn status_lines() {
        assert_eq!(status(b"HTTP/1.1 200 OK\r"), Some(200));
        assert_eq!(status(b"http/1.0  404"), Some(404));
        assert_eq!(status(b"ICY 200 OK\r"), Some(200));
        assert_eq!(status(b"HTTP/1.1 2000"), None);
        assert_eq!(status(b"HTTP/ 200"), None);
    }

    #[test]
    fn stray_bytes() {
        for (data, size) in [
            (b"HTTP/1.1".as_slice(), 0),
            (b"}HTTP/1.1", 1),
            (b"abcdHT", 4),
            (b"abcdeHTTP/1.1", 0),
            (b"0\r\n\r\nHTTP/1.1", 1),
            (b"\r\n}HTTP/1.1", 0),
            (b"ab", 2),
        ] {
            assert_eq!(strays(data, 4), size, "{}", data.escape_ascii());
        }
    }

    #[test]
    fn certain_starts() {
        assert!(starts_request(b"GET / HTTP/1.1\r\nHost: a"));
        assert!(starts_request(b"POST /as/far/as/the/segment/goes"));
        assert!(!starts_request(b"GET / HTTP/2.0\r\n"));
        assert!(starts_request(b"GET /cut HTT"));
        assert!(starts_request(b"GET /cut HTTP/1.1\r"));
        assert!(!starts_request(b"GET /cut HTTPS"));
        assert!(starts_request(b"HELLO / HTTP/1.1\r\n"));
        assert!(starts_request(b"hello_you ftp://a/b HTTP/1.0\nHost : b"));
        assert!(starts_request(b"HELLO * HTTP/1.1\r\nHos"));
        assert!(!starts_request(b"HELLO / HTTP/1.1\r\nis the first line"));
        assert!(!starts_request(b"OST / HTTP/1.1\r\nHost: a"));
        assert!(!starts_request(b"HELLO over HTTP/1.1\r\n"));
        assert!(!starts_request(b"HELLO /cut"));
        assert!(starts_response(b"HTTP/1.1 200 OK"));
        assert!(!starts_response(b"HTTP/1.1 600 OK"));
    }
}
