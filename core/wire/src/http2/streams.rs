//! The streams of a connection whose exchanges are not complete, and which stream numbers were seen (RFC 9113 section
//! 5.1.1).

use std::collections::{BTreeMap, VecDeque};

use super::stream::Stream;
use super::windows::Windows;
use crate::context::Context;
use crate::http::Side;
use crate::records::{Ending, Ends, StrainKind};
use crate::strain::{Awaited, NO_ROOM};

/// How far a new stream may be ahead of the last one that was seen, after frames were lost.
const FAR: u32 = 20_000;
/// Maximum ranges of streams whose requests the capture lost.
const MOST_RANGES: usize = 16;
/// How long to wait, in seconds, for the rest of a response that was under way when the client reset its stream.
const UNDER_WAY: f64 = 1.0;
/// Maximum streams to wait for like that.
const MOST_CANCELLED: usize = 100;
/// How long to wait, in seconds, for more of a stream whose end the capture may have lost.
const PATIENCE: f64 = 30.0;

/// The streams of one connection.
#[derive(Debug)]
pub(super) struct Streams {
    open: BTreeMap<u32, Box<Stream>>,
    /// Their approximate memory in bytes.
    held: usize,
    /// The last stream that the client opened, as far as seen.
    highest: u32,
    /// Whether requests may have been lost after that.
    lossy: bool,
    /// First and last numbers of streams whose requests may have been lost before that.
    unseen: VecDeque<(u32, u32)>,
    /// Streams that the client reset, oldest first, and when.
    cancelled: VecDeque<(u32, f64)>,
    /// When frames were lost, if streams are in doubt since then.
    doubted: Option<f64>,
}

impl Streams {
    /// Create an empty table; `lossy` if the start of the connection was missed.
    pub(super) fn new(lossy: bool) -> Self {
        Self {
            open: BTreeMap::new(),
            held: 0,
            highest: 0,
            lossy,
            unseen: VecDeque::new(),
            cancelled: VecDeque::new(),
            doubted: None,
        }
    }

    /// Return the bytes of the budget in use.
    pub(super) fn held(&self) -> usize {
        self.held + self.open.values().map(|stream| stream.held()).sum::<usize>()
    }

    /// Return the bodies of requests that hardly go on; each counts, because one connection may have many.
    pub(super) fn awaited(&self, now: f64) -> Option<Awaited> {
        let slow = self.open.values().filter_map(|stream| stream.slow_since(now));
        let (count, since) = slow.fold((0, now), |(count, first), since| (count + 1, f64::min(first, since)));
        (count > 0).then_some(Awaited { kind: StrainKind::SlowBody, since: Some(since), bytes: 0, count })
    }

