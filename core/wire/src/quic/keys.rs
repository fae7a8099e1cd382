//! Opens the Initial packets of clients (RFC 9001 section 5).

use ring::aead::quic::{self, HeaderProtectionKey};
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};

use super::packets::Initial;
use super::versions::Protection;

const TAG_SIZE: usize = 16;
/// Distance from the packet number to the sample for the protection of the header (section 5.4.2).
const SAMPLE_AT: usize = 4;
/// The bits of the first byte of a long header that are protected (section 5.4.1).
const PROTECTED: u8 = 0x0F;
/// The bits among them that say the length of the packet number, less one.
const NUMBER_SIZE: u8 = 0x03;

/// The keys of a client's Initial packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Keys {
    pub(super) key: [u8; 16],
    pub(super) iv: [u8; 12],
    pub(super) header: [u8; 16],
}

impl Keys {
    /// Derive the keys from the connection id to which the client sends, before the server has chosen one (section
    /// 5.2).
    pub(super) fn new(protection: &Protection, destination: &[u8]) -> Option<Self> {
        let initial = Salt::new(HKDF_SHA256, &protection.salt).extract(destination);
        let client = Prk::new_less_safe(HKDF_SHA256, &expanded::<32>(&initial, b"client in")?);
        Some(Self {
            key: expanded(&client, protection.labels.key)?,
            iv: expanded(&client, protection.labels.iv)?,
            header: expanded(&client, protection.labels.header)?,
        })
    }

    /// Return what an Initial packet contains; None if it was protected with other keys, or is damaged.
    pub(super) fn open(&self, packet: &Initial<'_>) -> Option<Vec<u8>> {
        let mask = self.mask(packet)?;
        let (first, rest) = packet.bytes.split_first()?;
        let first = first ^ mask.first()? & PROTECTED;
        let start = packet.number_at + usize::from(first & NUMBER_SIZE) + 1;
        let mut header = vec![first];
        header.extend_from_slice(rest.get(..start - 1)?);
        let mut nonce = self.iv;
        let number = header.get_mut(packet.number_at..)?;
        for (byte, mask) in number.iter_mut().zip(mask.iter().skip(1)) {
            *byte ^= mask;
        }
        // An Initial packet has one of the first numbers, which is sent in full (RFC 9000 section 17.1).
        for (byte, number) in nonce.iter_mut().rev().zip(number.iter().rev()) {
            *byte ^= number;
        }
        let (content, tag) = packet.bytes.get(start..)?.split_last_chunk::<TAG_SIZE>()?;
        let mut content = content.to_vec();
        if cfg!(fuzzing) {
            return Some(content);
        }
        let cipher = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &self.key).ok()?);
        let (nonce, header) = (Nonce::assume_unique_for_key(nonce), Aad::from(&header));
        cipher.open_in_place_separate_tag(nonce, header, (*tag).into(), &mut content, 0..).ok()?;
        Some(content)
    }

    /// Return the mask of the header: the first byte's, then that of the packet number (section 5.4.3).
    ///
    /// A fuzzer cannot encrypt, so what it makes up is read as it is.
    fn mask(&self, packet: &Initial<'_>) -> Option<[u8; 5]> {
        if cfg!(fuzzing) {
            return Some([0; 5]);
        }
        let sample: &[u8; 16] = packet.bytes.get(packet.number_at + SAMPLE_AT..)?.first_chunk()?;
        HeaderProtectionKey::new(&quic::AES_128, &self.header).ok()?.new_mask(sample).ok()
    }
}

/// The size of a key, for `ring`.
struct Size(usize);

impl KeyType for Size {
    fn len(&self) -> usize {
        self.0
    }
}

/// Expand a secret under a label, as TLS 1.3 does (RFC 8446 section 7.1).
fn expanded<const SIZE: usize>(secret: &Prk, label: &[u8]) -> Option<[u8; SIZE]> {
    const PREFIX: &[u8] = b"tls13 ";
    let length = [0, SIZE as u8, (PREFIX.len() + label.len()) as u8];
    let mut made = [0; SIZE];
    secret.expand(&[&length, PREFIX, label, &[0]], Size(SIZE)).ok()?.fill(&mut made).ok()?;
    Some(made)
}
