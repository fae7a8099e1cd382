//! Names requests that other parsers may understand differently: request smuggling (RFC 9112 section 11.2).
//!
//! It is the decoder of the monitor itself, fed before the proxy parses the same bytes: what it counts as an oddity of a
//! request's head or framing is refused, so what is on the screen and what is refused have the same names.

use std::collections::HashMap;
use std::net::{Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wire::decoder::Decoder;
use wire::limits::Limits;
use wire::ports::Ports;
use wire::protocols::Protocols;
use wire::records::Wanted;

use crate::ring::now;
use crate::segments::{Segments, Side};

/// Oddities of `docs/oddities.md` after which a request has more than one meaning.
pub const AMBIGUOUS: &[&str] = &[
    "conflicting Content-Length",
    "Content-Length with Transfer-Encoding",
    "bad Content-Length",
    "Transfer-Encoding without chunked",
    "identity transfer coding",
    "chunked is not the last transfer coding",
    "repeated Content-Length",
    "repeated Transfer-Encoding",
    "unknown transfer coding",
    "unusual spelling of chunked",
    "chunked in HTTP/1.0",
    "leading zeros in a chunk size",
    "spaces after a chunk size",
    "bad white space around a chunk size",
    "malformed chunk extension",
    "bare LF in chunked framing",
    "bad trailer field",
    "bad chunk size",
    "bad chunk end",
    "chunk line or trailer too long",
    "bare CR in a head",
    "bare LF in a head",
    "mixed line ends in a head",
    "control character in a head",
    "white space before a colon",
    "bad field name",
    "folded field line",
    "field of bodies in a folded line",
    "line of white space in a head",
    "unusual HTTP version",
    "malformed request line",
    "Host differs from the target",
    "multiple Host fields",
    "head too long",
    "too many header fields",
    "not an HTTP message",
];

/// Connections so far.
static CONNECTIONS: AtomicU64 = AtomicU64::new(1);
/// The addresses of clients under a guard: unique local ones (RFC 4193), which nobody sees.
const CLIENTS: u128 = 0xfd << 120;
/// Records that are thrown away at a time.
const MANY: usize = 1000;
const RAW: u32 = 101;

/// Watches the clients' HTTP/1 connections of one thread.
#[derive(Debug)]
pub(crate) struct Guard {
    decoder: Decoder,
    known: HashMap<String, u64>,
    total: u64,
    allowed: Vec<String>,
}

impl Guard {
    /// Create a guard of all ports; oddities in `allowed` are let pass.
    pub(crate) fn new(allowed: &[String]) -> Self {
        let limits = Limits { waiting_records: 2 * MANY, gap_timeout: 0.1, ..Limits::default() };
        let (ports, wanted) = (Ports::new(&[1; 1 << 16]), Wanted::default());
        let decoder = Decoder::new(ports, limits, None, wanted, Protocols::default());
        Self { decoder, known: HashMap::new(), total: 0, allowed: allowed.to_vec() }
    }

    /// Take a frame of a connection; return why its request is ambiguous, if it is.
    pub(crate) fn feed(&mut self, now: f64, frame: &[u8]) -> Option<String> {
        // A fault of the decoder costs the connection, as in the monitor.
        if wire::fault::feed(&mut self.decoder, now, RAW, frame).is_some() {
            return Some("not decodable".to_owned());
        }
        if self.decoder.waiting() > MANY {
            drop(self.decoder.take());
        }
        let oddities = &self.decoder.health().oddities;
        let total = oddities.values().sum();
        if total == self.total {
            return None;
        }
        self.total = total;
        let mut found = None;
        for (name, times) in oddities {
            let before = self.known.insert(name.clone(), *times).unwrap_or_default();
            if *times > before && AMBIGUOUS.contains(&name.as_str()) && !self.allowed.contains(name) {
                found = Some(name.clone());
            }
        }
        found
    }
}

/// One connection under a guard.
#[derive(Debug)]
pub(crate) struct Watched {
    guard: Arc<Mutex<Guard>>,
    segments: Segments,
}

impl Watched {
    /// Begin; its ends are made up, so that no other connection is ever taken for it, whatever ports clients use again.
    pub(crate) fn begin(guard: &Arc<Mutex<Guard>>) -> Self {
        let number = CONNECTIONS.fetch_add(1, Ordering::Relaxed);
        let client = Ipv6Addr::from(CLIENTS | u128::from(number));
        let ends =
            [(client, 1), (Ipv6Addr::LOCALHOST, 80)].map(|(address, port)| SocketAddr::new(address.into(), port));
        let [client, server] = ends;
        let segments = Segments::begin(client, server, |frame| drop(lock(guard).feed(now(), frame)));
        Self { guard: Arc::clone(guard), segments }
    }

    /// Take bytes of one side; return why its request is ambiguous, if it is.
    pub(crate) fn say(&mut self, side: Side, data: &[u8]) -> Option<String> {
        let (mut guard, time, mut found) = (lock(&self.guard), now(), None);
        self.segments.say(side, data, |frame| {
            let named = guard.feed(time, frame);
            found = found.take().or(named);
        });
        found
    }

    /// Learn that one side sends no more; return why its request is ambiguous, if it is.
    pub(crate) fn finish(&mut self, side: Side) -> Option<String> {
        let (mut guard, mut found) = (lock(&self.guard), None);
        self.segments.finish(side, |frame| found = guard.feed(now(), frame));
        found
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let mut guard = lock(&self.guard);
        self.segments.reset(|frame| drop(guard.feed(now(), frame)));
    }
}

fn lock(guard: &Mutex<Guard>) -> MutexGuard<'_, Guard> {
    guard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(request: &[u8], allowed: &[String]) -> Option<String> {
        Watched::begin(&Arc::new(Mutex::new(Guard::new(allowed)))).say(Side::Client, request)
    }

    #[test]
    fn a_connection_is_never_taken_for_another() {
        let guard = Arc::new(Mutex::new(Guard::new(&[])));
        let twice = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n";
        for _ in 0..3 {
            let long = [&b"GET /"[..], &[b'a'; 300], b" HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
            assert_eq!(Watched::begin(&guard).say(Side::Client, &long), None);
            assert_eq!(Watched::begin(&guard).say(Side::Client, twice).as_deref(), Some("repeated Content-Length"));
        }
    }

    #[test]
    fn smuggling_is_named() {
        for (request, name) in [
            (&b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..], None),
            (
                b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                Some("Content-Length with Transfer-Encoding"),
            ),
            (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", Some("white space before a colon")),
            (b"GET / HTTP/1.1\nHost: a\n\n", Some("bare LF in a head")),
            (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", Some("bad chunk size")),
        ] {
            assert_eq!(named(request, &[]).as_deref(), name, "{}", request.escape_ascii());
        }
    }

    #[test]
    fn what_is_allowed_passes() {
        assert_eq!(named(b"GET / HTTP/1.1\nHost: a\n\n", &["bare LF in a head".to_owned()]), None);
    }
}
