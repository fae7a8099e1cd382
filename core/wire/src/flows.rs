//! The table of connections, keyed by addresses and ports. Their number and their idle time are limited.
//!
//! Time is packet time. Finding idle connections costs constant time per connection and timeout, however many there
//! are: each connection waits in a queue and is checked when its timeout would expire.

use std::collections::{HashMap, VecDeque};

use crate::aged::Aged;
use crate::closed::Closed;
use crate::context::Context;
use crate::conversation::Conversation;
use crate::key::Key;
use crate::recent::Recent;
use crate::records::{Ending, StrainKind, Wanted};
use crate::strain::{Awaited, NO_ROOM, Watch};
use crate::tcp::claim::Postponed;
use crate::tcp::{Direction, Packet, Tcp};

/// Maximum connections to check before evicting one; only a few are checked, because all may be active.
const LOOKED_AT: usize = 8;

/// A connection: its TCP streams, and the data they carry.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Packet key of direction `Forth`.
    pub(crate) key: Key,
    pub(crate) tcp: Tcp,
    pub(crate) conversation: Conversation,
}

impl Connection {
    /// Return the direction of packets with this key.
    pub(crate) fn direction(&self, key: Key) -> Direction {
        if key == self.key { Direction::Forth } else { Direction::Back }
    }

    /// Return the bytes of the budget in use.
    fn held(&self) -> usize {
        let streams = &self.tcp.streams;
        let claimed = self.tcp.claim.as_ref().map_or(0, |claim| claim.held());
        streams.forth.held_bytes + streams.back.held_bytes + claimed + self.conversation.held()
    }

    /// Return what it waits for, if that is something that its client has to do.
    pub(crate) fn awaited(&self, now: f64) -> Option<Awaited> {
        let client = self.conversation.client;
        let full = |direction| self.tcp.room(direction).is_some_and(|room| room < NO_ROOM);
        if full(client.reversed()) && self.conversation.may_respond() {
            let bytes = self.tcp.streams.of(client.reversed()).acknowledged?.into();
            return Some(Awaited { kind: StrainKind::SlowRead, since: None, bytes, count: 1 });
        }
        self.conversation.awaited(now).filter(|_| !full(client))
    }

    fn drain(&mut self, cx: &mut Context<'_>, time: f64, ending: Ending) {
        self.tcp.drain(&mut self.conversation, cx, time, ending);
    }
}

/// The connections, by packet key.
#[derive(Debug)]
pub(crate) struct Flows {
    /// Slots by canonical key, which is the same for both directions.
    slots: HashMap<Key, u32>,
    /// Recently found slots.
    recent: Recent,
    connections: Vec<Option<Box<Connection>>>,
    free: Vec<u32>,
    /// When each connection times out, if it stays idle.
    due: Aged<u32, f64>,
    pub(crate) closed: Closed,
    /// When to check connections that wait for something. Checking one costs little, however many wait.
    waiting: Aged<u32, f64>,
    /// The connection whose packet is being handled.
    current: Option<u32>,
    /// The connections that the end of the capture has not closed yet.
    left: Option<VecDeque<u32>>,
    /// Looks at all of them, if it is wanted what wears out servers.
    watch: Option<Box<Watch>>,
}

impl Flows {
    pub(crate) fn new(wanted: Wanted) -> Self {
        Self {
            slots: HashMap::new(),
            recent: Recent::default(),
            connections: Vec::new(),
            free: Vec::new(),
            due: Aged::new(),
            closed: Closed::default(),
            waiting: Aged::new(),
            current: None,
            left: None,
            watch: wanted.strains.then(Box::default),
        }
    }

    /// Return the slot of the connection to which packets with this key belong.
    pub(crate) fn find(&mut self, key: Key) -> Option<u32> {
        let (key, _) = key.canonical();
        let recent = self.recent.get(key.bits()).filter(|slot| self.is_between(*slot, key));
        if recent.is_some() {
            return recent;
        }
        let slot = *self.slots.get(&key)?;
        self.recent.note(key.bits(), slot);
        Some(slot)
    }

