//! The connections that are followed: found by addresses and ports, bounded in number and in idle time.
//!
//! Time is the packets' time. Looking for idle connections costs constant time per connection and time-out, whatever
//! their number: each waits in a queue and is looked at when its time-out would be due.

use std::collections::HashMap;

use crate::aged::Aged;
use crate::context::Context;
use crate::conversation::Conversation;
use crate::key::Key;
use crate::recent::Recent;
use crate::records::Ending;
use crate::tcp::{Direction, Packet, Tcp};

/// Connections that are put off when one is to be evicted: few are looked at, as all may be active.
const LOOKED_AT: usize = 8;

/// A connection: its TCP streams, and what they carry.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Key of the packets that go forth.
    pub(crate) key: Key,
    pub(crate) tcp: Tcp,
    pub(crate) conversation: Conversation,
}

impl Connection {
    fn direction(&self, key: Key) -> Direction {
        if key == self.key { Direction::Forth } else { Direction::Back }
    }

    /// Bytes of the budget that it takes.
    fn held(&self) -> usize {
        let streams = &self.tcp.streams;
        streams.forth.held_bytes + streams.back.held_bytes + self.conversation.held()
    }

    fn drain(&mut self, cx: &mut Context<'_>, time: f64, ending: Ending) {
        self.tcp.drain(&mut self.conversation, cx, time, ending);
    }
}

/// Connections by the key of their packets.
#[derive(Debug)]
pub(crate) struct Flows {
    /// Slots by key, the same for both directions.
    slots: HashMap<Key, u32>,
    /// Slots that were found lately.
    recent: Recent,
    connections: Vec<Option<Box<Connection>>>,
    free: Vec<u32>,
    /// When connections time out, if they stay as idle as they were.
    due: Aged<u32, f64>,
    /// Until when stragglers of closed connections are known.
    closed: Aged<Key, f64>,
    /// When to look again at connections that wait for something; so each costs little, however many wait.
    waiting: Aged<u32, f64>,
    /// The connection whose packet is being taken.
    current: Option<u32>,
}

impl Flows {
    pub(crate) fn new() -> Self {
        Self {
            slots: HashMap::new(),
            recent: Recent::default(),
            connections: Vec::new(),
            free: Vec::new(),
            due: Aged::new(),
            closed: Aged::new(),
            waiting: Aged::new(),
            current: None,
        }
    }

    /// The connection that packets with this key belong to.
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

    /// Whether a slot has the connection of this canonical key.
    fn is_between(&self, slot: u32, key: Key) -> bool {
        let connection = self.connections.get(slot as usize).and_then(Option::as_deref);
        connection.is_some_and(|connection| connection.key.canonical().0 == key)
    }

    fn connection(&mut self, slot: u32) -> Option<&mut Connection> {
        self.connections.get_mut(slot as usize)?.as_deref_mut()
    }

    /// Take a packet of a connection.
    pub(crate) fn deliver(&mut self, cx: &mut Context<'_>, slot: u32, key: Key, packet: &Packet<'_>) {
        self.current = Some(slot);
        let Some(connection) = self.connection(slot) else {
            return;
        };
        let direction = connection.direction(key);
        if connection.tcp.segment(&mut connection.conversation, cx, direction, packet) {
            self.attend(cx, slot, packet.time);
        }
        self.current = None;
    }

    /// Forget the connection whose packet was being taken, whatever state it is in.
    pub(crate) fn abandon(&mut self, cx: &mut Context<'_>) {
        if let Some(slot) = self.current.take() {
            cx.odd("fault of the core");
            let held = self.forget(cx, slot).map_or(0, |connection| connection.held());
            cx.ledger.budget.used = cx.ledger.budget.used.saturating_sub(held); // the fault may have come between the two
        }
    }

    /// Whether a SYN ends the connection that it seems to belong to, as another one begins.
    pub(crate) fn begins(&mut self, cx: &mut Context<'_>, slot: u32, key: Key, packet: &Packet<'_>) -> bool {
        let Some(connection) = self.connection(slot) else {
            return true;
        };
        if !connection.tcp.reused_by(connection.direction(key), packet.seq) {
            return false;
        }
        connection.drain(cx, packet.time, Ending::Closed);
        self.close(cx, slot);
        true
    }

    /// Follow a connection. The one that is idle longest goes when there are too many.
    pub(crate) fn add(&mut self, cx: &mut Context<'_>, connection: Connection) -> u32 {
        while self.due.len() >= cx.limits.connections.max(1) {
            self.evict(cx);
        }
        self.reopen(connection.key);
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

    /// A connection between these ends begins: what comes is no straggler of one before.
    pub(crate) fn reopen(&mut self, key: Key) {
        self.closed.remove(&key.canonical().0);
    }

    /// Whether packets with this key are stragglers of a connection that was closed.
    pub(crate) fn closed_lately(&self, key: Key, now: f64) -> bool {
        self.closed.get(&key.canonical().0).is_some_and(|until| now < *until)
    }

    /// Time out idle connections, look at those that wait, and forget closed ones.
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
        let most = cx.limits.connections;
        let mut held = self.closed.len();
        while self.closed.pop_front_if(|_, until| *until <= now || held > most).is_some() {
            held -= 1;
        }
    }

    /// The capture is over: close all connections.
    pub(crate) fn drain_all(&mut self, cx: &mut Context<'_>, now: f64) {
        let slots: Vec<u32> = self.due.iter().map(|(slot, _)| *slot).collect();
        for slot in slots {
            if let Some(connection) = self.connection(slot) {
                connection.drain(cx, now.max(connection.tcp.last), Ending::CaptureEnd);
            }
        }
        self.waiting = Aged::new();
    }

    /// Look at a connection that may have ended, or wait for something now or no longer.
    fn attend(&mut self, cx: &mut Context<'_>, slot: u32, time: f64) {
        let Some((finished, waits)) = self.connection(slot).map(|one| (one.tcp.finished, one.tcp.waits())) else {
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

    /// See what time has done to a connection that has waited.
    fn look_again(&mut self, cx: &mut Context<'_>, slot: u32, now: f64) {
        let Some(connection) = self.connection(slot) else {
            return;
        };
        connection.tcp.force_due(&mut connection.conversation, cx, now);
        self.attend(cx, slot, now);
    }

    /// Forget a finished connection but for the fact that it was there.
    fn close(&mut self, cx: &mut Context<'_>, slot: u32) {
        if let Some(connection) = self.forget(cx, slot) {
            let until = connection.tcp.last + cx.limits.closed_timeout;
            self.closed.insert(connection.key.canonical().0, until);
        }
    }

    /// Whether a connection was active since its time-out was set; then it is set anew.
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

    /// Drop the connection that seems idle longest.
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
