//! What is known after a late join, a loss, and when sizes are unknown; and what is malformed.

use super::*;

/// `name: value` as a literal that enters the table.
fn insertion(name: &str, value: &str) -> Vec<u8> {
    let string = |text: &str| [&[text.len() as u8], text.as_bytes()].concat();
    [vec![0x40], string(name), string(value)].concat()
}

fn index(number: u8) -> u8 {
    0x80 | (62 + number)
}

#[test]
fn a_late_joiner_counts_from_the_newest_entry() {
    let mut decoder = Decoder::joined();
    assert_eq!(lines(&mut decoder, &[0x82, index(0), index(9)]).unwrap(), [":method: GET", "?: ?", "?: ?"]);
    assert_eq!(lines(&mut decoder, &insertion("a", "b")).unwrap(), ["a: b"]);
    assert_eq!(lines(&mut decoder, &[index(0), index(1)]).unwrap(), ["a: b", "?: ?"]);
}

#[test]
fn an_insertion_with_an_unknown_name_is_counted() {
    let mut decoder = Decoder::joined();
    assert_eq!(lines(&mut decoder, &insertion("a", "b")).unwrap(), ["a: b"]);
    // The name of an entry before the first one, with a value of one byte.
    assert_eq!(lines(&mut decoder, &[0x40 | 62, 1, b'x']).unwrap(), ["a: x"]);
    assert_eq!(lines(&mut decoder, &[0x7F, 1, 1, b'y']).unwrap(), ["?: y"]);
    assert_eq!(
        lines(&mut decoder, &[index(0), index(1), index(2), index(3)]).unwrap(),
        ["?: y", "a: x", "a: b", "?: ?"]
    );
}

#[test]
fn after_a_loss_nothing_before_it_is_known() {
    let mut decoder = Decoder::new();
    assert_eq!(lines(&mut decoder, &insertion("a", "b")).unwrap(), ["a: b"]);
    decoder.lose();
    assert_eq!(lines(&mut decoder, &[index(0)]).unwrap(), ["?: ?"]);
    assert_eq!(lines(&mut decoder, &insertion("c", "d")).unwrap(), ["c: d"]);
    assert_eq!(lines(&mut decoder, &[index(0), index(1)]).unwrap(), ["c: d", "?: ?"]);
}

#[test]
fn an_emptied_table_is_known_again() {
    let mut decoder = Decoder::joined();
    let block = [&[0x20, 0x3F, 0xE1, 0x1F], insertion("a", "b").as_slice(), &[index(0)]].concat();
    assert_eq!(lines(&mut decoder, &block).unwrap(), ["a: b", "a: b"]);
    assert_eq!(lines(&mut decoder, &[index(1)]), Err(Malformed::Index));
}

#[test]
fn a_table_filled_anew_is_known_again() {
    let mut decoder = Decoder::joined();
    // Three entries of 34 bytes exceed 100, so the first one and all before it have gone.
    let insertions = ["a", "b", "c"].map(|name| insertion(name, "1")).concat();
    assert_eq!(lines(&mut decoder, &[&[0x3F, 100 - 31], insertions.as_slice()].concat()).unwrap().len(), 3);
    assert_eq!(lines(&mut decoder, &[index(0), index(1)]).unwrap(), ["c: 1", "b: 1"]);
    assert_eq!(lines(&mut decoder, &[index(2)]), Err(Malformed::Index));
}

#[test]
fn a_reference_beyond_what_a_table_of_that_size_can_hold_is_malformed() {
    let mut decoder = Decoder::joined();
    // Two empty entries of 32 bytes have room besides one of 34.
    let block = [&[0x3F, 98 - 31], insertion("a", "b").as_slice()].concat();
    assert_eq!(lines(&mut decoder, &block).unwrap(), ["a: b"]);
    assert_eq!(lines(&mut decoder, &[index(2)]).unwrap(), ["?: ?"]);
    assert_eq!(lines(&mut decoder, &[index(3)]), Err(Malformed::Index));
}

#[test]
fn while_the_size_is_unknown_sixteen_kibibytes_are_kept() {
    let mut decoder = Decoder::joined();
    let value = "v".repeat(4096 - 32 - 1);
    let string = [&[0x7F, 0xE0, 0x1E], value.as_bytes()].concat();
    for name in *b"abcde" {
        decoder.block(&[&[0x40, 1, name], string.as_slice()].concat(), &Limits::default(), |_, _| ()).unwrap();
    }
    assert_eq!(lines(&mut decoder, &[index(3), index(4)]).unwrap(), [format!("b: {value}"), "?: ?".into()]);
}

#[test]
fn a_late_joiner_accepts_any_size() {
    let mut decoder = Decoder::joined();
    assert_eq!(lines(&mut decoder, &[0x3F, 0xE0, 0xFF, 0xFF, 0xFF, 0x0F]), Ok(vec![]));
}

