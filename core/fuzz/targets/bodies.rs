//! What travels inside HTTP/1: a connection that has become a WebSocket, or has a body that is read, and then segments
//! as in the target `streams`. The second byte selects what the connection carries.
#![no_main]

const OPENING: &[u8] = b"GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n";
const SWITCHING: &[u8] = b"HTTP/1.1 101 S\r\nUpgrade: websocket\r\n\r\n";
const COMPRESSED: &[u8] =
    b"HTTP/1.1 101 S\r\nUpgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
const ASKED: &[u8] = b"GET /events HTTP/1.1\r\nHost: a\r\n\r\n";
const EVENTS: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
const CHUNKED_EVENTS: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
const JSON: &[u8] = b"POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 2000\r\n\r\n";
const GRAPHQL: &[u8] = b"POST / HTTP/1.1\r\nContent-Type: application/graphql\r\nContent-Length: 999\r\n\r\n";
const SOAP: &[u8] = b"POST / HTTP/1.1\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n500\r\n";
const MULTIPART: &[u8] =
    b"POST / HTTP/1.1\r\nContent-Type: multipart/related; type=text/xml\r\nContent-Length: 2000\r\n\r\n";

/// What each side says first.
const BEGINNINGS: [[&[u8]; 2]; 8] = [
    [OPENING, SWITCHING],
    [OPENING, COMPRESSED],
    [ASKED, EVENTS],
    [ASKED, CHUNKED_EVENTS],
    [JSON, b""],
    [GRAPHQL, b""],
    [SOAP, b""],
    [MULTIPART, b""],
];

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((&[choice, carries], rest)) = data.split_first_chunk::<2>() else {
        return;
    };
    let mut input = vec![choice | fuzz::ALL_PROTOCOLS, 0];
    for (side, said) in BEGINNINGS[usize::from(carries) % BEGINNINGS.len()].iter().enumerate() {
        if !said.is_empty() {
            input.extend([side as u8, 0, 0, said.len() as u8]);
            input.extend(*said);
        }
    }
    input.extend(rest);
    fuzz::play(&input, fuzz::talk::steps(&input).into_iter());
});
