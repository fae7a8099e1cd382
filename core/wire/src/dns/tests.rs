//! Lookups, through the door: datagrams in, rows out.

use std::net::IpAddr;

use super::{KINDS, LookupColumns, NO_RCODE, NO_TYPE};
use crate::decoder::Decoder;
use crate::limits::Limits;
use crate::ports::Ports;
use crate::protocols::Protocols;
use crate::records::{Ending, Wanted};

const RAW: u32 = 101;
const CLIENT: ([u8; 4], u16) = ([10, 0, 0, 7], 40000);
const SERVER: ([u8; 4], u16) = ([10, 0, 0, 53], 53);
const GROUP: ([u8; 4], u16) = ([224, 0, 0, 251], 5353);
const A: u16 = 1;
const TXT: u16 = 16;
const RESPONSE: u16 = 0x8180;
const TRUNCATED: u16 = 0x8380;

/// Return a question, or a part of a record: name, type, class.
fn named(name: &str, kind: u16) -> Vec<u8> {
    let labels = name.split('.').filter(|label| !label.is_empty());
    let wire: Vec<u8> = labels.flat_map(|label| [&[label.len() as u8], label.as_bytes()].concat()).collect();
    [wire.as_slice(), &[0], &kind.to_be_bytes(), &[0, 1]].concat()
}

fn header(id: u16, flags: u16, counts: [u16; 4]) -> Vec<u8> {
    [id, flags].iter().chain(&counts).flat_map(|number| number.to_be_bytes()).collect()
}

fn query(id: u16, name: &str, kind: u16) -> Vec<u8> {
    [header(id, 0x0100, [1, 0, 0, 0]), named(name, kind)].concat()
}

fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    [b"\xc0\x0c".as_slice(), &kind.to_be_bytes(), &[0, 1, 0, 0, 0, 9], &(data.len() as u16).to_be_bytes(), data]
        .concat()
}

fn answer(id: u16, flags: u16, name: &str, kind: u16, records: &[Vec<u8>]) -> Vec<u8> {
    [header(id, flags, [1, records.len() as u16, 0, 0]), named(name, kind), records.concat()].concat()
}

/// Return an OPT record without options; bits are the upper response code, the version and the flags.
fn opt(bits: u32, options: &[u8]) -> Vec<u8> {
    [b"\0\0\x29\x04\xd0".as_slice(), &bits.to_be_bytes(), &(options.len() as u16).to_be_bytes(), options].concat()
}

fn packet(source: ([u8; 4], u16), target: ([u8; 4], u16), message: &[u8]) -> Vec<u8> {
    let size = (message.len() + 8) as u16;
    let udp = [source.1, target.1, size, 0].map(u16::to_be_bytes).concat();
    let ip = [&[0x45, 0][..], &(size + 20).to_be_bytes(), &[0, 1, 0, 0, 64, 17, 0, 0], &source.0, &target.0].concat();
    [ip, udp, message.to_vec()].concat()
}

/// A decoder that watches lookups.
struct Watch {
    decoder: Decoder,
    ports: Vec<u8>,
}

impl Watch {
    fn new(limits: Limits) -> Self {
        let mut ports = vec![0; 81];
        ports[80] = 1;
        let wanted = Wanted { lookups: true, ..Wanted::default() };
        let protocols = Protocols { dns: true, ..Protocols::default() };
        Self { decoder: Decoder::new(Ports::new(&ports), limits, None, wanted, protocols), ports }
    }

    fn says(&mut self, time: f64, source: ([u8; 4], u16), target: ([u8; 4], u16), message: &[u8]) -> &mut Self {
        self.decoder.feed(time, RAW, &packet(source, target, message));
        self
    }

    fn asks(&mut self, time: f64, message: &[u8]) -> &mut Self {
        self.says(time, CLIENT, SERVER, message)
    }

    fn answers(&mut self, time: f64, message: &[u8]) -> &mut Self {
        self.says(time, SERVER, CLIENT, message)
    }

    fn rows(&mut self) -> LookupColumns {
        assert_eq!(self.ports.len(), 81);
        self.decoder.take().lookups
    }

    fn all(&mut self) -> LookupColumns {
        self.decoder.finish(usize::MAX);
        assert_eq!(self.decoder.held(), 0);
        self.rows()
    }

    fn odd(&self, name: &str) -> u64 {
        self.decoder.health().oddities.get(name).copied().unwrap_or_default()
    }
}

