//! HTTP/2 connections of frames whose heads fit their payloads, in segments as in the target `streams`. The second byte
//! selects how the connection starts.
#![no_main]

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
const SETTINGS: &[u8] = b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64";
const UPGRADE: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";
const SWITCHING: &[u8] = b"HTTP/1.1 101 S\r\nUpgrade: h2c\r\n\r\n";
const CONNECT: &[u8] = b"CONNECT a:80 HTTP/1.1\r\n\r\n";
const CONNECTED: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n";

/// The side of each segment with which a connection starts, and its bytes. None was captured if it was joined late.
const BEGINNINGS: [&[(u8, &[u8])]; 8] = [
    &[(0, PREFACE), (1, SETTINGS)],
    &[(1, SETTINGS), (0, PREFACE)],
    &[(0, PREFACE)],
    &[(0, UPGRADE), (1, SWITCHING), (0, PREFACE), (1, SETTINGS)],
    &[(0, CONNECT), (1, CONNECTED), (0, PREFACE), (1, SETTINGS)],
    &[(0, PREFACE), (1, b"HTTP/1.1 400 Bad Request\r\n\r\n")],
    &[],
    &[(1, SETTINGS)],
];
/// The connection whose handshake is not captured.
const JOINED: usize = 6;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((&[choice, begins], mut rest)) = data.split_first_chunk::<2>() else {
        return;
    };
    let beginning = usize::from(begins) % BEGINNINGS.len();
    let line = if beginning == JOINED { 1 << 6 } else { 0 };
    let mut input = vec![choice | fuzz::ALL_PROTOCOLS, 0];
    let mut say = |fate: u8, odd: u8, bytes: &[u8]| {
        let bytes = bytes.get(..4095).unwrap_or(bytes);
        input.extend([fate, odd, line | (bytes.len() >> 8) as u8, bytes.len() as u8]);
        input.extend(bytes);
    };
    for (side, bytes) in BEGINNINGS[beginning] {
        say(*side, 0, bytes);
    }
    while let Some((&[fate, odd, kind, flags, stream, size], after)) = rest.split_first_chunk::<6>() {
        let (payload, after) = after.split_at(usize::from(size).min(after.len()));
        let head = [0, 0, payload.len() as u8, kind & 15, flags & 0x2D, 0, 0, 0, stream];
        say(fate, odd, &[&head, payload].concat());
        rest = after;
    }
    fuzz::play(&input, fuzz::talk::steps(&input).into_iter());
});
