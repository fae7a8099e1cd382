//! DNS messages in datagrams and in TCP segments: queries and answers, which may share an id, in any order.
#![no_main]

use wire::decoder::Decoder;
use wire::limits::Limits;
use wire::ports::Ports;
use wire::protocols::Protocols;
use wire::records::Wanted;

const RAW: u32 = 101;
const PORTS: [u16; 4] = [53, 5353, 5355, 80];

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((choice, mut rest)) = data.split_first() else { return };
    let wanted = Wanted { lookups: true, ..Wanted::default() };
    let protocols = Protocols { dns: true, ..Protocols::default() };
    let bytes = if choice & 1 == 0 { 1 << 20 } else { 2000 };
    let limits = Limits { pending_lookups: 1 + usize::from(choice >> 1), total_buffer: bytes, ..Limits::default() };
    let mut decoder = Decoder::new(Ports::new(&[1; 81]), limits, None, wanted, protocols);
    let (mut time, mut next) = (1000.0, [0_u32; 2]);
    while let [how, size, behind @ ..] = rest {
        let (message, after) = behind.split_at_checked(usize::from(*size)).unwrap_or((behind, &[]));
        rest = after;
        time += f64::from(how >> 5) * 0.7;
        let side = usize::from(how >> 2 & 1);
        let port = PORTS[usize::from(how & 3)];
        let packet = if how & 8 == 0 {
            udp(side, port, message)
        } else {
            let packet = tcp(side, port, next[side], next[1 - side], message);
            next[side] = next[side].wrapping_add(message.len() as u32 + u32::from(how & 16 != 0));
            packet
        };
        decoder.feed(time, RAW, &packet);
        assert!(decoder.held() <= bytes + 4 * 65536, "{} bytes are buffered", decoder.held());
    }
    decoder.finish(usize::MAX);
    assert_eq!(decoder.held(), 0, "bytes are still buffered at the end");
    check(&decoder.take().lookups);
});

fn ip(side: usize, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let hosts = [[10, 0, 0, 1], [10, 0, 0, 2]];
    let size = (20 + payload.len() as u16).to_be_bytes();
    let head = [0x45, 0, size[0], size[1], 0, 1, 0, 0, 64, protocol, 0, 0];
    [&head[..], &hosts[side], &hosts[1 - side], payload].concat()
}

fn ends(side: usize, port: u16) -> [u8; 4] {
    let ports = [if port == 5353 { port } else { 40000 }, port];
    let ([a, b], [c, d]) = (ports[side].to_be_bytes(), ports[1 - side].to_be_bytes());
    [a, b, c, d]
}

fn udp(side: usize, port: u16, message: &[u8]) -> Vec<u8> {
    let size = (8 + message.len() as u16).to_be_bytes();
    ip(side, 17, &[&ends(side, port)[..], &size, &[0, 0], message].concat())
}

fn tcp(side: usize, port: u16, seq: u32, ack: u32, data: &[u8]) -> Vec<u8> {
    let numbers = [seq.to_be_bytes(), ack.to_be_bytes()].concat();
    ip(side, 6, &[&ends(side, port)[..], &numbers, &[0x50, 16, 255, 255, 0, 0, 0, 0], data].concat())
}

fn check(rows: &wire::dns::LookupColumns) {
    for (row, code) in rows.name.iter().enumerate() {
        let name = rows.names.get(*code).expect("a name is in no dictionary");
        assert!(name.bytes().all(|byte| byte.is_ascii_graphic()), "{name:?}");
        assert!(rows.addresses(row).len() <= 64);
        let (started, taken) = (rows.started[row], rows.response_time[row]);
        assert!(taken.is_nan() || taken >= 0.0 && started + taken <= rows.time[row] + 1e-6, "{taken}");
    }
    assert_eq!(rows.len(), rows.name.len());
}
