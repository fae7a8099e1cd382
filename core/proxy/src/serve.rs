//! One thread: it accepts connections, ends TLS, speaks HTTP, and ends what takes too long.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::agent::Agent;
use crate::connection::{Connection, Layer, Secured, Slot};
use crate::counts::Count;
use crate::guard::Guard;
use crate::guests::{Entered, Guests};
use crate::health;
use crate::listener::Listener;
use crate::pool::Pool;
use crate::proxy_header;
use crate::refusal::Cause;
use crate::ring::Ring;
use crate::runtime::Local;
use crate::server::Shared;
use crate::service::answer;
use crate::tap::Tap;
use crate::verdict::{About, Found};

/// Between looks at all connections.
const SWEEP: Duration = Duration::from_secs(1);
/// How long the agent need not be asked again about a client.
const NEW: Duration = Duration::from_secs(60);
/// Clients that are remembered.
const MOST_ASKED: usize = 100_000;
/// How long the other threads have to make room for a connection.
const ROOM: Duration = Duration::from_millis(20);
/// After the system refused a connection, such as for lack of descriptors.
const REST: Duration = Duration::from_millis(50);
/// Streams of HTTP/2 at a time.
const STREAMS: u32 = 128;
const HEADER_LIST: u32 = 64 << 10;
/// Bytes that wait to be sent on a stream.
const SEND_BUFFER: usize = 256 << 10;
const WINDOW: u32 = 256 << 10;
/// Before another look at the start of a connection.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
/// The start of HTTP/2 in clear text (RFC 9113 section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0";

/// What the connections of a thread share.
#[derive(Debug)]
pub(crate) struct Thread {
    pub(crate) shared: Arc<Shared>,
    pub(crate) pool: Rc<Pool>,
    pub(crate) agent: Option<Agent>,
    guard: Arc<Mutex<Guard>>,
    guests: Rc<Guests>,
    /// When the agent was asked about clients.
    asked: RefCell<HashMap<IpAddr, Instant>>,
    stop: watch::Receiver<Option<Duration>>,
}

/// Run thread `number` until it is stopped.
pub(crate) fn run(
    number: usize,
    listeners: Vec<Listener>,
    shared: Arc<Shared>,
    stop: watch::Receiver<Option<Duration>>,
) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return;
    };
    let thread = Rc::new(Thread {
        pool: Rc::default(),
        agent: shared.settings.agent.as_deref().map(Agent::new),
        guard: Arc::new(Mutex::new(Guard::new(&shared.settings.allowed_oddities))),
        guests: Rc::default(),
        asked: RefCell::default(),
        stop: stop.clone(),
        shared,
    });
    LocalSet::new().block_on(&runtime, async move {
        for listener in listeners {
            spawn_local(accept(listener, Rc::clone(&thread)));
        }
        spawn_local(sweep(Rc::clone(&thread)));
        spawn_local(obey(number, Rc::clone(&thread)));
        if number == 0 {
            spawn_local(health::check(Rc::clone(&thread)));
        }
        if thread.agent.is_some() {
            let thread = Rc::clone(&thread);
            spawn_local(async move {
                if let Some(agent) = &thread.agent {
                    agent.begin().await
                }
            });
        }
        drained(thread, stop).await;
    });
}

/// Wait until the thread is to stop, and then until its connections have ended.
async fn drained(thread: Rc<Thread>, mut stop: watch::Receiver<Option<Duration>>) {
    let drain = stop.wait_for(Option::is_some).await.map_or(None, |drain| *drain).unwrap_or_default();
    thread.guests.end_strangers();
    let begun = Instant::now();
    while !thread.guests.is_empty() && begun.elapsed() < drain {
        sleep(Duration::from_millis(20)).await;
    }
}

async fn accept(listener: Listener, thread: Rc<Thread>) {
    let Listener { socket, tls, expects_header } = listener;
    let Ok(socket) = TcpListener::from_std(socket) else {
        return;
    };
    let mut stop = thread.stop.clone();
    loop {
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            _ = stop.wait_for(Option::is_some) => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                spawn_local(welcome(stream, peer, (tls, expects_header), Rc::clone(&thread)));
            }
            Err(_) => sleep(REST).await,
        }
    }
}

