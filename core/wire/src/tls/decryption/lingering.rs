//! Connections that ended before their secrets came. They wait as long as others do.

use super::connection::Decryption;
use crate::aged::Aged;
use crate::secrets::Random;

/// The connections, by the random value of their client.
#[derive(Debug, Default)]
pub(super) struct Lingering {
    /// Each with the time at which it is given up.
    connections: Aged<Random, (Box<Decryption>, f64)>,
    /// Those for which a secret came.
    awake: Vec<Random>,
}

impl Lingering {
    /// Keep a connection until a time, and return the one that it replaces.
    pub(super) fn add(&mut self, random: Random, connection: Box<Decryption>, until: f64) -> Option<Box<Decryption>> {
        self.connections.insert(random, (connection, until)).map(|(replaced, _)| replaced)
    }

    /// Note that a secret came.
    pub(super) fn awaken(&mut self, random: &Random) {
        if self.connections.contains(random) && self.awake.last() != Some(random) {
            self.awake.push(*random);
        }
    }

    /// Take a connection for which a secret came.
    pub(super) fn awakened(&mut self) -> Option<Box<Decryption>> {
        while let Some(random) = self.awake.pop() {
            if let Some((connection, _)) = self.connections.remove(&random) {
                return Some(connection);
            }
        }
        None
    }

    /// Take a connection that has waited until `now`.
    pub(super) fn overdue(&mut self, now: f64) -> Option<Box<Decryption>> {
        self.connections.pop_front_if(|_, (_, until)| *until <= now).map(|(_, (connection, _))| connection)
    }
}
