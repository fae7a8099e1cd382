//! Both sides of a WebSocket, heard whole, byte by byte, with gaps, and with frames that no endpoint should send.

use super::*;
use crate::health::Ledger;
use crate::limits::Limits;
use crate::protocols::Protocols;
use crate::records::{Collector, Wanted};

const MASK: [u8; 4] = *b"mask";
const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const CLIENT: Side = Side::Requests;
const SERVER: Side = Side::Responses;

/// Hears a WebSocket; each call is a millisecond later.
struct Ear {
    ledger: Ledger,
    limits: Limits,
    out: Collector,
    socket: WebSocket,
    time: f64,
}

impl Ear {
    fn new(extensions: Extensions) -> Self {
        let limits = Limits::default();
        let (ledger, out) = (Ledger::new(1 << 20), Collector::new(&limits, Wanted::default()));
        Self { ledger, limits, out, socket: WebSocket::new(extensions), time: 1000.0 }
    }

    fn hear(&mut self, side: Side, data: &[u8]) -> bool {
        self.time += 0.001;
        let Self { ledger, limits, out, socket, time } = self;
        let protocols = Protocols::default();
        socket.data(
            &mut Context { ledger, limits, protocols, out, lookups: &mut None, keys: &mut None },
            side,
            data,
            *time,
        )
    }

    fn miss(&mut self, side: Side, size: u64) {
        let Self { ledger, limits, out, socket, .. } = self;
        let protocols = Protocols::default();
        socket.gap(&mut Context { ledger, limits, protocols, out, lookups: &mut None, keys: &mut None }, side, size);
    }

    /// Return the exchange of a request at 1000 s whose connection was closed now.
    fn exchange(&self) -> Exchange {
        let mut exchange = Exchange {
            time: self.time,
            status: Some(101),
            request_bytes: 0,
            response_bytes: 0,
            response_time: Some(0.1),
            total_time: None,
            content_type: String::new(),
            headers: String::new(),
            missing_bytes: 0,
            ending: Ending::Closed,
            answered: Some(1000.1),
            oddities: Vec::new(),
            response_oddities: 0,
            details: None,
        };
        self.socket.describe(&mut exchange, Some(1000.0));
        exchange
    }

    fn details(&self) -> Details {
        *self.exchange().details.unwrap()
    }

    /// Return the messages of both sides, and the bytes of both sides.
    fn counts(&self) -> [u64; 4] {
        let (details, exchange) = (self.details(), self.exchange());
        [details.request_messages, details.response_messages, exchange.request_bytes, exchange.response_bytes]
    }

    fn closed(&self) -> (Option<u16>, String) {
        let details = self.details();
        (details.close_code, details.close_reason)
    }

    fn odd(&self) -> Vec<&'static str> {
        self.exchange().oddities
    }
}

/// Build a frame.
fn frame(first: u8, payload: &[u8], mask: Option<[u8; 4]>) -> Vec<u8> {
    let bit = if mask.is_some() { 0x80 } else { 0 };
    let mut made = vec![first];
    match payload.len() {
        size @ ..126 => made.push(bit | size as u8),
        size @ ..65536 => {
            made.push(bit | 126);
            made.extend((size as u16).to_be_bytes());
        }
        size => {
            made.push(bit | 127);
            made.extend((size as u64).to_be_bytes());
        }
    }
    made.extend(mask.into_iter().flatten());
    let key = mask.unwrap_or_default();
    made.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    made
}

fn asked(first: u8, payload: &[u8]) -> Vec<u8> {
    frame(first, payload, Some(MASK))
}

fn told(first: u8, payload: &[u8]) -> Vec<u8> {
    frame(first, payload, None)
}

#[test]
fn messages_are_counted_however_the_bytes_are_split() {
    let client =
        [asked(TEXT, b"hello"), asked(0x82, &[7; 300]), asked(PING, b"?"), asked(CLOSE, b"\x03\xe8bye")].concat();
    let server = [told(TEXT, b""), told(0x82, &[7; 70_000]), told(0x8A, b"?"), told(CLOSE, b"\x03\xe8")].concat();
    for size in [1, 2, 3, 7, 100, 1460, 1 << 20] {
        let mut ear = Ear::new(Extensions::Absent);
        assert!(client.chunks(size).all(|part| !ear.hear(CLIENT, part)));
        let closed: Vec<bool> = server.chunks(size).map(|part| ear.hear(SERVER, part)).collect();
        assert_eq!(closed.iter().filter(|closed| **closed).count(), 1);
        assert_eq!(closed.last(), Some(&true));
        assert_eq!(ear.counts(), [2, 2, 305, 70_000]);
        assert_eq!((ear.closed(), ear.odd()), ((Some(1000), "bye".to_owned()), vec![]));
    }
}

#[test]
fn control_frames_may_come_between_the_fragments_of_a_message() {
    let mut ear = Ear::new(Extensions::Deflate);
    ear.hear(SERVER, &[told(0x41, b"ab"), told(PING, b""), told(0x00, b"cd")].concat());
    assert_eq!(ear.counts(), [0, 0, 0, 4]);
    ear.hear(SERVER, &told(0x80, b"ef"));
    assert_eq!((ear.counts(), ear.odd()), ([0, 1, 0, 6], vec![]));
}

#[test]
fn a_frame_counts_once_it_is_complete() {
    let mut ear = Ear::new(Extensions::Absent);
    let frames = [told(0x01, b"ab"), told(PING, b"cd"), told(0x80, b"ef")].concat();
    let found: Vec<_> = frames
        .iter()
        .map(|byte| {
            ear.hear(SERVER, &[*byte]);
            let details = ear.details();
            (details.control_frames, details.fragments, details.response_messages)
        })
        .collect();
    assert_eq!(found, [vec![(0, 0, 0); 7], vec![(1, 0, 0); 4], vec![(1, 1, 1)]].concat());
}

