//! Header fields on the way from one side to the other (RFC 9110 section 7.6).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{
    CONNECTION, CONTENT_LENGTH, COOKIE, EXPECT, HOST, HeaderName, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION,
    TE, TRAILER, TRANSFER_ENCODING, UPGRADE, VIA,
};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Uri, Version};

use crate::connection::Connection;

/// Our name in the field Via.
const PSEUDONYM: &str = "http-monitor";
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");
const HTTP2_SETTINGS: HeaderName = HeaderName::from_static("http2-settings");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED: HeaderName = HeaderName::from_static("forwarded");
/// RFC 9440: the verified certificate of the client.
const CLIENT_CERT: HeaderName = HeaderName::from_static("client-cert");
const CLIENT_CERT_CHAIN: HeaderName = HeaderName::from_static("client-cert-chain");

/// Fields for one connection, besides those that Connection names.
const HOPS: [HeaderName; 9] = [
    CONNECTION,
    KEEP_ALIVE,
    PROXY_CONNECTION,
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRANSFER_ENCODING,
    HTTP2_SETTINGS,
    UPGRADE,
];

/// The fields that tell upstreams about the client.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told {
    /// X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host.
    pub x_forwarded: bool,
    /// Forwarded (RFC 7239).
    pub forwarded: bool,
}

/// Return the names of the protocols that a request wants to switch to, in lower case, without `h2c`: it is answered as
/// if it had not asked for that (RFC 9113 section 3.1 has given it up).
pub(crate) fn upgrades(headers: &HeaderMap) -> Vec<String> {
    if !headers.contains_key(UPGRADE) || !names(headers, &CONNECTION).any(|name| name.eq_ignore_ascii_case("upgrade")) {
        return Vec::new();
    }
    names(headers, &UPGRADE).map(str::to_ascii_lowercase).filter(|name| name != "h2c").collect()
}

/// Return whether a request has been here before.
pub(crate) fn loops(headers: &HeaderMap, via: &Via) -> bool {
    headers.contains_key(VIA) && names(headers, &VIA).any(|hop| hop.split(' ').any(|word| word == via.name))
}

/// Why a request has no clear meaning for the next server, though it is well-formed in its own version of HTTP.
pub(crate) fn ambiguity(parts: &Parts) -> Option<&'static str> {
    if parts.version == Version::HTTP_2 {
        return ambiguity_of_http2(parts);
    }
    let nameless = parts.version == Version::HTTP_11 && host(parts).is_empty();
    nameless.then_some("no Host field") // RFC 9112 section 3.2
}

/// What HTTP/2 forbids (RFC 9113 section 8), or HTTP/1 would understand differently.
fn ambiguity_of_http2(parts: &Parts) -> Option<&'static str> {
    let headers = &parts.headers;
    let authority = parts.uri.authority().map(hyper::http::uri::Authority::as_str);
    let mut hosts = headers.get_all(HOST).iter().map(HeaderValue::as_bytes);
    let white = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    if host(parts).is_empty() {
        Some("no Host field")
    } else if authority.is_some_and(|name| name.contains('@')) {
        Some("user information in the authority")
    } else if hosts.any(|host| authority.is_some_and(|name| !name.as_bytes().eq_ignore_ascii_case(host)))
        || headers.get_all(HOST).iter().count() > 1
    {
        Some("Host differs from the target")
    } else if headers.get_all(CONTENT_LENGTH).iter().count() > 1 {
        Some("repeated Content-Length")
    } else if headers.values().map(HeaderValue::as_bytes).any(|value| white(value.first()) || white(value.last())) {
        Some("white space around a value")
    } else {
        None
    }
}

/// Join what HTTP/2 may split (RFC 9113 section 8.2.3).
fn join_cookies(headers: &mut HeaderMap) {
    let cookies: Vec<&[u8]> = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if cookies.len() > 1
        && let Ok(joined) = HeaderValue::from_bytes(&cookies.join(&b"; "[..]))
    {
        headers.insert(COOKIE, joined);
    }
}

/// How requests are marked that went through here (RFC 9110 section 7.6.3).
#[derive(Debug)]
pub(crate) struct Via {
    name: String,
    values: [Option<HeaderValue>; 3],
}

