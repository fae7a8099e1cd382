use miniz_oxide::deflate::{compress_to_vec, compress_to_vec_zlib};
use ruzstd::encoding::{CompressionLevel, compress_to_vec as compress_zstd};

use super::*;

const TEXT: &[u8] = b"To be or not to be, that is the question. To be or not to be.";
const LONGEST: usize = 1 << 16;
/// 10 times X and 10 times Y, by the reference encoder.
const BROTLI: &[u8] = b"\x1b\x13\x00\x00\xa4\xb0\xb2\xea\x81\x47\x02\x8a";
const XY: &[u8] = b"XXXXXXXXXXYYYYYYYYYY";

fn member(flags: u8, fields: &[u8], plain: &[u8]) -> Vec<u8> {
    let head = [&[0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 255], fields].concat();
    let trailer = [crc32fast::hash(plain).to_le_bytes(), (plain.len() as u32).to_le_bytes()].concat();
    [head, compress_to_vec(plain, 6), trailer].concat()
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    member(0, b"", plain)
}

fn zstd(plain: &[u8]) -> Vec<u8> {
    compress_zstd(plain, CompressionLevel::Fastest)
}

fn told(body: &[u8], codings: &str) -> (Vec<u8>, String, bool) {
    let Decoded { plain, problem, more } = decode(body, codings.as_bytes(), LONGEST);
    (plain, problem, more)
}

fn right(plain: &[u8]) -> (Vec<u8>, String, bool) {
    (plain.to_vec(), String::new(), false)
}

fn wrong(plain: &[u8], problem: &str) -> (Vec<u8>, String, bool) {
    (plain.to_vec(), problem.to_owned(), false)
}

fn damaged(mut body: Vec<u8>, from_end: usize) -> Vec<u8> {
    let place = body.len() - from_end;
    body[place] ^= 1;
    body
}

#[test]
fn each_coding_is_undone() {
    for (body, codings) in [
        (TEXT.to_vec(), ""),
        (TEXT.to_vec(), "identity"),
        (gzip(TEXT), "gzip"),
        (gzip(TEXT), " X-GZip , identity"),
        (compress_to_vec_zlib(TEXT, 6), "deflate"),
        (zstd(TEXT), "zstd"),
        (zstd(&gzip(TEXT)), "gzip, zstd"),
        (gzip(&gzip(&gzip(&gzip(TEXT)))), "gzip,gzip,gzip,gzip"),
    ] {
        assert_eq!(told(&body, codings), right(TEXT), "{codings}");
    }
    assert_eq!(told(BROTLI, "br"), right(XY));
    assert_eq!(told(b"", "gzip"), right(b""), "the body of an answer to HEAD");
}

#[test]
fn members_and_frames_follow_each_other() {
    assert_eq!(told(&[gzip(b"one "), gzip(b""), gzip(b"two")].concat(), "gzip"), right(b"one two"));
    let skipped = [&0x184D_2A51_u32.to_le_bytes()[..], &3_u32.to_le_bytes(), b"abc"].concat();
    assert_eq!(told(&[skipped, zstd(b"one "), zstd(b"two")].concat(), "zstd"), right(b"one two"));
}

#[test]
fn the_header_of_a_member_may_have_fields() {
    let extra = member(4 | 8 | 16, b"\x03\x00abcname\0comment\0", TEXT);
    assert_eq!(told(&extra, "gzip"), right(TEXT));
    let head = [0x1f, 0x8b, 8, 2, 0, 0, 0, 0, 0, 255];
    let sum = (crc32fast::hash(&head) as u16).to_le_bytes();
    assert_eq!(told(&member(2, &sum, TEXT), "gzip"), right(TEXT));
    assert_eq!(told(&member(2, b"\0\0", TEXT), "gzip"), wrong(TEXT, CHECKSUM));
}