    /// Return the responses for which the client has no room.
    pub(super) fn unread(&self, windows: &Windows) -> Option<Awaited> {
        let full = |stream: &Stream| windows.left(stream.credit).is_some_and(|left| left < NO_ROOM);
        let count = self.open.values().filter(|stream| stream.responds() && full(stream)).count() as u64;
        (count > 0).then_some(Awaited { kind: StrainKind::SlowRead, since: None, bytes: windows.sent, count })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Return a stream that is not complete, and note that a frame of it came.
    pub(super) fn get(&mut self, number: u32, time: Option<f64>) -> Option<&mut Stream> {
        let stream = self.open.get_mut(&number)?;
        stream.last = time.unwrap_or(stream.last);
        Some(stream)
    }

    /// Return whether a frame may belong to the connection, after frames were lost.
    pub(super) fn fits(&self, number: u32) -> bool {
        number == 0 || self.open.contains_key(&number) || number <= self.highest.saturating_add(FAR)
    }

    /// Return whether a stream is open.
    pub(super) fn is_open(&self, number: u32) -> bool {
        self.open.contains_key(&number)
    }

    /// Return whether a stream has a number that a new request may have.
    pub(super) fn is_new(&self, number: u32) -> bool {
        number % 2 == 1 && number > self.highest
    }

    /// Note the number of a new request.
    pub(super) fn note(&mut self, number: u32) {
        if std::mem::take(&mut self.lossy) && number > self.highest.saturating_add(2) {
            if self.unseen.len() == MOST_RANGES {
                self.unseen.pop_front();
            }
            self.unseen.push_back((self.highest + 1, number - 1));
        }
        self.highest = number;
    }

    /// Return whether the request of a stream was certainly not seen, because the capture lost it.
    pub(super) fn lost_request(&self, number: u32) -> bool {
        let in_range = |(first, last): &(u32, u32)| (*first..=*last).contains(&number);
        number % 2 == 1 && ((self.lossy && number > self.highest) || self.unseen.iter().any(in_range))
    }

    /// Add a stream. If there are too many, give up the oldest ones.
    pub(super) fn add(&mut self, cx: &mut Context<'_>, ends: &mut Ends, number: u32, stream: Stream) {
        while self.open.len() >= cx.limits.streams.max(1)
            || (!self.open.is_empty() && cx.ledger.budget.used > cx.ledger.budget.limit)
        {
            cx.odd("too many streams");
            self.give_up_first(cx, ends, stream.last);
        }
        self.held += stream.cost();
        cx.ledger.budget.used += stream.cost();
        if let Some(before) = self.open.insert(number, Box::new(stream)) {
            self.forget(cx, &before);
            before.discard(cx);
        }
    }

    fn give_up_first(&mut self, cx: &mut Context<'_>, ends: &mut Ends, time: f64) {
        if let Some(first) = self.open.keys().next().copied() {
            self.finish(cx, ends, first, Ending::Evicted, time);
        }
    }

    fn forget(&mut self, cx: &mut Context<'_>, stream: &Stream) {
        self.held -= stream.cost();
        cx.release(stream.cost());
    }

    /// Emit the exchange of a stream, which ended at a time.
    pub(super) fn finish(&mut self, cx: &mut Context<'_>, ends: &mut Ends, number: u32, ending: Ending, time: f64) {
        if let Some(stream) = self.open.remove(&number) {
            self.forget(cx, &stream);
            stream.emit(cx, ends, ending, time);
        }
    }

    /// Emit the exchange of a stream if it is complete.
    pub(super) fn settle(&mut self, cx: &mut Context<'_>, ends: &mut Ends, number: u32) {
        if let Some(stream) = self.open.get(&number).filter(|stream| stream.is_complete()) {
            let (ending, last) = (stream.ending(Ending::Complete), stream.last);
            self.finish(cx, ends, number, ending, last);
        }
    }

    /// Note that the client reset a stream: its exchange waits for the rest of a response that is under way.
    pub(super) fn cancel(&mut self, cx: &mut Context<'_>, ends: &mut Ends, number: u32, time: f64) {
        self.cancelled.push_back((number, time));
        self.end_cancelled(cx, ends, time);
    }

    /// Emit the exchanges of streams that the client reset long enough ago, and the oldest ones if there are too many.
    pub(super) fn end_cancelled(&mut self, cx: &mut Context<'_>, ends: &mut Ends, now: f64) {
        while let Some((number, time)) = self.cancelled.front().copied()
            && (now - time > UNDER_WAY || self.cancelled.len() > MOST_CANCELLED)
        {
            self.cancelled.pop_front();
            if self.open.get(&number).is_some_and(|stream| stream.cancelled == Some(time)) {
                self.finish(cx, ends, number, Ending::Reset, time);
            }
        }
    }

    /// Emit the exchanges of streams with a number above `last` that the side which is not `side` opened, because that
    /// was refused (RFC 9113 section 6.8).
    pub(super) fn refuse(
        &mut self,
        cx: &mut Context<'_>,
        ends: &mut Ends,
        side: Side,
        last: u32,
        oddity: &'static str,
        time: f64,
    ) {
        let odd = u32::from(side == Side::Responses);
        let above = self.open.range(last.saturating_add(1)..).map(|(number, _)| *number);
        let refused: Vec<u32> = above.filter(|number| number % 2 == odd).collect();
        for number in refused {
            if let Some(stream) = self.open.get_mut(&number) {
                stream.note(oddity);
            }
            self.finish(cx, ends, number, Ending::Closed, time);
        }
    }

    /// Note that frames of a side may have been lost.
    pub(super) fn doubt(&mut self, cx: &mut Context<'_>, side: Side, lost: bool) {
        self.lossy |= lost && side == Side::Requests;
        for stream in self.open.values_mut() {
            stream.doubt(cx, side, lost);
            self.doubted = Some(self.doubted.map_or(stream.last, |doubted| doubted.max(stream.last)));
        }
    }

    /// Give up streams of which nothing came for long after frames were lost: their end was probably lost too.
    pub(super) fn give_up_doubtful(&mut self, cx: &mut Context<'_>, ends: &mut Ends, now: f64) {
        let Some(doubted) = self.doubted.filter(|doubted| now - doubted > PATIENCE) else {
            return;
        };
        self.doubted = None;
        let silent = self.open.iter().filter(|(_, stream)| stream.is_doubtful() && stream.last <= doubted);
        let given_up: Vec<u32> = silent.map(|(number, _)| *number).collect();
        for number in given_up {
            self.finish(cx, ends, number, Ending::Gap, now);
        }
    }

    /// Emit the exchanges of all streams at the end of the connection.
    pub(super) fn close(&mut self, cx: &mut Context<'_>, ends: &mut Ends, ending: Ending, time: f64) {
        while let Some((_, stream)) = self.open.pop_first() {
            self.forget(cx, &stream);
            let ending = stream.ending(ending);
            stream.emit(cx, ends, ending, time);
        }
    }
}