fn watch() -> Watch {
    Watch::new(Limits::default())
}

fn names(rows: &LookupColumns) -> Vec<&str> {
    rows.name.iter().map(|code| rows.names.get(*code).unwrap()).collect()
}

#[test]
fn a_query_and_its_answer_are_one_lookup() {
    let mut watch = watch();
    watch.asks(1.0, &query(7, "WWW.Example.com", A));
    assert!(watch.rows().is_empty());
    watch.answers(1.25, &answer(7, 0x8583, "www.example.COM", A, &[record(A, &[1, 2, 3, 4])]));
    let rows = watch.rows();
    assert_eq!(names(&rows), ["www.example.com"]);
    assert_eq!((rows.time[0], rows.started[0], rows.response_time[0]), (1.25, 1.0, 0.25));
    assert_eq!((rows.record_type[0], rows.rcode[0], rows.answers[0], rows.flags[0]), (1, 3, 1, 0b00_1101));
    assert_eq!(rows.addresses(0), [IpAddr::from([1, 2, 3, 4])]);
    assert_eq!((rows.client_port[0], rows.server_port[0], rows.retries[0]), (40000, 53, 0));
    assert!(watch.all().is_empty());
}

#[test]
fn without_lookups_or_the_protocol_nothing_is_read() {
    for (lookups, dns) in [(true, false), (false, true)] {
        let wanted = Wanted { lookups, ..Wanted::default() };
        let protocols = Protocols { dns, ..Protocols::default() };
        let mut decoder = Decoder::new(Ports::new(&[1; 81]), Limits::default(), None, wanted, protocols);
        decoder.feed(1.0, RAW, &packet(CLIENT, SERVER, &query(7, "a", A)));
        decoder.feed(1.0, RAW, &packet(CLIENT, SERVER, b"x"));
        decoder.finish(usize::MAX);
        assert!(decoder.take().lookups.is_empty() && decoder.health().oddities.is_empty());
    }
}

#[test]
fn repeated_queries_belong_to_their_lookup_and_may_be_answered_too() {
    let mut watch = watch();
    let reply = answer(7, RESPONSE, "a", A, &[]);
    watch.asks(1.0, &query(7, "a", A)).asks(2.0, &query(7, "a", A)).answers(3.0, &reply).answers(3.5, &reply);
    assert_eq!(watch.odd("second DNS answer"), 0);
    watch.answers(4.0, &reply);
    assert_eq!(watch.odd("second DNS answer"), 1);
    let rows = watch.all();
    assert_eq!((rows.len(), rows.retries[0], rows.response_time[0]), (1, 1, 2.0));
}

#[test]
fn an_answer_to_another_question_is_not_paired() {
    let mut watch = watch();
    watch.asks(1.0, &query(7, "a", A)).answers(1.5, &answer(7, RESPONSE, "b", A, &[]));
    watch.answers(1.5, &answer(7, RESPONSE, "a", TXT, &[])).answers(1.5, &answer(8, RESPONSE, "a", A, &[]));
    let rows = watch.all();
    assert_eq!(names(&rows), ["b", "a", "a", "a"]);
    assert_eq!(rows.started.iter().filter(|time| time.is_nan()).count(), 3);
    assert_eq!((rows.rcode[3], rows.ending[3]), (NO_RCODE, Ending::CaptureEnd as u8));
}

#[test]
fn an_id_may_be_used_for_several_questions_at_once() {
    let mut watch = watch();
    for name in ["a", "b", "c"] {
        watch.asks(1.0, &query(1, name, A));
    }
    watch.answers(2.0, &answer(1, RESPONSE, "b", A, &[])).answers(2.0, &answer(1, RESPONSE, "a", A, &[]));
    watch.asks(2.5, &query(1, "c", A)).answers(3.0, &answer(1, RESPONSE, "c", A, &[]));
    let rows = watch.all();
    assert_eq!((names(&rows), &rows.retries), (vec!["b", "a", "c"], &vec![0, 0, 1]));
    assert_eq!(rows.response_time, [1.0, 1.0, 2.0]);
}

#[test]
fn an_answer_without_a_question_belongs_to_the_query_with_its_id() {
    let mut watch = watch();
    watch.asks(1.0, &query(7, "a", A)).answers(1.5, &header(7, 0x8181, [0; 4]));
    let rows = watch.all();
    assert_eq!((names(&rows), rows.rcode[0]), (vec!["a"], 1));
}

