//! TCP handshakes that are not completed: half-open connections of a SYN flood, and the probes of a scan.
//!
//! A handshake is followed from the server's SYN until the client acknowledges it, so a connection that is opened in
//! reserve is not half open. What ends at a tick is told with it, together for each client and server.

use std::net::IpAddr;

use crate::aged::Aged;
use crate::context::Context;
use crate::key::Key;
use crate::records::{StrainKind, StrainRow};

/// Seconds that a client may take to acknowledge the server's SYN: enough for it to be repeated twice.
const PATIENCE: f64 = 5.0;
/// Maximum handshakes followed; further ones are counted as an oddity.
const MOST: usize = 16_384;
/// Maximum rows of a tick that name their clients; further ones are told together for each server.
const MOST_CLIENTS: usize = 256;
/// Maximum rows of a tick.
const MOST_ROWS: usize = 2 * MOST_CLIENTS;

/// What the connections of a row have in common; no client if there are too many.
type Group = (StrainKind, Option<IpAddr>, (IpAddr, u16));

/// The handshakes that the server answered and the client did not, by the key of the client's packets.
#[derive(Debug, Default)]
pub(crate) struct Openings {
    answered: Aged<Key, f64>,
    told: Aged<Group, StrainRow>,
}

impl Openings {
    /// Note the server's SYN; `key` is that of the client's packets.
    pub(crate) fn answer(&mut self, cx: &mut Context<'_>, key: Key, time: f64) {
        if self.answered.len() >= MOST {
            cx.odd("too many half-open connections");
        } else if let Some(first) = self.answered.insert(key, time) {
            self.answered.insert(key, first);
        }
    }

    /// Note that the client went on.
    pub(crate) fn complete(&mut self, key: Key) {
        self.answered.remove(&key);
    }

    /// Note a RST of the client, which may have no connection to reset.
    pub(crate) fn reset(&mut self, cx: &mut Context<'_>, key: Key, time: f64) {
        if let Some(since) = self.answered.remove(&key) {
            self.tell(cx, StrainKind::Abandoned, key, since, time);
        }
    }

    /// Note a RST of the server in answer to the client's SYN.
    pub(crate) fn refuse(&mut self, cx: &mut Context<'_>, key: Key, since: f64, time: f64) {
        if self.answered.remove(&key).is_none() {
            self.tell(cx, StrainKind::Refused, key, since, time);
        }
    }

    /// Tell of what was noted since the last tick, and of handshakes that have waited long.
    pub(crate) fn expire(&mut self, cx: &mut Context<'_>, now: f64) {
        while let Some((key, since)) = self.answered.pop_front_if(|_, since| since + PATIENCE <= now) {
            self.tell(cx, StrainKind::HalfOpen, key, since, now);
        }
        while let Some((_, row)) = self.told.pop_front() {
            cx.out.strain(&mut cx.ledger.health, row);
        }
    }

    fn tell(&mut self, cx: &mut Context<'_>, kind: StrainKind, key: Key, since: f64, time: f64) {
        let ((client, server), (port, server_port)) = (key.addresses(), key.ports());
        let server = (server, server_port);
        let mut group = (kind, Some(client), server);
        if self.told.len() >= MOST_CLIENTS && !self.told.contains(&group) {
            group.1 = None;
        }
        if let Some(row) = self.told.get_mut(&group) {
            row.amount += 1;
            row.client.1 = 0;
        } else if self.told.len() < MOST_ROWS {
            let port = if group.1.is_some() { port } else { 0 };
            let row = StrainRow { time, client: (group.1, port), server, kind, since, amount: 1, bytes: 0 };
            self.told.insert(group, row);
        } else {
            cx.odd("too many half-open connections");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::tests::with_context;

    fn key(client: u32, server: u32) -> Key {
        Key::v4(client, server, 50000 << 16 | 80, 0)
    }

    fn told(cx: &mut Context<'_>, openings: &mut Openings, now: f64) -> Vec<StrainRow> {
        cx.out.strains = true;
        openings.expire(cx, now);
        cx.out.take(&mut cx.ledger.health).strains
    }

    #[test]
    fn handshakes_are_half_open_unless_the_client_goes_on() {
        with_context(|cx| {
            let mut openings = Openings::default();
            for client in 1..=3 {
                openings.answer(cx, key(client, 9), 1.0);
            }
            openings.complete(key(1, 9));
            openings.reset(cx, key(2, 9), 1.5);
            let kinds = |rows: Vec<StrainRow>| rows.iter().map(|row| (row.kind, row.amount)).collect::<Vec<_>>();
            assert_eq!(kinds(told(cx, &mut openings, 1.6)), [(StrainKind::Abandoned, 1)]);
            openings.answer(cx, key(3, 9), 4.0); // the server repeats its SYN
            assert_eq!(kinds(told(cx, &mut openings, 5.9)), []);
            assert_eq!(kinds(told(cx, &mut openings, 6.0)), [(StrainKind::HalfOpen, 1)]);
        });
    }

    #[test]
    fn many_clients_are_told_together() {
        with_context(|cx| {
            let mut openings = Openings::default();
            for client in 0..30_000 {
                openings.answer(cx, key(client, 9), 1.0);
            }
            let rows = told(cx, &mut openings, 10.0);
            assert_eq!(rows.len(), MOST_CLIENTS + 1);
            assert_eq!(rows.iter().map(|row| row.amount).sum::<u64>(), MOST as u64);
            assert_eq!(rows.last().map(|row| row.client), Some((None, 0)));
            assert_eq!(cx.ledger.health.oddities["too many half-open connections"], 30_000 - MOST as u64);
        });
    }

    #[test]
    fn rows_are_bounded_whatever_is_scanned() {
        with_context(|cx| {
            let mut openings = Openings::default();
            for server in 0..1000 {
                openings.refuse(cx, key(7, server), 1.0, 1.0);
            }
            assert_eq!(told(cx, &mut openings, 1.1).len(), MOST_ROWS);
            assert_eq!(cx.ledger.health.oddities["too many half-open connections"], 1000 - MOST_ROWS as u64);
        });
    }
}
