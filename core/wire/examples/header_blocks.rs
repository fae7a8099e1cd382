//! Decodes HPACK header blocks, for `bench/header_blocks.py`, which measures how long it takes.
//!
//! `header_blocks KIND COUNT` decodes so many blocks of a kind, and prints the bytes of all names and values.

use std::process::ExitCode;

use wire::http2::hpack::Decoder;
use wire::limits::Limits;

/// A client that repeats its request, as h2load does: method, scheme, path, host and user agent.
const REPEATED: Client = Client {
    first:
        b"\x82\x86\x84\x41\x8a\x08\x9d\x5c\x0b\x81\x70\xdc\x78\x0f\x03\x7a\x8f\x9c\x54\x1c\x72\x29\x54\xd3\xa5\x35\x89\
        \x80\xae\xd8\x97\x07",
    next: b"\x82\x86\x84\xbf\xbe",
};

/// A client whose requests have a path and a request id of their own, both as Huffman codes. The path stays out of the
/// table; the id enters it and evicts another.
const DISTINCT: Client = Client {
    first: b"\x40\x89\xf2\xb5\x85\xed\x69\x50\x95\x8d\x27\x00",
    next: b"\x82\x86\x04\x93\x60\x75\x99\x8e\xe1\x60\xc9\x2d\x28\x60\x22\x65\xa6\xff\xca\xc7\x31\x60\x17\x01\x8a\x08\x9d\x5c\
        \x0b\x81\x70\xdc\x78\x0f\x03\x7e\x97\x6a\x39\x5f\x14\xac\xb6\xeb\xb1\xb2\xd4\x83\x70\x6c\x90\xaf\x89\xf9\x00\x50\
        \x15\xa7\x59\x73",
};

/// The header blocks of a client.
struct Client {
    first: &'static [u8],
    next: &'static [u8],
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, count] = arguments.as_slice() else {
        return usage();
    };
    match (kind.as_str(), count.parse()) {
        ("repeated", Ok(count)) => decode(&REPEATED, count),
        ("distinct", Ok(count)) => decode(&DISTINCT, count),
        _ => usage(),
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: header_blocks repeated|distinct COUNT");
    ExitCode::FAILURE
}

fn decode(client: &Client, count: u64) -> ExitCode {
    let (mut decoder, limits, mut bytes) = (Decoder::new(), Limits::default(), 0);
    let blocks = std::iter::once(client.first).chain(std::iter::repeat(client.next)).take(count as usize);
    for block in blocks {
        let decoded = decoder.block(block, &limits, |name, value| {
            bytes += name.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len);
        });
        if let Err(malformed) = decoded {
            eprintln!("{malformed:?}");
            return ExitCode::FAILURE;
        }
    }
    println!("{bytes}");
    ExitCode::SUCCESS
}
