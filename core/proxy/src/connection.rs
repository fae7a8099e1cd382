//! What is known of one client's connection, shared by its bytes, its requests and the sweeper.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use hyper::header::HeaderValue;

use crate::counts::Count;
use crate::guard::{Guard, Watched};
use crate::ring::Ring;
use crate::segments::{Segments, Side};
use crate::server::Shared;

/// How long a connection may take for its parts.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For the head of a request, from its first byte, and for the TLS handshake.
    pub head: Duration,
    /// Between requests.
    pub idle: Duration,
    /// Without a byte of a request's body, or one that a client takes of a response.
    pub stall: Duration,
    /// For a connection to an upstream.
    pub connect: Duration,
    /// For the next bytes of an upstream's response.
    pub response: Duration,
}

/// Why the sweeper ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Late {
    /// Nothing was asked for long.
    Idle,
    /// The head of a request is not complete.
    Head,
    /// The client takes nothing of the response.
    Taking,
}

/// A client's connection.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Who asks: of the connection, or as a PROXY header says.
    pub(crate) client: SocketAddr,
    /// Who is asked.
    pub(crate) server: SocketAddr,
    /// What the TLS handshake told, if there was one.
    pub(crate) tls: OnceLock<Secured>,
    /// The client's address as fields tell it.
    pub(crate) shown: Option<HeaderValue>,
    ring: Arc<Ring>,
    guard: Arc<Mutex<Guard>>,
    state: Mutex<State>,
    ambiguous: AtomicBool,
    _slot: Slot,
}

/// Which bytes of a connection a tap sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    /// All, in the clear.
    Whole,
    /// Those of TLS.
    Outer,
    /// Those inside TLS.
    Inner,
}

#[derive(Debug)]
struct State {
    /// The connection as a capture would show it, for the reader.
    outer: Segments,
    /// What is spoken, for the guard, if that is HTTP/1.
    inner: Option<Watched>,
    ambiguity: Option<String>,
    /// Requests under way.
    active: usize,
    /// When the first bytes of a head came, or the connection began.
    asking: Option<Instant>,
    /// Since when nothing is asked.
    quiet: Instant,
    /// When the client's latest bytes came.
    heard: Instant,
    /// Since when the client has taken nothing that waits to be sent.
    stuck: Option<Instant>,
}

/// What a TLS handshake told.
#[derive(Debug, Default)]
pub(crate) struct Secured {
    /// Whether HTTP/2 was agreed upon.
    pub(crate) http2: bool,
    /// The certificate of the client, in DER, that was verified.
    pub(crate) certificate: Option<Vec<u8>>,
}

impl Connection {
    pub(crate) fn new(
        (client, server): (SocketAddr, SocketAddr),
        layer: Layer,
        (ring, guard): (Arc<Ring>, Arc<Mutex<Guard>>),
        slot: Slot,
    ) -> Self {
        let outer = Segments::begin(client, server, |frame| ring.push(frame));
        let begun = Instant::now();
        let state = State {
            outer,
            inner: (layer == Layer::Whole).then(|| Watched::begin(&guard)),
            ambiguity: None,
            active: 0,
            asking: Some(begun),
            quiet: begun,
            heard: begun,
            stuck: None,
        };
        Self {
            client,
            server,
            tls: OnceLock::new(),
            shown: HeaderValue::from_str(&client.ip().to_canonical().to_string()).ok(),
            ring,
            guard,
            state: Mutex::new(state),
            ambiguous: AtomicBool::new(false),
            _slot: slot,
        }
    }

    /// Learn what the handshake told; what comes next is inside.
    pub(crate) fn secure(&self, secured: Secured) {
        let mut state = self.state();
        let now = Instant::now();
        (state.asking, state.quiet) = (Some(now).filter(|_| !secured.http2), now);
        state.inner = (!secured.http2).then(|| Watched::begin(&self.guard));
        drop(state);
        drop(self.tls.set(secured));
    }

    /// Take bytes of one side before anybody else does.
    pub(crate) fn said(&self, layer: Layer, side: Side, data: &[u8]) {
        let mut state = self.state();
        if layer != Layer::Inner {
            state.outer.say(side, data, |frame| self.ring.push(frame));
        }
        if side == Side::Server {
            state.stuck = None;
        }
        if layer != Layer::Outer {
            state.inside(side, data);
            self.note(&state);
        }
    }

