//! The header fields of an HTTP/1 message that framing and statistics need (RFC 9112).
//!
//! Parsing is as lenient as real senders require: white space before the colon is accepted, and folded lines are
//! joined.

use std::borrow::Cow;

use super::irregularities::{is_regular_field, is_regular_known, of_codings};
use crate::bytes::{is_blank, newline, run, trimmed};
use crate::forwarding::ClientField;
use crate::text::printable;

/// The length of a body (RFC 9112 section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyLength {
    /// A number of bytes.
    Bytes(u64),
    /// Given by the chunked transfer coding.
    Chunked,
    /// Until the connection ends.
    UntilClose,
    /// Unknown, because the framing is broken.
    Unknown,
}

/// The header fields in use, as sent; a missing field is empty.
#[derive(Debug, Default)]
pub(crate) struct Fields<'a> {
    pub(crate) host: Cow<'a, [u8]>,
    pub(crate) user_agent: Cow<'a, [u8]>,
    pub(crate) referrer: Cow<'a, [u8]>,
    pub(crate) content_type: Cow<'a, [u8]>,
    pub(crate) upgrade: Cow<'a, [u8]>,
    pub(crate) expect: Cow<'a, [u8]>,
    /// None if the head does not mention a body.
    pub(crate) length: Option<BodyLength>,
    /// The lines that they were read from.
    block: &'a [u8],
    /// Fields that were named, by the index of their name.
    named: Vec<(usize, Cow<'a, [u8]>)>,
    /// Fields that name the client, in the order of their lines.
    pub(crate) forwarding: Vec<(ClientField, Cow<'a, [u8]>)>,
    pub(crate) oddities: Vec<&'static str>,
    /// Whether a line is folded, or does not start with a name and a colon, or does not end with CR LF.
    pub(crate) irregular: bool,
    /// Number of lines that are not empty.
    pub(crate) lines: usize,
}

#[derive(Clone, Copy)]
enum Name {
    Host,
    UserAgent,
    Referer,
    ContentLength,
    TransferEncoding,
    ContentType,
    Upgrade,
    Expect,
    Client(ClientField),
}

/// Parse the fields in the lines of `block`, which follows the start line, and keep those with one of the `names`; and
/// those that name the client, if `clients`.
pub(crate) fn parse<'a>(block: &'a [u8], names: &[Vec<u8>], clients: bool) -> Fields<'a> {
    // Two copies are faster than one with a choice for each line, if what the one copy would inline stays inlined.
    if clients { parsed::<true>(block, names) } else { parsed::<false>(block, names) }
}

fn parsed<'a, const CLIENTS: bool>(block: &'a [u8], names: &[Vec<u8>]) -> Fields<'a> {
    match read::<CLIENTS>(block, names) {
        Some(fields) => fields,
        None => {
            Fields { block, irregular: true, ..owned(read::<CLIENTS>(&unfolded(block), names).unwrap_or_default()) }
        }
    }
}

/// Parse the fields; None if a line is folded (RFC 9112 section 5.2).
fn read<'a, const CLIENTS: bool>(block: &'a [u8], names: &[Vec<u8>]) -> Option<Fields<'a>> {
    let mut fields = Fields { block, ..Fields::default() };
    let (mut lengths, mut codings): (Vec<&[u8]>, Vec<&[u8]>) = (Vec::new(), Vec::new());
    let mut start = 0;
    while start < block.len() {
        let end = newline(block, start).unwrap_or(block.len());
        let line = block.get(start..end).unwrap_or_default();
        start = end + 1;
        let Some(first) = line.first() else {
            continue;
        };
        if is_blank(*first) && !trimmed(line).is_empty() {
            return None;
        }
        fields.lines += 1;
        if !names.is_empty() {
            fields.keep(line, names);
        }
        let known = known::<CLIENTS>(line);
        fields.irregular |= match known {
            Some((_, value)) => !is_regular_known(line, value),
            None => !is_regular_field(line),
        };
        match known {
            Some((Name::ContentLength, value)) => lengths.push(value),
            Some((Name::TransferEncoding, value)) => codings.push(value),
            Some((Name::Client(field), value)) => fields.forwarding.push((field, Cow::Borrowed(trimmed(value)))),
            Some((name, value)) => fields.set(name, trimmed(value)),
            None => {}
        }
    }
    if !lengths.is_empty() || !codings.is_empty() {
        fields.length = body_length(&lengths, &codings, &mut fields.oddities);
    }
    Some(fields)
}

