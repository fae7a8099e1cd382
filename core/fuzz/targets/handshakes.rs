//! Both directions of a TLS connection in order: records of any type, pieces of records, and losses.
//!
//! Each piece has a head: side, form and loss; two bytes of length. What follows is a segment, or the content of a
//! record, or the body of a handshake message in a record, so that the parsers behind are reached.
#![no_main]

use fuzz::{Frame, Step};

const RAW: u32 = 101;
const MOST: usize = 60;
const SYN: u8 = 2;
const ACK: u8 = 16;
const FIN: u8 = 1;

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::play(data, steps(data).into_iter()));

fn steps(data: &[u8]) -> Vec<Step> {
    let mut talk = Talk { next: [1000, 5000], frames: Vec::new() };
    talk.send(0, SYN, b"", false);
    talk.send(1, SYN | ACK, b"", false);
    let mut rest = data.get(1..).unwrap_or_default();
    for _ in 0..MOST {
        let Some((&[control, high, low], behind)) = rest.split_first_chunk::<3>() else {
            break;
        };
        let size = (usize::from(high & 63) << 8 | usize::from(low)).min(behind.len());
        let (body, after) = behind.split_at(size);
        let side = usize::from(control & 1);
        let bytes = match control >> 2 & 7 {
            0 | 1 => body.to_vec(),
            2 => record(22, &message(1, body)),
            3 => record(22, &message(2, body)),
            4 => record(22, &message(11, &certificates(body))),
            form => record(control >> 5 | 16 | u8::from(form == 7) << 2, body),
        };
        bytes.chunks(1460).for_each(|part| talk.send(side, ACK, part, control & 2 != 0 && high & 128 != 0));
        rest = after;
    }
    if data.last().is_some_and(|last| last & 1 != 0) {
        talk.send(0, FIN | ACK, b"", false);
        talk.send(1, FIN | ACK, b"", false);
    }
    talk.frames.into_iter().map(Step::Feed).collect()
}

fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    [&[kind, 3, 3], (content.len() as u16).to_be_bytes().as_slice(), content].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind], &(body.len() as u32).to_be_bytes()[1..], body].concat()
}

fn certificates(certificate: &[u8]) -> Vec<u8> {
    let size = certificate.len() as u32;
    [&(size + 3).to_be_bytes()[1..], &size.to_be_bytes()[1..], certificate].concat()
}

struct Talk {
    next: [u32; 2],
    frames: Vec<Frame>,
}

impl Talk {
    fn send(&mut self, side: usize, flags: u8, data: &[u8], lost: bool) {
        let (addresses, ports) = ([[10, 0, 0, 1], [10, 0, 0, 2]], [40_000_u16, 80]);
        let mut bytes = vec![0x45, 0];
        bytes.extend((40 + data.len() as u16).to_be_bytes());
        bytes.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
        bytes.extend([addresses[side], addresses[1 - side]].concat());
        bytes.extend([ports[side], ports[1 - side]].map(u16::to_be_bytes).concat());
        bytes.extend([self.next[side], self.next[1 - side]].map(u32::to_be_bytes).concat());
        bytes.extend([0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0]);
        bytes.extend(data);
        self.next[side] = self.next[side].wrapping_add(data.len() as u32 + u32::from(flags & (SYN | FIN) != 0));
        if !lost {
            self.frames.push(Frame { time: 1000.0 + self.frames.len() as f64 * 0.4, link_type: RAW, bytes });
        }
    }
}
