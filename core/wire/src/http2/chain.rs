//! Finds out whether bytes are frames, and whether a connection that was joined late speaks HTTP/2.
//!
//! Nine bytes look like the head of a frame too often. So a frame is believed only if its length leads to the next one,
//! or to the end of the segment, and all fit the connection. A connection whose start was missed is believed only
//! because of a request among such frames, with a method and a path: other protocols count lengths and types in the same
//! places, but none of them has that. Without a request, messages of gRPC prove enough to count it as what it is.

use super::frame::{END_HEADERS, Frame, HEAD, Kind, fragment};
use super::hpack::Decoder;
use crate::limits::Limits;
use crate::readers::be32;

/// Content of DATA in which no frame is looked for: shorter frames prove too little.
const LEAST_CONTENT: usize = 256;
/// Requests that prove HTTP/2 together if their paths are unknown.
pub(crate) const ENOUGH: u8 = 3;
const METHODS: [&[u8]; 12] = [
    b"GET",
    b"POST",
    b"HEAD",
    b"PUT",
    b"DELETE",
    b"OPTIONS",
    b"PATCH",
    b"CONNECT",
    b"TRACE",
    b"PROPFIND",
    b"REPORT",
    b"SEARCH",
];

/// Where frames go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Here.
    Frames,
    /// So many bytes further on, if this is a frame.
    Likely(usize),
}

/// Frames that follow each other.
#[derive(Clone, Copy, Debug)]
struct Chain {
    frames: usize,
    /// Bytes of the last one that are not in the segment.
    beyond: usize,
    /// Whether the segment ends inside the head of another one.
    cut: bool,
}

/// Follow the frames in `data`; None if there is anything that is no frame that `fits`.
fn chain(data: &[u8], fits: impl Fn(&Frame) -> bool) -> Option<Chain> {
    let (mut rest, mut frames) = (data, 0);
    while let Some(frame) = Frame::parse(rest) {
        if !frame.is_usual() || !fits(&frame) {
            return None;
        }
        frames += 1;
        match rest.get(HEAD + frame.length..) {
            Some(after) => rest = after,
            None => return Some(Chain { frames, beyond: HEAD + frame.length - rest.len(), cut: false }),
        }
    }
    (frames > 0).then_some(Chain { frames, beyond: 0, cut: !rest.is_empty() })
}

/// Return what `data` starts with: the start of a segment, or what a frame led to if `expected`.
pub(super) fn frames(data: &[u8], expected: bool, fits: impl Fn(&Frame) -> bool) -> Option<Found> {
    let Chain { frames, beyond, cut } = chain(data, fits)?;
    if expected || frames > 1 || (beyond == 0 && !cut) {
        return Some(Found::Frames);
    }
    (beyond > 0).then_some(Found::Likely(beyond))
}

/// Look for the head of DATA that `fits` anywhere in `data`; return how many bytes come before the next frame, and which
/// of them are not in `data`.
pub(super) fn content(data: &[u8], fits: impl Fn(&Frame) -> bool) -> Option<(usize, Found)> {
    let heads = data.windows(HEAD).enumerate().filter(|(_, head)| matches!(head, [0, _, _, 0, ..]));
    let mut frames = heads.filter_map(|(place, head)| Some((place, Frame::parse(head)?)));
    let (place, frame) = frames.find(|(_, frame)| is_content(frame, &fits))?;
    let next = place + HEAD + frame.length;
    Some((next.min(data.len()), Found::Likely(next.saturating_sub(data.len()))))
}

fn is_content(frame: &Frame, fits: impl Fn(&Frame) -> bool) -> bool {
    frame.kind == Kind::Data && frame.length >= LEAST_CONTENT && frame.is_usual() && fits(frame)
}

/// Return whether the first bytes of a server are its SETTINGS, which it may send before the client's preface arrives.
///
/// Without a setting, they prove too little on their own.
pub(crate) fn starts_settings(data: &[u8]) -> bool {
    let Some(frame) = Frame::parse(data).filter(|frame| frame.kind == Kind::Settings && frame.flags == 0) else {
        return false;
    };
    let settings = data.get(HEAD..HEAD + frame.length).unwrap_or_default();
    let known = settings.chunks_exact(6).all(|setting| matches!(setting, [0, 1..=16, ..]));
    chain(data, |_| true).is_some_and(|chain| chain.beyond == 0 && known && (chain.frames > 1 || frame.length > 0))
}

/// How much a segment says for HTTP/2 on a connection whose start was missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Nothing.
    None,
    /// Frames with a request whose path cannot be known.
    Some,
    /// Frames with a request whose method and path are valid.
    Full,
}