impl<'a> Fields<'a> {
    /// Keep a line if its field was named, and no earlier one had the same name.
    fn keep(&mut self, line: &'a [u8], names: &[Vec<u8>]) {
        let line = without_white(line);
        let found = names.iter().enumerate().find_map(|(place, name)| Some((place, trimmed(value(line, name)?))));
        if let Some((place, value)) = found
            && !value.is_empty()
            && self.named.iter().all(|(known, _)| *known != place)
        {
            self.named.push((place, Cow::Borrowed(value)));
        }
    }

    /// Return another field by its name in lower case; empty if it is missing. This reads the head again, which only few
    /// messages need.
    pub(crate) fn other(&self, name: &[u8]) -> Vec<u8> {
        let found = parse(self.block, &[name.to_vec()], false).named.into_iter().next();
        found.map(|(_, value)| value.into_owned()).unwrap_or_default()
    }

    /// Return the named fields as lines of `name: value`, in the order of their names, cut at `limit` characters.
    pub(crate) fn named_text(&self, names: &[Vec<u8>], limit: usize) -> String {
        if self.named.is_empty() {
            return String::new(); // as nearly always
        }
        let mut lines = Vec::new();
        for (place, name) in names.iter().enumerate() {
            if let Some((_, value)) = self.named.iter().find(|(known, _)| *known == place) {
                lines.push(format!("{}: {}", String::from_utf8_lossy(name), printable(value, limit)));
            }
        }
        let mut text = lines.join("\n");
        if let Some((end, _)) = text.char_indices().nth(limit) {
            text.truncate(end);
        }
        text
    }

    /// Set a field; the first of several equal fields counts.
    #[inline(always)]
    fn set(&mut self, name: Name, value: &'a [u8]) {
        let field = match name {
            Name::Host => {
                if !self.host.is_empty() && *self.host != *value {
                    self.oddities = vec!["multiple Host fields"];
                }
                &mut self.host
            }
            Name::UserAgent => &mut self.user_agent,
            Name::Referer => &mut self.referrer,
            Name::ContentType => &mut self.content_type,
            Name::Upgrade => &mut self.upgrade,
            Name::Expect => &mut self.expect,
            Name::ContentLength | Name::TransferEncoding | Name::Client(_) => return,
        };
        if field.is_empty() {
            *field = Cow::Borrowed(value);
        }
    }
}

fn owned(fields: Fields<'_>) -> Fields<'static> {
    let own = |value: Cow<'_, [u8]>| Cow::Owned(value.into_owned());
    Fields {
        host: own(fields.host),
        user_agent: own(fields.user_agent),
        referrer: own(fields.referrer),
        content_type: own(fields.content_type),
        upgrade: own(fields.upgrade),
        expect: own(fields.expect),
        length: fields.length,
        block: &[],
        named: fields.named.into_iter().map(|(place, value)| (place, own(value))).collect(),
        forwarding: fields.forwarding.into_iter().map(|(field, value)| (field, own(value))).collect(),
        oddities: fields.oddities,
        irregular: fields.irregular,
        lines: fields.lines,
    }
}

/// Return the name and value of a line, if the field is one of those in use; `CLIENTS` tells whether those that name the
/// client are.
fn known<const CLIENTS: bool>(line: &[u8]) -> Option<(Name, &[u8])> {
    let line = without_white(line);
    let first = line.first()? | 0x20;
    if CLIENTS && let Some(found) = client_field(first, line) {
        return Some(found);
    }
    let candidates: &[(&[u8], Name)] = match first {
        b'c' => &[(b"Content-Length", Name::ContentLength), (b"Content-Type", Name::ContentType)],
        b'e' => &[(b"Expect", Name::Expect)],
        b'h' => &[(b"Host", Name::Host)],
        b'r' => &[(b"Referer", Name::Referer)],
        b't' => &[(b"Transfer-Encoding", Name::TransferEncoding)],
        b'u' => &[(b"User-Agent", Name::UserAgent), (b"Upgrade", Name::Upgrade)],
        _ => return None,
    };
    candidates.iter().find_map(|(name, known)| Some((*known, value(line, name)?)))
}

/// Return a field that names the client; `first` is the first byte of the line, in lower case.
fn client_field(first: u8, line: &[u8]) -> Option<(Name, &[u8])> {
    let candidates: &[ClientField] = match first {
        b'c' => &[ClientField::CfConnectingIp],
        b'f' => &[ClientField::Forwarded],
        b'x' => &[ClientField::XForwardedFor, ClientField::XRealIp],
        _ => return None,
    };
    candidates.iter().find_map(|field| Some((Name::Client(*field), value(line, field.name())?)))
}

/// Return the value after a name, in any case, and its colon; it is empty if the line ends after the name.
fn value<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = line.split_at_checked(name.len())?;
    let value: &[u8] = match without_white(rest) {
        [] => &[],
        [b':', value @ ..] => value,
        _ => return None,
    };
    // The usual spelling is compared first because that is faster.
    (start == name || start.eq_ignore_ascii_case(name)).then_some(value)
}

