//! HTTP/1 framing: takes bytes in order and reports messages (RFC 9112).
//!
//! Bytes that the capture lost are just a number: inside a body they are counted and reading goes on; elsewhere the
//! reader gives up the message and looks for the next one at the start of a segment.

use memchr::{memchr_iter, memrchr};

use super::fields::{self, BodyLength};
use super::head::{
    blank_line_end, head_end, may_start_request, may_start_response, starts_request, starts_response, strays,
};
use super::pairing::Pairing;
use super::reader::{Reader, Side, State};
use crate::bytes::{newline, partition, run, without_tail};
use crate::content;
use crate::context::Context;
use crate::speech::Next;
use crate::tcp::Position;
use crate::tls::starts_alert;

/// Stray bytes before a status line that are skipped, as in Chrome.
const MOST_STRAYS: usize = 4;
/// Bytes in which a status line is looked for behind stray bytes.
const STRAYS_SEEN: usize = 16;

/// The messages of one connection: a reader per direction, and their pairing.
#[derive(Debug)]
pub(crate) struct Http {
    pub(crate) requests: Reader,
    pub(crate) responses: Reader,
    pub(crate) pairing: Pairing,
    /// What the connection speaks from here on, if it is not HTTP/1.
    pub(super) next: Option<Box<Next>>,
    /// A tunnel in which the client has sent nothing, and whether the server has sent nothing either.
    pub(super) tunnel: Option<bool>,
}

impl Http {
    pub(crate) fn new(pairing: Pairing) -> Self {
        Self { requests: Reader::default(), responses: Reader::default(), pairing, next: None, tunnel: None }
    }

    /// Return the bytes of the budget in use.
    pub(crate) fn held(&self) -> usize {
        let readers = [&self.requests, &self.responses].into_iter();
        let taps = readers.clone().filter_map(|reader| reader.tap.as_ref()).map(|tap| tap.held());
        let kept = readers.clone().map(|reader| content::held(reader.kept.as_deref()));
        let buffers = readers.map(|reader| reader.held.len());
        buffers.sum::<usize>() + taps.sum::<usize>() + kept.sum::<usize>() + self.pairing.held()
    }

    pub(crate) fn reader(&mut self, side: Side) -> &mut Reader {
        match side {
            Side::Requests => &mut self.requests,
            Side::Responses => &mut self.responses,
        }
    }

    /// Read the next bytes of a direction: the payload of one segment, and where it starts. Return how many belong to
    /// HTTP/1, if it ends here.
    pub(crate) fn data(&mut self, cx: &mut Context<'_>, side: Side, segment: &[u8], place: Position) -> usize {
        let mut position = 0;
        while let Some(rest) = segment.get(position..).filter(|rest| !rest.is_empty()) {
            match self.reader(side).state {
                State::Length => position += self.body(cx, side, rest, place.time),
                State::Head => position += self.head(cx, side, rest, place.further(position)),
                State::Close => {
                    let reader = self.reader(side);
                    reader.body_bytes += rest.len() as u64;
                    if let Some(tap) = &mut reader.tap {
                        tap.data(cx, rest, place.time);
                    }
                    if let Some(kept) = &mut reader.kept {
                        kept.data(cx, rest);
                    }
                    break;
                }
                State::Lost if position == 0 && certain_start(side, rest) => self.reader(side).state = State::Head,
                State::Lost => {
                    self.skipped(side, place.further(position));
                    break;
                }
                State::Opaque => break,
                State::Upgraded => {
                    self.frames(cx, side, rest, place.further(position));
                    break;
                }
                State::Doubt => self.decide_body(cx, side, rest),
                State::ChunkSize | State::ChunkEnd | State::Trailer => {
                    position += self.line(cx, side, rest, place.time);
                }
            }
        }
        position
    }

    /// Skip `size` bytes of a direction that the capture lost.
    pub(crate) fn gap(&mut self, cx: &mut Context<'_>, side: Side, size: u64) {
        if side == Side::Responses {
            self.decide_body(cx, side, &[]);
        }
        self.cut_head(cx, side);
        let reader = self.reader(side);
        if let Some(tap) = &mut reader.tap {
            tap.gap(cx, size);
        }
        if let Some(kept) = &mut reader.kept {
            kept.close();
        }
        match reader.state {
            State::Length if size <= reader.remaining => {
                reader.missing += size;
                reader.body_bytes += size;
                reader.remaining -= size;
                if reader.remaining == 0 {
                    self.body_done(cx, side, None);
                }
            }
            State::Close => {
                reader.missing += size;
                reader.body_bytes += size;
            }
            State::Lost | State::Opaque => {}
            State::Upgraded => self.skip_frames(cx, side, size),
            _ => {
                reader.missing += size;
                self.lose(cx, side, false);
            }
        }
    }

    /// Skip an unknown number of bytes that the capture lost.
    pub(crate) fn jump(&mut self, cx: &mut Context<'_>, side: Side) {
        self.cut_head(cx, side);
        if self.reader(side).state == State::Upgraded {
            return self.skip_frames(cx, side, 0);
        }
        self.lose(cx, side, false);
    }

