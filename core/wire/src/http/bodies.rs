//! The bodies of messages, and the lines of the chunked framing (RFC 9112 sections 6 and 7).

use super::fields::BodyLength;
use super::framing::{Http, certain_start, is_surplus};
use super::irregularities::{is_plain_chunk_line, of_chunk_line, of_line_end, of_trailer};
use super::reader::{Side, State};
use crate::bytes::{newline, run};
use crate::context::Context;

impl Http {
    /// Prepare to read a body.
    pub(super) fn read_body(&mut self, cx: &mut Context<'_>, side: Side, length: BodyLength) {
        let reader = self.reader(side);
        reader.reset();
        reader.chunked = length == BodyLength::Chunked;
        match length {
            BodyLength::Bytes(0) => {
                reader.state = State::Head;
                let (time, followed) = (reader.place.time, reader.followed);
                self.note_surplus(cx, side, followed);
                self.ended(cx, side, Some(time));
            }
            BodyLength::Bytes(size) => {
                reader.state = State::Length;
                reader.remaining = size;
            }
            BodyLength::Chunked => reader.state = State::ChunkSize,
            BodyLength::UntilClose => reader.state = State::Close,
            BodyLength::Unknown => self.lose(cx, side, true),
        }
    }

    pub(super) fn body(&mut self, cx: &mut Context<'_>, side: Side, rest: &[u8], time: f64) -> usize {
        let reader = self.reader(side);
        let taken = reader.remaining.min(rest.len() as u64);
        reader.body_bytes += taken;
        reader.remaining -= taken;
        if let Some(tap) = &mut reader.tap {
            tap.data(cx, rest.get(..taken as usize).unwrap_or(rest), time);
        }
        if let Some(kept) = &mut reader.kept {
            kept.data(cx, rest.get(..taken as usize).unwrap_or(rest));
        }
        if reader.remaining == 0 {
            if !reader.chunked {
                self.note_surplus(cx, side, is_surplus(side, rest.get(taken as usize..).unwrap_or_default()));
            }
            self.body_done(cx, side, Some(time));
        }
        taken as usize
    }

    fn note_surplus(&mut self, cx: &mut Context<'_>, side: Side, surplus: bool) {
        if surplus {
            self.note(cx, side, "bytes after a response");
        }
    }

    pub(super) fn body_done(&mut self, cx: &mut Context<'_>, side: Side, time: Option<f64>) {
        let reader = self.reader(side);
        if reader.chunked {
            reader.state = State::ChunkEnd;
        } else {
            reader.state = State::Head;
            self.ended(cx, side, time);
        }
    }

    /// Read one line of the chunked framing (RFC 9112 section 7.1).
    pub(super) fn line(&mut self, cx: &mut Context<'_>, side: Side, rest: &[u8], time: f64) -> usize {
        let end = newline(rest, 0).map(|end| end + 1);
        let size = end.unwrap_or(rest.len());
        let part = rest.get(..size).unwrap_or(rest);
        let reader = self.reader(side);
        let next = rest.get(size..).unwrap_or_default();
        reader.followed = reader.state == State::Trailer && is_surplus(side, next);
        if reader.held.len() + size + reader.trailer_bytes > cx.limits.header_bytes {
            self.note(cx, side, "chunk line or trailer too long");
            self.lose(cx, side, true);
        } else if end.is_some() && reader.held.is_empty() {
            self.whole_line(cx, side, part, time);
        } else if !self.keep(cx, side, part) {
            self.lose(cx, side, false);
        } else if end.is_some() {
            let whole = self.release(cx, side);
            self.whole_line(cx, side, &whole, time);
        }
        size
    }

    fn whole_line(&mut self, cx: &mut Context<'_>, side: Side, line: &[u8], time: f64) {
        let empty = matches!(line, b"\r\n" | b"\n");
        let reader = self.reader(side);
        let wrong = match reader.state {
            State::ChunkSize => match chunk_size(line) {
                Some(size) => {
                    reader.remaining = size;
                    reader.state = if size > 0 { State::Length } else { State::Trailer };
                    if !is_plain_chunk_line(line) {
                        self.note_once(cx, side, of_chunk_line(line, side == Side::Responses));
                    }
                    return;
                }
                None => "bad chunk size",
            },
            State::ChunkEnd if !empty => "bad chunk end",
            State::ChunkEnd => {
                reader.state = State::ChunkSize;
                if line == b"\n" {
                    self.note_once(cx, side, of_line_end(line));
                }
                return;
            }
            _ if empty => {
                reader.state = State::Head;
                let followed = reader.followed;
                if line == b"\n" {
                    self.note_once(cx, side, of_trailer(line));
                }
                self.note_surplus(cx, side, followed);
                return self.ended(cx, side, Some(time));
            }
            _ => {
                reader.trailer_bytes += line.len();
                self.note_once(cx, side, of_trailer(line));
                return;
            }
        };
        self.note(cx, side, wrong);
        self.lose(cx, side, true);
    }

    /// Decide whether a body that is in doubt exists: not if the next message starts in its place.
    pub(super) fn decide_body(&mut self, cx: &mut Context<'_>, side: Side, next: &[u8]) {
        let reader = self.reader(side);
        if reader.state != State::Doubt {
            return;
        }
        reader.state = reader.announced;
        if certain_start(side, next) {
            reader.state = State::Head;
            let time = reader.place.time;
            self.ended(cx, side, Some(time));
        }
    }
}

/// Parse the size on a chunk line: up to 16 hex digits after up to 4,000 zeros, then an optional extension.
fn chunk_size(line: &[u8]) -> Option<u64> {
    let white = |byte: u8| matches!(byte, b' ' | b'\t' | 0x0B | 0x0C);
    let line = line.get(run(line, white)..)?;
    let digits = run(line, |byte| byte.is_ascii_hexdigit());
    let zeros = run(line, |byte| byte == b'0').min(4000).min(digits.saturating_sub(1));
    let rest = line.get(digits..)?;
    let rest = rest.get(run(rest, |byte| white(byte) || byte == b'\r')..)?;
    if !matches!(rest.first(), Some(b';' | b'\n')) {
        return None;
    }
    let number = std::str::from_utf8(line.get(zeros..digits)?).ok()?;
    (number.len() <= 16).then(|| u64::from_str_radix(number, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunk_sizes() {
        for (line, size) in [
            (b"1A\r\n".as_slice(), Some(26)),
            (b" 0005 ;name=value\r\n", Some(5)),
            (b"ffffffffffffffff\n", Some(u64::MAX)),
            (b"10000000000000000\n", None),
            (b"5 x\r\n", None),
            (b"\r\n", None),
        ] {
            assert_eq!(chunk_size(line), size, "{}", line.escape_ascii());
        }
    }
}