#[test]
fn the_first_message_of_the_server_has_a_time() {
    let mut ear = Ear::new(Extensions::Absent);
    ear.hear(CLIENT, &asked(TEXT, b"a"));
    ear.hear(SERVER, &told(PING, b""));
    assert_eq!(ear.details().first_message_time, None);
    ear.hear(SERVER, &told(TEXT, b"b"));
    ear.hear(SERVER, &told(TEXT, b"c"));
    let span = |seconds: Option<f64>| (seconds.unwrap() * 1000.0).round();
    assert_eq!((span(ear.details().first_message_time), span(ear.exchange().total_time)), (3.0, 4.0));
}

#[test]
fn a_gap_inside_a_payload_hides_no_frame() {
    let mut ear = Ear::new(Extensions::Absent);
    ear.hear(SERVER, &told(TEXT, &[b'a'; 1000])[..104]);
    ear.miss(SERVER, 900);
    ear.hear(SERVER, &told(TEXT, b"b"));
    assert_eq!((ear.counts(), ear.exchange().missing_bytes), ([0, 2, 0, 1001], 900));
    assert_eq!((ear.exchange().ending, ear.details().first_message_time), (Ending::Closed, None));
}

#[test]
fn after_any_other_gap_only_bytes_are_counted() {
    for (before, gap) in [(4 + 100, 901), (4 + 1000, 1), (1, 5), (100, 0)] {
        let mut ear = Ear::new(Extensions::Absent);
        ear.hear(SERVER, &told(TEXT, &[b'a'; 1000])[..before]);
        ear.miss(SERVER, gap);
        ear.hear(SERVER, &told(TEXT, b"bcd"));
        ear.hear(CLIENT, &asked(TEXT, b"still read"));
        assert_eq!(ear.counts()[..2], [1, u64::from(before == 1004)]);
        assert_eq!((ear.exchange().ending, ear.closed()), (Ending::Gap, (None, String::new())));
        assert_eq!(ear.exchange().total_time, None);
    }
}

#[test]
fn a_close_frame_with_missing_bytes_has_the_rest() {
    let mut ear = Ear::new(Extensions::Absent);
    ear.hear(SERVER, &told(CLOSE, b"\x0f\xa1going away")[..9]);
    ear.miss(SERVER, 5);
    assert_eq!(ear.closed(), (Some(4001), "going".to_owned()));
}

#[test]
fn the_side_that_closes_first_says_why() {
    let mut ear = Ear::new(Extensions::Absent);
    assert_eq!(ear.closed().0, Some(NO_CLOSE));
    ear.hear(SERVER, &told(CLOSE, b"\x03\xe9restart"));
    ear.hear(CLIENT, &asked(CLOSE, b"\x03\xe8"));
    assert_eq!(ear.closed(), (Some(1001), "restart".to_owned()));
}

#[test]
fn strange_frames_are_named_and_read() {
    for (side, bytes, oddity) in [
        (CLIENT, told(TEXT, b"a"), "WebSocket client without mask"),
        (SERVER, asked(TEXT, b"a"), "WebSocket server with mask"),
        (SERVER, [b"\x81\x7e\x00\x01a".as_slice()].concat(), "WebSocket length not minimal"),
        (SERVER, [told(0x01, b""), told(TEXT, b"a")].concat(), "WebSocket message within another"),
        (SERVER, [told(0x80, b""), told(TEXT, b"a")].concat(), "WebSocket fragment without a message"),
        (SERVER, [told(0x09, b""), told(TEXT, b"a")].concat(), "WebSocket control frame in fragments"),
        (SERVER, [told(PING, &[0; 126]), told(TEXT, b"a")].concat(), "WebSocket control frame too long"),
        (SERVER, [told(TEXT, b""), told(CLOSE, b"\x03")].concat(), "bad WebSocket close"),
        (SERVER, [told(TEXT, b""), told(CLOSE, b""), told(TEXT, b"")].concat(), "bytes after a WebSocket close"),
    ] {
        let mut ear = Ear::new(Extensions::Absent);
        ear.hear(side, &bytes);
        assert_eq!((ear.odd(), ear.counts()[..2].iter().sum()), (vec![oddity], 1));
    }
}

#[test]
fn nothing_is_read_behind_a_frame_that_no_endpoint_accepts() {
    for (extensions, bytes) in [
        (Extensions::Absent, told(0x83, b"a")),
        (Extensions::Absent, told(0xC1, b"a")),
        (Extensions::Deflate, told(0xA1, b"a")),
        (Extensions::Deflate, [told(0x41, b"a"), told(0xC0, b"b")].concat()),
        (Extensions::Deflate, told(0xC9, b"a")),
        (Extensions::Other, [b"\x82\x7f\x80\0\0\0\0\0\0\0".as_slice(), b"abc"].concat()),
        (Extensions::Absent, b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()),
    ] {
        let mut ear = Ear::new(extensions);
        ear.hear(SERVER, &bytes);
        ear.hear(SERVER, &told(TEXT, b"b"));
        ear.hear(CLIENT, b"SSH");
        assert_eq!((ear.odd(), ear.counts()[1]), (vec!["bad WebSocket frame"], 0));
        assert_eq!(ear.ledger.health.unreadable["WebSocket"], 1);
    }
    let mut ear = Ear::new(Extensions::Other);
    ear.hear(SERVER, &told(0xF1, b"a"));
    assert_eq!((ear.odd(), ear.counts()[1]), (vec![], 1));
}