    /// Wait no longer with a head whose next `size` bytes were acknowledged but have not arrived.
    pub(crate) fn give_up_head(&mut self, cx: &mut Context<'_>, side: Side, size: u64) {
        if self.reader(side).reads_head() {
            self.gap(cx, side, size);
        }
    }

    /// Report the head that is being read, as far as it came, because the rest of it will not come.
    pub(crate) fn cut_head(&mut self, cx: &mut Context<'_>, side: Side) {
        if !self.reader(side).reads_head() {
            return;
        }
        let head = self.release(cx, side);
        let (line, rest) = partition(&head, b'\n');
        let whole = line.len() < head.len();
        let fields = rest.get(..memrchr(b'\n', rest).map_or(0, |end| end + 1)).unwrap_or_default(); // the last may be cut
        let fields = fields::parse(fields, &cx.limits.named_fields, false);
        if cx.out.keeps(side) {
            self.reader(side).keep_message(cx, &head, false);
        }
        match side {
            Side::Requests => self.start_cut_request(cx, line, &fields, whole),
            Side::Responses => self.start_cut_response(cx, line, &fields),
        }
    }

    /// Count an oddity of the current message.
    pub(crate) fn note(&mut self, cx: &mut Context<'_>, side: Side, oddity: &'static str) {
        cx.odd(oddity);
        let oddities = &mut self.reader(side).oddities;
        if !oddities.contains(&oddity) {
            oddities.push(oddity);
        }
    }

    /// Count those oddities that the current message does not have yet.
    #[cold]
    pub(super) fn note_once(&mut self, cx: &mut Context<'_>, side: Side, oddities: Vec<&'static str>) {
        for oddity in oddities {
            if !self.reader(side).oddities.contains(&oddity) {
                self.note(cx, side, oddity);
            }
        }
    }

    /// Give up the current message and look for the start of another.
    pub(super) fn lose(&mut self, cx: &mut Context<'_>, side: Side, malformed: bool) {
        self.release(cx, side);
        let reader = self.reader(side);
        reader.state = State::Lost;
        reader.strays = 0;
        reader.empty = (0, 0);
        self.lost(cx, side, malformed);
        self.reader(side).discard_kept(cx);
    }

    /// End the stream: a head that lacks only its empty line is accepted.
    pub(crate) fn end(&mut self, cx: &mut Context<'_>, side: Side, time: f64) {
        if side == Side::Responses && self.responses.ends_in_last_chunk() {
            self.note(cx, side, "last chunk cut short");
        }
        self.end_head(cx, side, time);
        let reader = self.reader(side);
        if reader.strays > 0 && reader.state == State::Head && reader.held.is_empty() {
            self.not_http(cx, side, &[]); // stray bytes without a response are none of HTTP
        }
    }

    fn end_head(&mut self, cx: &mut Context<'_>, side: Side, time: f64) {
        let reader = self.reader(side);
        if reader.state != State::Head {
            return;
        }
        let Some(end) = blank_line_end(&reader.held) else {
            return;
        };
        let place = reader.place;
        let held = self.release(cx, side);
        let (head, rest) = held.split_at(end.min(held.len()));
        self.note(cx, side, "head without an empty line");
        self.whole_head(cx, side, head, lines_of(head));
        self.data(cx, side, rest, Position { time, ..place.further(end) });
    }

    /// Release the buffer and read nothing more.
    pub(crate) fn close_reader(&mut self, cx: &mut Context<'_>, side: Side) {
        self.release(cx, side);
        let reader = self.reader(side);
        reader.close_tap(cx);
        reader.state = State::Opaque;
    }

    // heads -----------------------------------------------------------------------------------------------------------

    fn head(&mut self, cx: &mut Context<'_>, side: Side, rest: &[u8], place: Position) -> usize {
        if self.reader(side).held.is_empty() {
            if side == Side::Responses {
                if cx.protocols.tls && starts_alert(rest) {
                    cx.odd("plain HTTP answered with a TLS alert");
                }
                self.answering(cx);
                let size = self.stray_bytes(rest, place);
                if size > 0 {
                    return size;
                }
            }
            let empty = run(rest, |byte| matches!(byte, b'\r' | b'\n'));
            if empty > 0 {
                if side == Side::Responses {
                    self.responses.skip_empty(rest.get(..empty).unwrap_or_default());
                }
                return empty; // skip empty lines before a message (RFC 9112 section 2.2)
            }
            let reader = self.reader(side);
            reader.place = place;
            reader.oddities.clear();
            if let Some((after, lines)) = head_end(rest, 0).filter(|(after, _)| *after <= cx.limits.header_bytes) {
                let (head, next) = rest.split_at_checked(after).unwrap_or((rest, &[]));
                self.reader(side).followed = is_surplus(side, next);
                self.whole_head(cx, side, head, lines);
                return after;
            }
        }
        self.head_in_parts(cx, side, rest)
    }

