//! Passes a request to an upstream, or to another one if that is safe, and returns what comes back.

use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::body::{Body, Incoming};
use hyper::header::{HOST, HeaderValue};
use hyper::http::request::Parts;
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request, Response, StatusCode, Uri, Version};
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional;
use tokio::task::spawn_local;

use crate::bodies::{Answer, Fate, Outgoing, Passed};
use crate::connection::{Connection, Served};
use crate::counts::Count;
use crate::forward;
use crate::page::plain;
use crate::pool::{Failure, Line, Opening};
use crate::serve::Thread;
use crate::service::broken_body;
use crate::upstream::{Asked, Upstream};
use crate::verdict::About;

/// Upstreams that are tried for one request.
const MOST_TRIES: usize = 3;
/// Between checks whether an upstream still may answer.
const PULSE: Duration = Duration::from_secs(1);

/// What is known of a request after its parts were sent, to tell the user if its body turns out wrong.
pub(crate) struct Known {
    client: IpAddr,
    method: Method,
    uri: Uri,
    host: Option<HeaderValue>,
}

impl Known {
    pub(crate) fn of(about: &About<'_>, parts: &Parts) -> Self {
        let host = parts.headers.get(HOST).cloned();
        Self { client: about.client, method: parts.method.clone(), uri: parts.uri.clone(), host }
    }

    fn about<'a>(&'a self, connection: &'a Connection) -> About<'a> {
        let named = || self.host.as_ref().and_then(|host| host.to_str().ok());
        About {
            connection,
            client: self.client,
            host: self.uri.authority().map(|authority| authority.as_str()).or_else(named).unwrap_or_default(),
            method: self.method.as_str(),
            target: self.uri.path_and_query().map_or("/", |target| target.as_str()),
        }
    }
}

/// A request on its way.
pub(crate) struct Passing<'a> {
    thread: &'a Rc<Thread>,
    connection: &'a Arc<Connection>,
    known: Known,
    version: Version,
    /// The protocol that it may switch to.
    upgrade: Option<String>,
    ours: Option<OnUpgrade>,
    fate: Option<Arc<Fate>>,
    served: Option<Served>,
}

/// A failure, and whether the connection had waited in the pool.
type Attempt = Result<Response<Answer>, (Failure, bool)>;

impl<'a> Passing<'a> {
    pub(crate) fn new(
        thread: &'a Rc<Thread>,
        connection: &'a Arc<Connection>,
        known: Known,
        (upgrade, fate): (Option<String>, Option<Arc<Fate>>),
        served: Served,
    ) -> Self {
        let served = Some(served);
        Self { thread, connection, known, version: Version::HTTP_11, upgrade, ours: None, fate, served }
    }

    /// Pass it on.
    pub(crate) async fn pass(mut self, mut parts: Parts, body: Outgoing) -> Response<Answer> {
        let (settings, via) = (&self.thread.shared.settings, &self.thread.shared.via);
        self.version = parts.version;
        if self.upgrade.is_some() || parts.method == Method::CONNECT {
            self.ours = parts.extensions.remove::<OnUpgrade>();
        }
        let believed = settings.trusted.contains(self.connection.client.ip().to_canonical());
        forward::prepare(&mut parts, self.connection, (settings.told, believed), via, self.upgrade.as_deref());
        let again = again(&parts, &body);
        self.try_all(Request::from_parts(parts, body), again.as_ref()).await
    }

    async fn try_all(&mut self, mut request: Request<Outgoing>, again: Option<&Request<()>>) -> Response<Answer> {
        let shared = Arc::clone(&self.thread.shared);
        let most = MOST_TRIES.min(shared.upstreams.all.len());
        let mut tried = Vec::new();
        while let Some((place, upstream)) = shared.upstreams.choose(&tried) {
            match self.attempt(place, upstream, request).await {
                Ok(response) => return response,
                // A connection that waited was closed meanwhile: that says nothing about the upstream.
                Err((Failure::Unsent(unsent), true)) => request = *unsent,
                Err((Failure::Unsent(unsent), false)) => {
                    upstream.failed();
                    tried.push(place);
                    request = *unsent;
                    if tried.len() >= most {
                        break;
                    }
                }
                Err((Failure::Broken, waited)) => {
                    if let Some(response) = self.broken_by_client() {
                        return response;
                    }
                    if !waited || again.is_none() {
                        upstream.failed();
                        tried.push(place);
                    }
                    match again {
                        Some(again) if tried.len() < most => request = self.copied(again),
                        _ => return self.gone(),
                    }
                }
                Err((Failure::Late, _)) => return self.late(),
            }
            shared.counts.add(Count::Retries);
        }
        shared.counts.add(Count::NoUpstream);
        plain(StatusCode::BAD_GATEWAY, "the server behind this one cannot be reached\n".to_owned())
    }

    async fn attempt(&mut self, place: usize, upstream: &Arc<Upstream>, mut request: Request<Outgoing>) -> Attempt {
        let settings = &self.thread.shared.settings;
        let asked = upstream.ask();
        let opening = Opening {
            ends: settings.tells_ends.then_some((self.connection.client, self.connection.server)),
            timeout: settings.timeouts.connect,
        };
        if upstream.http2 {
            name_authority(&mut request, upstream.tls.is_some());
        }
        let Ok((mut line, waited)) = self.thread.pool.line(place, upstream, opening).await else {
            return Err((Failure::Unsent(Box::new(request)), false));
        };
        match sent(&mut line, request, settings.timeouts.response, self.connection).await {
            Ok(response) => {
                upstream.well();
                Ok(self.answered(response, (line, place), asked, opening.ends.is_none()))
            }
            Err(failure) => Err((failure, waited)),
        }
    }

