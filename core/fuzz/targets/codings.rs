//! Content codings: the output is bounded, and longer output starts with shorter.
#![no_main]

use codings::decode;
use libfuzzer_sys::fuzz_target;

const CODINGS: [&[u8]; 8] =
    [b"gzip", b"deflate", b"br", b"zstd", b"gzip, gzip", b"deflate, br", b"zstd, gzip", b"br, zstd, x"];
const LONGEST: usize = 1 << 16;

fuzz_target!(|data: &[u8]| {
    let Some((choice, body)) = data.split_first() else {
        return;
    };
    let codings = CODINGS[usize::from(choice % 8)];
    let whole = decode(body, codings, LONGEST);
    assert!(whole.plain.len() <= LONGEST);
    let part = decode(body, codings, usize::from(*choice));
    assert!(part.plain.len() <= usize::from(*choice));
    if choice % 8 < 4 && whole.problem.is_empty() {
        assert!(whole.plain.starts_with(&part.plain), "another start");
        assert_eq!(part.more, whole.plain.len() > part.plain.len() || whole.more);
    }
});
