//! The decoder turns frames into records. It is the only entry point of this crate.
//!
//! It reads no clock: the time of the packets drives its timeouts, frame by frame, so the result does not depend on how
//! frames are split into batches.

use std::sync::Arc;

use crate::arrivals::Arrivals;
use crate::context::Context;
use crate::dns::Lookups;
use crate::flows::Flows;
use crate::health::{Health, Ledger};
use crate::limits::Limits;
use crate::network::{InnerIp, Network, Segment};
use crate::owners::{End, Owners};
use crate::ports::Ports;
use crate::protocols::Protocols;
use crate::records::{Batch, Collector, Wanted};
use crate::tcp::claim::{Claim, View};
use crate::tcp::handshakes::{Handshakes, chosen, each};
use crate::tcp::sequence::{ACK, FIN, RST, SYN};
use crate::tcp::{Direction, Handshake, Packet, Tcp};
use crate::tls::{Keyring, resume_lingering};

/// Packet time between two checks of the timeouts, in seconds.
const PULSE: f64 = 0.1;

/// Decodes the traffic of the monitored TCP ports: HTTP/1, and the chosen protocols.
pub struct Decoder {
    ports: Arc<Ports>,
    limits: Limits,
    wanted: Wanted,
    protocols: Protocols,
    ledger: Ledger,
    out: Collector,
    network: Network,
    flows: Flows,
    /// SYNs of connections that have sent no data, by packet key.
    handshakes: Handshakes,
    /// DNS lookups under way, if they are wanted.
    lookups: Option<Box<Lookups>>,
    /// Secrets of TLS connections, if these are to be decrypted.
    keys: Option<Box<Keyring>>,
    now: f64,
    pulse: f64,
}

impl Decoder {
    /// Create a decoder. `inner_ip` finds the IP packet in frames of link types that this crate does not know.
    #[must_use]
    pub fn new(ports: Ports, limits: Limits, inner_ip: Option<InnerIp>, wanted: Wanted, protocols: Protocols) -> Self {
        let ports = Arc::new(ports);
        let has_lookups = wanted.lookups && protocols.dns;
        Self {
            network: Network::new(Arc::clone(&ports), &limits, inner_ip, wanted, protocols),
            flows: Flows::new(),
            handshakes: Handshakes::new(),
            ledger: Ledger::new(limits.total_buffer),
            lookups: has_lookups.then(Box::default),
            keys: None,
            out: Collector::new(&limits),
            now: 0.0,
            pulse: 0.0,
            ports,
            limits,
            wanted,
            protocols,
        }
    }

    /// Decrypt TLS connections that start from now on, if their secrets are added.
    pub fn decrypt(&mut self) {
        self.keys.get_or_insert_with(|| Box::new(Keyring::new(&self.limits)));
    }

    /// Add secrets of TLS connections: whole lines of a key log (draft-ietf-tls-keylogfile).
    pub fn add_secrets(&mut self, lines: &[u8]) {
        self.decrypt();
        if let Some(keys) = &mut self.keys {
            keys.add(&mut self.ledger.health, lines);
        }
    }

