//! Derives keys from secrets: TLS 1.3 (RFC 8446 section 7), and up to TLS 1.2 (RFC 5246 section 6.3).

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use ring::{hkdf, hmac as ring_hmac};
use zeroize::Zeroizing;

use super::chained::{BLOCK, Chained};
use super::opener::{IMPLICIT, IV, Opener};
use super::suite::{Method, Suite};
use crate::http::Side;
use crate::secrets::{Random, Secret};

const LONGEST_KEY: usize = 32;
/// Bytes of the longest key block: two keys for MACs, two keys for AES, two initialisation vectors.
const LONGEST_BLOCK: usize = 2 * (48 + LONGEST_KEY + BLOCK);

/// What differs between versions up to TLS 1.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Generation {
    /// TLS 1.0: a record in AES-CBC goes on from the one before.
    Chained,
    /// TLS 1.1: each record has its own initialisation vector.
    Explicit,
    /// TLS 1.2: the cipher suite names the hash from which keys are derived.
    Latest,
}

/// What both sides agreed on, up to TLS 1.2.
#[derive(Clone, Copy, Debug)]
pub(super) struct Agreed {
    pub(super) suite: Suite,
    pub(super) generation: Generation,
    pub(super) client_random: Random,
    pub(super) server_random: Random,
    pub(super) encrypt_then_mac: bool,
}

/// The size of a key, for `ring`.
struct Size(usize);

impl hkdf::KeyType for Size {
    fn len(&self) -> usize {
        self.0
    }
}

/// Return what opens the records of TLS 1.3 that a traffic secret protects (section 7.3).
pub(super) fn opener(suite: Suite, secret: &Secret) -> Option<Box<Opener>> {
    leaving_nothing(|| new_opener(suite, secret))
}

/// Return what opens the records of a side, up to TLS 1.2.
pub(super) fn old_opener(agreed: &Agreed, master: &Secret, side: Side) -> Option<Box<Opener>> {
    leaving_nothing(|| derived_old_opener(agreed, master, side))
}

/// Return the traffic secret that follows a KeyUpdate (section 7.2).
pub(super) fn updated(suite: Suite, secret: &Secret) -> Option<Box<Secret>> {
    leaving_nothing(|| next_secret(suite, secret))
}

/// Derive something in a call of its own, and overwrite what that has left on the stack: libraries move keys there.
fn leaving_nothing<T>(derive: impl FnOnce() -> T) -> T {
    let made = apart(derive);
    overwrite_stack();
    made
}

#[inline(never)]
fn apart<T>(derive: impl FnOnce() -> T) -> T {
    derive()
}

/// Overwrite more of the stack than a derivation takes.
#[inline(never)]
fn overwrite_stack() {
    std::hint::black_box(&mut [0_u8; 1 << 14]);
}

fn new_opener(suite: Suite, secret: &Secret) -> Option<Box<Opener>> {
    if secret.bytes().len() != suite.hash_size() {
        return None;
    }
    let secret = hkdf::Prk::new_less_safe(suite.hkdf(), secret.bytes());
    let (mut key, mut vector) = (Zeroizing::new([0; LONGEST_KEY]), Zeroizing::new([0; IV]));
    let key = key.get_mut(..suite.key)?;
    expand(&secret, b"key", key)?;
    expand(&secret, b"iv", &mut *vector)?;
    Opener::new(suite, key, vector).map(Box::new)
}

fn next_secret(suite: Suite, secret: &Secret) -> Option<Box<Secret>> {
    let secret = hkdf::Prk::new_less_safe(suite.hkdf(), secret.bytes());
    Secret::filled(suite.hash_size(), |bytes| expand(&secret, b"traffic upd", bytes))
}

/// HKDF-Expand-Label without a context (section 7.1).
fn expand(secret: &hkdf::Prk, label: &[u8], made: &mut [u8]) -> Option<()> {
    const PREFIX: &[u8] = b"tls13 ";
    let size = u16::try_from(made.len()).ok()?.to_be_bytes();
    let labels = [(PREFIX.len() + label.len()) as u8];
    secret.expand(&[&size, &labels, PREFIX, label, &[0]], Size(made.len())).ok()?.fill(made).ok()
}

fn derived_old_opener(agreed: &Agreed, master: &Secret, side: Side) -> Option<Box<Opener>> {
    let suite = agreed.suite;
    let (mac, vector) = match suite.method {
        Method::Cbc(mac) if agreed.generation == Generation::Chained => (mac.size(), BLOCK),
        Method::Cbc(mac) => (mac.size(), 0),
        Method::ChaCha => (0, IV),
        Method::Gcm | Method::Ccm(_) => (0, IMPLICIT),
    };
    let mut block = Zeroizing::new([0; LONGEST_BLOCK]);
    let block = block.get_mut(..2 * (mac + suite.key + vector))?;
    key_block(agreed, master, block);
    let server = usize::from(side == Side::Responses);
    let part = |start: usize, size: usize| block.get(start + server * size..start + (server + 1) * size);
    let (key, vector) = (part(2 * mac, suite.key)?, part(2 * (mac + suite.key), vector)?);
    match suite.method {
        Method::Cbc(hash) => {
            let mac = ring_hmac::Key::new(hash.algorithm(), part(0, mac)?);
            let chained = Chained::new(key, hash, mac, agreed.encrypt_then_mac, vector.first_chunk().copied())?;
            Some(Box::new(Opener::chained(chained)))
        }
        _ => Opener::old(suite, key, vector).map(Box::new),
    }
}

/// Apply the pseudorandom function to the master secret for the keys of both sides.
fn key_block(agreed: &Agreed, master: &Secret, block: &mut [u8]) {
    let seed = [b"key expansion".as_slice(), &agreed.server_random, &agreed.client_random].concat();
    if agreed.generation == Generation::Latest {
        mix(block, &seed, agreed.suite.hash_size(), &signer(agreed.suite.prf(), master.bytes()));
        return;
    }
    // Before TLS 1.2, two hashes have one half of the secret each (RFC 4346 section 5).
    let (first, second) = master.bytes().split_at(master.bytes().len() / 2);
    mix(block, &seed, 16, &|parts: &[&[u8]]| md5_signed(first, parts));
    mix(block, &seed, 20, &signer(ring_hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, second));
}

/// A message authentication code of several parts.
type Signed = Zeroizing<Vec<u8>>;

/// P_hash (RFC 5246 section 5), mixed into `block`; `signed` makes codes of `size` bytes.
fn mix(block: &mut [u8], seed: &[u8], size: usize, signed: &dyn Fn(&[&[u8]]) -> Signed) {
    let mut before = signed(&[seed]);
    for part in block.chunks_mut(size) {
        part.iter_mut().zip(signed(&[&before, seed]).iter()).for_each(|(byte, made)| *byte ^= made);
        before = signed(&[&before]);
    }
}

fn signer(algorithm: ring_hmac::Algorithm, secret: &[u8]) -> impl Fn(&[&[u8]]) -> Signed {
    let key = ring_hmac::Key::new(algorithm, secret);
    move |parts| {
        let mut context = ring_hmac::Context::with_key(&key);
        parts.iter().for_each(|part| context.update(part));
        Zeroizing::new(context.sign().as_ref().to_vec())
    }
}

/// HMAC with MD5 (RFC 2104), which `ring` has not.
fn md5_signed(secret: &[u8], parts: &[&[u8]]) -> Signed {
    let Ok(mut context) = Hmac::<Md5>::new_from_slice(secret) else {
        return Signed::default();
    };
    parts.iter().for_each(|part| context.update(part));
    Zeroizing::new(context.finalize().into_bytes().to_vec())
}
