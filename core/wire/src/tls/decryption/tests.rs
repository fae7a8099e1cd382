//! Decryption of records: published vectors, and connections whose records are sealed here.

use ring::aead::{Aad, LessSafeKey, Nonce, UnboundKey};

use super::connection::Decryption;
use super::keyring::Keyring;
use super::schedule;
use super::suite::Suite;
use crate::context::Context;
use crate::context::tests::with_context;
use crate::http::Side;
use crate::key::Key;
use crate::records::{Ending, Wanted};
use crate::secrets::Secret;
use crate::tcp::Position;
use crate::tls::head::{HEAD, Head};
use crate::tls::samples::{extension, hello, message, record, server_hello};

const AES_128_GCM: u16 = 0x1301;
const REQUEST: &[u8] = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const CLIENT_SECRET: u8 = 0xC1;
const SERVER_SECRET: u8 = 0x51;

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|digit| digit.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn secret(bytes: &[u8]) -> Box<Secret> {
    Secret::filled(bytes.len(), |place| {
        place.copy_from_slice(bytes);
        Some(())
    })
    .unwrap()
}

/// Open a record of TLS 1.3 with a traffic secret; return the type of its content and the content.
fn opened(secret_bytes: &str, number: u64, record: &str) -> Option<(u8, Vec<u8>)> {
    let mut bytes = unhex(record);
    let head = Head::of(*bytes.first_chunk().unwrap());
    let opener = schedule::opener(Suite::of(AES_128_GCM).unwrap(), &secret(&unhex(secret_bytes))).unwrap();
    let opened = opener.open(number, &head, &mut bytes[HEAD..])?;
    Some((opened.kind, bytes[HEAD..][opened.content].to_vec()))
}

#[test]
fn records_of_rfc_8448_open() {
    // Section 3: the client's application data, and both close_notify alerts.
    let client = "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5";
    let server = "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643";
    let data =
        "17 03 03 00 43 a2 3f 70 54 b6 2c 94 d0 af fa fe 82 28 ba 55 cb ef ac ea 42 f9 14 aa 66 bc ab 3f 2b 98 19 a8
        a5 b4 6b 39 5b d5 4a 9a 20 44 1e 2b 62 97 4e 1f 5a 62 92 a2 97 70 14 bd 1e 3d ea e6 3a ee bb 21 69 49 15 e4";
    let goodbye = "17 03 03 00 13 c9 87 27 60 65 56 66 b7 4d 7f f1 15 3e fd 6d b6 d0 b0 e3";
    let answer = "17 03 03 00 13 b5 8f d6 71 66 eb f5 99 d2 47 20 cf be 7e fa 7a 88 64 a9";
    assert_eq!(opened(client, 0, data), Some((23, (0..50).collect())));
    assert_eq!(opened(client, 1, goodbye), Some((21, vec![1, 0])));
    assert_eq!(opened(server, 2, answer), Some((21, vec![1, 0])));
    assert_eq!((opened(client, 1, data), opened(server, 0, data)), (None, None));
}

/// A side of TLS 1.3 that seals records.
struct Peer {
    secret: Vec<u8>,
    number: u64,
}

impl Peer {
    fn new(secret: u8) -> Self {
        Self { secret: vec![secret; 32], number: 0 }
    }

    fn expanded(&self, label: &str, size: usize) -> Vec<u8> {
        let labelled = format!("tls13 {label}");
        let info = [&[0, size as u8, labelled.len() as u8], labelled.as_bytes(), &[0, 1]].concat();
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &self.secret);
        ring::hmac::sign(&key, &info).as_ref()[..size].to_vec()
    }

    fn seal(&mut self, kind: u8, content: &[u8], padding: usize) -> Vec<u8> {
        let key = UnboundKey::new(&ring::aead::AES_128_GCM, &self.expanded("key", 16)).unwrap();
        let mut nonce: [u8; 12] = self.expanded("iv", 12).try_into().unwrap();
        nonce[4..].iter_mut().zip(self.number.to_be_bytes()).for_each(|(byte, part)| *byte ^= part);
        self.number += 1;
        let mut sealed = [content, &[kind], &vec![0; padding]].concat();
        let head = [&[23, 3, 3], ((sealed.len() + 16) as u16).to_be_bytes().as_slice()].concat();
        let nonce = Nonce::assume_unique_for_key(nonce);
        LessSafeKey::new(key).seal_in_place_append_tag(nonce, Aad::from(&head), &mut sealed).unwrap();
        [head, sealed].concat()
    }

    fn data(&mut self, content: &[u8]) -> Vec<u8> {
        self.seal(23, content, 0)
    }

    fn change_key(&mut self) -> Vec<u8> {
        let message = self.seal(22, &message(24, &[0]), 0);
        (self.secret, self.number) = (self.expanded("traffic upd", 32), 0);
        message
    }
}

/// A connection with application secrets for both sides.
struct Case<'a, 'b> {
    cx: &'a mut Context<'b>,
    decryption: Box<Decryption>,
    client: Peer,
    server: Peer,
    sent: [u32; 2],
}