impl Via {
    /// `secret` tells this proxy from others of its kind.
    pub(crate) fn new(secret: &str) -> Self {
        let name = format!("{PSEUDONYM}-{secret}");
        let values = ["1.0", "1.1", "2.0"].map(|version| HeaderValue::from_str(&format!("{version} {name}")).ok());
        Self { name, values }
    }

    fn value(&self, version: Version) -> Option<&HeaderValue> {
        let [old, usual, new] = &self.values;
        match version {
            Version::HTTP_09 | Version::HTTP_10 => old.as_ref(),
            Version::HTTP_2 => new.as_ref(),
            _ => usual.as_ref(),
        }
    }
}

/// Make a request what its upstream should get.
///
/// `believed` says whether the peer may name the client; `upgrade` is the protocol that it may switch to.
pub(crate) fn prepare(
    parts: &mut Parts,
    connection: &Connection,
    (told, believed): (Told, bool),
    via: &Via,
    upgrade: Option<&str>,
) {
    // We ask for the body ourselves, and only we know the client's certificate.
    let ours: &[HeaderName] = &[EXPECT, CLIENT_CERT, CLIENT_CERT_CHAIN];
    let clients: &[HeaderName] = &[X_FORWARDED_FOR, X_FORWARDED_PROTO, X_FORWARDED_HOST, FORWARDED];
    drop_hops(&mut parts.headers, upgrade, |name| ours.contains(name) || (!believed && clients.contains(name)));
    if let Some(authority) = parts.uri.authority()
        && let Ok(host) = HeaderValue::from_str(authority.as_str())
    {
        parts.headers.insert(HOST, host);
    } else if !parts.headers.contains_key(HOST) {
        set(&mut parts.headers, HOST, &connection.server.to_string()); // of HTTP/1.0
    }
    if parts.version == Version::HTTP_2 {
        join_cookies(&mut parts.headers);
    }
    tell_client(&mut parts.headers, connection, told);
    if let Some(via) = via.value(parts.version) {
        parts.headers.append(VIA, via.clone());
    }
    if parts.uri.authority().is_some() && parts.method != Method::CONNECT {
        let target = parts.uri.path_and_query().cloned();
        parts.uri = target.map_or_else(Uri::default, Uri::from);
    }
    parts.version = Version::HTTP_11;
}

/// The host that a request is for: of its target, otherwise of the field Host (RFC 9112 section 3.2.2).
pub(crate) fn host(parts: &Parts) -> &str {
    let named = || parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    parts.uri.authority().map(hyper::http::uri::Authority::as_str).or_else(named).unwrap_or_default()
}

/// Remove the fields that are for one connection only (RFC 9110 section 7.6.1) and those that are `unwanted`, and keep the
/// others in their order. A Content-Length beside a transfer coding goes too (RFC 9112 section 6.3).
pub(crate) fn drop_hops(headers: &mut HeaderMap, upgrade: Option<&str>, unwanted: impl Fn(&HeaderName) -> bool) {
    let named: Vec<String> = names(headers, &CONNECTION).map(str::to_ascii_lowercase).collect();
    let trailers = names(headers, &TE).any(|coding| coding.eq_ignore_ascii_case("trailers"));
    let coded = headers.contains_key(TRANSFER_ENCODING);
    let goes = |name: &HeaderName| {
        HOPS.contains(name)
            || (coded && *name == CONTENT_LENGTH)
            || (named.iter().any(|hop| hop == name.as_str()) && !is_needed(name.as_str()))
            || unwanted(name)
    };
    if headers.keys().filter(|name| goes(name)).count() == 1
        && let Some(last) = headers.keys().last().filter(|name| goes(name)).cloned()
    {
        headers.remove(last); // usually Connection: the others stay where they are
    } else if headers.keys().any(goes) {
        let all = std::mem::take(headers);
        let mut last = None;
        for (name, value) in all {
            last = name.or(last);
            if let Some(name) = last.clone().filter(|name| !goes(name)) {
                headers.append(name, value);
            }
        }
    }
    if trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
    if let Some(protocol) = upgrade {
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        set(headers, UPGRADE, protocol);
    }
}

