//! Connections as they are seen on the wire, from datagrams to records.

use std::sync::Arc;

use ring::aead::quic::{self, HeaderProtectionKey};
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::connection::Datagram;
use super::connections::Connections;
use super::keys::Keys;
use super::packets::{Content, long_packets};
use super::versions::protections;
use crate::health::Ledger;
use crate::key::Key;
use crate::limits::Limits;
use crate::ports::Ports;
use crate::records::QuicRow;

const V1: u32 = 1;
const V2: u32 = 0x6B33_43CF;
const GREASED: u32 = 0x1A2A_3A4A;
const CLIENT: u32 = 0x0A00_0001;
const SERVER: u32 = 0x0A00_0002;
const DCID: &[u8] = &[0x83, 0x94, 0xC8, 0xF0, 0x3E, 0x51, 0x57, 0x08];

fn unhex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap() as u8;
    text.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// The first byte of a packet: its type, in the numbers of its version, and the length of its number.
fn first_byte(version: u32, kind: u8) -> u8 {
    let shift = u8::from(version == V2);
    0xC0 | ((kind + shift) & 3) << 4 | 3
}

fn header(version: u32, kind: u8, destination: &[u8], source: &[u8]) -> Vec<u8> {
    let lengths = [destination.len() as u8, source.len() as u8];
    [&[first_byte(version, kind)], version.to_be_bytes().as_slice(), &lengths[..1], destination, &lengths[1..], source]
        .concat()
}

/// An Initial packet of a client.
struct Initial<'a> {
    version: u32,
    /// The connection id from which its keys follow.
    origin: &'a [u8],
    destination: &'a [u8],
    token: &'a [u8],
    number: u32,
    /// The bit that is always set in versions 1 and 2, unless both ends agree otherwise.
    fixed: bool,
}

impl<'a> Initial<'a> {
    fn new(version: u32, destination: &'a [u8]) -> Self {
        Self { version, origin: destination, destination, token: b"", number: 0, fixed: true }
    }

    /// Protect some frames, padded to 1,162 bytes as in RFC 9001 appendix A.
    fn seal(&self, frames: &[u8]) -> Vec<u8> {
        let keys = Keys::new(&protections(self.version)[0], self.origin).unwrap();
        let mut header = header(self.version, 0, self.destination, b"");
        header[0] &= if self.fixed { 0xFF } else { !0x40 };
        header.push(self.token.len() as u8);
        header.extend([self.token, &0x449E_u16.to_be_bytes(), &self.number.to_be_bytes()].concat());
        let mut content = [frames, &vec![0; 1162 - frames.len()]].concat();
        let mut nonce = keys.iv;
        nonce.iter_mut().rev().zip(self.number.to_be_bytes().iter().rev()).for_each(|(byte, number)| *byte ^= number);
        let cipher = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &keys.key).unwrap());
        let nonce = Nonce::assume_unique_for_key(nonce);
        cipher.seal_in_place_append_tag(nonce, Aad::from(&header), &mut content).unwrap();
        let sample: [u8; 16] = content[..16].try_into().unwrap();
        let mask = HeaderProtectionKey::new(&quic::AES_128, &keys.header).unwrap().new_mask(&sample).unwrap();
        header[0] ^= mask[0] & 0x0F;
        let number_at = header.len() - 4;
        header[number_at..].iter_mut().zip(&mask[1..]).for_each(|(byte, mask)| *byte ^= mask);
        [header, content].concat()
    }
}

/// The frames of RFC 9001 appendix A.2: a ClientHello that names example.com.
fn sample_frames() -> Vec<u8> {
    unhex(concat!(
        "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c0000041301",
        "1302010000c000000010000e00000b6578616d706c652e636f6dff01000100000a00080006001d0017001800100007",
        "000504616c706e000500050100000000003300260024001d00209370b2c9caa47fbabaf4559fedba753de171fa71f5",
        "0f1ce15d43e994ec74d748002b0003020304000d0010000e0403050306030203080408050806002d00020101001c00",
        "024001003900320408ffffffffffffffff05048000ffff07048000ffff0801100104800075300901100f088394c8f0",
        "3e51570806048000ffff"
    ))
}

