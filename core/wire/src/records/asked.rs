//! A request, as its exchange needs it later: its texts in one piece.

use crate::text::push_printable;

/// A text of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The method.
    Method,
    /// The Host field as sent, with its port; without one, the authority of the target; else empty.
    Host,
    /// The request target as sent (RFC 9112 section 3.2).
    Target,
    /// `1.0` or `1.1`; `0.9` for a request line without a version.
    Version,
    /// The User-Agent field.
    UserAgent,
    /// The Referer field.
    Referrer,
}

impl Field {
    /// All of them, in the order in which they are kept.
    pub const ALL: [Self; 6] = [Self::Method, Self::Host, Self::Target, Self::Version, Self::UserAgent, Self::Referrer];
}

/// A request whose head is complete.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Capture time of its first byte.
    pub time: f64,
    /// Which request of its connection it is, from 1, of those that were read.
    pub ordinal: u64,
    /// Characters of its longest texts: target, host, user agent and referrer.
    pub characters: usize,
    texts: String,
    ends: [u32; 6],
    /// The batch in which it has a row, and which.
    pub(crate) row: (u64, u32),
}

impl Asked {
    /// Texts as they came from the wire, in the order of `Field`; each is cut at `limit` characters.
    #[must_use]
    pub fn new(time: f64, ordinal: u64, wire: [&[u8]; 6], limit: usize) -> Self {
        let mut texts = Vec::with_capacity(wire.iter().map(|text| text.len()).sum());
        let (mut ends, mut characters) = ([0; 6], [0; 6]);
        for ((raw, end), characters) in wire.iter().zip(&mut ends).zip(&mut characters) {
            *characters = push_printable(&mut texts, raw, limit);
            *end = texts.len() as u32;
        }
        let [_, host, target, _, user_agent, referrer] = characters;
        let characters = host + target + user_agent + referrer;
        // To look at all of them at one go costs less than one by one.
        let texts = String::from_utf8(texts).unwrap_or_default();
        Self { time, ordinal, characters, texts, ends, row: (u64::MAX, 0) }
    }

    /// One of its texts.
    #[must_use]
    pub fn text(&self, field: Field) -> &str {
        let place = field as usize;
        let start = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        let end = self.ends.get(place).copied().unwrap_or_default();
        self.texts.get(start as usize..end as usize).unwrap_or_default()
    }
}
