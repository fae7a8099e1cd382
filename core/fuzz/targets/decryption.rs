//! A TLS connection whose secrets are known, or come later: records of any type and content, pieces of them, and losses.
//!
//! Each piece has a head: side, form and loss; two bytes of length. A fuzzer cannot encrypt, so what it makes up is taken
//! for the content of records, and a content that starts with 0xFF does not open.
#![no_main]

use fuzz::{Frame, Step};

const RAW: u32 = 101;
const MOST: usize = 60;
const SYN: u8 = 2;
const ACK: u8 = 16;
const FIN: u8 = 1;
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;
const LABELS: [&str; 6] = [
    "CLIENT_RANDOM",
    "CLIENT_EARLY_TRAFFIC_SECRET",
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    "CLIENT_TRAFFIC_SECRET_0",
    "SERVER_TRAFFIC_SECRET_0",
];
/// Suites of every kind, and one that cannot be decrypted.
const SUITES: [u16; 8] = [0x1301, 0x1302, 0x1303, 0x1305, 0xC02F, 0xC028, 0x002F, 0x0005];
const VERSIONS: [u16; 4] = [0x0304, 0x0303, 0x0302, 0x0301];

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::play(data, steps(data).into_iter()));

fn steps(data: &[u8]) -> Vec<Step> {
    let choice = data.get(1).copied().unwrap_or_default();
    let mut talk = Talk { next: [1000, 5000], time: 1000.0, steps: Vec::new() };
    talk.steps.push(Step::Secrets(if choice & 64 == 0 { secrets(choice) } else { Vec::new() }));
    talk.send(0, SYN, b"", false);
    talk.send(1, SYN | ACK, b"", false);
    talk.say(0, &record(HANDSHAKE, &message(1, &client_hello(choice))));
    let mut rest = data.get(2..).unwrap_or_default();
    for _ in 0..MOST {
        let Some((&[control, high, low], behind)) = rest.split_first_chunk::<3>() else {
            break;
        };
        let size = (usize::from(high & 63) << 8 | usize::from(low)).min(behind.len());
        let (body, after) = behind.split_at(size);
        let bytes = match control >> 2 & 7 {
            0 => body.to_vec(),
            1 => record(HANDSHAKE, &message(2, &server_hello(choice, control >> 5))),
            2 => record(20, &[1]),
            3 => record(HANDSHAKE, &message(control >> 5, body)),
            4 => {
                talk.steps.push(Step::Secrets(secrets(control)));
                Vec::new()
            }
            _ => record(APPLICATION_DATA, &[[0; 8].as_slice(), body, &[0; 16]].concat()),
        };
        let lost = control & 2 != 0 && high & 128 != 0;
        bytes.chunks(1460).for_each(|part| talk.send(usize::from(control & 1), ACK, part, lost));
        rest = after;
    }
    if data.last().is_some_and(|last| last & 1 != 0) {
        talk.send(0, FIN | ACK, b"", false);
        talk.send(1, FIN | ACK, b"", false);
    }
    talk.steps
}

/// Return lines with the secrets whose bit is set.
fn secrets(chosen: u8) -> Vec<u8> {
    let known = LABELS.iter().enumerate().filter(|(place, _)| chosen >> place & 1 != 0);
    let size = |label: &str| if label == "CLIENT_RANDOM" { 48 } else { 32 };
    let line = |label: &str| format!("{label} {} {}\n", "07".repeat(32), "5c".repeat(size(label)));
    known.map(|(_, label)| line(label)).collect::<String>().into_bytes()
}

fn client_hello(choice: u8) -> Vec<u8> {
    let early: &[u8] = if choice & 128 != 0 { &[0, 4, 0, 42, 0, 0] } else { &[0, 0] };
    [&[3, 3], [7; 32].as_slice(), &[0, 0, 2, 0x13, 1, 1, 0], early].concat()
}

fn server_hello(choice: u8, form: u8) -> Vec<u8> {
    let suite = SUITES[usize::from(form & 7)].to_be_bytes();
    let [major, minor] = VERSIONS[usize::from(choice >> 4 & 3)].to_be_bytes();
    let legacy = if minor == 4 { 3 } else { minor };
    [&[3, legacy], [9; 32].as_slice(), &[0], &suite, &[0, 0, 6, 0, 43, 0, 2, major, minor]].concat()
}

fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    [&[kind, 3, 3], (content.len() as u16).to_be_bytes().as_slice(), content].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind], &(body.len() as u32).to_be_bytes()[1..], body].concat()
}

struct Talk {
    next: [u32; 2],
    time: f64,
    steps: Vec<Step>,
}

impl Talk {
    fn say(&mut self, side: usize, data: &[u8]) {
        self.send(side, ACK, data, false);
    }

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
            self.time += 0.4;
            self.steps.push(Step::Feed(Frame { time: self.time, link_type: RAW, bytes }));
        }
    }
}