    /// Decode a frame captured at `time`; frames must be in the order of their capture.
    pub fn feed(&mut self, time: f64, link_type: u32, frame: &[u8]) {
        if time >= self.pulse {
            self.tick(time);
        }
        let Self { ports, limits, wanted, protocols, ledger, out, network, flows, handshakes, lookups, keys, .. } =
            self;
        ledger.health.frames += 1;
        let mut cx = Context { ledger, limits, protocols: *protocols, out, lookups, keys };
        let dns = cx.lookups.is_some();
        let mut parts = Parts { ports, dns, wanted: *wanted, flows, handshakes };
        if !wanted.packets && !wanted.answers {
            if let Some(segment) = network.segment(cx.ledger, time, link_type, frame) {
                arrivals.found(&mut cx, time, &segment);
            } else {
                tell_quic(&mut cx, network);
            }
            return;
        }
        // The record of an IP packet precedes those of its content; meanwhile a segment borrows the network.
        let found = network.segment(cx.ledger, time, link_type, frame);
        let copied = found.map(|segment| (segment.bytes.to_vec(), Segment { bytes: &[], ..segment }));
        for datagram in network.datagrams().found.drain(..) {
            cx.out.datagram(&mut cx.ledger.health, datagram);
        }
        if let Some((bytes, segment)) = copied {
            arrivals.found(&mut cx, time, &Segment { bytes: &bytes, ..segment });
        }
        tell_quic(&mut cx, network);
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
        let Self { ledger, limits, protocols, out, lookups, keys, .. } = self;
        let mut cx = Context { ledger, limits, protocols: *protocols, out, lookups, keys };
        if !self.flows.drain(&mut cx, self.now, records) {
            return false;
        }
        resume_lingering(&mut cx, f64::INFINITY);
        while cx.out.waiting() < records {
            if !self.network.quic().end_one(cx.ledger, self.now) {
                if cx.with_lookups(|lookups, cx| lookups.drain(cx, self.now, records)) == Some(false) {
                    return false;
                }
                self.network.expire(&mut self.ledger, f64::INFINITY);
                return true;
            }
            tell_quic(&mut cx, &mut self.network);
        }
        false
    }

    /// Drop the connection whose packet was being handled when a fault occurred.
    pub fn abandon(&mut self) {
        let Self { ledger, limits, protocols, out, lookups, keys, .. } = self;
        let mut cx = Context { ledger, limits, protocols: *protocols, out, lookups, keys };
        self.flows.abandon(&mut cx);
    }

    /// Return the records completed since the last call.
    pub fn take(&mut self) -> Batch {
        self.out.take(&mut self.ledger.health)
    }

    /// Return the owners of connections, to be told what the resolver finds out.
    pub fn owners(&mut self) -> &mut Owners {
        &mut self.out.owners
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
        let Self { ledger, limits, protocols, out, lookups, keys, .. } = self;
        let mut cx = Context { ledger, limits, protocols: *protocols, out, lookups, keys };
        self.flows.expire(&mut cx, now);
        resume_lingering(&mut cx, now);
        cx.with_lookups(|lookups, cx| lookups.expire(cx, now));
        self.handshakes.expire(cx.limits.connection_timeout, now);
        self.network.expire(cx.ledger, now);
        tell_quic(&mut cx, &mut self.network);
    }
}

