//! The decoder turns frames into records. It is the only entry point of this crate.
//!
//! It reads no clock: the time of the packets drives its timeouts, frame by frame, so the result does not depend on how
//! frames are split into batches.

use std::sync::Arc;

use crate::aged::Aged;
use crate::context::Context;
use crate::conversation::Conversation;
use crate::datagrams::Datagrams;
use crate::flows::{Connection, Flows};
use crate::health::{Health, Ledger};
use crate::key::Key;
use crate::limits::Limits;
use crate::network::{InnerIp, Network};
use crate::ports::Ports;
use crate::readers::{be32, byte};
use crate::records::{Batch, Collector, Wanted};
use crate::tcp::sequence::{ACK, FIN, RST, SYN};
use crate::tcp::{Direction, Handshake, Packet, Tcp};

/// Packet time between two checks of the timeouts, in seconds.
const PULSE: f64 = 0.1;

/// Decodes the HTTP/1 traffic of the monitored TCP ports.
pub struct Decoder {
    ports: Arc<Ports>,
    limits: Limits,
    wanted: Wanted,
    ledger: Ledger,
    out: Collector,
    network: Network,
    flows: Flows,
    /// SYNs of connections that have sent no data, by packet key.
    handshakes: Aged<Key, Handshake>,
    now: f64,
    pulse: f64,
}

/// A parsed segment of a connection.
struct Arrival<'a> {
    key: Key,
    packet: Packet<'a>,
}

impl Decoder {
    /// Create a decoder. `inner_ip` finds the IP packet in frames of link types that this crate does not know.
    #[must_use]
    pub fn new(ports: Ports, limits: Limits, inner_ip: Option<InnerIp>, wanted: Wanted) -> Self {
        let ports = Arc::new(ports);
        let datagrams = Datagrams { every_packet: wanted.packets, answers: wanted.answers, found: Vec::new() };
        Self {
            network: Network::new(Arc::clone(&ports), &limits, inner_ip, datagrams),
            flows: Flows::new(),
            handshakes: Aged::new(),
            ledger: Ledger::new(limits.total_buffer),
            out: Collector::new(&limits),
            now: 0.0,
            pulse: 0.0,
            ports,
            limits,
            wanted,
        }
    }

    /// Decode a frame captured at `time`; frames must be in the order of their capture.
    pub fn feed(&mut self, time: f64, link_type: u32, frame: &[u8]) {
        if time >= self.pulse {
            self.tick(time);
        }
        let Self { ports, limits, wanted, ledger, out, network, flows, handshakes, .. } = self;
        ledger.health.frames += 1;
        let mut cx = Context { ledger, limits, out };
        let mut parts = Parts { ports, wanted: *wanted, flows, handshakes };
        if !wanted.packets && !wanted.answers {
            if let Some(segment) = network.segment(cx.ledger, time, link_type, frame) {
                parts.segment(&mut cx, time, segment.key, segment.bytes, segment.cut);
            }
            return;
        }
        // The record of an IP packet precedes those of its content; meanwhile a segment borrows the network.
        let found = network.segment(cx.ledger, time, link_type, frame);
        let segment = found.map(|segment| (segment.key, segment.bytes.to_vec(), segment.cut));
        for datagram in network.datagrams().found.drain(..) {
            cx.out.datagram(&mut cx.ledger.health, datagram);
        }
        if let Some((key, bytes, cut)) = segment {
            parts.segment(&mut cx, time, key, &bytes, cut);
        }
    }

    /// Report that no frame was captured until `now`, so that timeouts can expire.
    pub fn advance(&mut self, now: f64) {
        if now >= self.pulse {
            self.tick(now);
        }
    }

    /// End the capture: close all connections until `records` records wait. Return whether all are closed; if not, the
    /// caller takes the records and calls it again.
    pub fn finish(&mut self, records: usize) -> bool {
        let mut cx = Context { ledger: &mut self.ledger, limits: &self.limits, out: &mut self.out };
        if !self.flows.drain(&mut cx, self.now, records) {
            return false;
        }
        self.network.expire(&mut self.ledger, f64::INFINITY);
        true
    }

    /// Drop the connection whose packet was being handled when a fault occurred.
    pub fn abandon(&mut self) {
        let mut cx = Context { ledger: &mut self.ledger, limits: &self.limits, out: &mut self.out };
        self.flows.abandon(&mut cx);
    }

    /// Return the records completed since the last call.
    pub fn take(&mut self) -> Batch {
        self.out.take()
    }

    /// Return the number of records that wait to be taken.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.out.waiting()
    }

    /// Return the characters of the records that wait to be taken.
    #[must_use]
    pub fn waiting_characters(&self) -> usize {
        self.out.characters()
    }

    /// Return the counters.
    #[must_use]
    pub fn health(&self) -> &Health {
        &self.ledger.health
    }

    /// Return the number of buffered bytes.
    #[must_use]
    pub fn held(&self) -> usize {
        self.ledger.budget.used
    }

    fn tick(&mut self, now: f64) {
        self.now = now;
        self.pulse = now + PULSE;
        let mut cx = Context { ledger: &mut self.ledger, limits: &self.limits, out: &mut self.out };
        self.flows.expire(&mut cx, now);
        let timeout = self.limits.connection_timeout;
        while self.handshakes.pop_front_if(|_, handshake| handshake.time + timeout <= now).is_some() {}
        self.network.expire(&mut self.ledger, now);
    }
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Decoder").field("health", &self.ledger.health).finish_non_exhaustive()
    }
}

