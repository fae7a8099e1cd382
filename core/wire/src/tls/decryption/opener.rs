//! Opens the records of one direction with one key: TLS 1.3 (RFC 8446 section 5.2), and TLS 1.2 with AEAD (RFC 5246
//! section 6.2.3.3) or AES-CBC (section 6.2.3.2, RFC 7366).

use std::ops::Range;

use aes::{Aes128, Aes256};
use ccm::aead::{AeadInOut, KeyInit};
use ccm::consts::{U8, U12, U16};
use ring::aead::{Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use super::chained::{BLOCK, Chained};
use super::suite::{Method, Suite};
use crate::tls::head::Head;

const TAG: usize = 16;
pub(super) const IV: usize = 12;
/// Bytes of the nonce that a record of TLS 1.2 brings in the clear, with GCM and CCM.
const EXPLICIT: usize = 8;
/// Bytes of the initialisation vector that precede them.
pub(super) const IMPLICIT: usize = IV - EXPLICIT;

/// A record that was opened: the type of its content, and where that is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Opened {
    pub(super) kind: u8,
    pub(super) content: Range<usize>,
}

/// Decrypts with a nonce of 12 bytes; return whether the tag is right.
trait Opens: Send {
    fn open(&self, nonce: &[u8; IV], extra: &[u8], content: &mut [u8], tag: &[u8]) -> bool;
}

impl<C: AeadInOut + Send> Opens for C {
    fn open(&self, nonce: &[u8; IV], extra: &[u8], content: &mut [u8], tag: &[u8]) -> bool {
        let (Ok(nonce), Ok(tag)) = (nonce.as_slice().try_into(), tag.try_into()) else {
            return false;
        };
        self.decrypt_inout_detached(nonce, extra, content.into(), tag).is_ok()
    }
}

enum Cipher {
    Ring(Wiped),
    /// Ciphers that `ring` has not, with the bytes of their tag.
    Other(Box<dyn Opens>, usize),
    Chained(Box<Chained>),
}

/// A key of `ring`, which does not wipe it itself. It is not moved, so that it is wiped where it was.
struct Wiped(Box<LessSafeKey>);

impl Wiped {
    fn new(suite: Suite, key: &[u8]) -> Option<Self> {
        Some(Self(Box::new(LessSafeKey::new(UnboundKey::new(suite.aead()?, key).ok()?))))
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        const NOTHING: [u8; 32] = [0; 32];
        let algorithm = self.0.algorithm();
        if let Some(Ok(key)) = NOTHING.get(..algorithm.key_len()).map(|key| UnboundKey::new(algorithm, key)) {
            *self.0 = LessSafeKey::new(key);
            std::hint::black_box(&mut self.0);
        }
    }
}

/// How a record and its number become a nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Numbering {
    /// The number is mixed into the whole vector.
    Mixed,
    /// A part of the vector precedes what the record says.
    Explicit,
}

/// Opens records.
pub(super) struct Opener {
    cipher: Cipher,
    vector: Zeroizing<[u8; IV]>,
    numbering: Numbering,
    /// Whether the type of the content is encrypted too, as in TLS 1.3.
    new: bool,
}

impl Opener {
    /// Return what opens records of TLS 1.3; None if the suite does not belong to it.
    pub(super) fn new(suite: Suite, key: &[u8], vector: Zeroizing<[u8; IV]>) -> Option<Self> {
        let cipher = cipher(suite, key)?;
        Some(Self { cipher, vector, numbering: Numbering::Mixed, new: true })
    }

    /// Return what opens records of TLS 1.2 with AEAD; `vector` is the part of the nonce that records do not tell.
    pub(super) fn old(suite: Suite, key: &[u8], vector: &[u8]) -> Option<Self> {
        let numbering = if suite.method == Method::ChaCha { Numbering::Mixed } else { Numbering::Explicit };
        let mut whole = Zeroizing::new([0; IV]);
        whole.get_mut(..vector.len())?.copy_from_slice(vector);
        Some(Self { cipher: cipher(suite, key)?, vector: whole, numbering, new: false })
    }

    /// Return what opens records in AES-CBC.
    pub(super) fn chained(chained: Chained) -> Self {
        let cipher = Cipher::Chained(Box::new(chained));
        Self { cipher, vector: Zeroizing::new([0; IV]), numbering: Numbering::Explicit, new: false }
    }

    /// Note the last bytes of a record, opened or not, from which the next one goes on in TLS 1.0.
    pub(super) fn follow(&mut self, tail: [u8; BLOCK]) {
        if let Cipher::Chained(chained) = &mut self.cipher {
            chained.follow(tail);
        }
    }

