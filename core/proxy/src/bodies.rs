//! Bodies as they pass: bounded, with a limit for silence, and with their connection given back at the end.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::StatusCode;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};

use crate::connection::{Connection, Served};
use crate::counts::Count;
use crate::pool::{Line, Pool};
use crate::server::Shared;
use crate::upstream::Asked;

/// A request's body must come at this rate after a while, in bytes per second.
const SLOWEST: f64 = 50.0;
/// How long it may be slower.
const GRACE: Duration = Duration::from_secs(20);

/// Why a body ends before its end.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The peer's bytes are malformed, or it went away.
    Peer(hyper::Error),
    /// The framing of the request is ambiguous.
    Ambiguous,
    /// Nothing came for too long.
    Silent,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Peer(error) => error.fmt(formatter),
            Self::Ambiguous => formatter.write_str("ambiguous framing"),
            Self::Silent => formatter.write_str("nothing came for too long"),
        }
    }
}

impl std::error::Error for Broken {}

/// A limit for silence, without a timer as long as bytes come.
#[derive(Debug)]
struct Patience {
    limit: Duration,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    fn new(limit: Duration) -> Self {
        Self { limit, timer: None }
    }

    fn came(&mut self) {
        self.timer = None;
    }

    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        let limit = self.limit;
        self.timer.get_or_insert_with(|| Box::pin(sleep(limit))).as_mut().poll(cx).is_ready()
    }
}

/// Whether a body that began then, and has so many bytes, comes too slowly.
pub(crate) fn is_slow(begun: Instant, size: u64) -> bool {
    let passed = begun.elapsed();
    passed > GRACE && (size as f64) < SLOWEST * passed.as_secs_f64()
}

/// How the body of a request ended, for whoever wonders why an upstream broke off.
#[derive(Debug, Default)]
pub(crate) struct Fate(AtomicU8);

impl Fate {
    const MALFORMED: u8 = 1;
    const LATE: u8 = 2;

    /// The status for a client whose body did not come as it should; None if it did, or still may.
    pub(crate) fn status(&self) -> Option<StatusCode> {
        match self.0.load(Ordering::Relaxed) {
            Self::MALFORMED => Some(StatusCode::BAD_REQUEST),
            Self::LATE => Some(StatusCode::REQUEST_TIMEOUT),
            _ => None,
        }
    }
}

/// The body of a request on its way to an upstream: what was read for a verdict, and the rest.
#[derive(Debug)]
pub(crate) struct Outgoing {
    first: Option<Bytes>,
    trailers: Option<hyper::HeaderMap>,
    rest: Option<Incoming>,
    connection: Arc<Connection>,
    patience: Patience,
    begun: Instant,
    size: u64,
    fate: Option<Arc<Fate>>,
}

impl Outgoing {
    pub(crate) fn new(
        (first, trailers, rest): (Bytes, Option<hyper::HeaderMap>, Option<Incoming>),
        connection: &Arc<Connection>,
        shared: &Arc<Shared>,
        fate: Option<Arc<Fate>>,
    ) -> Self {
        Self {
            first: Some(first).filter(|first| !first.is_empty()),
            trailers,
            rest,
            connection: Arc::clone(connection),
            patience: Patience::new(shared.settings.timeouts.stall),
            begun: Instant::now(),
            size: 0,
            fate,
        }
    }

    fn ends(&self, fate: u8, why: Broken) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if let Some(told) = &self.fate {
            told.0.store(fate, Ordering::Relaxed);
        }
        Poll::Ready(Some(Err(why)))
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        let Some(rest) = &mut self.rest else {
            return Poll::Ready(self.trailers.take().map(|trailers| Ok(Frame::trailers(trailers))));
        };
        let result = Pin::new(rest).poll_frame(cx);
        if self.connection.is_ambiguous() {
            return self.ends(Fate::MALFORMED, Broken::Ambiguous);
        }
        match result {
            Poll::Pending if self.patience.is_over(cx) => self.ends(Fate::LATE, Broken::Silent),
            Poll::Pending => Poll::Pending,
            Poll::Ready(frame) => {
                self.patience.came();
                self.size +=
                    frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()).map_or(0, Bytes::len) as u64;
                if is_slow(self.begun, self.size) {
                    return self.ends(Fate::LATE, Broken::Silent);
                }
                match frame {
                    Some(Err(error)) => self.ends(Fate::MALFORMED, Broken::Peer(error)),
                    frame => Poll::Ready(frame.map(|frame| frame.map_err(Broken::Peer))),
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.trailers.is_none() && self.rest.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let first = self.first.as_ref().map_or(0, Bytes::len) as u64;
        let rest = self.rest.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint);
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower() + first);
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper + first);
        }
        hint
    }
}

/// The body of a response on its way to the client.
#[derive(Debug)]
pub(crate) enum Answer {
    /// One of our own.
    Own(Option<Bytes>),
    /// That of an upstream.
    Passed(Box<Passed>),
}

/// The body of an upstream's response, with what its end gives back.
#[derive(Debug)]
pub(crate) struct Passed {
    pub(crate) body: Incoming,
    pub(crate) line: Option<Line>,
    pub(crate) place: usize,
    pub(crate) pool: Rc<Pool>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) reusable: bool,
    patience: Patience,
    _asked: Asked,
    _served: Option<Served>,
}

impl Passed {
    pub(crate) fn new(
        body: Incoming,
        (line, place): (Line, usize),
        pool: Rc<Pool>,
        shared: Arc<Shared>,
        (asked, served): (Asked, Option<Served>),
        reusable: bool,
    ) -> Self {
        let patience = Patience::new(shared.settings.timeouts.response);
        let mut made =
            Self { body, line: Some(line), place, pool, shared, reusable, patience, _asked: asked, _served: served };
        if made.body.is_end_stream() {
            made.give_back();
        }
        made
    }

    fn give_back(&mut self) {
        if let Some(line) = self.line.take()
            && self.reusable
        {
            self.pool.keep(self.place, line);
        }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let passed = match &mut *self {
            Self::Own(text) => return Poll::Ready(text.take().map(|text| Ok(Frame::data(text)))),
            Self::Passed(passed) => passed,
        };
        let next = Pin::new(&mut passed.body).poll_frame(cx);
        if next.is_pending() && passed.patience.is_over(cx) {
            passed.shared.counts.add(Count::UpstreamTimeouts);
            passed.shared.counts.add(Count::CutResponses);
            return Poll::Ready(Some(Err(Broken::Silent)));
        }
        let frame = ready!(next);
        passed.patience.came();
        match &frame {
            Some(Err(_)) => {
                passed.line = None;
                passed.shared.counts.add(Count::CutResponses);
            }
            None => passed.give_back(),
            Some(Ok(_)) if passed.body.is_end_stream() => passed.give_back(),
            Some(Ok(_)) => {}
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Broken::Peer)))
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Own(text) => text.is_none(),
            Self::Passed(passed) => passed.body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Own(text) => SizeHint::with_exact(text.as_ref().map_or(0, Bytes::len) as u64),
            Self::Passed(passed) => passed.body.size_hint(),
        }
    }
}