#[test]
fn an_answer_may_be_captured_before_its_query() {
    let mut watch = watch();
    watch.answers(1.0, &answer(7, RESPONSE, "a", A, &[])).asks(1.001, &query(7, "a", A));
    let rows = watch.rows();
    assert_eq!((rows.started[0], rows.rcode[0]), (1.001, 0));
    assert!(rows.response_time[0].is_nan() && watch.all().is_empty());
}

#[test]
fn unanswered_queries_time_out_by_packet_time() {
    let mut watch = watch();
    watch.asks(1.0, &query(7, "a", A));
    watch.decoder.advance(15.9);
    assert!(watch.rows().is_empty());
    watch.decoder.advance(16.1);
    let rows = watch.rows();
    assert_eq!((rows.time[0], rows.rcode[0], rows.ending[0]), (16.0, NO_RCODE, Ending::Timeout as u8));
    assert_eq!(watch.decoder.held(), 0);
    watch.answers(17.0, &answer(7, RESPONSE, "a", A, &[]));
    assert!(watch.all().started[0].is_nan());
}

#[test]
fn too_many_pending_queries_are_given_up_the_oldest_first() {
    let mut watch = Watch::new(Limits { pending_lookups: 2, ..Limits::default() });
    for id in 1..=5 {
        watch.asks(1.0, &query(id, &format!("n{id}"), A));
    }
    assert_eq!((names(&watch.rows()), watch.odd("too many pending DNS lookups")), (vec!["n1", "n2", "n3"], 3));
    let mut watch = Watch::new(Limits { total_buffer: 700, ..Limits::default() });
    for id in 1..=9 {
        watch.asks(1.0, &query(id, "a", A));
    }
    assert!(watch.decoder.held() <= 700 && watch.odd("too many pending DNS lookups") >= 5);
    assert_eq!(watch.all().len(), 9);
}

#[test]
fn edns_extends_the_response_code_and_tells_errors() {
    let mut watch = watch();
    let asked = [header(7, 0x0110, [1, 0, 0, 1]), named("a", A), opt(0x8000, &[])].concat();
    let error = opt(0x0100_0000, b"\0\x0f\0\x02\0\x06\0\x0f\0\x03\0\x16x");
    let told = [header(7, 0x8180, [1, 0, 0, 1]), named("a", A), error].concat();
    let rows = watch.asks(1.0, &asked).answers(2.0, &told).all();
    assert_eq!((rows.rcode[0], rows.flags[0]), (16, 0b100_1100));
    assert_eq!(rows.errors, [(0, "6 DNSSEC Bogus, 22 No Reachable Authority".to_owned())]);
}

#[test]
fn signatures_are_seen_and_may_have_expired() {
    let signature = |end: u32| record(46, &[&[0; 8][..], &end.to_be_bytes(), &[0; 8]].concat());
    let mut watch = watch();
    for (id, end) in [(1, 999), (2, 1001)] {
        watch.asks(1000.5, &query(id, "a", A));
        watch.answers(1000.6, &answer(id, RESPONSE, "a", A, &[record(43, &[]), signature(end)]));
    }
    assert_eq!(watch.all().seen, [0b10_0011, 0b00_0011]);
}

#[test]
fn what_failed_without_cd_and_succeeds_with_it_failed_validation() {
    let mut watch = watch();
    watch.asks(1.0, &query(1, "a", A)).answers(1.1, &answer(1, 0x8182, "a", A, &[]));
    let with_cd = |id, flags| [header(id, flags, [1, 0, 0, 0]), named("a", A)].concat();
    watch.asks(1.2, &with_cd(2, 0x0110)).answers(1.3, &with_cd(2, 0x8190));
    watch.asks(1.4, &with_cd(3, 0x0110)).answers(1.5, &with_cd(3, 0x8190));
    assert_eq!(watch.all().seen, [0, 1 << 6, 0]);
}

#[test]
fn a_truncated_answer_is_a_lookup_of_its_own_if_nobody_asks_over_tcp() {
    let mut watch = watch();
    watch.asks(1.0, &query(7, "a", TXT)).answers(1.5, &answer(7, TRUNCATED, "a", TXT, &[]));
    assert!(watch.rows().is_empty());
    watch.decoder.advance(7.0);
    let rows = watch.rows();
    assert_eq!((rows.time[0], rows.response_time[0], rows.truncated[0]), (1.5, 0.5, true));
}

