//! Records in AES-CBC with a MAC, before or after encryption (RFC 5246 section 6.2.3.2, RFC 7366). In TLS 1.0, each of them
//! goes on from the one before (RFC 2246 section 6.2.3.2).

use std::ops::Range;

use aes::cipher::{Array, BlockCipherDecrypt, BlockModeDecrypt, InnerIvInit, KeyInit};
use aes::{Aes128, Aes256};
use ring::hmac;

use super::suite::Mac;
use crate::tls::head::Head;

pub(super) const BLOCK: usize = 16;

enum Aes {
    Short(Box<Aes128>),
    Long(Box<Aes256>),
}

/// Decrypts records and checks their MAC.
pub(super) struct Chained {
    aes: Aes,
    mac: hmac::Key,
    hash: Mac,
    encrypt_then_mac: bool,
    /// The last block of the record before, in TLS 1.0.
    before: Option<[u8; BLOCK]>,
}

impl Chained {
    /// `before` is what the first record goes on from, if records do not bring it themselves.
    pub(super) fn new(
        key: &[u8],
        hash: Mac,
        mac: hmac::Key,
        encrypt_then_mac: bool,
        before: Option<[u8; BLOCK]>,
    ) -> Option<Self> {
        let aes = match key.len() {
            BLOCK => Aes::Short(Box::new(Aes128::new_from_slice(key).ok()?)),
            _ => Aes::Long(Box::new(Aes256::new_from_slice(key).ok()?)),
        };
        Some(Self { aes, mac, hash, encrypt_then_mac, before })
    }

    /// Return the last block of a record, if the next one goes on from it.
    pub(super) fn tail(&self, record: &[u8]) -> Option<[u8; BLOCK]> {
        let mac = if self.encrypt_then_mac { self.hash.size() } else { 0 };
        record.get(..record.len().checked_sub(mac)?)?.last_chunk().copied().filter(|_| self.before.is_some())
    }

    /// Note the last block of a record.
    pub(super) fn follow(&mut self, block: [u8; BLOCK]) {
        self.before = self.before.and(Some(block));
    }

    /// Decrypt a record in place; return where its content is, or None if its MAC is wrong.
    pub(super) fn open(&self, number: u64, head: &Head, record: &mut [u8]) -> Option<Range<usize>> {
        let end = if self.encrypt_then_mac { self.outer(number, head, record)? } else { record.len() };
        let start = if self.before.is_some() { 0 } else { BLOCK };
        let (vector, blocks) = record.get_mut(..end)?.split_at_mut_checked(start)?;
        self.decrypt(self.before.or(vector.first_chunk().copied())?, blocks)?;
        let content = unpadded(blocks)?;
        if self.encrypt_then_mac {
            return Some(start..start + content);
        }
        let size = content.checked_sub(self.hash.size())?;
        let (text, rest) = blocks.split_at_checked(size)?;
        let mac = rest.get(..self.hash.size())?;
        self.fits(&head.numbered(number, size), text, mac).then_some(start..start + size)
    }

    /// Check the MAC that follows the ciphertext; return where it starts.
    fn outer(&self, number: u64, head: &Head, record: &[u8]) -> Option<usize> {
        let end = record.len().checked_sub(self.hash.size())?;
        let (sealed, mac) = record.split_at_checked(end)?;
        self.fits(&head.numbered(number, end), sealed, mac).then_some(end)
    }

    fn fits(&self, head: &[u8], content: &[u8], mac: &[u8]) -> bool {
        if cfg!(fuzzing) {
            return content.first() != Some(&0xFF);
        }
        let mut context = hmac::Context::with_key(&self.mac);
        context.update(head);
        context.update(content);
        context.sign().as_ref() == mac
    }

    fn decrypt(&self, vector: [u8; BLOCK], blocks: &mut [u8]) -> Option<()> {
        match &self.aes {
            Aes::Short(aes) => chain(&**aes, vector, blocks),
            Aes::Long(aes) => chain(&**aes, vector, blocks),
        }
    }
}

impl Drop for Chained {
    fn drop(&mut self) {
        self.mac = hmac::Key::new(self.hash.algorithm(), &[]); // in the same place
        std::hint::black_box(&mut self.mac);
    }
}

fn chain<C>(aes: &C, vector: [u8; BLOCK], bytes: &mut [u8]) -> Option<()>
where
    C: BlockCipherDecrypt + Clone,
    cbc::Decryptor<C>: BlockModeDecrypt + InnerIvInit<Inner = C>,
{
    let (blocks, []) = Array::slice_as_chunks_mut(bytes) else {
        return None; // not a whole number of blocks
    };
    let vector = vector.as_slice().try_into().ok()?;
    cbc::Decryptor::<C>::inner_iv_init(aes.clone(), vector).decrypt_blocks(blocks);
    Some(())
}

/// Return the bytes in front of the padding, whose bytes are all its length, less one.
fn unpadded(blocks: &[u8]) -> Option<usize> {
    let padding = usize::from(*blocks.last()?);
    let end = blocks.len().checked_sub(padding + 1)?;
    blocks.get(end..)?.iter().all(|byte| usize::from(*byte) == padding).then_some(end)
}
