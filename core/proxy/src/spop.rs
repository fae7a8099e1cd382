//! The stream processing offload protocol, version 2.0, of HAProxy (doc/SPOE.txt): how a front asks an agent.
//!
//! Only what an asking side needs: its HELLO and NOTIFY frames, and the agent's HELLO, ACK and DISCONNECT.

use std::net::IpAddr;

const HAPROXY_HELLO: u8 = 1;
const NOTIFY: u8 = 3;
const AGENT_HELLO: u8 = 101;
const AGENT_DISCONNECT: u8 = 102;
const ACK: u8 = 103;
/// A frame that is not a fragment.
const FIN: u32 = 1;
const SET_VARIABLE: u8 = 1;

/// A typed value (section 3.1).
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Flag(bool),
    Number(u64),
    Address(IpAddr),
    Text(Vec<u8>),
    Bytes(Vec<u8>),
}

/// A frame of an agent.
#[derive(Debug, PartialEq)]
pub(crate) enum Answer {
    /// It agreed to frames of this many bytes.
    Hello(usize),
    /// Variables that it sets, for the frame of a number.
    Ack(u64, Vec<(Vec<u8>, Value)>),
    /// It ends the connection.
    Disconnect,
}

/// The first frame: what we offer.
pub(crate) fn hello(longest: usize) -> Vec<u8> {
    let mut payload = Vec::new();
    for (name, value) in [
        ("supported-versions", Value::Text(b"2.0".to_vec())),
        ("max-frame-size", Value::Number(longest as u64)),
        ("capabilities", Value::Text(b"pipelining".to_vec())),
        ("engine-id", Value::Text(b"http-monitor".to_vec())),
    ] {
        write_text(&mut payload, name.as_bytes());
        write_value(&mut payload, &value);
    }
    frame(HAPROXY_HELLO, 0, &payload)
}

/// A question: one message with named values.
pub(crate) fn notify(number: u64, message: &str, values: &[(&str, Value)]) -> Vec<u8> {
    let mut payload = Vec::new();
    write_text(&mut payload, message.as_bytes());
    payload.push(values.len() as u8);
    for (name, value) in values {
        write_text(&mut payload, name.as_bytes());
        write_value(&mut payload, value);
    }
    frame(NOTIFY, number, &payload)
}

/// Header fields in the form of `req.hdrs_bin`.
pub(crate) fn fields<'a>(fields: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in fields {
        write_text(&mut out, name);
        write_text(&mut out, value);
    }
    out.extend_from_slice(&[0, 0]);
    out
}

/// Take a frame apart, without its length; None if it is malformed.
pub(crate) fn answer(frame: &[u8]) -> Option<Answer> {
    let (kind, rest) = frame.split_first()?;
    let mut reader = Reader(rest.get(4..)?);
    let _stream = reader.number()?;
    let number = reader.number()?;
    match *kind {
        AGENT_HELLO => reader.hello(),
        AGENT_DISCONNECT => Some(Answer::Disconnect),
        ACK => reader.actions(number),
        _ => None,
    }
}

fn frame(kind: u8, number: u64, payload: &[u8]) -> Vec<u8> {
    let mut body = vec![kind];
    body.extend_from_slice(&FIN.to_be_bytes());
    write_number(&mut body, number);
    write_number(&mut body, number);
    body.extend_from_slice(payload);
    let mut out = (body.len() as u32).to_be_bytes().to_vec();
    out.append(&mut body);
    out
}

fn write_number(out: &mut Vec<u8>, mut number: u64) {
    if number < 240 {
        out.push(number as u8);
        return;
    }
    out.push((number | 240) as u8);
    number = (number - 240) >> 4;
    while number >= 128 {
        out.push((number | 128) as u8);
        number = (number - 128) >> 7;
    }
    out.push(number as u8);
}

fn write_text(out: &mut Vec<u8>, text: &[u8]) {
    write_number(out, text.len() as u64);
    out.extend_from_slice(text);
}