/// Trim what may surround a field name.
fn without_white(line: &[u8]) -> &[u8] {
    let white = run(line, |byte| matches!(byte, b' ' | b'\t' | b'\r' | 0x0B | 0x0C));
    line.get(white..).unwrap_or_default()
}

/// Join folded lines: replace each line end before white space by a space.
fn unfolded(block: &[u8]) -> Vec<u8> {
    // The newline of the start line precedes the block, because the first line may be folded onto it.
    let whole = [b"\n", block].concat();
    let (mut joined, mut start) = (Vec::with_capacity(whole.len()), 0);
    while let Some(end) = newline(&whole, start) {
        let line = whole.get(start..end).unwrap_or_default();
        let white = run(whole.get(end + 1..).unwrap_or_default(), is_blank);
        let (line, separator) =
            if white > 0 { (line.strip_suffix(b"\r").unwrap_or(line), b' ') } else { (line, b'\n') };
        joined.extend_from_slice(line);
        joined.push(separator);
        start = end + 1 + white;
    }
    joined.extend_from_slice(whole.get(start..).unwrap_or_default());
    // What was joined to the start line is not a field.
    let fields = newline(&joined, 0).map_or(joined.len(), |end| end + 1);
    joined.split_off(fields)
}

/// Return the length that Content-Length and Transfer-Encoding declare (RFC 9112 section 6.3).
#[inline(always)]
fn body_length(lengths: &[&[u8]], codings: &[&[u8]], oddities: &mut Vec<&'static str>) -> Option<BodyLength> {
    if codings.is_empty() {
        return declared(lengths, oddities);
    }
    if lengths.is_empty() && matches!(codings, [coding] if trimmed(coding) == b"chunked") {
        return Some(BodyLength::Chunked); // as nearly always
    }
    let coding = codings.join(&b',').to_ascii_lowercase();
    if coding.split(|byte| *byte == b',').all(|name| trimmed(name) == b"identity") {
        oddities.push("identity transfer coding"); // obsolete, and no coding at all (RFC 2616 section 4.4)
        return declared(lengths, oddities);
    }
    oddities.extend(of_codings(codings));
    if !lengths.is_empty() {
        oddities.push("Content-Length with Transfer-Encoding");
    }
    if !coding.windows(7).any(|part| part == b"chunked") {
        oddities.push("Transfer-Encoding without chunked");
        return Some(BodyLength::Unknown);
    }
    if coding.rsplit(|byte| *byte == b',').next().is_none_or(|last| trimmed(last) != b"chunked") {
        // RFC 9112 section 6.3 calls this an error, but recipients that answer anyway read chunks.
        oddities.push("chunked is not the last transfer coding");
    }
    Some(BodyLength::Chunked)
}

