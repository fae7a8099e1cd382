//! QUIC datagrams between a few endpoints. Packets are not encrypted: with a fuzzer, the crate reads them as they are.
#![no_main]

use fuzz::{Frame, Step};

const RAW: u32 = 101;
/// In the control byte: the server sends.
const BACK: u8 = 1;
/// The ports are not those of HTTP/3.
const ELSEWHERE: u8 = 2;
const PASSES: [f64; 4] = [0.001, 0.1, 4.0, 61.0];

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::play(data, frames(data).into_iter().map(Step::Feed)));

/// Read datagrams of three bytes of control and length, and their content, from the second byte on.
fn frames(data: &[u8]) -> Vec<Frame> {
    let (mut time, mut rest, mut frames) = (1000.0, data.get(1..).unwrap_or_default(), Vec::new());
    while let Some((&[control, high, low], behind)) = rest.split_first_chunk::<3>() {
        let size = (usize::from(high & 7) << 8 | usize::from(low)).min(behind.len());
        let (payload, after) = behind.split_at(size);
        rest = after;
        time += PASSES[usize::from(high >> 6)];
        frames.push(Frame { time, link_type: RAW, bytes: datagram(control, payload) });
    }
    frames
}

fn datagram(control: u8, payload: &[u8]) -> Vec<u8> {
    let client = ([10, 0, 0, control >> 2 & 3], 5000 + u16::from(control >> 4));
    let server = ([192, 0, 2, 1], if control & ELSEWHERE == 0 { 443 } else { 4433 });
    let (source, target) = if control & BACK == 0 { (client, server) } else { (server, client) };
    let size = 8 + payload.len() as u16;
    let mut bytes = vec![0x45, 0];
    bytes.extend((20 + size).to_be_bytes());
    bytes.extend([0, 0, 0x40, 0, 64, 17, 0, 0]);
    bytes.extend([source.0, target.0].concat());
    bytes.extend([source.1, target.1, size, 0].map(u16::to_be_bytes).concat());
    bytes.extend(payload);
    bytes
}
