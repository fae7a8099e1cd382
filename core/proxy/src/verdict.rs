//! What is decided about a request before it is passed on, in the order of cost.

use std::net::IpAddr;
use std::time::Instant;

use bytes::Bytes;
use hyper::Version;
use hyper::header::HOST;
use hyper::http::request::Parts;
use prefilter::Exchange;

use crate::connection::Connection;
use crate::counts::Count;
use crate::refusal::{Cause, Refusal};
use crate::ring::now;
use crate::routes::{Mode, Route};
use crate::serve::Thread;
use crate::server::Shared;
use crate::spop::{Value, fields};

/// A request before a verdict.
pub(crate) struct Asked<'a> {
    pub(crate) parts: &'a Parts,
    pub(crate) about: About<'a>,
}

/// What the user is told of a request.
#[derive(Clone, Copy)]
pub(crate) struct About<'a> {
    pub(crate) connection: &'a Connection,
    /// Whose request it is.
    pub(crate) client: IpAddr,
    pub(crate) host: &'a str,
    pub(crate) method: &'a str,
    /// Path and query.
    pub(crate) target: &'a str,
}

/// The start of a body.
#[derive(Debug, Default)]
pub(crate) struct Start {
    pub(crate) bytes: Bytes,
    pub(crate) whole: bool,
}

/// A finding about a request.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) cause: Cause,
    pub(crate) reason: String,
    pub(crate) rules: String,
    pub(crate) score: u64,
    pub(crate) refused: bool,
}

impl Found {
    pub(crate) fn new(cause: Cause, reason: String, refused: bool) -> Self {
        Self { cause, reason, rules: String::new(), score: 0, refused }
    }

    /// Tell the user, and return the request's number.
    pub(crate) fn tell(self, about: &About<'_>, shared: &Shared) -> String {
        let id = shared.ids.next();
        let mut client = about.connection.client;
        client.set_ip(about.client);
        let refusal = Refusal {
            time: now(),
            id: id.clone(),
            client,
            server: about.connection.server,
            host: about.host.to_owned(),
            method: about.method.to_owned(),
            target: about.target.to_owned(),
            cause: self.cause,
            reason: self.reason,
            rules: self.rules,
            score: self.score,
            refused: self.refused,
        };
        shared.refusals.add(refusal, &shared.counts);
        id
    }
}

/// Decide by who asks.
pub(crate) fn by_client(asked: &Asked<'_>, route: Option<&Route>, thread: &Thread) -> Option<Found> {
    let shared = &thread.shared;
    let blocked = shared.blocked.load();
    if let Some(entry) = blocked.entry(asked.about.client) {
        return Some(Found::new(Cause::Blocked, entry.reason.clone(), entry.enforced));
    }
    if !shared.clients.request(asked.about.client, Instant::now()) {
        let refused = route.is_none_or(|route| route.mode != Mode::Shadow);
        return Some(Found::new(Cause::Limit, "more requests than one client may make".to_owned(), refused));
    }
    None
}

/// Decide by what is asked: the rules of the agent, unless none can match.
pub(crate) async fn by_content(asked: &Asked<'_>, body: &Start, route: &Route, thread: &Thread) -> Option<Found> {
    let agent = thread.agent.as_ref()?;
    let head = head(asked.parts, asked.about.host);
    let is_new = thread.shared.settings.asks_about_new && thread.is_new(asked.about.client);
    let prefilter = thread.shared.prefilter.load();
    if let Some(prefilter) = prefilter.as_ref().filter(|_| !is_new) {
        let exchange =
            Exchange { request_head: &head, request_body: &body.bytes, response_head: b"", response_body: b"" };
        if !prefilter.may_match(&exchange) {
            return None;
        }
    }
    let room = agent.room(head.len() * 2);
    let sent = body.bytes.get(..room.min(body.bytes.len())).unwrap_or_default();
    let values = values(asked, sent, body.whole && sent.len() == body.bytes.len());
    match agent.ask(&values, route.deadline).await {
        Some(variables) => verdict(&variables, route, thread),
        None => Some(undecided(route, thread, "no verdict in time".to_owned())),
    }
}

fn undecided(route: &Route, thread: &Thread, why: String) -> Found {
    thread.shared.counts.add(Count::Undecided);
    let refused = route.closed && route.mode == Mode::Enforce;
    Found::new(Cause::Undecided, why, refused)
}

fn verdict(variables: &[(Vec<u8>, Value)], route: &Route, thread: &Thread) -> Option<Found> {
    let of = |name: &str| variables.iter().find(|(known, _)| known == name.as_bytes()).map(|(_, value)| value);
    let flag = |name| of(name) == Some(&Value::Flag(true));
    let text = |name| match of(name) {
        Some(Value::Text(text) | Value::Bytes(text)) => String::from_utf8_lossy(text).into_owned(),
        _ => String::new(),
    };
    if of("inspected") == Some(&Value::Flag(false)) {
        return Some(undecided(route, thread, text("reason")));
    }
    let blocked = flag("blocked");
    (blocked || flag("would_block")).then(|| Found {
        cause: Cause::Verdict,
        reason: text("reason"),
        rules: text("rules"),
        score: match of("score") {
            Some(Value::Number(score)) => *score,
            _ => 0,
        },
        refused: blocked && route.mode == Mode::Enforce,
    })
}

fn values(asked: &Asked<'_>, body: &[u8], whole: bool) -> Vec<(&'static str, Value)> {
    let parts = asked.parts;
    let number = |number: u64| Value::Number(number);
    let declared = parts.headers.get("content-length").and_then(|value| value.to_str().ok()?.parse().ok());
    vec![
        ("client", Value::Address(asked.about.client)),
        ("client_port", number(asked.about.connection.client.port().into())),
        ("server", Value::Address(asked.about.connection.server.ip().to_canonical())),
        ("server_port", number(asked.about.connection.server.port().into())),
        ("method", Value::Text(parts.method.as_str().into())),
        ("target", Value::Text(target(parts).into())),
        ("version", Value::Text(version(parts.version).into())),
        ("headers", Value::Bytes(fields(all_fields(parts, asked.about.host)))),
        ("body", Value::Bytes(body.to_vec())),
        ("body_size", number(declared.unwrap_or(body.len() as u64 + u64::from(!whole)))),
    ]
}

/// The fields of a request, with Host, which HTTP/2 sends by another name.
fn all_fields<'a>(parts: &'a Parts, host: &'a str) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
    let added = (!parts.headers.contains_key(HOST) && !host.is_empty()).then_some((&b"host"[..], host.as_bytes()));
    added.into_iter().chain(parts.headers.iter().map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes())))
}

/// The head of a request as HTTP/1.1 would write it.
fn head(parts: &Parts, host: &str) -> Vec<u8> {
    let mut head = Vec::with_capacity(512);
    for part in [parts.method.as_str(), " ", target(parts), " HTTP/", version(parts.version), "\r\n"] {
        head.extend_from_slice(part.as_bytes());
    }
    for (name, value) in all_fields(parts, host) {
        for part in [name, b": ", value, b"\r\n"] {
            head.extend_from_slice(part);
        }
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// Path and query.
pub(crate) fn target(parts: &Parts) -> &str {
    parts.uri.path_and_query().map_or("/", hyper::http::uri::PathAndQuery::as_str)
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2.0",
        _ => "1.1",
    }
}