    /// Return an upstream's response to the client; `reusable` says whether the connection may serve others.
    fn answered(
        &mut self,
        mut response: Response<Incoming>,
        (line, place): (Line, usize),
        asked: Asked,
        reusable: bool,
    ) -> Response<Answer> {
        let switches = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        let tunnels = if self.known.method == Method::CONNECT { response.status().is_success() } else { switches };
        if let Some(ours) = self.ours.take().filter(|_| tunnels) {
            let theirs = hyper::upgrade::on(&mut response);
            self.thread.shared.counts.add(Count::Upgrades);
            spawn_local(tunnel(ours, theirs, (line, asked, self.served.take())));
            let protocol = self.upgrade.as_deref().filter(|_| switches);
            forward::prepare_response(response.headers_mut(), protocol, self.version);
            return response.map(|_| Answer::Own(None));
        }
        if switches {
            self.thread.shared.counts.add(Count::UpstreamErrors);
            let text = "the server behind this one switched protocols unasked\n";
            return plain(StatusCode::BAD_GATEWAY, text.to_owned());
        }
        forward::prepare_response(response.headers_mut(), None, self.version);
        if self.version == Version::HTTP_2 {
            *response.version_mut() = self.version;
        } // of HTTP/1, hyper writes the client's version and keeps its connection
        let (pool, shared) = (Rc::clone(&self.thread.pool), Arc::clone(&self.thread.shared));
        let kept = (asked, self.served.take());
        response.map(|body| Answer::Passed(Box::new(Passed::new(body, (line, place), pool, shared, kept, reusable))))
    }

    /// Answer for a client whose body is malformed, ambiguous or late; None if it is not to blame.
    fn broken_by_client(&self) -> Option<Response<Answer>> {
        let status = self.fate.as_ref().and_then(|fate| fate.status());
        let status = status.or_else(|| self.connection.is_ambiguous().then_some(StatusCode::BAD_REQUEST))?;
        Some(broken_body(&self.known.about(self.connection), self.version, self.thread, status))
    }

    /// Answer for an upstream that broke off.
    fn gone(&self) -> Response<Answer> {
        self.thread.shared.counts.add(Count::UpstreamErrors);
        plain(StatusCode::BAD_GATEWAY, "the server behind this one broke off\n".to_owned())
    }

    fn late(&self) -> Response<Answer> {
        self.thread.shared.counts.add(Count::UpstreamTimeouts);
        plain(StatusCode::GATEWAY_TIMEOUT, "the server behind this one did not answer in time\n".to_owned())
    }

    fn copied(&self, request: &Request<()>) -> Request<Outgoing> {
        let nothing = (Bytes::new(), None, None);
        let body = Outgoing::new(nothing, self.connection, &self.thread.shared, None);
        request.clone().map(|()| body)
    }
}

/// A request that may be sent twice: it is idempotent (RFC 9110 section 9.2.2), and has no body.
fn again(parts: &Parts, body: &Outgoing) -> Option<Request<()>> {
    let safe = [Method::GET, Method::HEAD, Method::OPTIONS, Method::PUT, Method::DELETE].contains(&parts.method);
    if !safe || !body.is_end_stream() {
        return None;
    }
    let mut copy = Request::new(()); // without extensions: names in lower case will do
    copy.method_mut().clone_from(&parts.method);
    copy.uri_mut().clone_from(&parts.uri);
    copy.headers_mut().clone_from(&parts.headers);
    Some(copy)
}

/// Name the host in the target, where HTTP/2 has it (RFC 9113 section 8.3.1).
fn name_authority(request: &mut Request<Outgoing>, tls: bool) {
    let host = request.headers_mut().remove(HOST);
    let Some(host) = host.and_then(|host| host.to_str().ok().map(str::to_owned)) else {
        return; // another attempt has named it
    };
    let target = request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
    let scheme = if tls { "https" } else { "http" };
    if let Ok(uri) = Uri::builder().scheme(scheme).authority(host).path_and_query(target).build() {
        *request.uri_mut() = uri;
    }
    *request.version_mut() = Version::HTTP_2;
}

/// Send a request, and wait for the head of its response as long as neither side is silent for too long.
async fn sent(
    line: &mut Line,
    request: Request<Outgoing>,
    limit: Duration,
    connection: &Connection,
) -> Result<Response<Incoming>, Failure> {
    let sending = line.send(request);
    tokio::pin!(sending);
    let begun = Instant::now();
    loop {
        match tokio::time::timeout(limit.min(PULSE), &mut sending).await {
            Ok(result) => return result,
            Err(_) if connection.heard().max(begun).elapsed() >= limit => return Err(Failure::Late),
            Err(_) => {}
        }
    }
}

/// Pass bytes both ways until both sides have ended.
async fn tunnel(ours: OnUpgrade, theirs: OnUpgrade, _kept: (Line, Asked, Option<Served>)) {
    if let (Ok(ours), Ok(theirs)) = tokio::join!(ours, theirs) {
        let (mut ours, mut theirs) = (TokioIo::new(ours), TokioIo::new(theirs));
        drop(copy_bidirectional(&mut ours, &mut theirs).await);
    }
}
