//! One direction of a connection: its keys, one after the other, and the number of its next record.
//!
//! Each record has a number, which it does not tell: it counts the records since the key was changed. Where records were
//! lost, or passed before their key was known, the next number is one of several, which are tried. Only the right one
//! opens a record, so nothing is ever guessed.

use super::opener::{Opened, Opener};
use super::records::Records;
use crate::secrets::Secret;
use crate::tls::head::{HEAD, Head};
use crate::tls::messages::Messages;

/// Attempts that may fail, until others succeed.
const PATIENCE: u32 = 1024;
/// How many of them a success brings back.
const RELIEF: u32 = 16;
/// Maximum records of a handshake among those that passed before the key was known.
const HANDSHAKE_RECORDS: u64 = 64;

/// What encrypts the records of a direction, in the order of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// Nothing.
    #[default]
    Clear,
    /// A key of an earlier connection, for what a client sends with its ClientHello.
    Early,
    /// The key of the handshake, in TLS 1.3.
    Handshake,
    /// The key of all that follows.
    Application,
}

/// A key in use.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) opener: Box<Opener>,
    /// The secret from which it was derived, and the next one will be.
    pub(super) secret: Option<Box<Secret>>,
}

/// A direction.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) records: Records,
    pub(super) messages: Messages,
    pub(super) stage: Stage,
    pub(super) key: Option<Key>,
    /// Sequence number after the last segment.
    pub(super) reached: u32,
    /// The least and the greatest number that the next record can have in the current stage.
    least: u64,
    most: u64,
    patience: u32,
    /// Whether it was counted that no more attempts are made.
    exhausted: bool,
    /// Whether records of the stage of application data were not opened.
    pub(super) missed: bool,
}

impl Lane {
    pub(super) fn new() -> Self {
        Self {
            records: Records::default(),
            messages: Messages::default(),
            stage: Stage::Clear,
            key: None,
            reached: 0,
            least: 0,
            most: 0,
            patience: PATIENCE,
            exhausted: false,
            missed: false,
        }
    }

    /// Go on to another stage, whose key is not known yet.
    pub(super) fn enter(&mut self, stage: Stage) {
        (self.stage, self.key, self.least, self.most) = (stage, None, 0, 0);
    }

    /// Use another key from the next record on.
    pub(super) fn change_key(&mut self, key: Option<Key>) {
        (self.key, self.least, self.most) = (key, 0, 0);
    }

    /// Note that up to `records` records were lost.
    pub(super) fn lose(&mut self, records: u64) {
        self.most = self.most.saturating_add(records);
    }

    /// Note a record that was counted, but not opened.
    pub(super) fn pass(&mut self) {
        (self.least, self.most) = (self.least + 1, self.most.saturating_add(1));
    }

    /// Note a record that was not opened, of which it is unknown whether it belongs to the current stage.
    pub(super) fn pass_doubtful(&mut self) {
        self.most = self.most.saturating_add(1);
        if self.most - self.least > HANDSHAKE_RECORDS {
            self.least += 1;
        }
    }

    /// Return how many records may have been sent with a key that comes after the current one.
    fn later(&self) -> u64 {
        self.most - self.least
    }

    /// Return whether too many attempts failed, so that no more are made.
    pub(super) fn is_given_up(&self) -> bool {
        self.patience == 0
    }

    /// Return whether that is so since the last record.
    pub(super) fn gives_up(&mut self) -> bool {
        self.is_given_up() && !std::mem::replace(&mut self.exhausted, true)
    }

    /// Open a record with the current key. If it has another one, its content is kept in `spare`, unless `last`, which says
    /// that no other key may fit.
    pub(super) fn open(&mut self, head: &Head, record: &mut [u8], spare: &mut Vec<u8>, last: bool) -> Option<Opened> {
        let content = record.get_mut(HEAD..)?;
        let tail = self.key.as_ref()?.opener.tail(content);
        let opened = self.open_current(head, content, spare, last);
        if let (Some(tail), Some(key)) = (tail, &mut self.key) {
            key.opener.follow(tail);
        }
        opened
    }

    fn open_current(&mut self, head: &Head, content: &mut [u8], spare: &mut Vec<u8>, last: bool) -> Option<Opened> {
        let opener = &self.key.as_ref()?.opener;
        if last && self.least == self.most {
            return match opener.open(self.least, head, content) {
                Some(opened) => self.opened(self.least, opened),
                None => self.failed(1),
            };
        }
        spare.clear();
        spare.extend_from_slice(content);
        let (found, failures) = attempt(opener, (self.least, self.most), self.patience, head, content, spare);
        self.failed(failures);
        let (number, opened) = found?;
        self.opened(number, opened)
    }

    /// Open a record with the key of a later stage; if that succeeds, it is the current one from there on.
    pub(super) fn open_later(
        &mut self,
        stage: Stage,
        key: Key,
        head: &Head,
        record: &mut [u8],
        spare: &mut Vec<u8>,
    ) -> Option<Opened> {
        let content = record.get_mut(HEAD..)?;
        spare.clear();
        spare.extend_from_slice(content);
        let counted = stage == self.stage || (self.stage, stage) == (Stage::Clear, Stage::Application);
        let numbers = if counted { (self.least, self.most) } else { (0, self.later()) };
        let (found, failures) = attempt(&key.opener, numbers, self.patience, head, content, spare);
        self.failed(failures);
        let (number, opened) = found?;
        (self.stage, self.key) = (stage, Some(key));
        self.opened(number, opened)
    }

    fn opened(&mut self, number: u64, opened: Opened) -> Option<Opened> {
        (self.least, self.most) = (number + 1, number + 1);
        self.patience = PATIENCE.min(self.patience + RELIEF);
        Some(opened)
    }

    fn failed(&mut self, times: u32) -> Option<Opened> {
        self.patience -= times.min(self.patience);
        None
    }
}

/// Try to open a record with each of several numbers; `spare` is a copy of its content. Return the number that fits, and how
/// many attempts failed. The content is as it was if none fits.
fn attempt(
    opener: &Opener,
    (least, most): (u64, u64),
    patience: u32,
    head: &Head,
    content: &mut [u8],
    spare: &[u8],
) -> (Option<(u64, Opened)>, u32) {
    let mut failures = 0;
    for number in least..=most {
        if failures >= patience {
            break;
        }
        if let Some(opened) = opener.open(number, head, content) {
            return (Some((number, opened)), failures);
        }
        content.copy_from_slice(spare);
        failures += 1;
    }
    (None, failures)
}
