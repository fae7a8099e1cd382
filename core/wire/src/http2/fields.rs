//! The fields of a header list that records need (RFC 9113 section 8.3), and how much of them is certain.
//!
//! A name or value that the capture does not tell is unknown, and so is a field that is not there if one without a known
//! name is. In a record, `(unknown)` stands for it, and never a guess.

use super::hpack::Decoder;
use crate::context::Context;
use crate::forwarding::{ClientField, Named};
use crate::http::Side;
use crate::text::printable;

/// Stands for what cannot be known.
pub(crate) const UNKNOWN: &[u8] = b"(unknown)";
/// Bytes of the scratch memory that are kept between two messages.
const KEPT: usize = 512;

/// A field that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Method,
    Path,
    Authority,
    Protocol,
    Status,
    Host,
    UserAgent,
    Referer,
    ContentType,
    GrpcStatus,
    SoapAction,
    ContentEncoding,
    Extensions,
}

impl Name {
    const COUNT: usize = 13;

    fn of(name: &[u8]) -> Option<Self> {
        Some(match name {
            b":method" => Self::Method,
            b":path" => Self::Path,
            b":authority" => Self::Authority,
            b":protocol" => Self::Protocol,
            b":status" => Self::Status,
            b"host" => Self::Host,
            b"user-agent" => Self::UserAgent,
            b"referer" => Self::Referer,
            b"content-type" => Self::ContentType,
            b"grpc-status" => Self::GrpcStatus,
            b"soapaction" => Self::SoapAction,
            b"content-encoding" => Self::ContentEncoding,
            b"sec-websocket-extensions" => Self::Extensions,
            _ => return None,
        })
    }
}

/// The value of a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Value {
    /// There is no such field among those with a known name.
    #[default]
    Absent,
    Unknown,
    /// Its place in `Fields::bytes`.
    At(usize, usize),
}

/// The fields of one message. The memory is used again for the next one.
#[derive(Debug, Default)]
pub(super) struct Fields {
    bytes: Vec<u8>,
    /// The fields as lines of HTTP/1, without pseudo-headers, if somebody inspects heads.
    lines: Option<Vec<u8>>,
    values: [Value; Name::COUNT],
    /// Fields that were named, by the index of their name.
    named: Vec<(usize, Value)>,
    /// Fields that name the client, in their order.
    forwarding: Vec<(ClientField, Value)>,
    /// Whether there are fields whose name is unknown, or that were not read.
    pub(super) doubtful: bool,
    /// Whether the first field is a pseudo-header; None if its name is unknown and that of no pseudo-header is known.
    pub(super) starts: Option<bool>,
}

