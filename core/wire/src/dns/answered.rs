//! Remembers the latest answered lookups, to recognise a second answer: to a repeated query, or a spoofed one.

use super::waiting::Place;

/// Lookups remembered; each replaces one with the same number.
const PLACES: usize = 1 << PLACE_BITS;
const PLACE_BITS: u32 = 12;
/// 2^64 divided by the golden ratio (Knuth's multiplicative hashing).
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// What a second answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// The answer to a repeated query.
    ToRetry,
    /// One more answer than there were queries.
    Second,
}

/// An answered lookup.
#[derive(Clone, Copy, Debug)]
struct Answered {
    place: Place,
    question: u32,
    time: f64,
    /// Answers that repeated queries may still get.
    left: u32,
}

/// The latest answered lookups; the table is created for the first one.
#[derive(Debug, Default)]
pub(super) struct AnsweredLookups(Vec<Option<Answered>>);

impl AnsweredLookups {
    /// Remember a lookup that was answered; `left` repeated queries may still be.
    pub(super) fn note(&mut self, place: Place, question: u32, time: f64, left: u32) {
        if self.0.is_empty() {
            self.0.resize(PLACES, None);
        }
        if let Some(entry) = self.0.get_mut(index(place)) {
            *entry = Some(Answered { place, question, time, left });
        }
    }

    /// Return what an answer is that arrives within `timeout` seconds after another one to the same question; None if
    /// there was none.
    pub(super) fn again(&mut self, place: Place, question: Option<u32>, time: f64, timeout: f64) -> Option<Again> {
        let entry = self.0.get_mut(index(place))?.as_mut()?;
        let same = entry.place == place && question.is_none_or(|question| question == entry.question);
        if !same || time - entry.time > timeout {
            return None;
        }
        let again = if entry.left > 0 { Again::ToRetry } else { Again::Second };
        entry.left = entry.left.saturating_sub(1);
        Some(again)
    }
}

fn index(place: Place) -> usize {
    let bits = place.key.bits() ^ u64::from(place.id) << 40;
    (bits.wrapping_mul(SPREAD) >> (u64::BITS - PLACE_BITS)) as usize
}
