//! The dynamic table as far as it is known (RFC 7541 sections 2.3.2 and 4), and the texts that wait to enter it.

use std::collections::VecDeque;

use super::malformed::Malformed;
use super::static_table;

/// The size of the table until it is changed (RFC 9113 section 6.5.2).
pub(super) const DEFAULT_SIZE: u32 = 4096;
/// What an entry counts besides its texts (RFC 7541 section 4.1).
const OVERHEAD: usize = 32;
/// How much is kept while the size of the table is unknown. Larger tables are rare; of those, old entries stay unknown.
const KEPT_IF_UNKNOWN: usize = 16384;
/// Bytes of evicted entries that are not worth moving the others.
const SLACK: usize = 512;

/// A name or value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Text<'a> {
    /// What it was cannot be known.
    Unknown,
    /// It is in the header block or in the static table.
    Given(&'a [u8]),
    /// It is in the table's bytes.
    Held {
        /// Position among all bytes that were ever held.
        start: u64,
        length: usize,
    },
}

/// One insertion. Its texts follow each other.
#[derive(Clone, Debug)]
struct Entry {
    start: u64,
    /// None if unknown.
    name: Option<usize>,
    value: Option<usize>,
    /// The size that it has at least.
    size: usize,
}

/// The latest insertions.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// The texts of all entries, oldest first, and at the end those that are being read.
    bytes: Vec<u8>,
    /// Position of the first byte.
    base: u64,
    /// Oldest first.
    entries: VecDeque<Entry>,
    /// Sum of the entries' sizes.
    pub(super) size: usize,
    /// The maximum size that the peer has set; None if unknown.
    maximum: Option<u32>,
    /// Whether the peers' tables may hold entries older than these.
    has_more: bool,
}

impl Table {
    /// Create the table of a new connection, which is empty.
    pub(super) fn new() -> Self {
        Self { maximum: Some(DEFAULT_SIZE), has_more: false, ..Self::unknown() }
    }

    /// Create a table of which nothing is known.
    pub(super) fn unknown() -> Self {
        Self { bytes: Vec::new(), base: 0, entries: VecDeque::new(), size: 0, maximum: None, has_more: true }
    }

    /// Return the bytes of memory in use.
    pub(super) fn held(&self) -> usize {
        self.bytes.capacity() + self.entries.capacity() * size_of::<Entry>()
    }

    /// Return the name and the value with an index (RFC 7541 section 2.3.3).
    #[inline]
    pub(super) fn field(&self, index: u32) -> Result<(Text<'static>, Text<'static>), Malformed> {
        match static_table::entry(index) {
            Some((name, value)) => Ok((Text::Given(name), Text::Given(value))),
            None => self.dynamic(index.checked_sub(static_table::LENGTH + 1).ok_or(Malformed::Index)? as usize),
        }
    }

    /// Return the name and the value of an entry; number 0 is the newest.
    fn dynamic(&self, number: usize) -> Result<(Text<'static>, Text<'static>), Malformed> {
        let place = self.entries.len().checked_sub(number + 1);
        match place.and_then(|place| self.entries.get(place)) {
            Some(entry) => Ok(entry.texts()),
            None if self.may_have(number) => Ok((Text::Unknown, Text::Unknown)),
            None => Err(Malformed::Index),
        }
    }

    /// Return whether the peers' tables may hold an entry that is none of these.
    fn may_have(&self, number: usize) -> bool {
        let older = (number - self.entries.len()).saturating_add(1);
        let size = self.size.saturating_add(older.saturating_mul(OVERHEAD));
        self.has_more && self.maximum.is_none_or(|maximum| size <= maximum as usize)
    }

    /// Return a text, or None if it is unknown.
    #[inline]
    pub(super) fn read<'a>(&'a self, text: Text<'a>) -> Option<&'a [u8]> {
        match text {
            Text::Unknown => None,
            Text::Given(bytes) => Some(bytes),
            Text::Held { start, length } => {
                let start = (start - self.base) as usize;
                self.bytes.get(start..start + length)
            }
        }
    }