    /// Return the bytes of a record from which the next one goes on, if it does.
    pub(super) fn tail(&self, record: &[u8]) -> Option<[u8; BLOCK]> {
        if let Cipher::Chained(chained) = &self.cipher { chained.tail(record) } else { None }
    }

    /// Decrypt a record in place; None if it has another number or key, or is damaged. Then its content is lost.
    pub(super) fn open(&self, number: u64, head: &Head, record: &mut [u8]) -> Option<Opened> {
        if let Cipher::Chained(chained) = &self.cipher {
            return Some(Opened { kind: head.kind, content: chained.open(number, head, record)? });
        }
        let (start, nonce) = self.nonce(number, record)?;
        let (content, tag) = record.get_mut(start..)?.split_at_mut_checked(record_size(&self.cipher, start, head)?)?;
        let size = content.len();
        let opened = if self.new {
            self.decrypt(nonce, &head.bytes(), content, tag)
        } else {
            self.decrypt(nonce, &head.numbered(number, size), content, tag)
        };
        if !opened {
            return None;
        }
        if self.new { inner(content) } else { Some(Opened { kind: head.kind, content: start..start + size }) }
    }

    /// Return the nonce of a record, and where its ciphertext starts.
    fn nonce(&self, number: u64, record: &[u8]) -> Option<(usize, [u8; IV])> {
        let mut nonce = *self.vector;
        let (_, end) = nonce.split_at_mut(IMPLICIT);
        match self.numbering {
            Numbering::Explicit => {
                end.copy_from_slice(record.get(..EXPLICIT)?);
                Some((EXPLICIT, nonce))
            }
            Numbering::Mixed => {
                end.iter_mut().zip(number.to_be_bytes()).for_each(|(byte, part)| *byte ^= part);
                Some((0, nonce))
            }
        }
    }

    fn decrypt(&self, nonce: [u8; IV], extra: &[u8], content: &mut [u8], tag: &mut [u8]) -> bool {
        if cfg!(fuzzing) {
            return content.first() != Some(&0xFF); // a fuzzer cannot encrypt
        }
        match &self.cipher {
            Cipher::Ring(Wiped(key)) => {
                let Ok(tag) = <[u8; TAG]>::try_from(&*tag) else {
                    return false;
                };
                let nonce = Nonce::assume_unique_for_key(nonce);
                key.open_in_place_separate_tag(nonce, Aad::from(extra), tag.into(), content, 0..).is_ok()
            }
            Cipher::Other(key, _) => key.open(&nonce, extra, content, tag),
            Cipher::Chained(_) => false,
        }
    }
}

impl std::fmt::Debug for Opener {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Opener").field("numbering", &self.numbering).finish_non_exhaustive()
    }
}

fn cipher(suite: Suite, key: &[u8]) -> Option<Cipher> {
    type Ccm<Aes, Tag> = ccm::Ccm<Aes, Tag, U12>;
    let boxed: (Box<dyn Opens>, usize) = match (suite.method, suite.key) {
        (Method::Gcm | Method::ChaCha, _) => return Wiped::new(suite, key).map(Cipher::Ring),
        (Method::Ccm(8), 16) => (Box::new(Ccm::<Aes128, U8>::new_from_slice(key).ok()?), 8),
        (Method::Ccm(8), _) => (Box::new(Ccm::<Aes256, U8>::new_from_slice(key).ok()?), 8),
        (Method::Ccm(_), 16) => (Box::new(Ccm::<Aes128, U16>::new_from_slice(key).ok()?), 16),
        (Method::Ccm(_), _) => (Box::new(Ccm::<Aes256, U16>::new_from_slice(key).ok()?), 16),
        (Method::Cbc(_), _) => return None,
    };
    Some(Cipher::Other(boxed.0, boxed.1))
}

/// Return the bytes of the ciphertext of a record without its tag.
fn record_size(cipher: &Cipher, start: usize, head: &Head) -> Option<usize> {
    let tag = if let Cipher::Other(_, tag) = cipher { *tag } else { TAG };
    head.length.checked_sub(start + tag)
}

/// Find the content in front of its type and the padding (RFC 8446 section 5.2).
fn inner(plain: &[u8]) -> Option<Opened> {
    let end = plain.iter().rposition(|byte| *byte != 0)?;
    Some(Opened { kind: *plain.get(end)?, content: 0..end })
}