    /// Skip a few stray bytes before a response; return their number.
    fn stray_bytes(&mut self, rest: &[u8], place: Position) -> usize {
        let most = MOST_STRAYS.saturating_sub(self.responses.strays);
        let size = strays(rest.get(..STRAYS_SEEN).unwrap_or(rest), most);
        if size == 0 || self.pairing.simple() {
            return 0;
        }
        self.responses.place = place;
        self.responses.oddities.clear();
        self.responses.strays += size;
        size
    }

    fn head_in_parts(&mut self, cx: &mut Context<'_>, side: Side, rest: &[u8]) -> usize {
        let held = self.reader(side).held.len();
        let part = rest.get(..cx.limits.header_bytes.saturating_sub(held)).unwrap_or(rest);
        if !self.keep(cx, side, part) {
            self.lose(cx, side, false);
            return rest.len();
        }
        let buffer = &self.reader(side).held;
        if let Some((after, _)) = head_end(buffer, held.saturating_sub(2)) {
            let whole = self.release(cx, side);
            let head = whole.get(..after).unwrap_or(&whole);
            self.reader(side).followed = is_surplus(side, rest.get(after - held..).unwrap_or_default());
            self.whole_head(cx, side, head, lines_of(head));
            return after - held;
        }
        if !possible_start(side, buffer) {
            let start = self.release(cx, side);
            self.not_http(cx, side, &start);
        } else if buffer.len() >= cx.limits.header_bytes {
            self.note(cx, side, "head too long");
            let head = self.release(cx, side);
            self.start(cx, side, &head, false);
        }
        rest.len()
    }

    /// Handle a head of `lines` lines, including the empty one that ends it.
    fn whole_head(&mut self, cx: &mut Context<'_>, side: Side, head: &[u8], lines: usize) {
        let most = cx.limits.headers;
        if lines <= most + 2 {
            return self.start(cx, side, head, true);
        }
        self.note(cx, side, "too many header fields");
        let end = memchr_iter(b'\n', head).nth(most).unwrap_or(head.len());
        self.start(cx, side, head.get(..end).unwrap_or(head), false);
    }

    /// Give up: the bytes read so far start no message.
    pub(super) fn not_http(&mut self, cx: &mut Context<'_>, side: Side, start: &[u8]) {
        if side == Side::Responses && self.headless(cx) {
            self.read_body(cx, side, BodyLength::UntilClose);
            self.responses.body_bytes = start.len() as u64;
            if cx.out.keeps(side) {
                self.responses.keep_message(cx, &[], true);
            }
            if let Some(kept) = &mut self.responses.kept {
                kept.data(cx, start);
            }
        } else {
            self.note(cx, side, "not an HTTP message");
            self.lose(cx, side, true);
        }
    }

    /// Take a lone request line as an HTTP/0.9 request, because the server answers before any header fields came.
    fn answering(&mut self, cx: &mut Context<'_>) {
        let reader = &self.requests;
        let lone = newline(&reader.held, 0).is_some_and(|end| end + 1 == reader.held.len());
        if reader.state != State::Head || !lone {
            return;
        }
        let line = without_tail(&reader.held);
        let word = line.len().checked_sub(8).and_then(|start| line.get(start..start + 5));
        if word.is_none_or(|word| word != b"HTTP/") {
            let head = self.release(cx, Side::Requests);
            self.start(cx, Side::Requests, &head, true);
        }
    }

    /// Add to the buffer; return false if the total buffer is full.
    pub(super) fn keep(&mut self, cx: &mut Context<'_>, side: Side, data: &[u8]) -> bool {
        if !cx.charge(data.len()) {
            self.note(cx, side, "total buffer full");
            return false;
        }
        self.reader(side).held.extend_from_slice(data);
        true
    }

    /// Empty the buffer and return what it held.
    pub(super) fn release(&mut self, cx: &mut Context<'_>, side: Side) -> Vec<u8> {
        let held = std::mem::take(&mut self.reader(side).held);
        cx.release(held.len());
        held
    }
}

fn lines_of(head: &[u8]) -> usize {
    memchr_iter(b'\n', head).count()
}

/// Return whether bytes after a response cannot start another one.
pub(super) fn is_surplus(side: Side, data: &[u8]) -> bool {
    if side == Side::Requests || data.is_empty() {
        return false;
    }
    let next = data.get(run(data, |byte| matches!(byte, b'\r' | b'\n'))..).unwrap_or_default();
    let near = next.get(..STRAYS_SEEN).unwrap_or(next);
    !next.is_empty() && !may_start_response(next) && strays(near, MOST_STRAYS) == 0
}

/// Return whether a message may start with these bytes.
fn possible_start(side: Side, data: &[u8]) -> bool {
    match side {
        Side::Requests => may_start_request(data),
        Side::Responses => may_start_response(data),
    }
}

/// Return whether a message certainly starts here; only this counts while the position is unknown.
pub(super) fn certain_start(side: Side, data: &[u8]) -> bool {
    match side {
        Side::Requests => starts_request(data),
        Side::Responses => starts_response(data),
    }
}
