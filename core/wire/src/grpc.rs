//! Messages of gRPC in a body, however it is split: a flag, a length of four bytes and so many bytes each (PROTOCOL-HTTP2
//! of the gRPC project), and for gRPC-Web, also in base64, and with the trailers as the last message (PROTOCOL-WEB).
//!
//! Nothing of a message is kept; only its prefix, and the start of a line of the trailers.

use crate::bytes::{starts_with_ignoring_case, trimmed};

/// Bytes before a message: flag and length.
const PREFIX: usize = 5;
/// Flag of the trailers of gRPC-Web; the lowest bit says that they are compressed.
const TRAILERS: u8 = 0x80;
/// Bytes of a line of trailers that are kept: enough for `grpc-status: 16`.
const LINE: usize = 32;
const STATUS: &[u8] = b"grpc-status:";

/// How a body carries messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// gRPC over HTTP/2.
    Grpc,
    /// gRPC-Web.
    Web,
    /// gRPC-Web in base64.
    WebText,
}

impl Form {
    /// Return the form that a content type names: `application/grpc`, or that with `-web` or `-web-text`, and perhaps `+`
    /// and a format.
    pub(crate) fn of(content_type: &[u8]) -> Option<Self> {
        let rest = content_type.get(APPLICATION.len()..)?;
        if !starts_with_ignoring_case(content_type, APPLICATION) {
            return None;
        }
        let end = rest.iter().position(|byte| matches!(byte, b'+' | b';' | b' ')).unwrap_or(rest.len());
        match rest.get(..end)?.to_ascii_lowercase().as_slice() {
            b"" => Some(Self::Grpc),
            b"-web" => Some(Self::Web),
            b"-web-text" => Some(Self::WebText),
            _ => None,
        }
    }

    /// Return the protocol of the exchange.
    pub(crate) fn protocol(self) -> &'static str {
        if self == Self::Grpc { "grpc" } else { "grpc-web" }
    }
}

const APPLICATION: &[u8] = b"application/grpc";

/// Return the operation that a path names: `package.Service/Method`.
pub(crate) fn operation(path: &[u8]) -> &[u8] {
    let end = path.iter().position(|byte| *byte == b'?').unwrap_or(path.len());
    let path = path.get(..end).unwrap_or(path);
    path.strip_prefix(b"/").unwrap_or(path)
}

/// Parse a status code as gRPC writes it: in decimal digits.
pub(crate) fn status(text: &[u8]) -> Option<u32> {
    let digits = trimmed(text);
    let number = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    (number.len() <= 9).then(|| number.parse().ok())?
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Prefix,
    Message,
    Trailers,
    /// Bytes were lost, or are no messages.
    Lost,
}

/// Counts the messages of one body.
#[derive(Debug)]
pub(crate) struct Messages {
    form: Form,
    state: State,
    prefix: [u8; PREFIX],
    prefix_size: usize,
    /// Bytes of the message that have not come.
    remaining: u64,
    /// Messages that came completely.
    pub(crate) count: u64,
    /// The status in the trailers, if they are in the body.
    pub(crate) status: Option<u32>,
    /// The start of a line of the trailers.
    line: [u8; LINE],
    line_size: usize,
    /// Bits and number of the base64 digits that have not made a byte.
    bits: u32,
    digits: u8,
}

impl Messages {
    pub(crate) fn new(form: Form) -> Self {
        Self {
            form,
            state: State::Prefix,
            prefix: [0; PREFIX],
            prefix_size: 0,
            remaining: 0,
            count: 0,
            status: None,
            line: [0; LINE],
            line_size: 0,
            bits: 0,
            digits: 0,
        }
    }

