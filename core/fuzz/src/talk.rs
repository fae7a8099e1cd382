//! Turns bytes into TCP connections in any condition, like `tests/attacks/talk_bytes.py`.

use crate::{Frame, Step};

const RAW: u32 = 101;
const MOST: usize = 300;
const SHIFTS: [i64; 16] =
    [1, -1, 2, -2, 10, -10, 100, -100, 1460, -1460, 65536, -65536, 1 << 20, 1 << 31, (1 << 31) - 1, 5 - (1 << 31)];
const SPANS: [f64; 16] = [0.01, 0.1, 0.5, 1.0, 1.5, 2.0, 4.9, 5.1, 10.0, 29.9, 30.1, 31.0, 599.0, 600.1, 700.0, 1e6];
const CUTS: [usize; 4] = [0, 1, 10, 4096];
const FIRSTS: [[u32; 2]; 4] = [[1000, 5000], [1000, 5000], [u32::MAX, u32::MAX - 40], [0, (1 << 31) - 20]];
const SYN: u8 = 2;
const ACK: u8 = 16;

/// The current connections.
#[derive(Debug)]
pub struct Talk {
    time: f64,
    next: [[u32; 2]; 4],
    begun: [bool; 4],
    early: Vec<Frame>,
    steps: Vec<Step>,
}

/// Decode the input, from its third byte on, into steps.
#[must_use]
pub fn steps(data: &[u8]) -> Vec<Step> {
    let mut talk = Talk { time: 1000.0, next: FIRSTS, begun: [false; 4], early: Vec::new(), steps: Vec::new() };
    let mut rest = data.get(2..).unwrap_or_default();
    for _ in 0..MOST {
        let Some((&[fate, odd, high, low], behind)) = rest.split_first_chunk::<4>() else {
            break;
        };
        let size = (usize::from(high & 15) << 8 | usize::from(low)).min(behind.len());
        let (body, after) = behind.split_at(size);
        talk.take(fate, odd, high >> 4, body);
        rest = after;
    }
    talk.steps
}

impl Talk {
    fn take(&mut self, fate: u8, odd: u8, place: u8, body: &[u8]) {
        let (line, side, amount) = (usize::from(place >> 2), usize::from(fate & 1), usize::from(odd >> 4));
        self.open(line);
        self.pass(fate, odd & 15, SPANS[amount]);
        let (seq, ack) = match odd & 15 {
            9 => (SHIFTS[amount], 0),
            10 => (0, SHIFTS[amount]),
            15 => (-(body.len() as i64 + SHIFTS[amount].rem_euclid(7)), 0),
            _ => (0, 0),
        };
        let begins = odd & 15 == 8;
        let flags =
            fate >> 5 & 1 | (fate >> 6 & 1) << 2 | if begins { SYN } else { 0 } | if fate & 128 == 0 { ACK } else { 0 };
        let mut frame = self.frame(line, side, (seq, ack), flags, body);
        if odd & 15 != 15 {
            let size = body.len() as u32 + u32::from(fate >> 5 & 1) + u32::from(begins);
            self.next[line][side] = self.next[line][side].wrapping_add(size);
        }
        frame.bytes.truncate(frame.bytes.len().saturating_sub(CUTS[usize::from(place & 3)]));
        self.send(fate, frame);
        match odd & 15 {
            13 => {
                self.time += SPANS[amount];
                self.steps.push(Step::Advance(self.time));
            }
            14 => self.steps.push(Step::Take),
            _ => {}
        }
    }

    fn send(&mut self, fate: u8, frame: Frame) {
        if fate & 8 != 0 {
            return self.early.push(frame);
        }
        if fate & 2 != 0 {
            return;
        }
        if fate & 4 != 0 {
            self.steps.push(Step::Feed(frame.clone()));
        }
        self.steps.push(Step::Feed(frame));
        while let Some(early) = self.early.pop() {
            self.steps.push(Step::Feed(Frame { time: self.time, ..early }));
        }
    }

    fn pass(&mut self, fate: u8, odd: u8, span: f64) {
        self.time += if fate & 16 == 0 { 0.001 } else { 2.0 };
        match odd {
            11 => self.time -= span,
            12 => self.time += span,
            _ => {}
        }
    }

    /// Send the handshake, half of it, or none.
    fn open(&mut self, line: usize) {
        if std::mem::replace(&mut self.begun[line], true) {
            return;
        }
        if line != 1 {
            let frame = self.frame(line, 0, (0, 0), SYN, b"");
            self.steps.push(Step::Feed(frame));
        }
        if line == 0 || line == 2 {
            let frame = self.frame(line, 1, (0, 1), SYN | ACK, b"");
            self.steps.push(Step::Feed(frame));
        }
        for next in &mut self.next[line] {
            *next = next.wrapping_add(1);
        }
    }

    fn frame(&self, line: usize, side: usize, shifts: (i64, i64), flags: u8, body: &[u8]) -> Frame {
        let next = self.next[line];
        let shifted = |number: u32, shift: i64| (i64::from(number) + shift) as u32;
        let (client, server) = ([10, 0, 0, 0], [192, 0, 2, 1]);
        let ports = [1024 + line as u16, 80];
        let (source, target) = if side == 0 { (client, server) } else { (server, client) };
        let mut bytes = vec![0x45, 0];
        bytes.extend((40 + body.len() as u16).to_be_bytes());
        bytes.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
        bytes.extend([source, target].concat());
        bytes.extend(ports[side].to_be_bytes());
        bytes.extend(ports[1 - side].to_be_bytes());
        bytes.extend(shifted(next[side], shifts.0).to_be_bytes());
        bytes.extend(shifted(next[1 - side], shifts.1).to_be_bytes());
        bytes.extend([0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0]);
        bytes.extend(body);
        Frame { time: self.time, link_type: RAW, bytes }
    }
}