#[test]
fn an_entry_larger_than_the_table_empties_it() {
    let mut decoder = Decoder::new();
    let block = [&[0x3F, 9], insertion("a", "b").as_slice(), &insertion("c", "1234567")].concat();
    assert_eq!(lines(&mut decoder, &block).unwrap(), ["a: b", "c: 1234567"]);
    assert_eq!(lines(&mut decoder, &[index(0)]).unwrap(), ["c: 1234567"]);
    let block = insertion("larger", "than forty bytes");
    assert_eq!(lines(&mut decoder, &block).unwrap(), ["larger: than forty bytes"]);
    assert_eq!(lines(&mut decoder, &[index(0)]), Err(Malformed::Index));
}

#[test]
fn a_name_may_be_that_of_an_entry_which_the_insertion_evicts() {
    let mut decoder = Decoder::new();
    let block = [&[0x3F, 9], insertion("name", "1").as_slice(), &[0x40 | 62, 2, b'2', b'3', index(0)]].concat();
    assert_eq!(lines(&mut decoder, &block).unwrap(), ["name: 1", "name: 23", "name: 23"]);
}

#[test]
fn what_was_forgotten_to_save_memory_is_unknown() {
    let limits = Limits { header_table: 70, ..Limits::default() };
    let mut decoder = Decoder::new();
    for name in ["a", "b", "c"] {
        decoder.block(&insertion(name, ""), &limits, |_, _| ()).unwrap();
    }
    assert_eq!(lines(&mut decoder, &[index(0), index(1), index(2)]).unwrap(), ["c: ", "b: ", "?: ?"]);
}

#[test]
fn fields_beyond_the_limits_are_counted_and_enter_the_table() {
    let block = [insertion("a", "b"), insertion("c", "d"), insertion("e", ""), vec![0x82]].concat();
    let summary = Summary { fields: 4, unknown: 0, omitted: 3 };
    for limits in [Limits { headers: 1, ..Limits::default() }, Limits { header_bytes: 67, ..Limits::default() }] {
        let mut decoder = Decoder::new();
        let (fields, result) = fields(&mut decoder, &block, &limits);
        assert_eq!((fields.len(), result), (1, Ok(summary)));
        assert_eq!(lines(&mut decoder, &[index(0), index(2)]).unwrap(), ["e: ", "a: b"]);
    }
}

#[test]
fn a_very_long_text_costs_memory_only_while_it_is_read() {
    let text = [[0x7F, 0x81, 0x82, 0x03].as_slice(), &[b'x'; 49536]].concat();
    let mut decoder = Decoder::new();
    for prefix in [0x40, 0x00] {
        let block = [&[prefix, 1, b'a'], text.as_slice()].concat();
        assert_eq!(fields(&mut decoder, &block, &Limits::default()).0[0].1.as_ref().unwrap().len(), 49536);
        assert!(decoder.held() < 4096, "{} bytes are held", decoder.held());
    }
}

#[test]
fn the_beginning_of_a_block_is_told() {
    let mut decoder = Decoder::new();
    let block = [&[0x82, 0x84], insertion("a", "b").as_slice(), &[index(0)]].concat();
    let (fields, result) = fields(&mut decoder, &block[..6], &Limits::default());
    assert_eq!((fields.len(), result), (2, Err(Malformed::Truncated)));
    assert_eq!(lines(&mut decoder, &[index(0)]).unwrap(), ["?: ?"]);
}

#[test]
fn malformed_blocks_are_refused() {
    let refused = [
        (vec![0x80], Malformed::Index),
        (vec![index(0)], Malformed::Index),
        (vec![0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1], Malformed::Integer),
        (vec![0xFF], Malformed::Truncated),
        (vec![0x40, 1, b'a'], Malformed::Truncated),
        (vec![0x40, 1, b'a', 2, b'b'], Malformed::Truncated),
        (vec![0x04, 0x81, 0xFF], Malformed::Huffman),
        (vec![0x3F, 0xE2, 0x1F], Malformed::Size),
        (vec![0x82, 0x20], Malformed::Place),
    ];
    for (block, reason) in refused {
        let mut decoder = Decoder::new();
        assert_eq!(lines(&mut decoder, &insertion("a", "b")).unwrap(), ["a: b"]);
        decoder.block(&[0x20], &Limits::default(), |_, _| ()).unwrap();
        assert_eq!(lines(&mut decoder, &block), Err(reason), "{block:x?}");
        assert_eq!(lines(&mut decoder, &[index(0)]).unwrap(), ["?: ?"], "the table is unknown afterwards");
    }
}

#[test]
fn the_limit_is_that_of_the_settings() {
    let mut decoder = Decoder::new();
    let size = [0x3F, 0xE2, 0x1F];
    decoder.limit(Some(4097));
    assert_eq!(lines(&mut decoder, &size), Ok(vec![]));
    decoder.limit(Some(100));
    assert_eq!(lines(&mut decoder, &size), Err(Malformed::Size));
    decoder.limit(Some(100));
    decoder.limit(None);
    assert_eq!(lines(&mut decoder, &size), Ok(vec![]));
}

#[test]
fn an_announced_size_may_be_used_at_once_and_a_smaller_one_changes_nothing() {
    let mut decoder = Decoder::new();
    decoder.allow(4097);
    decoder.allow(1);
    assert_eq!(lines(&mut decoder, &[0x3F, 0xE2, 0x1F]), Ok(vec![]));
    assert_eq!(lines(&mut decoder, &[0x3F, 0xE3, 0x1F]), Err(Malformed::Size));
}