impl Fields {
    /// Decode a header block; None stands for one that was lost. Return the oddity of it, if any.
    ///
    /// `clients` tells whether the fields that name the client are read.
    pub(super) fn read(
        &mut self,
        cx: &Context<'_>,
        decoder: &mut Decoder,
        block: Option<&[u8]>,
        clients: bool,
    ) -> Option<&'static str> {
        self.clear();
        let Some(block) = block else {
            decoder.lose();
            self.doubtful = true;
            return None;
        };
        self.lines = cx.out.keeps(Side::Requests).then(Vec::new);
        let names = &cx.limits.named_fields;
        let read = decoder.block(block, cx.limits, |name, value| self.add(names, name, value, clients));
        let oddity = match read {
            Ok(summary) if summary.omitted == 0 => return None,
            Ok(_) => "header list too long",
            Err(_) => "malformed header block",
        };
        self.doubtful = true;
        Some(oddity)
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(KEPT);
        self.named.clear();
        self.forwarding.clear();
        self.lines = None;
        (self.values, self.doubtful, self.starts) = (<[Value; Name::COUNT]>::default(), false, None);
    }

    /// Add a field; the first of several equal ones counts.
    fn add(&mut self, names: &[Vec<u8>], name: Option<&[u8]>, value: Option<&[u8]>, clients: bool) {
        let Some(name) = name else {
            self.doubtful = true;
            return;
        };
        let pseudo = name.first() == Some(&b':');
        if pseudo || !self.doubtful {
            self.starts.get_or_insert(pseudo);
        }
        if let Some(lines) = self.lines.as_mut().filter(|_| !pseudo) {
            write_line(lines, name, value.unwrap_or(UNKNOWN));
        }
        if let Some(known) = Name::of(name)
            && self.value(known) == Value::Absent
        {
            let kept = self.keep(value);
            if let Some(place) = self.values.get_mut(known as usize) {
                *place = kept;
            }
        }
        if clients && let Some(field) = ClientField::of(name) {
            let kept = self.keep(value);
            self.forwarding.push((field, kept));
        }
        if !names.is_empty()
            && let Some(place) = names.iter().position(|wanted| wanted == name)
            && self.named.iter().all(|(known, _)| *known != place)
        {
            let kept = self.keep(value);
            self.named.push((place, kept));
        }
    }

    fn keep(&mut self, value: Option<&[u8]>) -> Value {
        let Some(value) = value else {
            return Value::Unknown;
        };
        let start = self.bytes.len();
        self.bytes.extend_from_slice(value);
        Value::At(start, self.bytes.len())
    }

    fn value(&self, name: Name) -> Value {
        self.values.get(name as usize).copied().unwrap_or_default()
    }

    fn bytes(&self, value: Value) -> &[u8] {
        match value {
            Value::At(start, end) => self.bytes.get(start..end).unwrap_or_default(),
            Value::Absent => &[],
            Value::Unknown => UNKNOWN,
        }
    }

    /// Return whether a field is certainly there, even if its value is unknown.
    pub(super) fn has(&self, name: Name) -> bool {
        self.value(name) != Value::Absent
    }

    /// Return the value of a field if it is known.
    pub(super) fn known(&self, name: Name) -> Option<&[u8]> {
        let value = self.value(name);
        matches!(value, Value::At(..)).then(|| self.bytes(value))
    }

    /// Return the value of a field as in records: empty if there is none, and `(unknown)` if that cannot be known.
    pub(super) fn text(&self, name: Name) -> &[u8] {
        match self.value(name) {
            Value::Absent if self.doubtful => UNKNOWN,
            value => self.bytes(value),
        }
    }

    /// Return the requested host: `:authority`, or else `host` (RFC 9113 section 8.3.1).
    pub(super) fn host(&self) -> &[u8] {
        let name = if self.has(Name::Authority) { Name::Authority } else { Name::Host };
        self.text(name)
    }

    /// Return the client that a trusted proxy names. If a field or a part of the list may be unknown, it names none: what is
    /// known could name another.
    pub(super) fn client(&self, cx: &Context<'_>) -> Named {
        if self.forwarding.is_empty() || self.doubtful {
            return Named::default();
        }
        let known: Option<Vec<_>> =
            self.forwarding.iter().map(|(field, value)| self.known_bytes(*field, *value)).collect();
        known.map(|known| cx.limits.trusted_proxies.client(&known)).unwrap_or_default()
    }

    fn known_bytes(&self, field: ClientField, value: Value) -> Option<(ClientField, &[u8])> {
        matches!(value, Value::At(..)).then(|| (field, self.bytes(value)))
    }

    /// Return the status code, if it is known.
    pub(super) fn status(&self) -> Option<u16> {
        match self.known(Name::Status)? {
            [hundreds @ b'1'..=b'9', tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => {
                let digit = |byte: &u8| u16::from(byte - b'0');
                Some(100 * digit(hundreds) + 10 * digit(tens) + digit(ones))
            }
            _ => None,
        }
    }

    /// Return the head of a request as HTTP/1 would write it (RFC 9113 section 8.3.1).
    pub(super) fn request_head(&self) -> Vec<u8> {
        let target = if self.is_tunnel() && !self.has(Name::Protocol) { self.host() } else { self.text(Name::Path) };
        let mut head = start_line(&[self.text(Name::Method), target, b"HTTP/2"]);
        if self.has(Name::Authority) {
            write_line(&mut head, b"host", self.text(Name::Authority));
        }
        self.with_lines(head)
    }

    /// Return the head of a response as HTTP/1 would write it.
    pub(super) fn response_head(&self) -> Vec<u8> {
        self.with_lines(start_line(&[b"HTTP/2", self.text(Name::Status)]))
    }

    /// Return whether a request asks for a tunnel or a WebSocket, whose bytes are no body.
    pub(super) fn is_tunnel(&self) -> bool {
        self.known(Name::Method) == Some(b"CONNECT")
    }

    fn with_lines(&self, mut head: Vec<u8>) -> Vec<u8> {
        head.extend_from_slice(self.lines.as_deref().unwrap_or_default());
        head.extend_from_slice(b"\r\n");
        head
    }

    /// Return the named fields as lines of `name: value`, in the order of their names, cut at `limit` characters.
    pub(super) fn named_text(&self, names: &[Vec<u8>], limit: usize) -> String {
        let mut text = String::new();
        for (place, name) in names.iter().enumerate() {
            if let Some((_, value)) =
                self.named.iter().find(|(known, value)| *known == place && !self.bytes(*value).is_empty())
            {
                let line = format!("{}: {}", String::from_utf8_lossy(name), printable(self.bytes(*value), limit));
                text.push_str(if text.is_empty() { "" } else { "\n" });
                text.push_str(&line);
            }
        }
        if let Some((end, _)) = text.char_indices().nth(limit) {
            text.truncate(end);
        }
        text
    }
}

fn start_line(words: &[&[u8]]) -> Vec<u8> {
    let mut line = Vec::new();
    for (place, word) in words.iter().enumerate() {
        line.extend_from_slice(if place > 0 { b" " } else { b"" });
        write_safe(&mut line, word);
    }
    line.extend_from_slice(b"\r\n");
    line
}

fn write_line(head: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    write_safe(head, name);
    head.extend_from_slice(b": ");
    write_safe(head, value);
    head.extend_from_slice(b"\r\n");
}

/// Write a text with spaces in place of CR, LF and NUL, which would start another line (RFC 9110 section 5.5).
fn write_safe(head: &mut Vec<u8>, text: &[u8]) {
    head.extend(text.iter().map(|byte| if matches!(byte, b'\r' | b'\n' | 0) { b' ' } else { *byte }));
}
