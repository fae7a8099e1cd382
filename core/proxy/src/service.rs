//! One request: is it refused, or passed on?

use std::convert::Infallible;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::header::{ALLOW, HeaderValue, RETRY_AFTER};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Version};
use wire::forwarding::ClientField;

use crate::bodies::{Answer, Fate, Outgoing, is_slow};
use crate::connection::{Connection, Served};
use crate::counts::Count;
use crate::forward;
use crate::page::{last, plain};
use crate::passing::{Known, Passing};
use crate::refusal::Cause;
use crate::routes::Mode;
use crate::serve::Thread;
use crate::verdict::{About, Asked, Found, Start, by_client, by_content, target};

/// Answer a request.
pub(crate) async fn answer(
    request: Request<Incoming>,
    connection: Arc<Connection>,
    thread: Rc<Thread>,
) -> Result<Response<Answer>, Infallible> {
    let served = connection.serve();
    thread.shared.counts.add(Count::Requests);
    let version = request.version();
    let response = respond(request, &connection, &thread, served).await;
    let ends = connection.is_ambiguous() || thread.shared.drains();
    Ok(if ends { last(response, version) } else { response })
}

async fn respond(
    request: Request<Incoming>,
    connection: &Arc<Connection>,
    thread: &Rc<Thread>,
    served: Served,
) -> Response<Answer> {
    let (parts, body) = request.into_parts();
    let settings = &thread.shared.settings;
    let host = forward::host(&parts);
    let client = client(&parts, connection, thread);
    let about = About { connection, client, host, method: parts.method.as_str(), target: target(&parts) };
    let asked = Asked { parts: &parts, about };
    if settings.health_path.as_deref() == Some(parts.uri.path()) {
        return health(thread);
    }
    let route = thread.agent.as_ref().and_then(|_| thread.shared.routes.find(host, target(&parts)));
    if let Some(name) = connection.ambiguity() {
        return refuse(Found::new(Cause::Ambiguous, name, true), &about, thread, StatusCode::BAD_REQUEST);
    }
    if let Some(found) = by_client(&asked, route, thread) {
        let status = if found.cause == Cause::Limit { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::FORBIDDEN };
        if found.refused {
            return refuse(found, &about, thread, status);
        }
        found.tell(&about, &thread.shared);
    }
    if let Some(reason) = forward::ambiguity(&parts) {
        let found = Found::new(Cause::Ambiguous, reason.to_owned(), true);
        return refuse(found, &about, thread, StatusCode::BAD_REQUEST);
    }
    let upgrade = match allowed(&parts, thread) {
        Ok(upgrade) => upgrade,
        Err((reason, status)) => {
            let refused = refuse(Found::new(Cause::Rule, reason, true), &about, thread, status);
            return if status == StatusCode::METHOD_NOT_ALLOWED { with_methods(refused) } else { refused };
        }
    };
    if forward::loops(&parts.headers, &thread.shared.via) {
        return plain(StatusCode::LOOP_DETECTED, "this request has been here before\n".to_owned());
    }
    let route = route.filter(|route| route.mode != Mode::Off);
    let (start, trailers, rest) = if route.is_some() {
        match start(body, settings.inspected_body, settings.timeouts.stall).await {
            Ok(read) => read,
            Err(status) => return broken_body(&about, parts.version, thread, status),
        }
    } else {
        (Start::default(), None, Some(body))
    };
    if let Some(route) = route
        && let Some(found) = by_content(&asked, &start, route, thread).await
    {
        if found.refused {
            return refuse(found, &about, thread, StatusCode::FORBIDDEN);
        }
        found.tell(&about, &thread.shared);
    }
    let fate = rest.is_some().then(Arc::<Fate>::default);
    let body = Outgoing::new((start.bytes, trailers, rest), connection, &thread.shared, fate.clone());
    let known = Known::of(&about, &parts);
    Passing::new(thread, connection, known, (upgrade, fate), served).pass(parts, body).await
}

/// Whose request it is: of the connection's client, or of the one that it names as a trusted proxy.
fn client(parts: &Parts, connection: &Connection, thread: &Thread) -> IpAddr {
    let peer = connection.client.ip().to_canonical();
    let trusted = &thread.shared.settings.trusted;
    if !trusted.contains(peer) {
        return peer;
    }
    let named: Vec<(ClientField, &[u8])> = parts
        .headers
        .iter()
        .filter_map(|(name, value)| Some((ClientField::of(name.as_str().as_bytes())?, value.as_bytes())))
        .collect();
    trusted.named_client(&named).unwrap_or(peer)
}

