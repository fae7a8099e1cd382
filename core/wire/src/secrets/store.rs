//! Keeps secrets until the connection whose client chose their random value asks for them.

use super::line::{LABELS, Label, Line, parse};
use super::secret::Secret;
use crate::aged::Aged;
use crate::health::Health;

/// The random value of a ClientHello, by which a key log names the connection.
pub(crate) type Random = [u8; 32];

/// Secrets of connections, the oldest of which make room.
#[derive(Debug)]
pub(crate) struct Store {
    known: Aged<Random, Known>,
    most: usize,
}

/// The secrets of a connection, by label.
#[derive(Debug, Default)]
struct Known {
    secrets: [Option<Box<Secret>>; LABELS],
    used: bool,
}

impl Store {
    /// Create a store of the secrets of at most `most` connections.
    pub(crate) fn new(most: usize) -> Self {
        Self { known: Aged::new(), most }
    }

    /// Read lines of a key log; call `added` with the random value of each secret that is new.
    pub(crate) fn add(&mut self, health: &mut Health, lines: &[u8], mut added: impl FnMut(&Random)) {
        for line in lines.split(|byte| *byte == b'\n') {
            match parse(line) {
                Line::Nothing => {}
                Line::Other => health.secret("other"),
                Line::Malformed => health.secret("malformed"),
                Line::Secret(label, random, secret) => {
                    if self.insert(health, label, random, secret) {
                        added(&random);
                    }
                }
            }
        }
    }

    /// Add a secret; return whether it is new. Of several for one purpose, the last one counts.
    fn insert(&mut self, health: &mut Health, label: Label, random: Random, secret: Box<Secret>) -> bool {
        if !self.known.contains(&random) {
            self.make_room(health);
            self.known.insert(random, Known::default());
        }
        let Some(place) = self.known.get_mut(&random).and_then(|known| known.secrets.get_mut(label as usize)) else {
            return false;
        };
        let is_new = place.as_ref() != Some(&secret);
        health.secret(if is_new { "loaded" } else { "repeated" });
        *place = Some(secret);
        is_new
    }

    fn make_room(&mut self, health: &mut Health) {
        while self.known.len() >= self.most.max(1)
            && let Some((_, oldest)) = self.known.pop_front()
        {
            if !oldest.used {
                health.secret("discarded unused");
            }
        }
    }

    /// Return a copy of a secret.
    pub(crate) fn secret(&mut self, random: &Random, label: Label) -> Option<Box<Secret>> {
        let known = self.known.get_mut(random)?;
        known.used = true;
        known.secrets.get(label as usize)?.as_ref()?.copy()
    }

    /// Forget the secrets of a connection that has ended.
    pub(crate) fn forget(&mut self, random: &Random) {
        self.known.remove(random);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::Ledger;

    fn line(random: u8, secret: u8) -> String {
        format!("CLIENT_RANDOM {} {}\n", format!("{random:02x}").repeat(32), format!("{secret:02x}").repeat(48))
    }

    fn count(health: &Health, name: &str) -> u64 {
        health.secrets.get(name).copied().unwrap_or_default()
    }

    #[test]
    fn the_oldest_secrets_make_room() {
        let (mut store, mut health) = (Store::new(2), Ledger::new(0).health);
        store.add(&mut health, (line(1, 1) + &line(2, 2)).as_bytes(), |_| {});
        assert!(store.secret(&[1; 32], Label::Master).is_some());
        store.add(&mut health, (line(3, 3) + &line(4, 4)).as_bytes(), |_| {});
        let known = [1, 2, 3, 4].map(|random| store.secret(&[random; 32], Label::Master).is_some());
        assert_eq!(known, [false, false, true, true]);
        assert_eq!((count(&health, "loaded"), count(&health, "discarded unused")), (4, 1));
    }

    #[test]
    fn repeated_lines_and_nonsense_are_counted() {
        let (mut store, mut health) = (Store::new(9), Ledger::new(0).health);
        let mut added = 0;
        let lines =
            [line(1, 1), line(1, 1), line(1, 2), "nonsense\n".into(), "EXPORTER_SECRET aa bb\n".into(), line(2, 2)];
        store.add(&mut health, lines.concat().trim_end().as_bytes(), |_| added += 1);
        let counts = ["loaded", "repeated", "malformed", "other"].map(|name| count(&health, name));
        assert_eq!((counts, added), ([3, 1, 1, 1], 3));
        assert_eq!(store.secret(&[1; 32], Label::Master).map(|secret| secret.bytes()[0]), Some(2));
        store.forget(&[1; 32]);
        let left = [1, 2].map(|random| store.secret(&[random; 32], Label::Master).is_some());
        assert_eq!(left, [false, true]);
    }

    #[test]
    fn no_secret_is_shown() {
        let (mut store, mut health) = (Store::new(9), Ledger::new(0).health);
        store.add(&mut health, line(0xAB, 0xCD).as_bytes(), |_| {});
        let shown = format!("{store:?}");
        assert!(
            shown.contains("Secret(48 bytes)")
                && !shown.contains("205, 205")
                && !shown.to_lowercase().contains("cd, cd")
        );
    }
}