/// Fields that no `Connection` may take away from a message: it would change what the message is.
fn is_needed(name: &str) -> bool {
    ["host", "content-length", "content-type", "authorization", "cookie", "te"]
        .iter()
        .any(|needed| name.eq_ignore_ascii_case(needed))
        || name.to_ascii_lowercase().starts_with("x-forwarded-")
}

fn tell_client(headers: &mut HeaderMap, connection: &Connection, told: Told) {
    let scheme = HeaderValue::from_static(if connection.tls.get().is_some() { "https" } else { "http" });
    if let Some(certificate) = connection.tls.get().and_then(|tls| tls.certificate.as_ref()) {
        set(headers, CLIENT_CERT, &format!(":{}:", STANDARD.encode(certificate)));
    }
    if told.forwarded {
        let list = format!("{}{}", listed(headers, &FORWARDED), node(connection, &scheme, headers.get(HOST)));
        set(headers, FORWARDED, &list);
    }
    if !told.x_forwarded {
        return;
    }
    if let Some(shown) = connection.shown.as_ref() {
        if headers.contains_key(X_FORWARDED_FOR) {
            let list = format!("{}{}", listed(headers, &X_FORWARDED_FOR), shown.to_str().unwrap_or_default());
            set(headers, X_FORWARDED_FOR, &list);
        } else {
            headers.insert(X_FORWARDED_FOR, shown.clone());
        }
    }
    if !headers.contains_key(X_FORWARDED_PROTO) {
        headers.insert(X_FORWARDED_PROTO, scheme);
    }
    if !headers.contains_key(X_FORWARDED_HOST)
        && let Some(host) = headers.get(HOST).cloned()
    {
        headers.insert(X_FORWARDED_HOST, host);
    }
}

/// The list of a field so far, ready for one more; empty if there is none.
fn listed(headers: &HeaderMap, name: &HeaderName) -> String {
    let values: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    if values.is_empty() { String::new() } else { format!("{}, ", values.join(", ")) }
}

/// An element of Forwarded (RFC 7239 section 4).
fn node(connection: &Connection, scheme: &HeaderValue, host: Option<&HeaderValue>) -> String {
    let peer = connection.client.ip().to_canonical();
    let node = if peer.is_ipv6() { format!("\"[{peer}]\"") } else { peer.to_string() };
    let host = host.and_then(|host| host.to_str().ok());
    let quoted = host.map(|host| format!(";host=\"{}\"", host.replace(['"', '\\'], ""))).unwrap_or_default();
    format!("for={node};proto={}{quoted}", scheme.to_str().unwrap_or_default())
}

fn set(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}

/// The members of a list in a field.
fn names<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).filter(|member| !member.is_empty())
}

/// Make a response what its client should get; `upgrade` is the protocol that it switches to.
pub(crate) fn prepare_response(headers: &mut HeaderMap, upgrade: Option<&str>, version: Version) {
    drop_hops(headers, upgrade, |_| false);
    if version == Version::HTTP_2 {
        headers.remove(TRAILER);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        fields.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn fields_of_one_connection_are_removed_and_the_others_keep_their_order() {
        let mut headers = map(&[
            ("connection", "close, x-mine, Content-Length"),
            ("x-mine", "1"),
            ("content-length", "3"),
            ("keep-alive", "5"),
            ("x-first", "1"),
            ("te", "gzip, trailers"),
            ("upgrade", "h2c"),
            ("x-other", "2"),
            ("x-last", "3"),
        ]);
        drop_hops(&mut headers, None, |name| name == "x-other");
        let left: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(left, ["content-length", "x-first", "x-last", "te"]);
        assert_eq!(headers.get(TE).map(HeaderValue::as_bytes), Some(&b"trailers"[..]));
    }

    #[test]
    fn a_content_length_beside_a_transfer_coding_goes() {
        let mut headers = map(&[("content-length", "3"), ("transfer-encoding", "chunked")]);
        drop_hops(&mut headers, None, |_| false);
        assert!(headers.is_empty());
    }

    #[test]
    fn an_upgrade_must_be_named_by_connection() {
        let wanted = |fields| upgrades(&map(fields));
        assert_eq!(wanted(&[("upgrade", "WebSocket, h2c"), ("connection", "keep-alive, Upgrade")]), ["websocket"]);
        assert!(wanted(&[("upgrade", "websocket")]).is_empty());
    }
}