/// Take a connection in, if there is room for it, until it ends or is to end.
async fn welcome(stream: TcpStream, peer: SocketAddr, (tls, expects_header): (bool, bool), thread: Rc<Thread>) {
    let shared = &thread.shared;
    shared.counts.add(Count::Connections);
    if thread.is_full() && !make_room(&thread) {
        shared.doors.iter().for_each(Notify::notify_one);
        sleep(ROOM).await;
        if thread.is_full() {
            return shared.counts.add(Count::TurnedAway);
        }
    }
    let guest = thread.guests.enter();
    tokio::select! {
        biased;
        () = take_in(stream, peer, (tls, expects_header), (&thread, &guest)) => {}
        () = guest.ends() => {}
    }
}

async fn take_in(
    mut stream: TcpStream,
    peer: SocketAddr,
    (tls, expects_header): (bool, bool),
    (thread, guest): (&Rc<Thread>, &Entered),
) {
    let shared = &thread.shared;
    let _ = stream.set_nodelay(true);
    let Ok(local) = stream.local_addr() else {
        return;
    };
    let mut slot = Slot::take(shared);
    let mut ends = (peer, local);
    if expects_header {
        match timeout(shared.settings.timeouts.head, proxy_header::read(&mut stream)).await {
            Ok(Ok(named)) if shared.settings.trusted.contains(peer.ip().to_canonical()) => ends = named.unwrap_or(ends),
            _ => return shared.counts.add(Count::BadProxyHeaders),
        }
    }
    if !slot.name(ends.0.ip().to_canonical()) {
        return shared.counts.add(Count::TurnedAway);
    }
    let came = Came { ends, slot };
    if tls {
        encrypted(stream, came, (thread, guest)).await;
    } else {
        plain(stream, came, (thread, guest)).await;
    }
}

/// Whose connection came.
struct Came {
    ends: (SocketAddr, SocketAddr),
    slot: Slot,
}

async fn encrypted(stream: TcpStream, came: Came, (thread, guest): (&Rc<Thread>, &Entered)) {
    let counts = &thread.shared.counts;
    let Some(config) = thread.shared.tls.load_full() else {
        return;
    };
    counts.add(Count::Handshakes);
    let connection = Arc::new(Connection::new(came.ends, Layer::Outer, thread.places(), came.slot));
    let outer = Tap::new(stream, Layer::Outer, Arc::clone(&connection));
    let handshake = TlsAcceptor::from(config).accept(outer);
    let Ok(Ok(stream)) = timeout(thread.shared.settings.timeouts.head, handshake).await else {
        return counts.add(Count::FailedHandshakes);
    };
    let session = stream.get_ref().1;
    let http2 = session.alpn_protocol() == Some(b"h2");
    let certificate = session.peer_certificates().and_then(|chain| chain.first()).map(|first| first.to_vec());
    connection.secure(Secured { http2, certificate });
    speak(Tap::new(stream, Layer::Inner, Arc::clone(&connection)), &connection, http2, (thread, guest)).await;
}

async fn plain(stream: TcpStream, came: Came, (thread, guest): (&Rc<Thread>, &Entered)) {
    let Ok(http2) = timeout(thread.shared.settings.timeouts.head, begins_http2(&stream)).await else {
        return thread.shared.counts.add(Count::LateHeads);
    };
    let connection = Arc::new(Connection::new(came.ends, Layer::Whole, thread.places(), came.slot));
    if http2 {
        connection.unwatch();
    }
    speak(Tap::new(stream, Layer::Whole, Arc::clone(&connection)), &connection, http2, (thread, guest)).await;
}