    /// Return whether a slot holds the connection with this canonical key.
    fn is_between(&self, slot: u32, key: Key) -> bool {
        let connection = self.connections.get(slot as usize).and_then(Option::as_deref);
        connection.is_some_and(|connection| connection.key.canonical().0 == key)
    }

    /// Return the connection in a slot.
    pub(crate) fn connection(&mut self, slot: u32) -> Option<&mut Connection> {
        self.connections.get_mut(slot as usize)?.as_deref_mut()
    }

    /// Handle a packet of a connection. Return whether it seems to belong to another between the same ports.
    pub(crate) fn deliver(&mut self, cx: &mut Context<'_>, slot: u32, key: Key, packet: &Packet<'_>) -> bool {
        self.current = Some(slot);
        let watched = self.watch.is_some();
        let Some(connection) = self.connection(slot) else {
            return false;
        };
        let direction = connection.direction(key);
        if watched {
            connection.tcp.windows.note(direction, packet);
        }
        let changed = connection.tcp.segment(&mut connection.conversation, cx, direction, packet);
        let strays = std::mem::take(&mut connection.tcp.strays);
        if changed || connection.conversation.waits() {
            self.attend(cx, slot, packet.time);
        }
        self.current = None;
        strays
    }

    /// Forget the connection whose packet was being handled, whatever its state.
    pub(crate) fn abandon(&mut self, cx: &mut Context<'_>) {
        if let Some(slot) = self.current.take() {
            cx.odd("fault of the core");
            let held = self.forget(cx, slot).map_or(0, |connection| connection.held());
            // The fault may have come between charging the connection and charging the budget.
            cx.ledger.budget.used = cx.ledger.budget.used.saturating_sub(held);
        }
    }

    /// End a connection in whose place a new one started at a time; return the segments that were kept for that.
    pub(crate) fn succeed(&mut self, cx: &mut Context<'_>, slot: u32, started: Option<f64>) -> VecDeque<Postponed> {
        let Some(connection) = self.connection(slot) else {
            return VecDeque::new();
        };
        let postponed = connection.tcp.disclaim(cx);
        let key = connection.key;
        match started {
            Some(time) => connection.drain(cx, time, Ending::Closed),
            None => connection.drain(cx, connection.tcp.last, Ending::Gap), // its end was not captured
        }
        self.forget(cx, slot);
        self.closed.forget(key);
        postponed
    }

    /// Follow a connection. If there are too many, evict the one that has been idle longest.
    pub(crate) fn add(&mut self, cx: &mut Context<'_>, connection: Connection) -> u32 {
        while self.due.len() >= cx.limits.connections.max(1) {
            self.evict(cx);
        }
        self.closed.forget(connection.key);
        let (key, last) = (connection.key.canonical().0, connection.tcp.last);
        let connection = Some(Box::new(connection));
        let slot = match self.free.pop() {
            Some(slot) => {
                if let Some(place) = self.connections.get_mut(slot as usize) {
                    *place = connection;
                }
                slot
            }
            None => {
                self.connections.push(connection);
                self.connections.len() as u32 - 1
            }
        };
        self.slots.insert(key, slot);
        self.due.insert(slot, last + cx.limits.connection_timeout);
        cx.ledger.health.connections = self.due.len() as u64;
        slot
    }

    /// Time out idle connections, check those that wait, and forget closed ones.
    pub(crate) fn expire(&mut self, cx: &mut Context<'_>, now: f64) {
        while let Some((slot, _)) = self.waiting.pop_front_if(|_, due| *due <= now) {
            self.look_again(cx, slot, now);
        }
        while let Some((slot, due)) = self.due.front().map(|(slot, due)| (*slot, *due))
            && due <= now
        {
            if !self.put_off(cx, slot, now) {
                self.end(cx, slot, Ending::Timeout);
            }
        }
        self.closed.expire(cx.limits, now);
        if let Some(watch) = &mut self.watch {
            watch.look(cx, &self.connections, now);
        }
    }

