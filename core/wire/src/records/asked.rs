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
        let (mut texts, mut ends) = (String::with_capacity(wire.iter().map(|text| text.len()).sum()), [0; 6]);
        for (end, raw) in ends.iter_mut().zip(wire) {
            push_printable(&mut texts, raw, limit);
            *end = texts.len() as u32;
        }
        let mut asked = Self { time, ordinal, characters: 0, texts, ends, row: (u64::MAX, 0) };
        asked.characters = [Field::Target, Field::Host, Field::UserAgent, Field::Referrer]
            .iter()
            .map(|field| asked.text(*field).chars().count())
            .sum();
        asked
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
