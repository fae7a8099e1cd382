//! The stories of http2jp/hpack-test-case: decoded whole, joined at every block, and with every single block lost.
//!
//! They are beside the repository, in `shared/hpack`; without them, the tests are skipped.

#![allow(clippy::indexing_slicing, clippy::expect_used, clippy::panic, reason = "a panic is how a test fails")]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use wire::http2::hpack::Decoder;
use wire::limits::Limits;

/// The first block of which an insertion of a text must have been seen: none for texts of the static table, and for those
/// in the block itself.
type Origin = Option<usize>;

/// A field, and where its name and its value come from.
struct Field {
    name: String,
    value: String,
    origins: [Origin; 2],
}

struct Block {
    wire: Vec<u8>,
    limit: Option<u32>,
    fields: Vec<Field>,
}

struct Story {
    file: PathBuf,
    blocks: Vec<Block>,
}

#[test]
fn every_story_is_decoded() {
    for story in stories() {
        let mut decoder = Decoder::new();
        for block in &story.blocks {
            assert_eq!(watch(&mut decoder, block, &story), 2 * block.fields.len(), "{}", story.file.display());
        }
    }
}

#[test]
fn a_late_joiner_knows_what_was_inserted_since_and_nothing_wrong() {
    for story in stories() {
        for start in 1..story.blocks.len() {
            check(&story, Decoder::joined(), start);
        }
    }
}

#[test]
fn a_loss_costs_what_was_inserted_before_and_nothing_is_wrong() {
    for story in stories() {
        let mut decoder = Decoder::new();
        for (number, block) in story.blocks.iter().enumerate() {
            let mut after_loss = decoder.clone();
            after_loss.lose();
            check(&story, after_loss, number + 1);
            watch(&mut decoder, block, &story);
        }
    }
}

/// Check that a decoder which begins at a block knows exactly the texts that come from there on.
fn check(story: &Story, mut decoder: Decoder, start: usize) {
    for (number, block) in story.blocks.iter().enumerate().skip(start) {
        let texts = block.fields.iter().flat_map(|field| field.origins);
        let expected = texts.filter(|origin| origin.is_none_or(|first| first >= start)).count();
        let known = watch(&mut decoder, block, story);
        assert_eq!(known, expected, "{}, block {number}, seen from block {start} on", story.file.display());
    }
}

/// Decode a block; return how many of its names and values are known. All that are must be right.
fn watch(decoder: &mut Decoder, block: &Block, story: &Story) -> usize {
    let (mut known, mut fields) = (0, block.fields.iter());
    if block.limit.is_some() {
        decoder.limit(block.limit);
    }
    let summary = decoder.block(&block.wire, &Limits::default(), |name, value| {
        let field = fields.next().expect("no more fields than the story has");
        for (told, right) in [(name, &field.name), (value, &field.value)] {
            assert!(told.is_none_or(|told| told == right.as_bytes()), "{}: not {right}", story.file.display());
            known += usize::from(told.is_some());
        }
    });
    let summary = summary.unwrap_or_else(|reason| panic!("{}: {reason:?}", story.file.display()));
    assert_eq!(summary.fields, block.fields.len());
    known
}

fn stories() -> impl Iterator<Item = Story> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/hpack");
    let encoders = fs::read_dir(&folder);
    if encoders.is_err() {
        println!("skipped: there are no stories in {}", folder.display());
    }
    let folders = encoders.into_iter().flatten().map(|entry| entry.expect("a readable folder").path());
    let files = folders.filter(|path| path.is_dir()).flat_map(|path| fs::read_dir(path).expect("a readable folder"));
    files.map(|entry| read(entry.expect("a readable folder").path()))
}

fn read(file: PathBuf) -> Story {
    let story: Value = serde_json::from_slice(&fs::read(&file).expect("a readable file")).expect("JSON");
    let (mut insertions, mut blocks) = (Vec::new(), Vec::new());
    for (number, case) in story["cases"].as_array().expect("cases").iter().enumerate() {
        let wire = bytes(case["wire"].as_str().expect("hexadecimal digits"));
        let origins = origins(&wire, number, &mut insertions);
        let headers = case["headers"].as_array().expect("headers").iter();
        let fields: Vec<Field> = headers.zip(&origins).map(|(header, origins)| field(header, *origins)).collect();
        assert_eq!(fields.len(), origins.len(), "{}, block {number}", file.display());
        let limit = case["header_table_size"].as_u64().map(|size| u32::try_from(size).expect("32 bits"));
        blocks.push(Block { wire, limit, fields });
    }
    Story { file, blocks }
}

fn field(header: &Value, origins: [Origin; 2]) -> Field {
    let (name, value) = header.as_object().expect("an object").iter().next().expect("a field");
    Field { name: name.clone(), value: value.as_str().expect("a text").into(), origins }
}

fn bytes(digits: &str) -> Vec<u8> {
    let byte = |place| u8::from_str_radix(&digits[place..place + 2], 16).expect("hexadecimal digits");
    (0..digits.len()).step_by(2).map(byte).collect()
}

/// Return where the texts of each field come from, by the structure of the block alone; all insertions are in `insertions`.
fn origins(mut wire: &[u8], number: usize, insertions: &mut Vec<[Origin; 2]>) -> Vec<[Origin; 2]> {
    let mut found = Vec::new();
    while let Some(&first) = wire.first() {
        match first {
            0x80.. => found.push(entry(integer(&mut wire, 0x7F), insertions)),
            0x40.. => {
                let name = literal(&mut wire, 0x3F, insertions);
                found.push([name, None]);
                insertions.push([name.or(Some(number)), Some(number)]);
            }
            0x20.. => _ = integer(&mut wire, 0x1F),
            _ => found.push([literal(&mut wire, 0x0F, insertions), None]),
        }
    }
    found
}

/// Return where the texts with an index come from.
fn entry(index: usize, insertions: &[[Origin; 2]]) -> [Origin; 2] {
    if index < 62 { [None, None] } else { insertions[insertions.len() - (index - 61)] }
}

/// Skip a literal, and return where its name comes from.
fn literal(wire: &mut &[u8], mask: u8, insertions: &[[Origin; 2]]) -> Origin {
    let index = integer(wire, mask);
    if index == 0 {
        string(wire);
    }
    string(wire);
    entry(index, insertions)[0]
}

/// Skip a string.
fn string(wire: &mut &[u8]) {
    let length = integer(wire, 0x7F);
    *wire = &wire[length..];
}

fn integer(wire: &mut &[u8], mask: u8) -> usize {
    let first = wire[0] & mask;
    *wire = &wire[1..];
    if first < mask {
        return usize::from(first);
    }
    let length = wire.iter().position(|byte| byte & 0x80 == 0).expect("an end") + 1;
    let rest = wire[..length].iter().rev().fold(0, |so_far, byte| so_far << 7 | usize::from(byte & 0x7F));
    *wire = &wire[length..];
    usize::from(mask) + rest
}