/// Tell the user, and answer with the page; what is no matter of rules gets its own status.
fn refuse(found: Found, about: &About<'_>, thread: &Thread, status: StatusCode) -> Response<Answer> {
    let by_page = matches!(found.cause, Cause::Verdict | Cause::Undecided | Cause::Blocked);
    let id = found.tell(about, &thread.shared);
    let mut response = thread.shared.settings.page.of(&id);
    if !by_page {
        *response.status_mut() = status;
    }
    if status == StatusCode::TOO_MANY_REQUESTS {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// Return the protocol that a request may switch to, if it wants to; or why it is not passed on.
fn allowed(parts: &Parts, thread: &Thread) -> Result<Option<String>, (String, StatusCode)> {
    let settings = &thread.shared.settings;
    if (parts.method == Method::CONNECT && !settings.passes_connect) || parts.method == Method::TRACE {
        return Err((format!("the method {} is not passed on", parts.method), StatusCode::METHOD_NOT_ALLOWED));
    }
    if parts.version != Version::HTTP_11 {
        return Ok(None); // RFC 9110 section 7.8, RFC 9113 section 8.6
    }
    let wanted = forward::upgrades(&parts.headers);
    let known = |name: &&String| settings.upgrades.iter().any(|known| known == *name || known == "*");
    match (wanted.first(), wanted.iter().find(known)) {
        (None, _) => Ok(None),
        (_, Some(name)) => Ok(Some(name.clone())),
        (Some(name), None) => Err((format!("the upgrade to {name} is not passed on"), StatusCode::FORBIDDEN)),
    }
}

/// Say which methods are passed on (RFC 9110 section 15.5.6).
fn with_methods(mut response: Response<Answer>) -> Response<Answer> {
    let methods = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    response.headers_mut().insert(ALLOW, methods);
    response
}

/// What was read of a body, its trailers, and what is left of it.
type Begun = (Start, Option<HeaderMap>, Option<Incoming>);

/// Read the start of a body.
async fn start(mut body: Incoming, most: usize, patience: Duration) -> Result<Begun, StatusCode> {
    if body.is_end_stream() {
        return Ok((Start { bytes: Bytes::new(), whole: true }, None, None));
    }
    let (begun, mut bytes) = (Instant::now(), BytesMut::new());
    while bytes.len() < most {
        if is_slow(begun, bytes.len() as u64) {
            return Err(StatusCode::REQUEST_TIMEOUT);
        }
        let frame = tokio::time::timeout(patience, body.frame()).await.map_err(|_| StatusCode::REQUEST_TIMEOUT)?;
        match frame {
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => bytes.extend_from_slice(&data),
                Err(frame) => {
                    let trailers = frame.into_trailers().ok();
                    return Ok((Start { bytes: bytes.freeze(), whole: true }, trailers, None));
                }
            },
            Some(Err(_)) => return Err(StatusCode::BAD_REQUEST),
            None => return Ok((Start { bytes: bytes.freeze(), whole: true }, None, None)),
        }
    }
    let whole = body.is_end_stream();
    Ok((Start { bytes: bytes.freeze(), whole }, None, Some(body)))
}

/// Answer a request whose body is ambiguous, malformed or late.
pub(crate) fn broken_body(
    about: &About<'_>,
    version: Version,
    thread: &Thread,
    status: StatusCode,
) -> Response<Answer> {
    if let Some(name) = about.connection.ambiguity() {
        let found = Found::new(Cause::Ambiguous, name, true);
        return last(refuse(found, about, thread, StatusCode::BAD_REQUEST), version);
    }
    let late = status == StatusCode::REQUEST_TIMEOUT;
    thread.shared.counts.add(if late { Count::LateBodies } else { Count::BadRequests });
    last(plain(status, "the body of the request is not complete\n".to_owned()), version)
}

/// How the upstreams are, for whoever checks this proxy.
fn health(thread: &Thread) -> Response<Answer> {
    let standing: Vec<_> = thread.shared.upstreams.all.iter().map(|upstream| upstream.standing()).collect();
    let up = standing.iter().filter(|each| each.up).count();
    let status = if up > 0 && !thread.shared.drains() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    plain(status, format!("{up} of {} upstreams are up\n", standing.len()))
}
