//! Tests of the network through its public interface: frames in; segments, records and counts out.

use std::net::IpAddr;
use std::sync::Arc;

use super::{InnerIp, Network};
use crate::datagrams::{Datagram, IpPacket};
use crate::health::Ledger;
use crate::key::Key;
use crate::limits::Limits;
use crate::ports::Ports;
use crate::protocols::Protocols;
use crate::records::Wanted;

const CLIENT: u32 = 0x0A00_0001;
const SERVER: u32 = 0x0A00_0002;
const PORTS: u32 = 40000 << 16 | 80;

fn flow() -> Key {
    Key::v4(CLIENT, SERVER, PORTS, 0)
}

fn tcp() -> Vec<u8> {
    [&PORTS.to_be_bytes(), [0; 8].as_slice(), &[0x50, 0x18, 0, 9, 0, 0, 0, 0], b"GET / HTTP/1.1\r\n"].concat()
}

fn udp(source: u16, target: u16, payload: &[u8]) -> Vec<u8> {
    let length = 8 + payload.len() as u16;
    [source, target, length, 0].iter().flat_map(|word| word.to_be_bytes()).chain(payload.iter().copied()).collect()
}

/// `field` holds the flags and the fragment offset.
fn ipv4(protocol: u8, field: u16, payload: &[u8]) -> Vec<u8> {
    let total = (20 + payload.len() as u16).to_be_bytes();
    let [high, low] = field.to_be_bytes();
    let head = [0x45, 0, total[0], total[1], 0, 7, high, low, 64, protocol, 0, 0];
    [head.as_slice(), &CLIENT.to_be_bytes(), &SERVER.to_be_bytes(), payload].concat()
}

fn ethernet(kinds: &[u16], payload: &[u8]) -> Vec<u8> {
    let tags = kinds.iter().flat_map(|kind| kind.to_be_bytes());
    [2; 12].into_iter().chain(tags).chain(payload.iter().copied()).collect()
}

/// Build a Linux cooked frame, version 2.
fn cooked(kind: u16, payload: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes(), [0; 18].as_slice(), payload].concat()
}

fn vxlan(inner: &[u8]) -> Vec<u8> {
    let payload = [&[8, 0, 0, 0, 0, 0, 5, 0], inner].concat();
    ethernet(&[0x0800], &ipv4(17, 0, &udp(50000, 4789, &payload)))
}

struct Case {
    network: Network,
    ledger: Ledger,
}

impl Case {
    fn new(every_packet: bool, inner_ip: Option<InnerIp>) -> Self {
        let ports = Arc::new(Ports::new(&[0; 80]));
        let wanted = Wanted { packets: every_packet, answers: true, ..Wanted::default() };
        let network = Network::new(ports, &Limits::default(), inner_ip, wanted, Protocols::default());
        Self { network, ledger: Ledger::new(1 << 20) }
    }

    fn plain() -> Self {
        Self::new(false, None)
    }

    /// Return the key, the bytes and the number of missing bytes.
    fn segment(&mut self, link_type: u32, frame: &[u8]) -> Option<(Key, Vec<u8>, usize)> {
        let found = self.network.segment(&mut self.ledger, 1.0, link_type, frame)?;
        Some((found.key, found.bytes.to_vec(), found.cut))
    }

    fn odd(&self, name: &str) -> u64 {
        self.ledger.health.oddities.get(name).copied().unwrap_or_default()
    }
}

#[test]
fn the_fast_path_and_the_general_path_agree() {
    let ip = [ipv4(6, 0x4000, &tcp()), b"trailer".to_vec()].concat();
    let frames = [(1, ethernet(&[0x0800], &ip)), (276, cooked(0x0800, &ip))];
    for (every_packet, (link_type, frame)) in frames.iter().flat_map(|frame| [(false, frame), (true, frame)]) {
        let mut case = Case::new(every_packet, None);
        assert_eq!(case.segment(*link_type, frame), Some((flow(), tcp(), 0)));
        assert_eq!(case.network.datagrams().found.len(), usize::from(every_packet));
    }
}

#[test]
fn a_truncated_frame_reports_how_much_is_missing() {
    let frame = ethernet(&[0x0800], &ipv4(6, 0, &tcp()));
    let mut case = Case::plain();
    let (_, bytes, cut) = case.segment(1, &frame[..frame.len() - 5]).unwrap();
    assert_eq!((bytes.len() + cut, cut), (tcp().len(), 5));
    assert_eq!(case.segment(1, &frame[..50]), None);
    assert_eq!(case.segment(1, &frame[..30]), None);
    assert_eq!((case.odd("truncated TCP header"), case.odd("truncated frame")), (1, 1));
}