#[test]
fn malformed_messages_are_counted() {
    let mut watch = watch();
    watch.asks(1.0, b"").asks(1.0, &query(7, "a", A)[..14]);
    assert_eq!(watch.odd("malformed DNS message"), 2);
    watch.asks(1.0, &[header(7, 0, [1, 0, 0, 0]), b"\xc0\x0c\0\x01\0\x01".to_vec()].concat());
    assert_eq!(watch.odd("DNS compression loop"), 1);
    watch.asks(1.0, &[header(8, 0, [1, 0, 0, 0]), b"\xc0\x12\0\x01\0\x01\x01z\0".to_vec()].concat());
    assert_eq!(watch.odd("forward DNS pointer"), 1);
    watch.asks(1.0, &[header(9, 0, [2, 0, 0, 0]), named("x", A), named("y", A)].concat());
    assert_eq!(watch.odd("several DNS questions"), 1);
    let cut = answer(9, RESPONSE, "x", A, &[record(A, &[1, 2, 3, 4]), record(A, &[5, 6, 7, 8])]);
    watch.answers(1.5, &cut[..cut.len() - 2]);
    assert_eq!(watch.odd("malformed DNS message"), 3);
    let rows = watch.all();
    assert_eq!(names(&rows), ["x", "z"]);
    assert_eq!((rows.answers[0], rows.addresses(0)), (2, [IpAddr::from([1, 2, 3, 4])].as_slice()));
}

#[test]
fn multicast_questions_and_announcements_are_lookups_without_an_answer() {
    let host = ([10, 0, 0, 9], 5353);
    let mut watch = watch();
    watch.says(1.0, host, GROUP, &query(0, "printer.local", 12));
    let said = [header(0, 0x8400, [0, 1, 0, 0]), named("printer.local", A), b"\0\0\0\x78\0\x04\x0a\0\0\x05".to_vec()];
    watch.says(2.0, ([10, 0, 0, 5], 5353), GROUP, &said.concat());
    let rows = watch.all();
    assert_eq!((names(&rows), &rows.record_type), (vec!["printer.local", "printer.local"], &vec![12, 1]));
    assert_eq!((rows.kind.as_slice(), rows.started[0], rows.rcode[0]), ([1, 1].as_slice(), 1.0, NO_RCODE));
    assert_eq!((rows.started[1].is_nan(), rows.rcode[1], KINDS[1]), (true, 0, "mdns"));
    assert_eq!(rows.addresses(1), [IpAddr::from([10, 0, 0, 5])]);
}

#[test]
fn anybody_answers_llmnr() {
    let mut watch = watch();
    watch.says(1.0, CLIENT, ([224, 0, 0, 252], 5355), &query(7, "pc", A));
    for host in [4, 5] {
        watch.says(1.5, ([10, 0, 0, host], 5355), CLIENT, &answer(7, 0x8000, "pc", A, &[]));
    }
    let rows = watch.all();
    assert_eq!((rows.len(), rows.kind[0], rows.response_time[0]), (1, 2, 0.5));
    assert_eq!(watch.odd("second DNS answer"), 0);
}

#[test]
fn on_a_monitored_port_only_certain_messages_are_dns() {
    let odd = (SERVER.0, 80);
    let mut watch = watch();
    watch.says(1.0, CLIENT, odd, &query(7, "a", A)).says(1.5, odd, CLIENT, &answer(7, RESPONSE, "a", A, &[]));
    watch.says(1.6, odd, CLIENT, &answer(8, RESPONSE, "a", A, &[]));
    let with_rest = [query(9, "a", A), vec![0]].concat();
    watch.says(1.7, CLIENT, odd, &with_rest).says(1.8, CLIENT, (SERVER.0, 81), &query(7, "a", A));
    let rows = watch.all();
    assert_eq!((rows.len(), rows.response_time[0], watch.odd("malformed DNS message")), (1, 0.5, 0));
}

#[test]
fn a_message_without_a_question_has_no_name() {
    let mut watch = watch();
    watch.asks(1.0, &[header(7, 0x0800, [0, 0, 0, 0])].concat()).answers(1.1, &header(7, 0x8804, [0; 4]));
    let rows = watch.all();
    assert_eq!((names(&rows), rows.record_type[0], rows.operation[0], rows.rcode[0]), (vec![""], NO_TYPE, 1, 4));
}