impl<'a, 'b> Case<'a, 'b> {
    fn new(cx: &'a mut Context<'b>) -> Self {
        let mut keyring = Box::new(Keyring::new(cx.limits));
        let line =
            |label: &str, secret: u8| format!("{label} {} {}\n", "07".repeat(32), format!("{secret:02x}").repeat(32));
        let lines = line("CLIENT_TRAFFIC_SECRET_0", CLIENT_SECRET) + &line("SERVER_TRAFFIC_SECRET_0", SERVER_SECRET);
        keyring.add(&mut cx.ledger.health, lines.as_bytes());
        *cx.keys = Some(keyring);
        let key = Key::v4(0x0A00_0001, 0x0A00_0002, 40_000 << 16 | 443, 0);
        let decryption = Box::new(Decryption::new(key, Wanted::default()));
        let (client, server) = (Peer::new(CLIENT_SECRET), Peer::new(SERVER_SECRET));
        let mut case = Self { cx, decryption, client, server, sent: [0; 2] };
        let chosen = server_hello(0x0303, AES_128_GCM, &[extension(43, b"\x03\x04")]);
        case.says(Side::Requests, &record(22, &message(1, &hello(0x0303, &[AES_128_GCM], &[]))));
        case.says(Side::Responses, &record(22, &message(2, &chosen)));
        case
    }

    fn says(&mut self, side: Side, bytes: &[u8]) {
        let own = usize::from(side == Side::Responses);
        let place = Position { time: 1.0, seq: self.sent[own], ack: Some(self.sent[1 - own]) };
        self.sent[own] += bytes.len() as u32;
        self.decryption.arrived(self.cx, side, bytes, place);
    }

    fn asks(&mut self) {
        let sealed = self.client.data(REQUEST);
        self.says(Side::Requests, &sealed);
    }

    fn answers(&mut self) {
        let sealed = self.server.data(RESPONSE);
        self.says(Side::Responses, &sealed);
    }

    /// Close, and return the number of requests and of exchanges, and of records that did not open.
    fn counts(self) -> (u64, u64, u64) {
        self.decryption.close(self.cx, Ending::Closed, 2.0);
        assert_eq!(self.cx.ledger.budget.used, 0);
        let health = &self.cx.ledger.health;
        (health.requests, health.exchanges, health.secrets.get("records not opened").copied().unwrap_or_default())
    }
}

#[test]
fn padding_is_no_content() {
    with_context(|cx| {
        let mut case = Case::new(cx);
        let (first, second) = REQUEST.split_at(5);
        for (content, padding) in [(first, 0), (b"".as_slice(), 900), (second, 16_000 - second.len())] {
            let sealed = case.client.seal(23, content, padding);
            case.says(Side::Requests, &sealed);
        }
        case.answers();
        assert_eq!(case.counts(), (1, 1, 0));
    });
}

#[test]
fn keys_change_as_often_as_a_side_likes() {
    with_context(|cx| {
        let mut case = Case::new(cx);
        for _ in 0..3 {
            case.asks();
            case.answers();
            let updates = [case.client.change_key(), case.client.change_key()].concat();
            case.says(Side::Requests, &updates);
        }
        assert_eq!(case.counts(), (3, 3, 0));
    });
}

#[test]
fn messages_after_the_handshake_are_no_content() {
    with_context(|cx| {
        let mut case = Case::new(cx);
        case.asks();
        let ticket = case.server.seal(22, &message(4, &[7; 200]), 0);
        case.says(Side::Responses, &ticket);
        case.answers();
        assert_eq!(case.counts(), (1, 1, 0));
    });
}

#[test]
fn after_a_gap_the_number_is_found() {
    with_context(|cx| {
        let mut case = Case::new(cx);
        case.asks();
        case.answers();
        let lost: Vec<u8> = (0..300).flat_map(|_| case.client.data(b"GET /lost HTTP/1.1\r\n\r\n")).collect();
        case.sent[0] += lost.len() as u32;
        case.decryption.gap(case.cx, Side::Requests, lost.len());
        case.asks();
        assert_eq!((case.counts().0, cx.ledger.health.secrets.get("records not opened")), (2, None));
    });
}

#[test]
fn more_attempts_than_allowed_are_not_made() {
    with_context(|cx| {
        let mut case = Case::new(cx);
        case.asks();
        case.client.number += 2000;
        case.decryption.gap(case.cx, Side::Requests, 0);
        for _ in 0..20 {
            case.asks();
        }
        assert!(case.decryption.client.is_given_up());
        assert_eq!(case.cx.ledger.health.secrets["directions given up"], 1);
        assert_eq!(case.counts().0, 1);
    });
}

#[test]
fn a_record_of_somebody_else_costs_only_itself() {
    with_context(|cx| {
        let mut case = Case::new(cx);
        case.asks();
        case.answers();
        let forged = Peer::new(0xEE).data(REQUEST);
        case.says(Side::Requests, &forged);
        case.asks();
        assert_eq!(case.counts(), (2, 2, 1));
    });
}

#[test]
fn nothing_that_is_shown_for_debugging_has_a_secret() {
    with_context(|cx| {
        let mut case = Case::new(cx);
        case.asks();
        case.answers();
        let shown = format!("{:?} {:?}", case.decryption, case.cx.keys);
        let key = case.client.expanded("key", 16);
        for bytes in [vec![CLIENT_SECRET; 3], vec![SERVER_SECRET; 3], key[..3].to_vec()] {
            assert!(!shown.contains(format!("{bytes:?}").trim_matches(['[', ']'])));
        }
        assert!(shown.contains("Secret(32 bytes)"));
    });
}