/// Judge a segment of what may be a client.
pub(crate) fn proof(data: &[u8], limits: &Limits) -> Proof {
    let from_client = |frame: &Frame| {
        frame.kind != Kind::Promise
            && (frame.kind == Kind::WindowUpdate
                || frame.stream == 0
                || frame.stream % 2 == 1
                || frame.kind == Kind::Priority)
    };
    if chain(data, from_client).is_none() {
        return Proof::None;
    }
    let (mut rest, mut proof) = (data, Proof::None);
    while let Some(frame) = Frame::parse(rest) {
        let Some(payload) = rest.get(HEAD..HEAD + frame.length) else {
            break;
        };
        if frame.kind == Kind::Headers && frame.has(END_HEADERS) {
            match fragment(&frame, payload).map_or(Proof::None, |block| request(block, limits)) {
                Proof::None => return Proof::None,
                Proof::Full => proof = Proof::Full,
                Proof::Some if proof == Proof::None => proof = Proof::Some,
                Proof::Some => {}
            }
        }
        rest = rest.get(HEAD + frame.length..).unwrap_or_default();
    }
    proof
}

/// Return whether a segment consists of whole frames, and the content of their DATA of whole messages of gRPC, of which at
/// least one is not empty.
///
/// Two lengths, one inside the other, lead to the same byte, which no other protocol has where frames have theirs.
pub(crate) fn has_messages(data: &[u8]) -> bool {
    let from_call = |frame: &Frame| frame.kind != Kind::Data || frame.stream % 2 == 1 && !frame.is_padded();
    if chain(data, from_call).is_none_or(|chain| chain.beyond > 0 || chain.cut) {
        return false;
    }
    let (mut rest, mut bytes) = (data, 0);
    while let Some(frame) = Frame::parse(rest) {
        if frame.kind == Kind::Data {
            let Some(size) = rest.get(HEAD..HEAD + frame.length).and_then(messages) else {
                return false;
            };
            bytes += size;
        }
        rest = rest.get(HEAD + frame.length..).unwrap_or_default();
    }
    bytes > 0
}

/// Return the bytes of the messages of gRPC that a content consists of; None if it is anything else.
fn messages(mut content: &[u8]) -> Option<usize> {
    let mut bytes = 0;
    while let [0 | 1, rest @ ..] = content {
        let size = be32(rest, 0).ok()? as usize;
        content = rest.get(4..)?.get(size..)?;
        bytes += size;
    }
    content.is_empty().then_some(bytes)
}

/// Judge a header block: that of a request starts with `:method`, `:path` and the like, and its names are lower case.
fn request(block: &[u8], limits: &Limits) -> Proof {
    let mut request = Request::default();
    let whole = Decoder::joined().block(block, limits, |name, value| request.field(name, value)).is_ok();
    match request {
        _ if !whole || request.wrong || !request.method => Proof::None,
        _ if request.path => Proof::Full,
        _ if request.scheme && request.unknown => Proof::Some,
        _ => Proof::None,
    }
}

/// What was seen in a header block.
#[derive(Clone, Copy, Debug, Default)]
struct Request {
    method: bool,
    path: bool,
    scheme: bool,
    /// Whether fields have begun that are no pseudo-headers.
    fields: bool,
    unknown: bool,
    wrong: bool,
}

impl Request {
    fn field(&mut self, name: Option<&[u8]>, value: Option<&[u8]>) {
        let Some(name) = name else {
            self.unknown = true;
            return;
        };
        if name.first() != Some(&b':') {
            self.fields = true;
            self.wrong |= name.is_empty() || !name.iter().all(|byte| is_lower_token(*byte));
            return;
        }
        let (seen, right) = match name {
            b":method" => (&mut self.method, value.is_some_and(|value| METHODS.contains(&value))),
            b":path" => (&mut self.path, value.is_none_or(is_path)),
            b":scheme" => (&mut self.scheme, value.is_none_or(|value| matches!(value, b"http" | b"https"))),
            b":authority" | b":protocol" => (&mut false, true),
            _ => (&mut false, false),
        };
        self.wrong |= *seen || self.fields || !right;
        *seen = value.is_some();
        self.unknown |= value.is_none();
    }
}

fn is_path(value: &[u8]) -> bool {
    value == b"*" || (value.first() == Some(&b'/') && value.iter().all(u8::is_ascii_graphic))
}

