//! A request, kept for its exchange, with all of its texts in one string.

use std::net::IpAddr;

use crate::text::push_printable;

/// A text of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The method.
    Method,
    /// The Host field as sent, with its port; if missing, the authority of the target; else empty.
    Host,
    /// The request target as sent (RFC 9112 section 3.2).
    Target,
    /// `1.0` or `1.1`; `0.9` if the request line has no version; empty if the capture cut it off.
    Version,
    /// The User-Agent field.
    UserAgent,
    /// The Referer field.
    Referrer,
    /// The named fields, as lines of `name: value`.
    Headers,
}

impl Field {
    /// All fields, in the order in which they are stored.
    pub const ALL: [Self; 7] =
        [Self::Method, Self::Host, Self::Target, Self::Version, Self::UserAgent, Self::Referrer, Self::Headers];
}

/// A request whose head is complete.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Capture time of the first byte.
    pub time: f64,
    /// Number of the request within its connection, counted from 1 among those decoded.
    pub ordinal: u64,
    /// Characters of its longest texts: target, host, user agent, referrer and named fields.
    pub characters: usize,
    /// The client that a trusted proxy named in a header field.
    pub client: Option<IpAddr>,
    texts: String,
    ends: [u32; 7],
    /// The number of the batch that holds it, and its row there.
    pub(crate) row: (u64, u32),
}

impl Asked {
    /// Create a request from texts as sent, in the order of `Field`, each of which is cut at `limit` characters, and
    /// the lines of its named fields.
    #[must_use]
    pub fn new(time: f64, ordinal: u64, wire: [&[u8]; 6], headers: &str, limit: usize) -> Self {
        let mut texts = Vec::with_capacity(wire.iter().map(|text| text.len().min(limit)).sum());
        let (mut ends, mut characters) = ([0; 7], [0; 6]);
        for ((raw, end), characters) in wire.iter().zip(&mut ends).zip(&mut characters) {
            *characters = push_printable(&mut texts, raw, limit);
            *end = texts.len() as u32;
        }
        texts.extend_from_slice(headers.as_bytes());
        ends[6] = texts.len() as u32;
        let [_, host, target, _, user_agent, referrer] = characters;
        let characters = host + target + user_agent + referrer + headers.chars().count();
        // Validating all texts together is faster than one by one.
        let texts = String::from_utf8(texts).unwrap_or_default();
        Self { time, ordinal, characters, client: None, texts, ends, row: (u64::MAX, 0) }
    }

    /// Return one of its texts.
    #[must_use]
    pub fn text(&self, field: Field) -> &str {
        let place = field as usize;
        let start = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        let end = self.ends.get(place).copied().unwrap_or_default();
        self.texts.get(start as usize..end as usize).unwrap_or_default()
    }
}
