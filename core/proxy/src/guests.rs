//! The open connections of a thread, and how they are told to end.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::Notify;

use crate::connection::{Connection, Late};
use crate::counts::Count;
use crate::server::Shared;

/// The open connections.
#[derive(Debug, Default)]
pub(crate) struct Guests {
    open: RefCell<HashMap<u64, Guest>>,
    next: Cell<u64>,
}

/// How a connection is told to end.
#[derive(Debug, Default)]
struct Ends {
    /// When it rests.
    rest: Notify,
    /// At once.
    end: Notify,
}

#[derive(Debug)]
struct Guest {
    since: Instant,
    ends: Rc<Ends>,
    /// None before it speaks HTTP.
    connection: Option<Arc<Connection>>,
    /// Whether it was told to end when it rests.
    told: bool,
}

impl Guest {
    /// Since when it waits for a request that is not complete, or for the next one; None while it is in use.
    fn waits_since(&self) -> Option<Instant> {
        self.connection.as_ref().map_or(Some(self.since), |connection| connection.waits_since())
    }
}

/// The entry of a connection, until it is dropped.
pub(crate) struct Entered {
    number: u64,
    ends: Rc<Ends>,
    guests: Rc<Guests>,
}

impl Entered {
    /// Note what is known of the connection.
    pub(crate) fn know(&self, connection: &Arc<Connection>) {
        if let Some(guest) = self.guests.open.borrow_mut().get_mut(&self.number) {
            guest.connection = Some(Arc::clone(connection));
        }
    }

    /// Wait until it is to end when it rests.
    pub(crate) async fn rests(&self) {
        self.ends.rest.notified().await;
    }

    /// Wait until it is to end at once.
    pub(crate) async fn ends(&self) {
        self.ends.end.notified().await;
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.guests.open.borrow_mut().remove(&self.number);
    }
}

impl Guests {
    /// Enter a connection.
    pub(crate) fn enter(self: &Rc<Self>) -> Entered {
        let (number, ends) = (self.next.get(), Rc::<Ends>::default());
        self.next.set(number + 1);
        let guest = Guest { since: Instant::now(), ends: Rc::clone(&ends), connection: None, told: false };
        self.open.borrow_mut().insert(number, guest);
        Entered { number, ends, guests: Rc::clone(self) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.open.borrow().is_empty()
    }

    /// End those that have asked for nothing yet.
    pub(crate) fn end_strangers(&self) {
        for guest in self.open.borrow().values().filter(|guest| guest.connection.is_none()) {
            guest.ends.end.notify_one();
        }
    }

    /// End the one that has waited longest for a request; return whether there is one.
    pub(crate) fn end_longest(&self) -> bool {
        let open = self.open.borrow();
        let waiting = open.values().filter_map(|guest| Some((guest.waits_since()?, guest)));
        let longest = waiting.min_by_key(|(since, _)| *since);
        longest.map(|(_, guest)| guest.ends.end.notify_one()).is_some()
    }

    /// End what takes too long; a connection that rests is told so first, and has until the next time.
    pub(crate) fn end_late(&self, shared: &Shared) {
        let now = Instant::now();
        for guest in self.open.borrow_mut().values_mut() {
            let late = guest.connection.as_ref().and_then(|open| open.late(now, &shared.settings.timeouts));
            match late {
                None => guest.told = false,
                Some(Late::Idle) if !std::mem::replace(&mut guest.told, true) => guest.ends.rest.notify_one(),
                Some(Late::Idle) => guest.ends.end.notify_one(),
                Some(Late::Head) => {
                    shared.counts.add(Count::LateHeads);
                    guest.ends.end.notify_one();
                }
                Some(Late::Taking) => {
                    shared.counts.add(Count::SlowTakers);
                    guest.ends.end.notify_one();
                }
            }
        }
    }
}