/// Build a CRYPTO frame with a part of the same ClientHello.
fn part(from: usize, to: usize) -> Vec<u8> {
    let hello = &sample_frames()[4..];
    let size = to - from;
    let numbers = [0x06, 0x40 | (from >> 8) as u8, from as u8, 0x40 | (size >> 8) as u8, size as u8];
    [numbers.as_slice(), &hello[from..to]].concat()
}

const HELLO_SIZE: usize = 241;

/// A table of connections, and the time.
struct Case {
    connections: Connections,
    ledger: Ledger,
    time: f64,
}

/// Who sends, to or from which port of the client.
const FROM_CLIENT: bool = true;
const FROM_SERVER: bool = false;

impl Case {
    fn new() -> Self {
        Self::with(Limits::default(), 100)
    }

    fn with(limits: Limits, most: usize) -> Self {
        let ports = Arc::new(Ports::new(&[0; 80]));
        let ledger = Ledger::new(limits.total_buffer);
        Self { connections: Connections::new(ports, &limits, most, true), ledger, time: 1000.0 }
    }

    fn send(&mut self, ports: (u16, u16), from_client: bool, bytes: &[u8]) {
        let key = Key::v4(CLIENT, SERVER, u32::from(ports.0) << 16 | u32::from(ports.1), 0);
        let key = if from_client { key } else { key.reversed() };
        let datagram = Datagram { time: self.time, key, bytes, size: bytes.len(), listed: ports.1 == 443 };
        self.connections.datagram(&mut self.ledger, &datagram);
        self.time += 0.25;
    }

    /// Send from port 5000 to the port of HTTP/3.
    fn client(&mut self, bytes: &[u8]) {
        self.send((5000, 443), FROM_CLIENT, bytes);
    }

    fn server(&mut self, bytes: &[u8]) {
        self.send((5000, 443), FROM_SERVER, bytes);
    }

    /// End the capture.
    fn rows(&mut self) -> Vec<QuicRow> {
        while self.connections.end_one(&mut self.ledger, self.time) {}
        assert_eq!(self.ledger.budget.used, 0);
        self.connections.ended()
    }

    fn row(&mut self) -> QuicRow {
        let [row] = <[QuicRow; 1]>::try_from(self.rows()).unwrap();
        row
    }

    fn count(&self) -> i64 {
        self.ledger.health.unreadable.get("QUIC").copied().unwrap_or_default()
    }
}

fn short(identity: &[u8]) -> Vec<u8> {
    [&[0x41], identity, &[9; 40]].concat()
}

fn handshake(version: u32, source: &[u8]) -> Vec<u8> {
    [header(version, 2, b"", source), vec![0x40, 0x20], vec![7; 32]].concat()
}

fn negotiation() -> Vec<u8> {
    [header(0, 0, b"", DCID), vec![0, 0, 0, 1, 0x6B, 0x33, 0x43, 0xCF]].concat()
}

fn retry(source: &[u8]) -> Vec<u8> {
    [header(V1, 3, b"", source), vec![5; 40]].concat()
}

#[test]
fn keys_are_those_of_the_standards() {
    let expected = |key: &str, iv: &str, header: &str| Keys {
        key: unhex(key).try_into().unwrap(),
        iv: unhex(iv).try_into().unwrap(),
        header: unhex(header).try_into().unwrap(),
    };
    // RFC 9001 appendix A.1, RFC 9369 appendix A.1
    let keys = |version| Keys::new(&protections(version)[0], DCID);
    let first = ("1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c", "9f50449e04a0e810283a1e9933adedd2");
    let second = ("8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f", "45b95e15235d6f45a6b19cbcb0294ba9");
    assert_eq!(keys(V1), Some(expected(first.0, first.1, first.2)));
    assert_eq!(keys(V2), Some(expected(second.0, second.1, second.2)));
}

