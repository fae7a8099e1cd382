//! Frames that wait to be taken by the reader, which decodes them in a thread of its own.
//!
//! The reader gets many at a time, as from the ring of a packet socket. What does not fit is counted as dropped: the
//! proxy never waits for its reader.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Bytes that wake the reader before its time.
const ENOUGH: usize = 1 << 16;
/// How long frames wait for more: many at a time are cheaper, but keep a processor from requests for as long.
const REST: Duration = Duration::from_millis(10);

/// Frames in columns over one buffer.
#[derive(Debug, Default)]
pub struct Filled {
    /// The bytes of all frames.
    pub bytes: Vec<u8>,
    /// Seconds since the epoch.
    pub times: Vec<f64>,
    /// Index of the first byte of each frame.
    pub starts: Vec<i64>,
    /// Index after the last byte of each frame.
    pub stops: Vec<i64>,
    /// The time up to which all frames were taken.
    pub clock: f64,
    /// Frames that were dropped since the start.
    pub dropped: u64,
}

/// The frames of all threads, in the order of time.
#[derive(Debug)]
pub struct Ring {
    waiting: Mutex<Waiting>,
    ready: Condvar,
    capacity: usize,
}

#[derive(Debug, Default)]
struct Waiting {
    filled: Filled,
    ended: bool,
    /// Whether the reader sleeps.
    asleep: bool,
}

impl Ring {
    /// Create a ring of a number of bytes.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { waiting: Mutex::default(), ready: Condvar::new(), capacity }
    }

    /// Add a frame, at the time of now.
    pub(crate) fn push(&self, frame: &[u8]) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let filled = &mut waiting.filled;
        if filled.bytes.len() + frame.len() > self.capacity {
            filled.dropped += 1;
            return;
        }
        filled.clock = now().max(filled.clock);
        filled.times.push(filled.clock);
        filled.starts.push(filled.bytes.len() as i64);
        filled.bytes.extend_from_slice(frame);
        filled.stops.push(filled.bytes.len() as i64);
        if waiting.asleep && waiting.filled.bytes.len() >= ENOUGH {
            waiting.asleep = false;
            self.ready.notify_one();
        }
    }

    /// Take the frames that were added since the last call, after waiting for more; None at the end.
    pub fn take(&self) -> Option<Filled> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if !waiting.ended && waiting.filled.bytes.len() < ENOUGH {
            waiting.asleep = true;
            let (woken, _) = self
                .ready
                .wait_timeout_while(waiting, REST, |waiting| waiting.asleep && !waiting.ended)
                .unwrap_or_else(PoisonError::into_inner);
            waiting = woken;
            waiting.asleep = false;
        }
        if waiting.ended && waiting.filled.times.is_empty() {
            return None;
        }
        let filled = &mut waiting.filled;
        filled.clock = now().max(filled.clock);
        let next = Filled { clock: filled.clock, dropped: filled.dropped, ..Filled::default() };
        Some(std::mem::replace(filled, next))
    }

    /// Let the reader take what is left, and learn that it was the last.
    pub fn end(&self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).ended = true;
        self.ready.notify_one();
    }
}

/// Seconds since the epoch.
pub(crate) fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_taken_in_order_and_what_does_not_fit_is_counted() {
        let ring = Ring::new(5);
        ring.push(b"abc");
        ring.push(b"de");
        ring.push(b"f");
        ring.end();
        let taken = ring.take().map(|filled| (filled.bytes, filled.starts, filled.stops, filled.dropped));
        assert_eq!(taken, Some((b"abcde".to_vec(), vec![0, 3], vec![3, 5], 1)));
        assert!(ring.take().is_none());
    }
}
