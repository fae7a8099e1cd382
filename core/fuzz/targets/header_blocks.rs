//! HPACK header blocks of a connection, watched from its start, from a later block, with lost blocks, and with little
//! memory. The input is blocks of two bytes of control and length, and their content.
#![no_main]

use wire::http2::hpack::{Decoder, Malformed};
use wire::limits::Limits;

type Field = (Option<Vec<u8>>, Option<Vec<u8>>);

/// In the first byte of control: the blocks before this one are not seen by who joins late.
const JOIN: u8 = 1;
/// This block is lost.
const LOSE: u8 = 2;
/// SETTINGS change the limit before this block.
const LIMIT: u8 = 4;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let limits = Limits { headers: usize::MAX, header_bytes: usize::MAX, ..Limits::default() };
    let small = Limits { header_table: 100, ..limits.clone() };
    let bounded = Limits { headers: 3, header_bytes: 200, ..limits.clone() };
    let (mut whole, mut late, mut losing) = (Decoder::new(), Decoder::joined(), Decoder::new());
    let (mut forgetful, mut short) = (Decoder::new(), Decoder::new());
    let mut rest = data;
    while let Some((&[control, size], behind)) = rest.split_first_chunk::<2>() {
        let (block, after) = behind.split_at(usize::from(size).min(behind.len()));
        rest = after;
        if control & LIMIT != 0 {
            let size = Some(u32::from(control >> 3) << 8);
            [&mut whole, &mut late, &mut losing, &mut forgetful, &mut short].map(|decoder| decoder.limit(size));
        }
        let (right, result) = decode(&mut whole, block, &limits);
        if result.is_err() {
            // Peers would end the connection. What the others make of it does not matter.
            [&mut late, &mut losing, &mut forgetful, &mut short].map(|decoder| decode(decoder, block, &limits));
            return;
        }
        assert!(right.iter().all(|(name, value)| name.is_some() && value.is_some()), "something is unknown");
        if control & JOIN != 0 {
            late = Decoder::joined();
        }
        compare(&decode(&mut late, block, &limits), &right);
        if control & LOSE == 0 {
            compare(&decode(&mut losing, block, &limits), &right);
        } else {
            losing.lose();
        }
        compare(&decode(&mut forgetful, block, &small), &right);
        let (told, result) = decode(&mut short, block, &bounded);
        assert!(right.starts_with(&told) && told.len() <= 3);
        assert_eq!(result, Ok(right.len()));
    }
});

/// Return the fields of a block, and how many it has.
fn decode(decoder: &mut Decoder, block: &[u8], limits: &Limits) -> (Vec<Field>, Result<usize, Malformed>) {
    let mut fields = Vec::new();
    let owned = |text: Option<&[u8]>| text.map(<[u8]>::to_vec);
    let summary = decoder.block(block, limits, |name, value| fields.push((owned(name), owned(value))));
    assert!(decoder.held() <= 1 << 17, "{} bytes are held", decoder.held());
    if let Ok(summary) = summary {
        assert_eq!(summary.fields, fields.len() + summary.omitted);
    }
    (fields, summary.map(|summary| summary.fields))
}

/// Check that there are as many fields, and that whatever is known of them is right.
fn compare((fields, result): &(Vec<Field>, Result<usize, Malformed>), right: &[Field]) {
    assert_eq!((fields.len(), *result), (right.len(), Ok(right.len())));
    let texts = fields.iter().zip(right).flat_map(|(one, other)| [(&one.0, &other.0), (&one.1, &other.1)]);
    for (known, right) in texts {
        assert!(known.is_none() || known == right, "wrong: {known:?} is {right:?}");
    }
}