    /// End the capture: close connections until `records` records wait. Return whether all are closed.
    pub(crate) fn drain(&mut self, cx: &mut Context<'_>, now: f64, records: usize) -> bool {
        self.waiting = Aged::new();
        let due = &self.due;
        let mut left = self.left.take().unwrap_or_else(|| due.iter().map(|(slot, _)| *slot).collect());
        while let Some(slot) = left.pop_front() {
            if let Some(connection) = self.connection(slot) {
                connection.drain(cx, now.max(connection.tcp.last), Ending::CaptureEnd);
            }
            if cx.out.waiting() >= records {
                self.left = Some(left);
                return false;
            }
        }
        true
    }

    /// Update a connection that may have ended, or started or stopped waiting.
    fn attend(&mut self, cx: &mut Context<'_>, slot: u32, time: f64) {
        let state = |one: &mut Connection| (one.tcp.finished.is_some(), one.tcp.waits() || one.conversation.waits());
        let Some((finished, waits)) = self.connection(slot).map(state) else {
            return;
        };
        if finished {
            self.close(cx, slot);
        } else if !waits {
            self.waiting.remove(&slot);
        } else if !self.waiting.contains(&slot) {
            self.waiting.insert(slot, time + cx.limits.gap_timeout);
        }
    }

    /// Check a connection that has waited.
    fn look_again(&mut self, cx: &mut Context<'_>, slot: u32, now: f64) {
        let Some(connection) = self.connection(slot) else {
            return;
        };
        connection.tcp.force_due(&mut connection.conversation, cx, now);
        connection.conversation.look_again(cx, now);
        self.attend(cx, slot, now);
    }

    /// Forget a finished connection, but remember its numbers to recognise stragglers.
    fn close(&mut self, cx: &mut Context<'_>, slot: u32) {
        if let Some(connection) = self.forget(cx, slot) {
            let Connection { key, tcp, .. } = *connection;
            self.closed.note(key, &tcp.streams, tcp.last, tcp.finished == Some(Ending::Reset));
        }
    }

    /// Postpone the timeout of a connection that was active since it was set; return whether it was.
    fn put_off(&mut self, cx: &mut Context<'_>, slot: u32, now: f64) -> bool {
        let Some(last) = self.connection(slot).map(|connection| connection.tcp.last) else {
            return false;
        };
        let due = last + cx.limits.connection_timeout;
        if due <= now {
            return false;
        }
        self.due.insert(slot, due);
        self.due.move_to_back(&slot);
        true
    }

    /// Evict the connection that seems idle longest.
    fn evict(&mut self, cx: &mut Context<'_>) {
        for _ in 0..LOOKED_AT {
            let Some((slot, due)) = self.due.front().map(|(slot, due)| (*slot, *due)) else {
                return;
            };
            if !self.put_off(cx, slot, due) {
                break;
            }
        }
        if let Some(slot) = self.due.front().map(|(slot, _)| *slot) {
            cx.ledger.health.evicted += 1;
            self.end(cx, slot, Ending::Evicted);
        }
    }

    fn end(&mut self, cx: &mut Context<'_>, slot: u32, ending: Ending) {
        if let Some(connection) = self.connection(slot) {
            connection.drain(cx, connection.tcp.last, ending);
        }
        self.forget(cx, slot);
    }

    fn forget(&mut self, cx: &mut Context<'_>, slot: u32) -> Option<Box<Connection>> {
        self.due.remove(&slot);
        self.waiting.remove(&slot);
        let connection = self.connections.get_mut(slot as usize)?.take()?;
        self.slots.remove(&connection.key.canonical().0);
        self.free.push(slot);
        cx.ledger.health.connections = self.due.len() as u64;
        Some(connection)
    }
}