/// Emit the records of QUIC connections that have ended.
fn tell_quic(cx: &mut Context<'_>, network: &mut Network) {
    for row in network.quic().ended() {
        cx.out.quic(&mut cx.ledger.health, row);
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
    /// Whether DNS lookups are wanted.
    dns: bool,
    wanted: Wanted,
    flows: &'a mut Flows,
    handshakes: &'a mut Handshakes,
}

impl Parts<'_> {
    /// Handle what a frame contains.
    fn found(&mut self, cx: &mut Context<'_>, time: f64, found: &Segment<'_>) {
        let Segment { key, bytes, cut, datagram } = *found;
        if datagram {
            let arrival = dns::Arrival { time, key, transport: Transport::Udp, cut: cut > 0 };
            cx.with_lookups(|lookups, cx| lookups.message(cx, &arrival, bytes));
        } else {
            self.segment(cx, time, key, bytes, cut);
        }
    }

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
        let arrival = Arrival { key, packet };
        match slot {
            Some(slot) if self.claimed(cx, slot, &arrival) => {}
            Some(slot) => self.deliver(cx, slot, &arrival),
            None => self.arrive(cx, &arrival),
        }
    }

    /// Handle a segment of a connection that may be followed, or of a new one.
    fn arrive(&mut self, cx: &mut Context<'_>, arrival: &Arrival<'_>) {
        if let Some(slot) = self.flows.find(arrival.key).or_else(|| self.open(cx, arrival)) {
            self.deliver(cx, slot, arrival);
        }
    }

    fn deliver(&mut self, cx: &mut Context<'_>, slot: u32, arrival: &Arrival<'_>) {
        let strays = self.flows.deliver(cx, slot, arrival.key, &arrival.packet);
        if strays {
            self.stray(cx, slot, arrival);
        }
    }

    /// Handle a segment with numbers of its own as the claim of a new connection whose SYN was missed.
    fn stray(&mut self, cx: &mut Context<'_>, slot: u32, arrival: &Arrival<'_>) {
        let Some(connection) = self.flows.connection(slot) else {
            return self.arrive(cx, arrival);
        };
        if connection.tcp.claim.get_or_insert_default().is_empty() {
            cx.odd("sequence number jump");
        }
        let direction = connection.direction(arrival.key);
        let believed = connection.tcp.over() || connection.tcp.hears_only(direction);
        self.postpone(cx, slot, arrival);
        if believed {
            self.replay(cx, slot, arrival);
        }
    }

    /// Return whether a segment belongs, or may belong, to a new connection in place of the one that it seems to belong
    /// to.
    fn claimed(&mut self, cx: &mut Context<'_>, slot: u32, arrival: &Arrival<'_>) -> bool {
        let Arrival { key, packet } = arrival;
        let Some(connection) = self.flows.connection(slot) else {
            return false;
        };
        let direction = connection.direction(*key);
        if packet.flags & SYN != 0 {
            return connection.tcp.reused_by(direction, packet.seq) && self.claim(cx, slot, arrival);
        }
        if packet.flags & RST != 0 {
            return false; // who refuses a connection does not take up its numbers
        }
        let Some(claim) = &connection.tcp.claim else {
            return false;
        };
        let (own, other) = (self.handshakes.noted(*key), self.handshakes.noted(key.reversed()));
        let called = own.is_some() || other.is_some();
        if !called && claim.is_empty() {
            connection.tcp.disclaim(cx);
            return false;
        }
        let alone = connection.tcp.hears_only(direction);
        let view = View { streams: &connection.tcp.streams, direction, packet, alone };
        let unanswered = view.follows_call(own) || claim.goes_on(&view, *key);
        let enough = view.alone || (claim.is_full() && !called);
        if claim.believed(&view, *key, own, other) || (unanswered && enough) {
            self.succeed(cx, slot, arrival);
            return true;
        }
        if unanswered {
            self.postpone(cx, slot, arrival);
        } else if !called {
            connection.tcp.disclaim(cx); // the connection goes on
        }
        unanswered
    }

    /// Note a SYN with another number on a connection that is open.
    fn claim(&mut self, cx: &mut Context<'_>, slot: u32, arrival: &Arrival<'_>) -> bool {
        if self.handshakes.note(cx, arrival.key, handshake(&arrival.packet)) {
            cx.odd("SYN on an open connection");
        }
        if let Some(connection) = self.flows.connection(slot) {
            connection.tcp.claim.get_or_insert_default();
        }
        if !arrival.packet.payload.is_empty() {
            self.postpone(cx, slot, arrival);
        }
        true
    }

    fn postpone(&mut self, cx: &mut Context<'_>, slot: u32, arrival: &Arrival<'_>) {
        let claim = self.flows.connection(slot).and_then(|connection| connection.tcp.claim.as_deref_mut());
        let postponed = |claim: &mut Claim| claim.postpone(&mut cx.ledger.budget, arrival.key, &arrival.packet);
        if !claim.is_none_or(postponed) {
            cx.odd("reassembly buffer full");
        }
    }

    /// End a connection, because a new one has taken its place before this segment, which is handled then.
    fn succeed(&mut self, cx: &mut Context<'_>, slot: u32, arrival: &Arrival<'_>) {
        self.replay(cx, slot, arrival);
        self.arrive(cx, arrival);
    }

    /// End a connection, because a new one has taken its place, and handle the segments that were kept for that.
    fn replay(&mut self, cx: &mut Context<'_>, slot: u32, arrival: &Arrival<'_>) {
        let Arrival { key, packet } = arrival;
        let (own, other) = (self.handshakes.noted(*key), self.handshakes.noted(key.reversed()));
        let (own, other) = chosen(own, other, packet.seq, acknowledged(packet));
        let started = own.iter().chain(&other).map(|shake| shake.time).reduce(f64::min);
        for earlier in self.flows.succeed(cx, slot, started) {
            self.arrive(cx, &Arrival { key: earlier.key, packet: earlier.packet() });
        }
    }

    fn listens(&self, key: Key) -> bool {
        let (source, target) = key.ports();
        self.serves(source) || self.serves(target)
    }

    /// Return whether connections to a port are followed.
    fn serves(&self, port: u16) -> bool {
        self.ports.contains(port) || self.dns && dns::is_stream_port(port, port)
    }

    fn monitors(&self, key: Key) -> bool {
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
            if self.flows.closed.repeats(cx.limits, key, packet.seq, packet.time) {
                return None;
            }
            self.flows.closed.forget(key);
            self.handshakes.note(cx, key, handshake(packet));
        } else if packet.flags & RST != 0 {
            self.refuse(arrival);
            return None;
        }
        let empty = packet.payload.is_empty() && packet.cut == 0;
        if empty && packet.flags & FIN != 0 {
            self.handshakes.end(key, packet.seq);
        }
        if empty || self.flows.closed.straggles(cx.limits, key, packet.seq, packet.time) {
            return None;
        }
        Some(self.follow(cx, arrival))
    }

    /// Forget SYNs that a RST refuses, which has the number that follows one of them (RFC 5961 section 3).
    fn refuse(&mut self, arrival: &Arrival<'_>) {
        let (key, packet) = (arrival.key, &arrival.packet);
        let follows = each(self.handshakes.noted(key)).any(|one| one.starts(packet.seq));
        let answers = acknowledged(packet)
            .is_some_and(|ack| each(self.handshakes.noted(key.reversed())).any(|one| one.starts(ack)));
        if follows || answers {
            self.handshakes.take(key);
            self.handshakes.take(key.reversed());
        }
    }

    fn follow(&mut self, cx: &mut Context<'_>, arrival: &Arrival<'_>) -> u32 {
        let Arrival { key, packet } = arrival;
        let (own, other) = (self.handshakes.take(*key), self.handshakes.take(key.reversed()));
        let first = packet.seq.wrapping_add(u32::from(packet.flags & SYN != 0));
        let (own, other) = chosen(own.as_ref(), other.as_ref(), first, acknowledged(packet));
        let direction = self.direction(*key, own, other);
        let client_key = if direction == Direction::Forth { *key } else { key.reversed() };
        let mut tcp = Tcp::new(packet.time);
        tcp.shake(direction, own, other);
        let mut conversation = Conversation::new(client_key, self.wanted, self.monitors(client_key));
        tcp.recall(&mut conversation, cx, direction, own);
        tcp.recall(&mut conversation, cx, direction.reversed(), other);
        if self.monitors(client_key) {
            let (client, server) = ends(client_key);
            cx.out.owners.starts(client, server, tcp.started);
        }
        self.flows.add(cx, Connection { key: client_key, tcp, conversation })
    }

    /// Return `Forth` if a packet seems to come from the client, judged by the handshake, else by the monitored port.
    fn direction(&self, key: Key, own: Option<Handshake>, other: Option<Handshake>) -> Direction {
        let (source, target) = key.ports();
        let back = match (own, other) {
            (Some(own), _) => own.ack.is_some(),
            (None, Some(other)) => other.ack.is_none(),
            (None, None) if self.serves(source) != self.serves(target) => self.serves(source),
            (None, None) => source < target,
        };
        if back { Direction::Back } else { Direction::Forth }
    }
}

/// Return the source and the destination of packets with a key.
fn ends(key: Key) -> (End, End) {
    let ((source, target), (source_port, target_port)) = (key.addresses(), key.ports());
    ((source, source_port), (target, target_port))
}

/// Return the acknowledgment number.
fn acknowledged(packet: &Packet<'_>) -> Option<u32> {
    (packet.flags & ACK != 0).then_some(packet.ack)
}

/// Return what to remember of a SYN.
fn handshake(packet: &Packet<'_>) -> Handshake {
    Handshake { time: packet.time, seq: packet.seq, ack: acknowledged(packet), fin: None }
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