#[test]
fn problems_have_names() {
    for (body, codings, plain, problem) in [
        ([gzip(TEXT), b"tail".to_vec()].concat(), "gzip", TEXT, TRAILING),
        ([compress_to_vec_zlib(TEXT, 6), b"tail".to_vec()].concat(), "deflate", TEXT, TRAILING),
        ([BROTLI, b"tail"].concat(), "br", XY, TRAILING),
        ([zstd(TEXT), b"tail".to_vec()].concat(), "zstd", TEXT, TRAILING),
        (damaged(gzip(TEXT), 1), "gzip", TEXT, CHECKSUM),
        (damaged(gzip(TEXT), 8), "gzip", TEXT, CHECKSUM),
        (damaged(compress_to_vec_zlib(TEXT, 6), 1), "deflate", TEXT, CHECKSUM),
        (damaged(zstd(TEXT), 1), "zstd", TEXT, CHECKSUM),
        (compress_to_vec(TEXT, 6), "deflate", TEXT, HEADERLESS),
        (TEXT.to_vec(), "gzip", TEXT, MALFORMED),
        (TEXT.to_vec(), "deflate", TEXT, MALFORMED),
        (TEXT.to_vec(), "br", TEXT, MALFORMED),
        (TEXT.to_vec(), "zstd", TEXT, MALFORMED),
        (TEXT.to_vec(), "gzip, snappy\r", TEXT, "unknown content coding snappy"),
        (gzip(TEXT), "x\n, gzip", TEXT, "unknown content coding x"),
        (gzip(TEXT), "\u{e9}, gzip", TEXT, "unknown content coding \\xc3\\xa9"),
        (TEXT.to_vec(), "gzip,gzip,gzip,gzip,gzip", TEXT, TOO_MANY),
        (gzip(&[gzip(TEXT), b"tail".to_vec()].concat()), "gzip, gzip", TEXT, TRAILING),
    ] {
        assert_eq!(told(&body, codings), wrong(plain, problem), "{codings} {problem}");
    }
}

#[test]
fn what_comes_before_the_end_of_a_truncated_body_is_kept() {
    let long = TEXT.repeat(100);
    for (body, codings) in [
        (gzip(&long), "gzip"),
        (compress_to_vec_zlib(&long, 6), "deflate"),
        (zstd(&long), "zstd"),
        (BROTLI.to_vec(), "br"),
    ] {
        let whole = told(&body, codings).0;
        for size in 1..body.len() {
            let (plain, problem, more) = told(&body[..size], codings);
            let fits = problem == TRUNCATED || (codings == "deflate" && size < 2);
            assert!(fits && !more && (whole.starts_with(&plain) || size < 2), "{size} bytes of {codings}: {problem}");
        }
    }
    let random: Vec<u8> = (0..400_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let body = zstd(&random);
    let (plain, problem, _) = decode_to(&body[..body.len() / 2], 1 << 20);
    assert_eq!(problem, TRUNCATED);
    assert!(plain.len() >= 131_072 && random.starts_with(&plain), "{} bytes", plain.len());
}

fn decode_to(body: &[u8], longest: usize) -> (Vec<u8>, String, bool) {
    let Decoded { plain, problem, more } = decode(body, b"zstd", longest);
    (plain, problem, more)
}

#[test]
fn a_damaged_frame_is_read_up_to_its_last_good_block() {
    // A window of 1 MiB, blocks that are stored, and one of the reserved kind.
    let stored = |text: &[u8]| [&(text.len() as u32 * 8).to_le_bytes()[..3], text].concat();
    let head = [&MAGIC_OF_ZSTD[..], &[0, 10 << 3]].concat();
    let body = [head, stored(b"good "), stored(b"block"), vec![6, 0, 0, b'x']].concat();
    assert_eq!(told(&body, "zstd"), wrong(b"good block", MALFORMED));
}

#[test]
fn a_bomb_costs_no_more_than_the_output_that_is_wanted() {
    let zeros = vec![0; 50 << 20];
    for (body, codings) in [
        (gzip(&zeros), "gzip"),
        (compress_to_vec_zlib(&zeros, 6), "deflate"),
        (zstd(&zeros), "zstd"),
        (gzip(&gzip(&zeros)), "gzip, gzip"),
        (zstd(&gzip(&zeros)), "gzip, zstd"),
    ] {
        assert_eq!(told(&body, codings), (vec![0; LONGEST], String::new(), true), "{codings}");
    }
    assert_eq!(decode(BROTLI, b"br", 5), Decoded { plain: b"XXXXX".to_vec(), more: true, ..Decoded::default() });
    assert_eq!(decode(TEXT, b"", 2), Decoded { plain: b"To".to_vec(), more: true, ..Decoded::default() });
    for longest in [XY.len(), XY.len() + 1] {
        assert_eq!(decode(BROTLI, b"br", longest), Decoded { plain: XY.to_vec(), ..Decoded::default() });
        assert_eq!(decode(&gzip(XY), b"gzip", longest), Decoded { plain: XY.to_vec(), ..Decoded::default() });
    }
    assert_eq!(decode(&gzip(XY), b"gzip", 0), Decoded { more: true, ..Decoded::default() });
}

#[test]
fn windows_are_limited() {
    // A frame that announces a window of 2 GiB, with one empty block.
    let body = [&MAGIC_OF_ZSTD[..], &[0, 21 << 3, 1, 0, 0]].concat();
    assert_eq!(told(&body, "zstd"), wrong(&body, MALFORMED));
}

const MAGIC_OF_ZSTD: [u8; 4] = 0xFD2F_B528_u32.to_le_bytes();
