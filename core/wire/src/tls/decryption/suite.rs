//! What a cipher suite says about decryption. Its registered name says it all (RFC 8446 appendix B.4, RFC 5246).

use ring::{aead, hkdf, hmac};

use super::super::ciphers;

/// How records are encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// AES in Galois/Counter Mode (RFC 5288).
    Gcm,
    /// ChaCha20 with Poly1305 (RFC 7905).
    ChaCha,
    /// AES in counter mode with CBC-MAC, whose tag has so many bytes (RFC 6655).
    Ccm(usize),
    /// AES in cipher block chaining mode, with a MAC (RFC 5246 section 6.2.3.2).
    Cbc(Mac),
}

/// The hash of a MAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mac {
    Sha1,
    Sha256,
    Sha384,
}

impl Mac {
    pub(super) fn size(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
        }
    }

    pub(super) fn algorithm(self) -> hmac::Algorithm {
        match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
        }
    }
}

/// A cipher suite whose records can be decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Suite {
    pub(super) method: Method,
    /// Bytes of the key.
    pub(super) key: usize,
    /// Whether keys are derived with SHA-384 instead of SHA-256.
    pub(super) long: bool,
}

impl Suite {
    /// Return the suite with a registered number; None if its records cannot be decrypted.
    pub(super) fn of(number: u16) -> Option<Self> {
        let name = ciphers::name(number);
        let cipher = name.split("_WITH_").last()?.trim_start_matches("TLS_");
        let (method, key, hash) = parts(cipher)?;
        Some(Self { method, key, long: hash.ends_with("SHA384") })
    }

    /// Return whether it has AES-CBC, the only method here that is older than TLS 1.2.
    pub(super) fn is_chained(self) -> bool {
        matches!(self.method, Method::Cbc(_))
    }

    /// Return the algorithm with which TLS 1.3 derives keys.
    pub(super) fn hkdf(self) -> hkdf::Algorithm {
        if self.long { hkdf::HKDF_SHA384 } else { hkdf::HKDF_SHA256 }
    }

    /// Return the algorithm with which TLS 1.2 derives keys.
    pub(super) fn prf(self) -> hmac::Algorithm {
        if self.long { hmac::HMAC_SHA384 } else { hmac::HMAC_SHA256 }
    }

    /// Return the bytes of the hash with which keys are derived, and of a secret of TLS 1.3.
    pub(super) fn hash_size(self) -> usize {
        if self.long { 48 } else { 32 }
    }

    /// Return the bytes of content in a record of TLS 1.2 with `length` bytes; None if they cannot be told.
    pub(super) fn content(self, length: usize) -> Option<usize> {
        match self.method {
            Method::Gcm => length.checked_sub(8 + 16),
            Method::Ccm(tag) => length.checked_sub(8 + tag),
            Method::ChaCha => length.checked_sub(16),
            Method::Cbc(_) => None,
        }
    }

    /// Return the algorithm of suites that `ring` has.
    pub(super) fn aead(self) -> Option<&'static aead::Algorithm> {
        match (self.method, self.key) {
            (Method::Gcm, 16) => Some(&aead::AES_128_GCM),
            (Method::Gcm, _) => Some(&aead::AES_256_GCM),
            (Method::ChaCha, _) => Some(&aead::CHACHA20_POLY1305),
            _ => None,
        }
    }
}

/// Return the method, the bytes of the key, and the rest of the name, which says the hash.
fn parts(cipher: &str) -> Option<(Method, usize, &str)> {
    if let Some(hash) = cipher.strip_prefix("CHACHA20_POLY1305") {
        return Some((Method::ChaCha, 32, hash));
    }
    let (key, mode) = match (cipher.strip_prefix("AES_128_"), cipher.strip_prefix("AES_256_")) {
        (Some(mode), _) => (16, mode),
        (_, Some(mode)) => (32, mode),
        _ => return None,
    };
    let method = match mode {
        "GCM_SHA256" | "GCM_SHA384" => Method::Gcm,
        "CCM" | "CCM_SHA256" => Method::Ccm(16),
        "CCM_8" | "CCM_8_SHA256" => Method::Ccm(8),
        "CBC_SHA" => Method::Cbc(Mac::Sha1),
        "CBC_SHA256" => Method::Cbc(Mac::Sha256),
        "CBC_SHA384" => Method::Cbc(Mac::Sha384),
        _ => return None,
    };
    Some((method, key, mode))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_how_records_are_encrypted() {
        let of = |number| Suite::of(number).map(|Suite { method, key, long }| (method, key, long));
        assert_eq!(of(0x1301), Some((Method::Gcm, 16, false)));
        assert_eq!(of(0x1302), Some((Method::Gcm, 32, true)));
        assert_eq!(of(0x1303), Some((Method::ChaCha, 32, false)));
        assert_eq!(of(0x1304), Some((Method::Ccm(16), 16, false)));
        assert_eq!(of(0x1305), Some((Method::Ccm(8), 16, false)));
        assert_eq!(of(0xC030), Some((Method::Gcm, 32, true)));
        assert_eq!(of(0xC0AF), Some((Method::Ccm(8), 32, false)));
        assert_eq!(of(0xCCA8), Some((Method::ChaCha, 32, false)));
        assert_eq!(of(0x002F), Some((Method::Cbc(Mac::Sha1), 16, false)));
        assert_eq!(of(0x003D), Some((Method::Cbc(Mac::Sha256), 32, false)));
        assert_eq!(of(0xC028), Some((Method::Cbc(Mac::Sha384), 32, true)));
    }

    #[test]
    fn other_ciphers_cannot_be_decrypted() {
        let others = [0x0005, 0x000A, 0x0041, 0xC05C, 0x00C6, 0x0000, 0xFEFE];
        assert!(others.iter().all(|number| Suite::of(*number).is_none()));
    }
}
