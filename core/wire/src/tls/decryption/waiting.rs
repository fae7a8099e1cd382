//! What TCP reported while the secrets of a connection were not known, in its order.

use std::collections::VecDeque;

use crate::context::Context;
use crate::http::Side;
use crate::records::Ending;
use crate::tcp::Position;

/// Memory of an event in bytes, besides its data.
const COST: usize = 80;

/// What TCP reported.
#[derive(Debug)]
pub(super) enum Event {
    Data(Side, Box<[u8]>, Position),
    /// Missing bytes; 0 if their number is unknown.
    Gap(Side, usize),
    /// Bytes that may be missing.
    Doubt(Side),
    /// A FIN.
    End(Side, f64, Option<u32>),
    /// The end of the connection.
    Close(Ending, f64),
}

impl Event {
    fn cost(&self) -> usize {
        COST + if let Self::Data(_, bytes, _) = self { bytes.len() } else { 0 }
    }
}

/// Events that wait. They are charged to the budget.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    events: VecDeque<Event>,
    held: usize,
    /// When the first of them came.
    pub(super) since: f64,
}

impl Waiting {
    pub(super) fn new(since: f64) -> Self {
        Self { since, ..Self::default() }
    }

    /// Add an event after all others; return it if there is no room.
    ///
    /// At most half of the budget is used for what may never be read.
    pub(super) fn push(&mut self, cx: &mut Context<'_>, event: Event) -> Option<Event> {
        let (cost, budget) = (event.cost(), &cx.ledger.budget);
        let fits = self.held + cost <= cx.limits.undecrypted_buffer && budget.used + cost <= budget.limit / 2;
        if !fits {
            return Some(event);
        }
        self.charge(cx, cost);
        self.events.push_back(event);
        None
    }

    /// Put an event back before all others.
    pub(super) fn put_back(&mut self, cx: &mut Context<'_>, event: Event) {
        self.charge(cx, event.cost());
        self.events.push_front(event);
    }

    /// Put other events before all these.
    pub(super) fn precede(&mut self, mut others: Self) {
        self.held += others.held;
        others.events.append(&mut self.events);
        self.events = others.events;
    }

    /// Forget all events.
    pub(super) fn clear(&mut self, cx: &mut Context<'_>) {
        while self.pop(cx).is_some() {}
    }

    /// Take the first event.
    pub(super) fn pop(&mut self, cx: &mut Context<'_>) -> Option<Event> {
        let event = self.events.pop_front()?;
        self.held -= event.cost();
        cx.release(event.cost());
        Some(event)
    }

    fn charge(&mut self, cx: &mut Context<'_>, cost: usize) {
        self.held += cost;
        cx.ledger.budget.used += cost;
    }

    /// Return the bytes of the budget in use.
    pub(super) fn held(&self) -> usize {
        self.held
    }
}
