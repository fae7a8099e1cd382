//! One thread's connections to upstreams: those of HTTP/1 wait to be used again, one of HTTP/2 is shared.

use std::cell::RefCell;
use std::io::{Error, ErrorKind};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1, http2};
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpStream, UnixStream};
use tokio::task::spawn_local;
use tokio_rustls::TlsConnector;

use crate::bodies::Outgoing;
use crate::pipe::Pipe;
use crate::proxy_header;
use crate::runtime::Local;
use crate::upstream::{Place, Upstream};

/// Connections to one upstream that wait to be used again.
const MOST_IDLE: usize = 256;
/// How long they may wait: less than servers usually allow.
const LONGEST_IDLE: Duration = Duration::from_secs(30);

/// Why there is no response.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nothing of the request was sent: it comes back.
    Unsent(Box<Request<Outgoing>>),
    /// The connection broke after the request was sent, perhaps in part.
    Broken,
    /// It did not answer in time.
    Late,
}

/// An upstream takes no connection.
#[derive(Debug)]
pub(crate) struct Unreachable;

/// The connections of a thread.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    /// By number of the upstream.
    idle: RefCell<Vec<Vec<(Line, Instant)>>>,
    shared: RefCell<Vec<Option<http2::SendRequest<Outgoing>>>>,
}

/// A connection to an upstream, in use by one request.
pub(crate) enum Line {
    /// HTTP/1.
    One(http1::SendRequest<Outgoing>),
    /// HTTP/2.
    Two(http2::SendRequest<Outgoing>),
}

/// What a connection must be told at its start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening {
    /// Both ends of the client's connection, if the upstream is told by the PROXY protocol.
    pub(crate) ends: Option<(SocketAddr, SocketAddr)>,
    pub(crate) timeout: Duration,
}

impl Pool {
    /// Return a connection that waits, or open one; whether it waited.
    pub(crate) async fn line(
        &self,
        place: usize,
        upstream: &Upstream,
        opening: Opening,
    ) -> Result<(Line, bool), Unreachable> {
        if upstream.http2 {
            return self.shared_line(place, upstream, opening).await;
        }
        if opening.ends.is_none()
            && let Some(line) = self.waiting(place)
        {
            return Ok((line, true));
        }
        let pipe = open(upstream, opening).await?;
        let mut builder = http1::Builder::new();
        builder.preserve_header_case(true);
        let (sender, work) = builder.handshake(TokioIo::new(pipe)).await.map_err(|_| Unreachable)?;
        spawn_local(async move { drop(work.with_upgrades().await) });
        Ok((Line::One(sender), false))
    }

    /// Keep a connection whose response is complete.
    pub(crate) fn keep(&self, place: usize, line: Line) {
        let mut idle = self.idle.borrow_mut();
        if idle.len() <= place {
            idle.resize_with(place + 1, Vec::new);
        }
        if let Some(lines) = idle.get_mut(place)
            && lines.len() < MOST_IDLE
            && matches!(&line, Line::One(..))
        {
            lines.push((line, Instant::now()));
        }
    }

    /// Close the connections that have waited too long.
    pub(crate) fn sweep(&self) {
        for lines in self.idle.borrow_mut().iter_mut() {
            lines.retain(|(_, since)| since.elapsed() < LONGEST_IDLE);
        }
    }

    fn waiting(&self, place: usize) -> Option<Line> {
        let mut idle = self.idle.borrow_mut();
        let lines = idle.get_mut(place)?;
        while let Some((line, since)) = lines.pop() {
            if since.elapsed() < LONGEST_IDLE && line.is_ready() {
                return Some(line);
            }
        }
        None
    }

    async fn shared_line(
        &self,
        place: usize,
        upstream: &Upstream,
        opening: Opening,
    ) -> Result<(Line, bool), Unreachable> {
        let known = self.shared.borrow().get(place).cloned().flatten();
        if let Some(sender) = known.filter(|sender| !sender.is_closed() && opening.ends.is_none()) {
            return Ok((Line::Two(sender), true));
        }
        let pipe = open(upstream, opening).await?;
        let (sender, work) = http2::Builder::new(Local)
            .timer(TokioTimer::new())
            .handshake(TokioIo::new(pipe))
            .await
            .map_err(|_| Unreachable)?;
        spawn_local(async move { drop(work.await) });
        if opening.ends.is_none() {
            let mut shared = self.shared.borrow_mut();
            if shared.len() <= place {
                shared.resize(place + 1, None);
            }
            if let Some(entry) = shared.get_mut(place) {
                *entry = Some(sender.clone());
            }
        }
        Ok((Line::Two(sender), false))
    }
}

impl Line {
    /// Send a request, and return the head of its response.
    pub(crate) async fn send(&mut self, request: Request<Outgoing>) -> Result<Response<Incoming>, Failure> {
        match self {
            Self::One(sender) => sender.try_send_request(request).await.map_err(failure),
            Self::Two(sender) => {
                if sender.ready().await.is_err() {
                    return Err(Failure::Unsent(Box::new(request)));
                }
                sender.try_send_request(request).await.map_err(failure)
            }
        }
    }

    fn is_ready(&self) -> bool {
        match self {
            Self::One(sender) => sender.is_ready(),
            Self::Two(sender) => sender.is_ready(),
        }
    }
}

impl std::fmt::Debug for Line {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(if matches!(self, Self::One(..)) { "HTTP/1" } else { "HTTP/2" })
    }
}

fn failure(mut error: TrySendError<Request<Outgoing>>) -> Failure {
    error.take_message().map_or(Failure::Broken, |request| Failure::Unsent(Box::new(request)))
}

async fn open(upstream: &Upstream, opening: Opening) -> Result<Pipe, Unreachable> {
    let header = opening.ends.map(|(client, server)| proxy_header::header(client, server));
    match tokio::time::timeout(opening.timeout, connected(upstream, header)).await {
        Ok(Ok(pipe)) => Ok(pipe),
        _ => Err(Unreachable),
    }
}

/// Connect, and return the stream when it can be used.
///
/// `header` is what the PROXY protocol says first, if it is spoken.
pub(crate) async fn connected(upstream: &Upstream, header: Option<Vec<u8>>) -> std::io::Result<Pipe> {
    let mut stream = match &upstream.place {
        Place::Tcp(address) => {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Pipe::Tcp(stream)
        }
        Place::Unix(path) => Pipe::Unix(UnixStream::connect(path).await?),
    };
    if let Some(header) = header {
        stream.write_all(&header).await?;
    }
    match (stream, &upstream.tls) {
        (Pipe::Tcp(stream), Some((name, config))) => {
            let connector = TlsConnector::from(std::sync::Arc::clone(config));
            let stream = connector.connect(name.clone(), stream).await?;
            if upstream.http2 && stream.get_ref().1.alpn_protocol() != Some(b"h2") {
                return Err(Error::new(ErrorKind::Unsupported, "the upstream does not offer HTTP/2"));
            }
            Ok(Pipe::Tls(Box::new(stream)))
        }
        (stream, _) => Ok(stream),
    }
}
