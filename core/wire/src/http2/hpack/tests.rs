//! The examples of RFC 7541 appendix C, and an encoder that uses all that the RFC allows.

use super::*;
use crate::limits::Limits;

mod encoder;
mod examples;
mod random;
mod unknown;

type Known = (Option<Vec<u8>>, Option<Vec<u8>>);

/// Decode a block and return its fields, and what became of it.
fn fields(decoder: &mut Decoder, block: &[u8], limits: &Limits) -> (Vec<Known>, Result<Summary, Malformed>) {
    let mut fields = Vec::new();
    let owned = |text: Option<&[u8]>| text.map(<[u8]>::to_vec);
    let result = decoder.block(block, limits, |name, value| fields.push((owned(name), owned(value))));
    (fields, result)
}

/// Decode a block and return its fields as text, with `?` for what is unknown.
fn lines(decoder: &mut Decoder, block: &[u8]) -> Result<Vec<String>, Malformed> {
    let (fields, result) = fields(decoder, block, &Limits::default());
    let text = |known: Option<Vec<u8>>| known.map_or("?".into(), |bytes| String::from_utf8(bytes).unwrap());
    result.map(|_| fields.into_iter().map(|(name, value)| format!("{}: {}", text(name), text(value))).collect())
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    let digits: Vec<u8> = hexadecimal.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    digits.chunks(2).map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap()).collect()
}
