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
use crate::owners::Owners;
use crate::ports::Ports;
use crate::protocols::Protocols;
use crate::records::{Batch, Collector, Wanted};
use crate::strain::Openings;
use crate::tcp::handshakes::Handshakes;
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
    /// TCP handshakes that are not complete, if they are wanted.
    openings: Option<Box<Openings>>,
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
        let limits = if wanted.content { limits } else { limits.for_features() };
        let has_lookups = wanted.lookups && protocols.dns;
        Self {
            network: Network::new(Arc::clone(&ports), &limits, inner_ip, wanted, protocols),
            flows: Flows::new(wanted),
            handshakes: Handshakes::new(),
            openings: wanted.strains.then(Box::default),
            ledger: Ledger::new(limits.total_buffer),
            lookups: has_lookups.then(Box::default),
            keys: None,
            out: Collector::new(&limits, wanted),
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
        let Self {
            ports,
            limits,
            wanted,
            protocols,
            ledger,
            out,
            network,
            flows,
            handshakes,
            openings,
            lookups,
            keys,
            ..
        } = self;
        ledger.health.frames += 1;
        let mut cx = Context { ledger, limits, protocols: *protocols, out, lookups, keys };
        let mut arrivals = Arrivals { ports, wanted, flows, handshakes, openings };
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

    /// Return the characters of the records that wait to be taken, and the bytes of their contents.
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
        if let Some(openings) = &mut self.openings {
            openings.expire(&mut cx, now);
        }
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