#[test]
fn initial_packets_of_the_standards_are_opened() {
    // RFC 9001 appendix A.2, RFC 9369 appendix A.2: the start of the protected packets
    let samples = [
        (V1, "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242b123dc9bd8bab936b47d92ec356c"),
        (V2, "d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485dd04de806071bf03dceebfa162e75d6c"),
    ];
    for (version, start) in samples {
        let packet = Initial { number: 2, ..Initial::new(version, DCID) }.seal(&sample_frames());
        assert_eq!((packet.len(), &packet[..48]), (1200, unhex(start).as_slice()));
        let Content::Initial(initial) = long_packets(&packet).next().unwrap().content else {
            panic!("not an Initial packet")
        };
        let keys = Keys::new(&protections(version)[0], DCID).unwrap();
        assert!(keys.open(&initial).unwrap().starts_with(&sample_frames()));
        assert_eq!(Keys::new(&protections(version)[0], b"another!").unwrap().open(&initial), None);
    }
}

#[test]
fn a_connection_is_told_with_its_volume() {
    let mut case = Case::new();
    case.client(&Initial::new(V1, DCID).seal(&sample_frames()));
    case.server(&handshake(V1, &[8; 8]));
    case.client(&short(&[8; 8]));
    let row = case.row();
    assert_eq!((row.version.as_str(), row.server_name.as_str(), row.alpn.as_str()), ("1", "example.com", "alpn"));
    assert_eq!((row.client.1, row.server.1), (5000, 443));
    assert_eq!((row.client_packets, row.client_bytes, row.server_packets, row.server_bytes), (2, 1249, 1, 49));
    assert_eq!((row.started, row.duration, row.time), (1000.0, 0.5, 1000.75));
    assert!(row.ja4.starts_with("q13d0211an_"), "{}", row.ja4);
    assert_eq!(case.ledger.health.server_names["example.com"], 1);
    assert_eq!(case.count(), 1);
}

#[test]
fn a_hello_may_come_in_any_order_over_several_datagrams() {
    let mut case = Case::new();
    let number = |number| Initial { number, ..Initial::new(V1, DCID) };
    case.client(&number(1).seal(&[part(200, HELLO_SIZE), part(50, 80)].concat()));
    case.client(&number(2).seal(&[part(120, 210), vec![1, 0, 0], part(80, 120)].concat()));
    assert!(case.ledger.health.server_names.is_empty() && case.ledger.budget.used > 0);
    case.client(&number(3).seal(&part(0, 60)));
    assert_eq!((case.row().server_name.as_str(), case.count()), ("example.com", 1));
}

#[test]
fn packets_may_share_a_datagram() {
    let mut case = Case::new();
    let early = [header(V1, 1, DCID, b""), vec![3, 1, 2, 3]].concat();
    case.client(&[Initial::new(V1, DCID).seal(&sample_frames()), early.clone(), early].concat());
    case.server(&[handshake(V1, b"server 1"), short(b"")].concat());
    assert_eq!((case.row().zero_rtt, case.count()), (2, 1));
}

#[test]
fn after_a_retry_the_keys_are_others() {
    let mut case = Case::new();
    case.client(&Initial::new(V1, DCID).seal(&part(0, 100)));
    case.server(&retry(b"new identity"));
    let again = Initial { token: b"token", number: 1, ..Initial::new(V1, b"new identity") };
    case.client(&again.seal(&sample_frames()));
    let row = case.row();
    assert_eq!((row.retry, row.server_name.as_str(), case.count()), (true, "example.com", 1));
}