    /// Learn that one side sends no more.
    pub(crate) fn finished(&self, layer: Layer, side: Side) {
        let mut state = self.state();
        if layer != Layer::Inner {
            state.outer.finish(side, |frame| self.ring.push(frame));
        }
        if layer != Layer::Outer {
            let found = state.inner.as_mut().and_then(|inner| inner.finish(side));
            state.ambiguity = state.ambiguity.take().or(found);
            self.note(&state);
        }
    }

    /// Learn that the connection was closed; `ends` says which sides had ended before.
    pub(crate) fn closed(&self, layer: Layer, [client, server]: [bool; 2]) {
        if layer == Layer::Inner {
            return;
        }
        let mut state = self.state();
        for (side, ended) in [(Side::Server, server), (Side::Client, client)] {
            if !ended {
                state.outer.finish(side, |frame| self.ring.push(frame));
            }
        }
    }

    /// Learn that the client takes nothing for now.
    pub(crate) fn waits_to_send(&self) {
        self.state().stuck.get_or_insert_with(Instant::now);
    }

    /// Learn that this is HTTP/2, whose framing has one meaning, and whose frames are not all part of a request.
    pub(crate) fn unwatch(&self) {
        let mut state = self.state();
        (state.inner, state.asking) = (None, None);
    }

    /// Whether the requests from here on have no clear meaning.
    pub(crate) fn is_ambiguous(&self) -> bool {
        self.ambiguous.load(Ordering::Relaxed)
    }

    /// Why they have none.
    pub(crate) fn ambiguity(&self) -> Option<String> {
        if self.is_ambiguous() { self.state().ambiguity.clone() } else { None }
    }

    /// When the client's latest bytes came.
    pub(crate) fn heard(&self) -> Instant {
        self.state().heard
    }

    /// Learn that a request is served until the result is dropped.
    pub(crate) fn serve(self: &Arc<Self>) -> Served {
        let mut state = self.state();
        state.active += 1;
        state.asking = None;
        Served(Arc::clone(self))
    }

    /// Return why the connection is to be ended, if it is.
    pub(crate) fn late(&self, now: Instant, limits: &Timeouts) -> Option<Late> {
        let past = |since: Instant, limit: Duration| now.saturating_duration_since(since) > limit;
        let state = self.state();
        if state.stuck.is_some_and(|since| past(since, limits.stall)) {
            return Some(Late::Taking);
        }
        if state.active > 0 {
            return None;
        }
        match state.asking {
            Some(since) => past(since, limits.head).then_some(Late::Head),
            None => past(state.quiet, limits.idle).then_some(Late::Idle),
        }
    }

    /// Since when the connection waits for a request that is not complete, or for the next one; None while it is in use.
    pub(crate) fn waits_since(&self) -> Option<Instant> {
        let state = self.state();
        (state.active == 0).then(|| state.asking.unwrap_or(state.quiet))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, state: &State) {
        if state.ambiguity.is_some() {
            self.ambiguous.store(true, Ordering::Relaxed);
        }
    }
}

impl State {
    /// Take bytes inside TLS, or of a connection in the clear.
    fn inside(&mut self, side: Side, data: &[u8]) {
        if side == Side::Client {
            self.heard = Instant::now();
            if self.active == 0 && self.inner.is_some() {
                self.asking.get_or_insert(self.heard);
            }
        }
        let found = self.inner.as_mut().and_then(|inner| inner.say(side, data));
        self.ambiguity = self.ambiguity.take().or(found);
    }
}

/// A place among the open connections, in all and of one client, until it is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    shared: Arc<Shared>,
    client: Option<IpAddr>,
}

impl Slot {
    /// Take a place.
    pub(crate) fn take(shared: &Arc<Shared>) -> Self {
        shared.counts.add(Count::OpenConnections);
        Self { shared: Arc::clone(shared), client: None }
    }

    /// Take it for a client, too; return whether it may have one more.
    pub(crate) fn name(&mut self, client: IpAddr) -> bool {
        let fits = self.shared.clients.connect(client, Instant::now());
        self.client = Some(client).filter(|_| fits);
        fits
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.shared.counts.take_back(Count::OpenConnections);
        if let Some(client) = self.client {
            self.shared.clients.disconnect(client);
        }
    }
}

/// A request that is served.
#[derive(Debug)]
pub(crate) struct Served(Arc<Connection>);

impl Drop for Served {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.active = state.active.saturating_sub(1);
        state.quiet = Instant::now();
    }
}
