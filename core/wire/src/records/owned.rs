//! The owners of a batch's exchanges: a code for each row, and the owners that the codes stand for.

use std::collections::HashMap;
use std::sync::Arc;

use super::texts::{Codes, Interner};
use crate::owners::{End, Owner, Owners};

/// Marks an exchange whose owner is unknown.
const NOBODY: u32 = u32::MAX;

/// An exchange whose owner may become known until the batch is taken.
#[derive(Debug)]
struct Open {
    row: usize,
    client: End,
    server: End,
}

/// The owners of the exchanges of a batch; empty if nobody asks for them.
#[derive(Debug, Default)]
pub struct OwnerColumn {
    codes: Vec<u32>,
    owners: Vec<Arc<Owner>>,
    /// Codes by the addresses of the owners in memory: hashing their texts would take longer than all else.
    places: HashMap<usize, u32>,
    latest: u32,
    open: Vec<Open>,
}

impl OwnerColumn {
    /// Add the exchange of a connection.
    pub(super) fn push(&mut self, owners: &Owners, client: End, server: End) {
        let code = owners.certain(client, server).map(|owner| self.code(owner));
        if code.is_none() && owners.is_ours(client, server) {
            self.open.push(Open { row: self.codes.len(), client, server });
        }
        self.codes.push(code.unwrap_or(NOBODY));
    }

    /// Look once more for owners that were not known; ask again for those that are not. Return how many.
    pub(super) fn settle(&mut self, owners: &mut Owners) -> u64 {
        let mut unknown = 0;
        for Open { row, client, server } in std::mem::take(&mut self.open) {
            let code = owners.known(client, server).map(|owner| self.code(owner));
            if code.is_none() {
                unknown += 1;
                owners.ask(client, server);
            }
            if let Some(place) = self.codes.get_mut(row) {
                *place = code.unwrap_or(NOBODY);
            }
        }
        unknown
    }

    fn code(&mut self, owner: Arc<Owner>) -> u32 {
        if self.owners.get(self.latest as usize).is_some_and(|latest| Arc::ptr_eq(latest, &owner)) {
            return self.latest;
        }
        let (next, owners) = (self.owners.len() as u32, &mut self.owners);
        self.latest = *self.places.entry(Arc::as_ptr(&owner).addr()).or_insert_with(|| {
            owners.push(owner);
            next
        });
        self.latest
    }

    /// Return the distinct owners.
    #[must_use]
    pub fn owners(&self) -> &[Arc<Owner>] {
        &self.owners
    }

    /// Return the place in `owners` of the owner of an exchange; None if it is unknown.
    #[must_use]
    pub fn place(&self, row: usize) -> Option<usize> {
        self.codes.get(row).filter(|code| **code != NOBODY).map(|code| *code as usize)
    }

    /// Return the process number of the owner of each of `rows` exchanges; -1 where it is unknown.
    #[must_use]
    pub fn process_ids(&self, rows: usize) -> Vec<i64> {
        let owner = |row: usize| self.place(row).and_then(|place| self.owners.get(place));
        (0..rows).map(|row| owner(row).and_then(|owner| owner.process_id).map_or(-1, i64::from)).collect()
    }

    /// Return a text of the owner of each of `rows` exchanges; empty where it is unknown.
    #[must_use]
    pub fn texts(&self, rows: usize, text: impl Fn(&Owner) -> &str) -> Codes {
        let mut texts = Interner::default();
        let absent = texts.code("").cast_signed();
        let by_owner: Vec<i32> = self.owners.iter().map(|owner| texts.code(text(owner)).cast_signed()).collect();
        let code = |row: usize| self.place(row).and_then(|place| by_owner.get(place)).copied();
        Codes { codes: (0..rows).map(|row| code(row).unwrap_or(absent)).collect(), texts }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn end(last: u8, port: u16) -> End {
        (IpAddr::from([10, 0, 0, last]), port)
    }

    fn owner(process: &str) -> Arc<Owner> {
        Arc::new(Owner { process: process.to_owned(), ..Owner::default() })
    }

    fn processes(column: &OwnerColumn, rows: usize) -> Vec<String> {
        let codes = column.texts(rows, |owner| &owner.process);
        codes.codes.iter().map(|code| codes.texts.get(code.cast_unsigned()).unwrap().to_owned()).collect()
    }

    #[test]
    fn an_owner_that_becomes_known_before_the_batch_is_taken_counts() {
        let (mut owners, mut column) = (Owners::new(10), OwnerColumn::default());
        owners.learn(end(1, 5000), end(2, 80), 1.0, owner("curl"));
        for port in [5000, 5001, 5002, 5000] {
            column.push(&owners, end(1, port), end(2, 80));
        }
        owners.learn(end(1, 5001), end(2, 80), 1.1, owner("wget"));
        assert_eq!(column.settle(&mut owners), 1);
        assert_eq!(processes(&column, 4), ["curl", "wget", "", "curl"]);
        assert_eq!(owners.asked(2000), [(end(1, 5002), end(2, 80))], "the one that is unknown is asked for again");
        assert_eq!((column.place(0), column.place(1), column.place(2)), (Some(0), Some(1), None));
        assert_eq!(column.process_ids(4), [-1; 4]);
    }

    #[test]
    fn without_owners_all_rows_are_empty() {
        assert_eq!(processes(&OwnerColumn::default(), 2), ["", ""]);
    }
}
