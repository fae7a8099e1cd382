//! Server-sent events, counted in a body of type `text/event-stream`.
//!
//! Follows "9.2.6 Interpreting an event stream" of the HTML standard: an event is dispatched by an empty line if a field
//! `data` came before it. Lines end with CR, LF or both. Only the start of a line is kept, so memory does not grow.

use memchr::memchr2;

const MARK: &[u8] = b"\xEF\xBB\xBF";
/// The bytes of a line that decide what it is: the mark of the first line, the field and its colon.
const DECISIVE: usize = MARK.len() + b"data:".len();

/// Counts the events of one body.
#[derive(Debug, Default)]
pub(crate) struct EventReader {
    /// Number of events so far.
    pub(crate) events: u64,
    /// When the first one ended, if that was captured.
    first: Option<Option<f64>>,
    line: [u8; DECISIVE],
    /// Bytes of the current line, up to `DECISIVE`.
    size: usize,
    later_line: bool,
    /// Whether the capture lost the start of the current line.
    torn: bool,
    /// Whether the last byte was a CR, so that an LF belongs to the same line end.
    returned: bool,
    /// Whether a field `data` came since the last empty line.
    filled: bool,
}

impl EventReader {
    /// Return when the first event ended; None if there was none, or the capture may have lost it.
    pub(crate) fn first(&self) -> Option<f64> {
        self.first.flatten()
    }

    /// Read the next bytes, captured at `time`.
    pub(crate) fn data(&mut self, mut data: &[u8], time: f64) {
        if !data.is_empty() && std::mem::take(&mut self.returned) {
            data = data.strip_prefix(b"\n").unwrap_or(data);
        }
        while let Some(end) = memchr2(b'\r', b'\n', data) {
            self.add(data.get(..end).unwrap_or_default());
            self.end_line(time);
            let (ending, rest) = (data.get(end), data.get(end + 1..).unwrap_or_default());
            let returns = ending == Some(&b'\r');
            self.returned = returns && rest.is_empty();
            data = if returns { rest.strip_prefix(b"\n").unwrap_or(rest) } else { rest };
        }
        self.add(data);
    }

    /// Skip bytes that the capture lost: what comes next may be in the middle of a line.
    pub(crate) fn gap(&mut self) {
        self.first.get_or_insert(None);
        (self.size, self.returned, self.later_line, self.torn) = (0, false, true, true);
    }

    fn add(&mut self, part: &[u8]) {
        let room = self.line.get_mut(self.size..).unwrap_or_default();
        let taken = room.iter_mut().zip(part).map(|(place, byte)| *place = *byte).count();
        self.size += taken;
    }

    fn end_line(&mut self, time: f64) {
        let line = self.line.get(..self.size).unwrap_or_default();
        let line = if self.later_line { line } else { line.strip_prefix(MARK).unwrap_or(line) };
        if line.is_empty() && !self.torn {
            if std::mem::take(&mut self.filled) {
                self.events += 1;
                self.first.get_or_insert(Some(time));
            }
        } else {
            self.filled |= line == b"data" || line.starts_with(b"data:");
        }
        (self.size, self.later_line, self.torn) = (0, true, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(stream: &[u8], size: usize) -> u64 {
        let mut reader = EventReader::default();
        stream.chunks(size).for_each(|part| reader.data(part, 0.0));
        reader.events
    }

    #[test]
    fn an_event_has_data_and_ends_with_an_empty_line() {
        for (stream, count) in [
            (b"data: one\n\ndata: two\r\n\r\ndata: three\r\r".as_slice(), 3),
            (b"data: one\ndata: more of it\n\n", 1),
            (b"data\n\n", 1),
            (b"data:\n\n", 1),
            (b": a comment\n\n:\n\n", 0),
            (b"event: ping\nid: 7\nretry: 10\n\n", 0),
            (b"event: ping\ndata: {}\nid: 7\n\n\n\n\n", 1),
            (b"database: no\n\nDATA: no\n\n data: no\n\n", 0),
            (b"data: unfinished\n", 0),
            (b"\xEF\xBB\xBFdata: after the mark\n\n", 1),
            (b"\n\xEF\xBB\xBFdata: not a mark\n\n", 0),
            (b"data: a\r\n\rdata: b\n\r", 2),
        ] {
            for size in 1..=stream.len() {
                assert_eq!(events(stream, size), count, "{} in {size}s", stream.escape_ascii());
            }
        }
    }

    #[test]
    fn the_first_event_has_a_time() {
        let mut reader = EventReader::default();
        reader.data(b": hello\n\ndata: 1", 1.0);
        assert_eq!(reader.first(), None);
        reader.data(b"\n\n", 2.0);
        reader.data(b"data: 2\n\n", 3.0);
        assert_eq!((reader.first(), reader.events), (Some(2.0), 2));
    }

    #[test]
    fn after_a_gap_counting_goes_on_at_the_next_line() {
        let mut reader = EventReader::default();
        reader.data(b"data: 1\n\nda", 1.0);
        reader.gap();
        reader.data(b"\n\ndata: 3\n\n", 2.0);
        reader.gap();
        reader.data(b"data: 5\n\n", 3.0);
        assert_eq!((reader.first(), reader.events), (Some(1.0), 3));
    }

    #[test]
    fn the_time_of_a_first_event_that_may_be_lost_is_unknown() {
        let mut reader = EventReader::default();
        reader.gap();
        reader.data(b"\n\ndata: 2\n\n", 2.0);
        assert_eq!((reader.first(), reader.events), (None, 1));
    }
}