/// Whether a connection begins with the preface of HTTP/2.
async fn begins_http2(stream: &TcpStream) -> bool {
    let (mut start, mut pause) = ([0; PREFACE.len()], FIRST_PAUSE);
    loop {
        let Ok(size) = stream.peek(&mut start).await else {
            return false;
        };
        let seen = start.get(..size).unwrap_or_default();
        if size == 0 || !PREFACE.starts_with(seen) || size == PREFACE.len() {
            return size == PREFACE.len() && seen == PREFACE;
        }
        // What was seen stays to be read, so nothing tells when more comes; who sends it slowly is asked ever less.
        sleep(pause).await;
        pause = (2 * pause).min(SWEEP);
    }
}

/// Speak HTTP until the connection ends, or until it rests and is to end then.
async fn speak<S>(stream: Tap<S>, connection: &Arc<Connection>, http2: bool, (thread, guest): (&Rc<Thread>, &Entered))
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    guest.know(connection);
    let stream = TokioIo::new(stream);
    // In a box, so that a connection at rest has no room for a request.
    let service = service_fn(|request| Box::pin(answer(request, Arc::clone(connection), Rc::clone(thread))));
    let mut stop = thread.stop.clone();
    let stopped = async {
        tokio::select! {
            _ = stop.wait_for(Option::is_some) => {}
            () = guest.rests() => {}
        }
    };
    let ended = if http2 {
        let serving = http2::Builder::new(Local)
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(HEADER_LIST)
            .max_send_buf_size(SEND_BUFFER)
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(4 * WINDOW)
            .serve_connection(stream, service);
        let mut serving = pin!(serving);
        tokio::select! {
            biased;
            ended = &mut serving => ended,
            () = stopped => {
                serving.as_mut().graceful_shutdown();
                serving.await
            }
        }
    } else {
        let serving = http1::Builder::new()
            .preserve_header_case(true)
            .half_close(true)
            .header_read_timeout(None)
            .serve_connection(stream, service)
            .with_upgrades();
        let mut serving = pin!(serving);
        tokio::select! {
            biased;
            ended = &mut serving => ended,
            () = stopped => {
                serving.as_mut().graceful_shutdown();
                serving.await
            }
        }
    };
    if ended.is_err_and(|error| error.is_parse()) {
        tell_malformed(connection, thread);
    }
}

/// Tell of a request that hyper has refused.
fn tell_malformed(connection: &Connection, thread: &Thread) {
    thread.shared.counts.add(Count::BadRequests);
    let reason = connection.ambiguity().unwrap_or_else(|| "malformed request".to_owned());
    let client = connection.client.ip().to_canonical();
    let about = About { connection, client, host: "", method: "", target: "" };
    Found::new(Cause::Ambiguous, reason, true).tell(&about, &thread.shared);
}

impl Thread {
    /// Where the bytes of connections go.
    fn places(&self) -> (Arc<Ring>, Arc<Mutex<Guard>>) {
        (Arc::clone(&self.shared.ring), Arc::clone(&self.guard))
    }

    /// Whether the agent has not been asked about a client for a while.
    pub(crate) fn is_new(&self, client: IpAddr) -> bool {
        let (mut asked, now) = (self.asked.borrow_mut(), Instant::now());
        if asked.get(&client).is_some_and(|since| now.saturating_duration_since(*since) < NEW) {
            return false;
        }
        if asked.len() >= MOST_ASKED {
            asked.clear();
        }
        asked.insert(client, now);
        true
    }

    /// Whether there are as many connections as there may be.
    fn is_full(&self) -> bool {
        self.shared.counts.of(Count::OpenConnections) >= self.shared.settings.connections as u64
    }
}

/// End the connection that has waited longest for a request; return whether there is one.
fn make_room(thread: &Thread) -> bool {
    let ended = thread.guests.end_longest();
    if ended {
        thread.shared.counts.add(Count::TurnedAway);
    }
    ended
}

/// End what takes too long, now and then.
async fn sweep(thread: Rc<Thread>) {
    loop {
        sleep(SWEEP).await;
        thread.guests.end_late(&thread.shared);
        thread.pool.sweep();
    }
}

/// Make room when other threads ask for it.
async fn obey(number: usize, thread: Rc<Thread>) {
    let shared = Arc::clone(&thread.shared);
    while let Some(door) = shared.doors.get(number) {
        door.notified().await;
        make_room(&thread);
    }
}