#[test]
fn a_retry_may_be_concluded_from_its_token() {
    let mut case = Case::new();
    case.client(&Initial::new(V1, DCID).seal(&part(0, 100)));
    case.client(&Initial { token: b"token", ..Initial::new(V1, b"new identity") }.seal(&sample_frames()));
    let row = case.row();
    assert_eq!((row.retry, row.server_name.as_str(), case.count()), (true, "example.com", 1));
}

#[test]
fn negotiation_of_a_version_is_one_connection() {
    let mut case = Case::new();
    case.client(&Initial::new(GREASED, DCID).seal(&sample_frames()));
    case.server(&negotiation());
    case.client(&Initial::new(V2, b"new identity").seal(&sample_frames()));
    case.server(&handshake(V2, b"server 1"));
    let row = case.row();
    assert_eq!((row.version.as_str(), row.server_name.as_str(), case.count()), ("2", "example.com", 1));
    assert!(!row.retry);
}

#[test]
fn the_server_may_choose_a_compatible_version() {
    let mut case = Case::new();
    case.client(&Initial::new(V1, DCID).seal(&sample_frames()));
    case.server(&handshake(V2, b"server 1"));
    assert_eq!((case.row().version.as_str(), case.count()), ("2", 1));
}

#[test]
fn a_client_may_use_the_identity_of_a_server_that_was_not_captured() {
    let mut case = Case::new();
    case.client(&Initial::new(V1, DCID).seal(&part(0, 100)));
    case.client(&Initial { origin: DCID, number: 1, ..Initial::new(V1, b"server 1") }.seal(&part(100, HELLO_SIZE)));
    assert_eq!((case.row().server_name.as_str(), case.count()), ("example.com", 1));
}

#[test]
fn a_connection_joined_late_has_no_name() {
    let mut case = Case::new();
    case.server(&handshake(V1, b"server 1"));
    case.client(&Initial { origin: DCID, ..Initial::new(V1, b"server 1") }.seal(&part(100, HELLO_SIZE)));
    let row = case.row();
    assert_eq!((row.version.as_str(), row.server_name.as_str(), row.client.1), ("1", "", 5000));
    assert_eq!((row.client_packets, row.server_packets, case.count()), (1, 1, 1));
}

#[test]
fn a_first_packet_may_be_captured_after_its_answer() {
    let mut case = Case::new();
    case.server(&handshake(V1, b"server 1"));
    case.client(&Initial::new(V1, DCID).seal(&sample_frames()));
    assert_eq!((case.row().server_name.as_str(), case.count()), ("example.com", 1));
}

#[test]
fn another_connection_between_the_same_ends_is_another() {
    let mut case = Case::new();
    for identity in [DCID, b"the next"] {
        case.client(&Initial::new(V1, identity).seal(&sample_frames()));
        case.server(&handshake(V1, &[identity, b"s"].concat()));
    }
    let rows = case.rows();
    assert_eq!(rows.iter().map(|row| row.client_packets).collect::<Vec<_>>(), [1, 1]);
    assert_eq!((case.count(), case.ledger.health.server_names["example.com"]), (2, 2));
}

#[test]
fn a_token_long_after_an_unanswered_packet_is_that_of_another_connection() {
    let mut case = Case::new();
    case.client(&Initial::new(V1, DCID).seal(&sample_frames()));
    case.time += 3.0;
    case.client(&Initial { token: b"of an earlier one", ..Initial::new(V1, b"the next") }.seal(&sample_frames()));
    assert_eq!(case.rows().iter().map(|row| row.retry).collect::<Vec<_>>(), [false, false]);
}

#[test]
fn a_client_that_moves_is_counted_once() {
    let mut case = Case::new();
    case.client(&Initial::new(V1, DCID).seal(&sample_frames()));
    case.server(&handshake(V1, b"server 1"));
    case.send((6000, 443), FROM_CLIENT, &short(b"server 1"));
    case.send((6000, 443), FROM_SERVER, &short(b""));
    case.send((6001, 443), FROM_CLIENT, &short(b"unknown!"));
    let row = case.row();
    assert_eq!((row.migrated, row.client.1, row.client_packets, row.server_packets), (true, 5000, 2, 2));
    assert_eq!(case.count(), 1);
}