/// The components of a decoder that follow connections.
struct Parts<'a> {
    ports: &'a Ports,
    wanted: Wanted,
    flows: &'a mut Flows,
    handshakes: &'a mut Aged<Key, Handshake>,
}

impl Parts<'_> {
    /// Handle a TCP segment: its header and the captured part of its payload.
    fn segment(&mut self, cx: &mut Context<'_>, time: f64, key: Key, bytes: &[u8], cut: usize) {
        let slot = self.flows.find(key);
        if slot.is_none() && !self.listens(key) {
            return;
        }
        let Some(packet) = packet(time, bytes, cut) else {
            return cx.odd("bad TCP header");
        };
        cx.ledger.health.segments += 1;
        let known = slot.filter(|slot| packet.flags & SYN == 0 || !self.flows.begins(cx, *slot, key, &packet));
        if let Some(slot) = known.or_else(|| self.open(cx, &Arrival { key, packet })) {
            self.flows.deliver(cx, slot, key, &packet);
        }
    }

    fn listens(&self, key: Key) -> bool {
        let (source, target) = key.ports();
        self.ports.contains(source) || self.ports.contains(target)
    }

    /// Follow a new connection from its first byte; return None if there is none yet, and for stragglers.
    fn open(&mut self, cx: &mut Context<'_>, arrival: &Arrival<'_>) -> Option<u32> {
        let (key, packet) = (arrival.key, &arrival.packet);
        if key == key.reversed() {
            // The two sides are indistinguishable (a LAND attack, or a socket connected to itself).
            cx.odd("segment with identical endpoints");
            return None;
        }
        if packet.flags & SYN != 0 {
            self.flows.reopen(key);
            self.shake_hands(cx, key, packet);
        } else if packet.flags & RST != 0 {
            self.handshakes.remove(&key);
            self.handshakes.remove(&key.reversed());
            return None;
        }
        let empty = packet.payload.is_empty() && packet.cut == 0;
        if empty
            && packet.flags & FIN != 0
            && let Some(handshake) = self.handshakes.get_mut(&key)
        {
            handshake.fin = Some(packet.seq);
        }
        if empty || self.flows.closed_lately(key, packet.time) {
            return None;
        }
        Some(self.follow(cx, arrival))
    }

    /// Remember a SYN, so that a flood of them costs little.
    fn shake_hands(&mut self, cx: &mut Context<'_>, key: Key, packet: &Packet<'_>) {
        let known = self.handshakes.remove(&key).filter(|known| known.seq == packet.seq);
        if self.handshakes.len() >= 2 * cx.limits.connections {
            self.handshakes.pop_front();
            cx.ledger.health.evicted += 1;
        }
        let ack = (packet.flags & ACK != 0).then_some(packet.ack);
        let fin = known.and_then(|known| known.fin);
        self.handshakes.insert(key, Handshake { time: packet.time, seq: packet.seq, ack, fin });
    }

    fn follow(&mut self, cx: &mut Context<'_>, arrival: &Arrival<'_>) -> u32 {
        let Arrival { key, packet } = arrival;
        let own = self.handshakes.remove(key);
        let other = self.handshakes.remove(&key.reversed());
        let direction = self.direction(*key, own, other);
        let client_key = if direction == Direction::Forth { *key } else { key.reversed() };
        let mut tcp = Tcp::new(packet.time);
        tcp.shake(direction, own, other);
        let mut conversation = Conversation::new(client_key, self.wanted);
        tcp.recall(&mut conversation, cx, direction, own);
        tcp.recall(&mut conversation, cx, direction.reversed(), other);
        self.flows.add(cx, Connection { key: client_key, tcp, conversation })
    }

    /// Return `Forth` if a packet seems to come from the client, judged by the handshake, else by the monitored port.
    fn direction(&self, key: Key, own: Option<Handshake>, other: Option<Handshake>) -> Direction {
        let (source, target) = key.ports();
        let back = match (own, other) {
            (Some(own), _) => own.ack.is_some(),
            (None, Some(other)) => other.ack.is_none(),
            (None, None) if self.ports.contains(source) != self.ports.contains(target) => self.ports.contains(source),
            (None, None) => source < target,
        };
        if back { Direction::Back } else { Direction::Forth }
    }
}

/// Parse a segment; None if its header is longer than the segment.
fn packet(time: f64, bytes: &[u8], cut: usize) -> Option<Packet<'_>> {
    let header = usize::from(byte(bytes, 12).ok()? >> 4) * 4;
    if header < 20 || header > bytes.len() + cut {
        return None;
    }
    Some(Packet {
        time,
        seq: be32(bytes, 4).ok()?,
        ack: be32(bytes, 8).ok()?,
        flags: byte(bytes, 13).ok()?,
        payload: bytes.get(header..).unwrap_or_default(),
        cut: cut - header.saturating_sub(bytes.len()),
    })
}