    /// Read the next bytes of the body; return how many messages ended in them.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> u64 {
        let before = self.count;
        if self.form == Form::WebText {
            for digit in bytes {
                self.digit(*digit);
            }
        } else {
            self.read(bytes);
        }
        self.count - before
    }

    /// Skip `size` bytes that the capture lost; 0 if their number is unknown.
    pub(crate) fn gap(&mut self, size: u64) {
        let inside = self.state == State::Message && size > 0 && size <= self.remaining && self.form != Form::WebText;
        if inside {
            self.remaining -= size;
            self.end_if_whole();
        } else {
            self.state = State::Lost;
        }
    }

    fn read(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let taken = match self.state {
                State::Prefix => self.prefix(bytes),
                State::Message => self.message(bytes),
                State::Trailers => self.trailers(bytes),
                State::Lost => return,
            };
            bytes = bytes.get(taken..).unwrap_or_default();
        }
    }

    fn prefix(&mut self, bytes: &[u8]) -> usize {
        let free = self.prefix.get_mut(self.prefix_size..).unwrap_or_default();
        let size = free.len().min(bytes.len());
        for (free, byte) in free.iter_mut().zip(bytes) {
            *free = *byte;
        }
        self.prefix_size += size;
        if self.prefix_size == PREFIX {
            self.start();
        }
        size
    }

    fn start(&mut self) {
        let [flag, length @ ..] = self.prefix;
        self.prefix_size = 0;
        self.remaining = u64::from(u32::from_be_bytes(length));
        self.state = match flag {
            0 | 1 => State::Message,
            TRAILERS if self.form != Form::Grpc => State::Trailers,
            _ => State::Lost,
        };
        self.end_if_whole();
    }

    fn message(&mut self, bytes: &[u8]) -> usize {
        let size = self.remaining.min(bytes.len() as u64);
        self.remaining -= size;
        self.end_if_whole();
        size as usize
    }

    fn end_if_whole(&mut self) {
        if self.state == State::Message && self.remaining == 0 {
            self.count += 1;
            self.state = State::Prefix;
        }
    }

    fn trailers(&mut self, bytes: &[u8]) -> usize {
        let size = self.remaining.min(bytes.len() as u64) as usize;
        for byte in bytes.get(..size).unwrap_or_default() {
            if matches!(byte, b'\r' | b'\n') {
                self.end_line();
            } else if let Some(free) = self.line.get_mut(self.line_size) {
                *free = *byte;
                self.line_size += 1;
            }
        }
        self.remaining -= size as u64;
        if self.remaining == 0 {
            self.end_line();
            self.state = State::Prefix;
        }
        size
    }

    fn end_line(&mut self) {
        let line = self.line.get(..std::mem::take(&mut self.line_size)).unwrap_or_default();
        if starts_with_ignoring_case(line, STATUS) {
            self.status = line.get(STATUS.len()..).and_then(status);
        }
    }

    /// Read a digit of base64 (RFC 4648 section 4). Several texts may follow each other, each with its padding.
    fn digit(&mut self, digit: u8) {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => return self.digits = 0,
            _ => return,
        };
        self.bits = (self.bits << 6 | u32::from(value)) & 0xFFFF;
        self.digits = (self.digits + 1) % 4;
        let spare = match self.digits {
            1 => return,
            2 => 4,
            3 => 2,
            _ => 0,
        };
        self.read(&[(self.bits >> spare) as u8]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[u8] = b"\0\0\0\0\x05hello\x01\0\0\0\0";

    #[test]
    fn content_types_name_forms() {
        for (text, form) in [
            (b"application/grpc".as_slice(), Some(Form::Grpc)),
            (b"application/grpc+proto", Some(Form::Grpc)),
            (b"application/grpc; charset=utf-8", Some(Form::Grpc)),
            (b"Application/gRPC-web+proto", Some(Form::Web)),
            (b"application/grpc-web-text", Some(Form::WebText)),
            (b"application/grpcish", None),
            (b"application/json", None),
        ] {
            assert_eq!(Form::of(text), form, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn messages_are_counted_however_they_are_split() {
        for size in 1..=TWO.len() {
            let mut messages = Messages::new(Form::Grpc);
            let ended: u64 = TWO.chunks(size).map(|part| messages.feed(part)).sum();
            assert_eq!((ended, messages.count), (2, 2), "{size}");
        }
    }

    #[test]
    fn a_gap_inside_a_message_costs_nothing() {
        let mut messages = Messages::new(Form::Grpc);
        messages.feed(b"\0\0\0\0\x05he");
        messages.gap(3);
        assert_eq!(messages.feed(b"\0\0\0\0\x01x"), 1);
        assert_eq!(messages.count, 2);
    }

    #[test]
    fn nothing_is_counted_after_a_gap_between_messages() {
        let mut messages = Messages::new(Form::Grpc);
        messages.feed(TWO);
        messages.gap(6);
        assert_eq!(messages.feed(TWO), 0);
    }

    #[test]
    fn other_flags_are_no_messages() {
        let mut messages = Messages::new(Form::Grpc);
        assert_eq!(messages.feed(b"\x80\0\0\0\x0fgrpc-status: 5\n"), 0);
        assert_eq!(messages.status, None);
    }

    #[test]
    fn trailers_of_grpc_web_have_the_status() {
        let body = b"\0\0\0\0\x02hi\x80\0\0\0\x22Grpc-Message: no\r\ngrpc-status: 5\r\n";
        for size in 1..=body.len() {
            let mut messages = Messages::new(Form::Web);
            body.chunks(size).for_each(|part| {
                messages.feed(part);
            });
            assert_eq!((messages.count, messages.status), (1, Some(5)), "{size}");
        }
    }

    #[test]
    fn base64_may_be_padded_in_the_middle() {
        let mut messages = Messages::new(Form::WebText);
        assert_eq!(messages.feed(b"AAAAAAJoaQ==gAAAABBncnBjLXN0YXR1czogMA0K"), 1);
        assert_eq!((messages.count, messages.status), (1, Some(0)));
    }

    #[test]
    fn operations_are_paths_without_the_first_slash() {
        assert_eq!(operation(b"/helloworld.Greeter/SayHello"), b"helloworld.Greeter/SayHello");
        assert_eq!(operation(b"/a.B/C?x=1"), b"a.B/C");
    }

    #[test]
    fn status_codes_are_decimal() {
        assert_eq!(status(b" 16 "), Some(16));
        assert_eq!(status(b"+1"), None);
        assert_eq!(status(b""), None);
        assert_eq!(status(b"99999999999"), None);
    }
}