#[test]
fn tags_and_tunnels_are_passed_through() {
    let ip = ipv4(6, 0, &tcp());
    let vlan = ethernet(&[0x8100, 5, 0x0800], &ip);
    for frame in [vlan.clone(), vxlan(&vlan), vxlan(&vxlan(&ethernet(&[0x0800], &ip)))] {
        assert_eq!(Case::plain().segment(1, &frame), Some((flow(), tcp(), 0)));
    }
    let tagged = cooked(0x8100, &[&[0, 5, 8, 0], ip.as_slice()].concat());
    assert_eq!(Case::plain().segment(276, &tagged), Some((flow(), tcp(), 0)));
}

#[test]
fn no_truncated_frame_panics() {
    let frame = vxlan(&ethernet(&[0x88A8, 5, 0x8100, 6, 0x0800], &ipv4(6, 0, &tcp())));
    let mut case = Case::plain();
    let found = (0..frame.len()).filter(|size| case.segment(1, &frame[..*size]).is_some()).count();
    assert_eq!(found, tcp().len() - 20);
}

#[test]
fn fragments_are_reassembled_even_within_a_tunnel() {
    let (segment, whole) = (tcp(), ipv4(6, 0, &tcp()));
    let (first, second) = segment.split_at(24);
    let mut case = Case::plain();
    assert_eq!(case.segment(1, &ethernet(&[0x0800], &ipv4(6, 0x2000, first))), None);
    assert_eq!(case.segment(1, &ethernet(&[0x0800], &ipv4(6, 3, second))), Some((flow(), tcp(), 0)));
    let (first, second) = whole.split_at(16);
    assert_eq!(case.segment(101, &ipv4(4, 2, second)), None);
    assert_eq!(case.segment(101, &ipv4(4, 0x2000, first)), Some((flow(), tcp(), 0)));
    assert_eq!(case.ledger.budget.used, 0);
}

#[test]
fn endless_headers_are_given_up() {
    let ip = ipv4(6, 0, &tcp());
    let mut case = Case::plain();
    let mut tagged = |tags: usize| case.segment(1, &ethernet(&[[0x8100, 0].repeat(tags), vec![0x0800]].concat(), &ip));
    assert!(tagged(38).is_some() && tagged(39).is_none());
    let head = [&[0x60, 0, 0, 0, 0, 0, 60, 64], [1; 32].as_slice()].concat();
    let extended = |count| [head.clone(), [60, 0, 0, 0, 0, 0, 0, 0].repeat(count)].concat();
    case.segment(101, &extended(15));
    case.segment(101, &extended(16));
    assert_eq!((case.odd("too many encapsulations"), case.odd("too many IPv6 extension headers")), (1, 1));
}

#[test]
fn an_unknown_link_type_is_passed_to_inner_ip_and_counted() {
    let frame = [vec![0; 3], ipv4(6, 0, &tcp())].concat();
    let inner_ip: InnerIp = Box::new(|link_type, frame| (link_type == 999).then(|| frame[3..].to_vec()));
    let mut case = Case::new(false, Some(inner_ip));
    assert_eq!(case.segment(999, &frame), Some((flow(), tcp(), 0)));
    assert_eq!(case.segment(998, &frame), None);
    assert_eq!(case.odd("unknown link type 998"), 1);
}

#[test]
fn a_quic_connection_is_counted_once() {
    let first = [&[0xC0, 0, 0, 0, 1, 8], [7; 20].as_slice()].concat();
    let mut case = Case::plain();
    for (source, target) in [(5000, 443), (5000, 443), (5001, 443), (5000, 444)] {
        assert_eq!(case.segment(101, &ipv4(17, 0, &udp(source, target, &first))), None);
    }
    assert_eq!(case.ledger.health.unreadable.get("QUIC"), Some(&2));
}

#[test]
fn the_innermost_packet_is_recorded_even_if_unreadable() {
    let mut case = Case::new(true, None);
    let frame = vxlan(&ethernet(&[0x0800], &[0x45, 0]));
    assert_eq!(case.segment(1, &frame), None);
    case.segment(1, &vxlan(&ethernet(&[0x0800], &ipv4(1, 0, b"ping"))));
    let found = std::mem::take(&mut case.network.datagrams().found);
    let protocols: Vec<_> =
        found.iter().map(|found| matches!(found, Datagram::Packet(IpPacket { protocol: 17, .. }))).collect();
    assert_eq!(protocols, [true, false]);
}

#[test]
fn a_dns_answer_is_recorded() {
    let message =
        b"\0\x07\x81\x80\0\x01\0\x01\0\0\0\0\x02aB\0\0\x01\0\x01\xc0\x0c\0\x01\0\x01\0\0\0\x09\0\x04\x0a\0\0\x09";
    let mut case = Case::plain();
    assert_eq!(case.segment(101, &ipv4(17, 0, &udp(53, 5000, message))), None);
    let [Datagram::Answer(answer)] = case.network.datagrams().found.as_slice() else { panic!("no answer") };
    assert_eq!((answer.name.as_str(), answer.code, answer.client), ("ab", 0, IpAddr::from(SERVER.to_be_bytes())));
    assert_eq!(answer.addresses, [IpAddr::from([10, 0, 0, 9])]);
}