    /// Return the position at which the next text will be.
    #[inline]
    pub(super) fn end(&self) -> u64 {
        self.base + self.bytes.len() as u64
    }

    /// Append what `write` appends, and return it as a text.
    pub(super) fn append(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), Malformed>,
    ) -> Result<Text<'static>, Malformed> {
        let start = self.end();
        write(&mut self.bytes)?;
        Ok(Text::Held { start, length: (self.end() - start) as usize })
    }

    /// Append a copy of a text unless it is at `from` or after it; return its length, or None if it is unknown.
    pub(super) fn copy(&mut self, text: Text<'_>, from: u64) -> Option<usize> {
        match text {
            Text::Unknown => None,
            Text::Given(bytes) => {
                self.bytes.extend_from_slice(bytes);
                Some(bytes.len())
            }
            Text::Held { start, length } => {
                if start < from {
                    let start = (start - self.base) as usize;
                    self.bytes.extend_from_within(start..start + length);
                }
                Some(length)
            }
        }
    }

    /// Forget the texts at `from` and after it.
    pub(super) fn discard(&mut self, from: u64) {
        self.bytes.truncate((from - self.base) as usize);
    }

    /// Enter the texts at `start` and after it as the newest entry (RFC 7541 section 4.4).
    pub(super) fn insert(&mut self, start: u64, name: Option<usize>, value: Option<usize>, kept: usize) {
        let size = OVERHEAD + name.unwrap_or_default() + value.unwrap_or_default();
        self.entries.push_back(Entry { start, name, value, size });
        self.size += size;
        self.evict(kept);
    }

    /// Set the maximum size (RFC 7541 section 4.3).
    pub(super) fn resize(&mut self, maximum: u32, kept: usize) {
        self.maximum = Some(maximum);
        self.has_more &= maximum >= OVERHEAD as u32;
        self.evict(kept);
    }

    /// Remove what the peers certainly evicted, and then what exceeds the memory to use.
    fn evict(&mut self, kept: usize) {
        let maximum = self.maximum.map_or(usize::MAX, |maximum| maximum as usize);
        while self.size > maximum && self.remove() {
            self.has_more = false;
        }
        let kept = if self.maximum.is_some() { kept } else { kept.min(KEPT_IF_UNKNOWN) };
        while self.size > kept && self.remove() {
            self.has_more = true;
        }
        self.compact();
    }

    /// Remove the oldest entry; return false if there is none.
    fn remove(&mut self) -> bool {
        let Some(oldest) = self.entries.pop_front() else {
            return false;
        };
        self.size -= oldest.size;
        true
    }

    /// Move the texts to the front once as many bytes of removed entries precede them.
    fn compact(&mut self) {
        let oldest = self.entries.front().map_or(self.end(), |entry| entry.start);
        let removed = (oldest - self.base) as usize;
        if removed > SLACK && removed > self.bytes.len() / 2 {
            self.bytes.drain(..removed);
            self.base = oldest;
        }
    }

    /// Return memory that only a very long text or many small entries needed.
    pub(super) fn shrink(&mut self) {
        let (bytes, entries) = (self.bytes.len(), self.entries.len());
        if self.bytes.capacity() > 2 * (bytes + SLACK) {
            self.bytes.shrink_to(bytes + bytes / 2 + SLACK);
        }
        if self.entries.capacity() > 4 * (entries + 4) {
            self.entries.shrink_to(2 * entries);
        }
    }
}

impl Entry {
    fn texts(&self) -> (Text<'static>, Text<'static>) {
        let text = |start, length: Option<usize>| length.map_or(Text::Unknown, |length| Text::Held { start, length });
        (text(self.start, self.name), text(self.start + self.name.unwrap_or_default() as u64, self.value))
    }
}