fn is_lower_token(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
        [&[0, (payload.len() >> 8) as u8, payload.len() as u8, kind, flags, 0, 0, 0, stream], payload].concat()
    }

    fn judged(data: &[u8]) -> Proof {
        proof(data, &Limits::default())
    }

    #[test]
    fn a_request_among_frames_is_a_proof() {
        let get = frame(1, 5, 3, b"\x82\x86\x84");
        assert_eq!(judged(&get), Proof::Full);
        assert_eq!(judged(&[frame(8, 0, 0, &[0, 0, 0, 1]), get.clone()].concat()), Proof::Full);
        assert_eq!(judged(&[get.clone(), frame(0, 0, 3, &[0; 300])[..50].to_vec()].concat()), Proof::Full);
        assert_eq!(judged(&[get.clone(), b"rest of something".to_vec()].concat()), Proof::None);
        assert_eq!(judged(&get[..10]), Proof::None);
    }

    #[test]
    fn an_unknown_path_proves_less() {
        assert_eq!(judged(&frame(1, 5, 3, b"\x83\x86\xbe\xbf")), Proof::Some);
        assert_eq!(judged(&frame(1, 5, 3, b"\x83\xbe\xbf")), Proof::None); // no scheme
        assert_eq!(judged(&frame(1, 5, 3, b"\x83\x86")), Proof::None); // no path at all
    }

    #[test]
    fn names_must_be_those_of_a_request() {
        for block in [
            b"\x88".as_slice(),                  // a status
            b"\x82\x84\x00\x01X\x01y",           // upper case
            b"\x82\x00\x01x\x01y\x84",           // a pseudo-header after a field
            b"\x82\x82\x84",                     // two methods
            b"\x82\x04\x04/a b",                 // white space in the path
            b"\x02\x03get\x84",                  // a method in lower case
            b"\x82\x84\xff\xff\xff\xff\xff\xff", // no end
        ] {
            assert_eq!(judged(&frame(1, 5, 1, block)), Proof::None, "{}", block.escape_ascii());
        }
    }

    #[test]
    fn whole_messages_of_grpc_in_whole_frames_are_a_proof() {
        let one = frame(0, 0, 3, b"\0\0\0\0\x02hi");
        assert!(has_messages(&one));
        assert!(has_messages(&frame(0, 0, 3, b"\x01\0\0\0\x01a\0\0\0\0\0")));
        assert!(has_messages(&[frame(6, 0, 0, b"pingpong"), one.clone(), frame(0, 1, 3, b"")].concat()));
        assert!(!has_messages(&frame(0, 0, 3, b"\0\0\0\0\x03hi"))); // goes on
        assert!(!has_messages(&frame(0, 0, 3, b"\0\0\0\0\x01hi"))); // goes on with something else
        assert!(!has_messages(&frame(0, 0, 3, b"\x02\0\0\0\x02hi"))); // no flag of gRPC
        assert!(!has_messages(&frame(0, 0, 3, b"\0\0\0\0\0"))); // nothing but zeros
        assert!(!has_messages(&frame(0, 0, 4, b"\0\0\0\0\x02hi"))); // a server's stream
        assert!(!has_messages(&frame(6, 0, 0, b"pingpong")));
        assert!(!has_messages(&one[..one.len() - 1]));
        assert!(!has_messages(&[one.as_slice(), b"more"].concat()));
    }

    #[test]
    fn frames_are_found_where_a_chain_proves_them() {
        let (open, data) = (|frame: &Frame| frame.stream == 5, frame(0, 0, 5, &[7; 300]));
        assert_eq!(frames(&data, false, open), Some(Found::Frames));
        assert_eq!(frames(&data[..100], false, open), Some(Found::Likely(209)));
        assert_eq!(frames(&data[..100], true, open), Some(Found::Frames));
        assert_eq!(frames(&frame(0, 0, 7, b"other"), false, open), None);
        assert_eq!(content(&[&[9; 40], data.as_slice()].concat(), open), Some((349, Found::Likely(0))));
        assert_eq!(content(&[&[9; 40], &data[..100]].concat(), open), Some((140, Found::Likely(209))));
        assert_eq!(content(&[0; 400], |_| true), None);
    }

    #[test]
    fn settings_of_a_server_have_a_setting_or_a_frame_after_them() {
        let empty = frame(4, 0, 0, b"");
        assert!(starts_settings(&frame(4, 0, 0, b"\0\x03\0\0\0\x64")));
        assert!(starts_settings(&[empty.clone(), frame(8, 0, 0, &[0, 0, 0, 1])].concat()));
        assert!(!starts_settings(&empty));
        assert!(!starts_settings(&frame(4, 1, 0, b"")));
        assert!(!starts_settings(&frame(4, 0, 0, b"\x09\x03\0\0\0\x64")));
    }
}
