//! What arrives in frames, and the connection that it belongs to: one that is followed, a new one, or one that may have taken
//! the place of another between the same ports.

use crate::context::Context;
use crate::conversation::Conversation;
use crate::dns::{self, Transport};
use crate::flows::{Connection, Flows};
use crate::key::Key;
use crate::network::Segment;
use crate::owners::End;
use crate::ports::Ports;
use crate::readers::{be32, byte};
use crate::records::Wanted;
use crate::strain::Openings;
use crate::tcp::claim::{Claim, View};
use crate::tcp::handshakes::{Handshakes, chosen, each};
use crate::tcp::sequence::{ACK, FIN, RST, SYN};
use crate::tcp::{Direction, Handshake, Packet, Tcp};

/// A parsed segment of a connection.
struct Arrival<'a> {
    key: Key,
    packet: Packet<'a>,
}

/// The components of a decoder that handle what arrives in a frame.
pub(crate) struct Arrivals<'a> {
    pub(crate) ports: &'a Ports,
    pub(crate) wanted: &'a Wanted,
    pub(crate) flows: &'a mut Flows,
    /// SYNs of connections that have sent no data, by packet key.
    pub(crate) handshakes: &'a mut Handshakes,
    /// TCP handshakes that are not complete, if they are wanted.
    pub(crate) openings: &'a mut Option<Box<Openings>>,
}

impl Arrivals<'_> {
    /// Handle what a frame contains.
    pub(crate) fn found(&mut self, cx: &mut Context<'_>, time: f64, found: &Segment<'_>) {
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
        if slot.is_none() && !self.listens(cx, key) {
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
            None => self.begin(cx, &arrival),
        }
    }

    /// Handle a segment of a connection that may be followed, or of a new one.
    fn arrive(&mut self, cx: &mut Context<'_>, arrival: &Arrival<'_>) {
        match self.flows.find(arrival.key) {
            Some(slot) => self.deliver(cx, slot, arrival),
            None => self.begin(cx, arrival),
        }
    }

    /// Handle a segment of a connection that is not followed yet.
    fn begin(&mut self, cx: &mut Context<'_>, arrival: &Arrival<'_>) {
        if let Some(slot) = self.open(cx, arrival) {
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

    fn listens(&self, cx: &Context<'_>, key: Key) -> bool {
        let (source, target) = key.ports();
        self.serves(cx, source) || self.serves(cx, target)
    }

    /// Return whether connections to a port are followed.
    fn serves(&self, cx: &Context<'_>, port: u16) -> bool {
        self.ports.contains(port) || cx.lookups.is_some() && dns::is_stream_port(port, port)
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
            self.answered(cx, arrival);
        } else if packet.flags & RST != 0 {
            self.refuse(cx, arrival);
            return None;
        }
        if let Some(openings) = self.openings.as_mut() {
            openings.complete(key);
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
    fn refuse(&mut self, cx: &mut Context<'_>, arrival: &Arrival<'_>) {
        let (key, packet) = (arrival.key, &arrival.packet);
        let follows = each(self.handshakes.noted(key)).any(|one| one.starts(packet.seq));
        let answers = acknowledged(packet)
            .is_some_and(|ack| each(self.handshakes.noted(key.reversed())).any(|one| one.starts(ack)));
        if follows || answers {
            self.unopened(cx, arrival);
            self.handshakes.take(key);
            self.handshakes.take(key.reversed());
        }
    }

    /// Note the server's SYN that answers one of the client.
    fn answered(&mut self, cx: &mut Context<'_>, Arrival { key, packet }: &Arrival<'_>) {
        let (Some(openings), Some(ack)) = (self.openings.as_mut(), acknowledged(packet)) else {
            return;
        };
        if each(self.handshakes.noted(key.reversed())).any(|one| one.starts(ack)) {
            openings.answer(cx, key.reversed(), packet.time);
        }
    }

    /// Note the RST of a connection that was not opened.
    fn unopened(&mut self, cx: &mut Context<'_>, Arrival { key, packet }: &Arrival<'_>) {
        let Some(openings) = self.openings.as_mut() else {
            return;
        };
        openings.reset(cx, *key, packet.time);
        let call = each(self.handshakes.noted(key.reversed())).find(|one| one.ack.is_none());
        if let (Some(call), None) = (call, self.handshakes.noted(*key)) {
            openings.refuse(cx, key.reversed(), call.time, packet.time);
        }
    }

    fn follow(&mut self, cx: &mut Context<'_>, arrival: &Arrival<'_>) -> u32 {
        let Arrival { key, packet } = arrival;
        let (own, other) = (self.handshakes.take(*key), self.handshakes.take(key.reversed()));
        let first = packet.seq.wrapping_add(u32::from(packet.flags & SYN != 0));
        let (own, other) = chosen(own.as_ref(), other.as_ref(), first, acknowledged(packet));
        let direction = self.direction(cx, *key, own, other);
        let client_key = if direction == Direction::Forth { *key } else { key.reversed() };
        let mut tcp = Tcp::new(packet.time);
        tcp.shake(direction, own, other);
        let mut conversation = Conversation::new(client_key, *self.wanted, self.monitors(client_key));
        tcp.recall(&mut conversation, cx, direction, own);
        tcp.recall(&mut conversation, cx, direction.reversed(), other);
        if self.monitors(client_key) {
            let (client, server) = ends(client_key);
            cx.out.owners.starts(client, server, tcp.started);
        }
        self.flows.add(cx, Connection { key: client_key, tcp, conversation })
    }

    /// Return `Forth` if a packet seems to come from the client, judged by the handshake, else by the monitored port.
    fn direction(&self, cx: &Context<'_>, key: Key, own: Option<Handshake>, other: Option<Handshake>) -> Direction {
        let (source, target) = key.ports();
        let back = match (own, other) {
            (Some(own), _) => own.ack.is_some(),
            (None, Some(other)) => other.ack.is_none(),
            (None, None) if self.serves(cx, source) != self.serves(cx, target) => self.serves(cx, source),
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
    Handshake { time: packet.time, seq: packet.seq, ack: acknowledged(packet), fin: None, scale: packet.window_scale() }
}

/// Parse a segment; None if its header is longer than the segment.
fn packet(time: f64, bytes: &[u8], cut: usize) -> Option<Packet<'_>> {
    let header = usize::from(byte(bytes, 12).ok()? >> 4) * 4;
    if header < 20 || header > bytes.len() + cut {
        return None;
    }
    let (head, payload) = bytes.split_at_checked(header).unwrap_or((bytes, &[]));
    Some(Packet {
        time,
        seq: be32(bytes, 4).ok()?,
        ack: be32(bytes, 8).ok()?,
        flags: byte(bytes, 13).ok()?,
        head,
        payload,
        cut: cut - header.saturating_sub(bytes.len()),
    })
}