fn declared(lengths: &[&[u8]], oddities: &mut Vec<&'static str>) -> Option<BodyLength> {
    let joined;
    let all = match lengths {
        [] => return None,
        [one] => one,
        _ => {
            joined = lengths.join(&b',');
            joined.as_slice()
        }
    };
    let mut values = all.split(|byte| *byte == b',').map(trimmed);
    let first = values.next().unwrap_or_default();
    let mut others = values.peekable();
    let repeated = others.peek().is_some();
    if others.any(|value| value != first) {
        oddities.push("conflicting Content-Length");
    } else if repeated {
        oddities.push("repeated Content-Length");
    }
    let length = whole_number(first).map(BodyLength::Bytes);
    if length.is_none() {
        oddities.push("bad Content-Length");
    }
    length.or(Some(BodyLength::Unknown))
}

/// Parse a number of up to 18 digits after up to 4,000 zeros.
fn whole_number(digits: &[u8]) -> Option<u64> {
    let zeros = run(digits, |byte| byte == b'0').min(4000).min(digits.len().saturating_sub(1));
    let digits = digits.get(zeros..)?;
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    digits.iter().try_fold(0, |value: u64, digit| digit.is_ascii_digit().then(|| value * 10 + u64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_in_any_spelling() {
        let fields = parse(b"hOST : a.com\r\nX-Host: b\r\nUser-Agent:me\r\n\tand you\r\n\r\n", &[], false);
        assert_eq!(&*fields.host, b"a.com");
        assert_eq!(&*fields.user_agent, b"me and you");
        assert_eq!(&*parse(b"Hos: a\nHosts: b\n\x0bHost\x0c: c: d\n", &[], false).host, b"c: d");
    }

    #[test]
    fn fields_that_name_the_client_are_kept_in_the_order_of_their_lines_if_wanted() {
        let block = b"X-Real-IP: a\r\nContent-Type: t\r\nx-forwarded-FOR: b,\r\n c\r\nForwarded : d\r\nX-Real-IP:\r\n";
        let found = parse(block, &[], true);
        let values: Vec<_> = found.forwarding.iter().map(|(field, value)| (*field, &**value)).collect();
        assert_eq!(
            values,
            [
                (ClientField::XRealIp, b"a".as_slice()),
                (ClientField::XForwardedFor, b"b, c"),
                (ClientField::Forwarded, b"d"),
                (ClientField::XRealIp, b""),
            ]
        );
        assert_eq!(&*found.content_type, b"t");
        assert!(parse(block, &[], false).forwarding.is_empty());
    }

    #[test]
    fn other_fields_are_found_in_the_same_head() {
        let fields = parse(b"Host: a\r\nSOAPAction: \"urn:\r\n b\"\r\nX: y\r\n\r\n", &[], false);
        assert_eq!(fields.other(b"soapaction"), b"\"urn: b\"");
        assert_eq!(fields.other(b"content-encoding"), b"");
    }

    #[test]
    fn named_fields_are_kept_in_the_order_of_their_names() {
        let names = [b"x-cache".to_vec(), b"host".to_vec(), b"x-id".to_vec()];
        let fields =
            parse(b"X-ID: 7\r\nHost: a\r\nX-Id: 8\r\nX-Cache:\r\nX-Cache: HIT\r\n\tfrom b\x01\r\n\r\n", &names, false);
        assert_eq!(fields.named_text(&names, 99), "x-cache: HIT from b\\x01\nhost: a\nx-id: 7");
        assert_eq!(fields.named_text(&names, 12), "x-cache: HIT");
        assert_eq!(&*fields.host, b"a");
    }

    #[test]
    fn body_lengths_follow_rfc_9112() {
        assert_eq!(parse(b"Transfer-Encoding: identity\n", &[], false).length, None);
        for (block, length) in [
            (b"Content-Length: 0012\n".as_slice(), BodyLength::Bytes(12)),
            (b"Content-Length: 5, 5\n", BodyLength::Bytes(5)),
            (b"Content-Length: 1e3\n", BodyLength::Unknown),
            (b"Content-Length: 1234567890123456789\n", BodyLength::Unknown),
            (b"Content-Length: 5\nTransfer-Encoding: gzip, chunked\n", BodyLength::Chunked),
            (b"Transfer-Encoding: gzip\n", BodyLength::Unknown),
            (b"Content-Length\r\n", BodyLength::Unknown),
            (b"Content-Length: 5\nTransfer-Encoding: Identity\n", BodyLength::Bytes(5)),
        ] {
            assert_eq!(parse(block, &[], false).length, Some(length), "{}", block.escape_ascii());
        }
    }
}
