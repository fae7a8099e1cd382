//! The opening handshake of a WebSocket (RFC 6455 section 4).

use sha1::{Digest, Sha1};

use super::reader::Extensions;
use crate::bytes::{partition, trimmed};

/// What a server adds to the client's key to show that it knows this protocol (RFC 6455 section 1.3).
const PROOF: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Return whether Sec-WebSocket-Accept answers the key of a client (RFC 6455 section 4.2.2).
pub(crate) fn accepts(key: &[u8], accept: &[u8]) -> bool {
    let digest = Sha1::new().chain_update(key).chain_update(PROOF).finalize();
    base64(&digest) == trimmed(accept)
}

/// Return the extensions that Sec-WebSocket-Extensions of the server names.
pub(crate) fn extensions(field: &[u8]) -> Extensions {
    let mut found = Extensions::Absent;
    for extension in field.split(|byte| *byte == b',').map(|one| trimmed(partition(one, b';').0)) {
        match (extension, found) {
            (b"", _) => {}
            (b"permessage-deflate", Extensions::Absent) => found = Extensions::Deflate,
            _ => found = Extensions::Other,
        }
    }
    found
}

/// Encode bytes in Base64 (RFC 4648 section 4).
fn base64(data: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(data.len().div_ceil(3) * 4);
    for group in data.chunks(3) {
        let bits = group.iter().chain(&[0; 2]).take(3).fold(0, |bits: usize, byte| bits << 8 | usize::from(*byte));
        let letters = [18, 12, 6, 0].map(|shift| ALPHABET.get(bits >> shift & 63).copied().unwrap_or(b'='));
        text.extend_from_slice(letters.get(..=group.len()).unwrap_or(&letters));
        text.resize(text.len().next_multiple_of(4), b'=');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accept_value_proves_the_key() {
        assert!(accepts(b"dGhlIHNhbXBsZSBub25jZQ==", b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")); // RFC 6455 section 1.3
        assert!(!accepts(b"dGhlIHNhbXBsZSBub25jZQ==", b"s3pPLMBiTxaQ9kYGzzhZRbK+xOO="));
        assert!(!accepts(b"", b""));
    }

    #[test]
    fn base64_pads_to_four_letters() {
        for (data, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
            assert_eq!(base64(data.as_bytes()), text.as_bytes());
        }
    }

    #[test]
    fn extensions_are_named_by_the_server() {
        assert_eq!(extensions(b""), Extensions::Absent);
        assert_eq!(extensions(b"permessage-deflate; server_max_window_bits=12"), Extensions::Deflate);
        assert_eq!(extensions(b"permessage-deflate, x-other"), Extensions::Other);
        assert_eq!(extensions(b"x-webkit-deflate-frame"), Extensions::Other);
    }
}
