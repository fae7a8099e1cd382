//! The queries that wait for an answer, by endpoints, id and question, the longest waiting first.

use std::net::IpAddr;

use crate::aged::Aged;
use crate::key::Key;

/// Where an answer belongs: the endpoints, from the client to the server, and the id that the client chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) key: Key,
    pub(super) id: u16,
}

/// A query, repeated or not, without an answer.
#[derive(Debug)]
pub(super) struct Waiting {
    /// Capture time of the query.
    pub(super) asked: f64,
    /// Capture time of the lookup's first query: earlier than `asked` if an answer over UDP was truncated.
    pub(super) started: f64,
    /// Hash of the question.
    pub(super) question: u32,
    /// Labels in lower case, each after its length.
    pub(super) name: Box<[u8]>,
    pub(super) record_type: u32,
    pub(super) operation: u8,
    pub(super) flags: u8,
    pub(super) server: IpAddr,
    pub(super) retries: u32,
    pub(super) truncated: bool,
    pub(super) transfer: Option<Box<Transfer>>,
}

/// What has arrived of a zone transfer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transfer {
    pub(super) response_time: f64,
    pub(super) answers: u32,
    pub(super) size: u32,
    pub(super) zone_starts: u32,
}

impl Waiting {
    /// Return the bytes charged to the budget.
    pub(super) fn cost(&self) -> usize {
        self.name.len() + size_of::<Self>() + 2 * size_of::<Numbered>()
    }
}

/// A place, and 0 for its first question, or the hash of another one that has the same place at the same time.
type Numbered = (Place, u32);

/// The queries that wait.
#[derive(Debug, Default)]
pub(super) struct WaitingQueries {
    queries: Aged<Numbered, Waiting>,
    /// How many of them are not the first at their place.
    others: usize,
}

impl WaitingQueries {
    pub(super) fn len(&self) -> usize {
        self.queries.len()
    }

    /// Return the query with this place and question.
    pub(super) fn find(&mut self, place: Place, question: u32) -> Option<&mut Waiting> {
        if self.others == 0 {
            return self.queries.get_mut(&(place, 0)).filter(|first| first.question == question);
        }
        let number = if self.is_first(place, question) { 0 } else { question };
        self.queries.get_mut(&(place, number))
    }

    /// Add a query whose place and question are not among those that wait.
    pub(super) fn add(&mut self, place: Place, waiting: Waiting) {
        if let Some(first) = self.queries.insert((place, 0), waiting) {
            // The first one keeps its number, so the new one takes another.
            let Some(waiting) = self.queries.get_mut(&(place, 0)).map(|added| std::mem::replace(added, first)) else {
                return;
            };
            self.queries.insert((place, waiting.question), waiting);
            self.others += 1;
        }
    }

    /// Remove the query with this place and question; with any question if that of the answer is missing.
    pub(super) fn take(&mut self, place: Place, question: Option<u32>) -> Option<Waiting> {
        if question.is_none_or(|question| self.is_first(place, question)) {
            return self.queries.remove(&(place, 0));
        }
        let other = question.filter(|_| self.others > 0)?;
        let waiting = self.queries.remove(&(place, other))?;
        self.others -= 1;
        Some(waiting)
    }

    /// Remove the query that has waited longest, if it was asked at `time` or before.
    pub(super) fn oldest_before(&mut self, time: f64) -> Option<(Place, Waiting)> {
        let ((place, number), waiting) = self.queries.pop_front_if(|_, waiting| waiting.asked <= time)?;
        self.others -= usize::from(number != 0);
        Some((place, waiting))
    }

    fn is_first(&self, place: Place, question: u32) -> bool {
        self.queries.get(&(place, 0)).is_some_and(|first| first.question == question)
    }
}