fn write_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.push(0),
        Value::Flag(value) => out.push(if *value { 0x11 } else { 1 }),
        Value::Number(number) => {
            out.push(3);
            write_number(out, *number);
        }
        Value::Address(IpAddr::V4(address)) => {
            out.push(6);
            out.extend_from_slice(&address.octets());
        }
        Value::Address(IpAddr::V6(address)) => {
            out.push(7);
            out.extend_from_slice(&address.octets());
        }
        Value::Text(text) => {
            out.push(8);
            write_text(out, text);
        }
        Value::Bytes(bytes) => {
            out.push(9);
            write_text(out, bytes);
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn bytes(&mut self, size: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(size)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u64> {
        let first = u64::from(self.byte()?);
        if first < 240 {
            return Some(first);
        }
        let (mut number, mut shift) = (first, 4);
        loop {
            let next = u64::from(self.byte()?);
            number = number.checked_add(next.checked_shl(shift).filter(|_| shift < 60)?)?;
            shift += 7;
            if next < 128 {
                return Some(number);
            }
        }
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let size = self.number()?;
        self.bytes(size as usize)
    }

    fn value(&mut self) -> Option<Value> {
        let kind = self.byte()?;
        Some(match kind & 0xf {
            0 => Value::Null,
            1 => Value::Flag(kind & 0x10 != 0),
            2..=5 => Value::Number(self.number()?),
            6 => Value::Address(IpAddr::from(<[u8; 4]>::try_from(self.bytes(4)?).ok()?)),
            7 => Value::Address(IpAddr::from(<[u8; 16]>::try_from(self.bytes(16)?).ok()?)),
            8 => Value::Text(self.text()?.to_vec()),
            9 => Value::Bytes(self.text()?.to_vec()),
            _ => return None,
        })
    }

    fn hello(&mut self) -> Option<Answer> {
        let mut longest = 0;
        while !self.0.is_empty() {
            let name = self.text()?;
            if let (b"max-frame-size", Value::Number(size)) = (name, self.value()?) {
                longest = size as usize;
            }
        }
        Some(Answer::Hello(longest))
    }

    fn actions(&mut self, number: u64) -> Option<Answer> {
        let mut set = Vec::new();
        while !self.0.is_empty() {
            let (kind, count) = (self.byte()?, self.byte()?);
            let _scope = self.byte()?;
            let name = self.text()?.to_vec();
            match (kind, count) {
                (SET_VARIABLE, 3) => set.push((name, self.value()?)),
                (_, 2) => {}
                _ => return None,
            }
        }
        Some(Answer::Ack(number, set))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_in_the_specification() {
        for number in [0, 1, 239, 240, 241, 255, 2287, 2288, 264_431, 1 << 40] {
            let mut out = Vec::new();
            write_number(&mut out, number);
            let mut reader = Reader(&out);
            assert_eq!((reader.number(), reader.0.len()), (Some(number), 0), "{number}");
        }
        let written = |number| {
            let mut out = Vec::new();
            write_number(&mut out, number);
            out
        };
        assert_eq!((written(240), written(2287), written(2288)), (vec![240, 0], vec![255, 127], vec![240, 128, 0]));
    }

    #[test]
    fn variables_are_read() {
        let mut body = vec![ACK, 0, 0, 0, 1, 7, 7];
        for (name, value) in [("blocked", Value::Flag(true)), ("score", Value::Number(300))] {
            body.extend_from_slice(&[SET_VARIABLE, 3, 2]);
            write_text(&mut body, name.as_bytes());
            write_value(&mut body, &value);
        }
        let set = vec![(b"blocked".to_vec(), Value::Flag(true)), (b"score".to_vec(), Value::Number(300))];
        assert_eq!(answer(&body), Some(Answer::Ack(7, set)));
    }

    #[test]
    fn malformed_frames_are_none() {
        let whole = hello(1000);
        for size in 0..20 {
            assert_eq!(answer(whole.get(4..4 + size).unwrap_or_default()), None);
        }
        assert_eq!(answer(&[ACK, 0, 0, 0, 1, 0, 0, 1, 3, 2, 240, 255, 255, 255, 255, 255, 255, 255, 255, 255]), None);
    }
}