#[test]
fn on_any_port_a_packet_that_opens_is_proof() {
    let mut case = Case::new();
    let mut damaged = Initial::new(V1, DCID).seal(&sample_frames());
    damaged[100] ^= 1;
    case.send((5000, 4433), FROM_CLIENT, &damaged);
    case.send((5000, 4433), FROM_SERVER, &handshake(V1, b"server 1"));
    assert_eq!(case.count(), 0);
    case.send((5000, 4433), FROM_CLIENT, &Initial::new(V1, DCID).seal(&sample_frames()));
    case.send((5000, 4433), FROM_SERVER, &short(b""));
    let row = case.row();
    assert_eq!((row.server.1, row.client_packets, row.server_packets), (4433, 1, 1));
    assert_eq!((row.server_name.as_str(), case.count()), ("example.com", 1));
}

#[test]
fn the_fixed_bit_may_be_greased() {
    let mut case = Case::new();
    // RFC 9287 section 3: it is 0.
    case.client(&Initial { fixed: false, ..Initial::new(V1, DCID) }.seal(&sample_frames()));
    assert_eq!((case.row().server_name.as_str(), case.count()), ("example.com", 1));
}

#[test]
fn googles_versions_are_read_in_their_own_way() {
    let mut case = Case::new();
    let chlo = b"CHLO\x02\0\0\0SNI\0\x09\0\0\0UAID\x0c\0\0\0A.examplexyz";
    case.client(&[b"\x0d12345678Q043\x01".as_slice(), &[0; 12], b"\xa0\x01\x04\0", chlo].concat());
    case.client(&[b"\x0d12345678Q043\x02".as_slice(), &[0; 30]].concat());
    let q050 = u32::from_be_bytes(*b"Q050");
    let frames = [b"\x08\x00\x28".as_slice(), chlo].concat();
    case.send((5001, 443), FROM_CLIENT, &Initial::new(q050, DCID).seal(&frames));
    for (row, version) in case.rows().iter().zip(["Q043", "Q050"]) {
        assert_eq!(
            (row.version.as_str(), row.server_name.as_str(), row.user_agent.as_str()),
            (version, "a.example", "xyz")
        );
    }
    assert_eq!(case.count(), 2);
}

#[test]
fn a_silent_connection_ends() {
    let mut case = Case::new();
    case.client(&Initial::new(V1, DCID).seal(&sample_frames()));
    case.connections.expire(&mut case.ledger, 1060.0);
    assert!(case.connections.ended().is_empty());
    case.connections.expire(&mut case.ledger, 1060.1);
    assert_eq!(case.connections.ended()[0].time, 1060.1);
    case.client(&short(&[8; 8]));
    assert!(case.rows().is_empty());
}

#[test]
fn floods_are_bounded() {
    let mut case = Case::with(Limits { total_buffer: 1 << 16, ..Limits::default() }, 10);
    for number in 0..1000_u16 {
        let identity = [number.to_be_bytes().as_slice(), b"123456"].concat();
        case.send((number + 1, 443), FROM_CLIENT, &Initial::new(V1, &identity).seal(&part(100, 200)));
    }
    assert_eq!((case.count(), case.ledger.health.evicted), (1000, 990));
    assert_eq!((case.rows().len(), case.connections.ended().len()), (1000, 0));
}

#[test]
fn a_handshake_that_never_completes_is_given_up() {
    let mut case = Case::new();
    for number in 0..100 {
        case.client(&Initial { number, ..Initial::new(V1, DCID) }.seal(&part(100, 200)));
    }
    assert_eq!(case.ledger.health.oddities["QUIC handshake not understood"], 1);
    assert_eq!(case.ledger.budget.used, 0);
    let row = case.row();
    assert_eq!((row.client_packets, row.server_name.as_str()), (100, ""));
}
