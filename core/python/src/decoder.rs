//! The decoder, shared by the thread that feeds it and the one that takes its records.

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFrozenSet, PyList};
use wire::decoder::Decoder as WireDecoder;
use wire::fault::{self, Fault};
use wire::forwarding::{ClientField, TrustedProxies};
use wire::health::Health;
use wire::limits::Limits;
use wire::network::InnerIp;
use wire::ports::Ports;
use wire::protocols::Protocols;
use wire::records::Wanted;

use crate::attribute;
use crate::batch::Batch;
use crate::frames::Columns;
use crate::owners;

/// Maximum frames kept for reports of faults.
const MOST_FAULTS: usize = 8;

/// Decodes the traffic of the monitored TCP ports; see `core.pyi`.
#[pyclass(frozen, module = "http_monitor_core")]
pub(crate) struct Decoder {
    wire: Mutex<WireDecoder>,
    faults: Mutex<Vec<Fault>>,
}

#[pymethods]
impl Decoder {
    #[new]
    #[pyo3(signature = (ports, limits, inner_ip=None, wanted=None, protocols=None, secrets=false))]
    pub(crate) fn new(
        ports: &[u8],
        limits: &Bound<'_, PyAny>,
        inner_ip: Option<Py<PyAny>>,
        wanted: Option<&Bound<'_, PyFrozenSet>>,
        protocols: Option<&Bound<'_, PyFrozenSet>>,
        secrets: bool,
    ) -> PyResult<Self> {
        let (wanted, protocols) = (read_wanted(wanted)?, read_protocols(protocols)?);
        let (ports, limits) = (Ports::new(ports), read_limits(limits)?);
        let mut wire = WireDecoder::new(ports, limits, inner_ip.map(finder), wanted, protocols);
        if secrets {
            wire.decrypt();
        }
        Ok(Self { wire: Mutex::new(wire), faults: Mutex::default() })
    }

    /// Decode frames, which must be in the order of their capture.
    fn feed(&self, py: Python<'_>, frames: &Bound<'_, PyAny>) -> PyResult<()> {
        let buffer = frames.getattr("buffer")?.cast_into::<PyBytes>()?;
        let bytes = buffer.as_bytes();
        let columns = Columns::of(frames)?;
        py.detach(|| {
            let mut wire = self.lock();
            columns.each(bytes, |time, link_type, frame| self.take_frame(&mut wire, time, link_type, frame));
        });
        Ok(())
    }

    /// Take secrets of TLS connections: whole lines of a key log.
    fn add_secrets(&self, py: Python<'_>, lines: &[u8]) {
        py.detach(|| self.lock().add_secrets(lines));
    }

    /// Report that no frame was captured until `now`, so that timeouts can expire.
    fn advance(&self, py: Python<'_>, now: f64) {
        py.detach(|| self.lock().advance(now));
    }

    /// End the capture: close all connections until `records` records wait; return whether all are closed.
    #[pyo3(signature = (records=None))]
    fn finish(&self, py: Python<'_>, records: Option<usize>) -> bool {
        py.detach(|| self.lock().finish(records.unwrap_or(usize::MAX)))
    }

    /// Return the records completed since the last call.
    fn take(&self, py: Python<'_>) -> Batch {
        Batch::new(py.detach(|| self.lock().take()))
    }

    /// Return at most `most` connections whose owners are to be found, client first.
    fn asked_owners(&self, py: Python<'_>, most: usize) -> Vec<owners::Ends> {
        let asked = py.detach(|| self.lock().owners().asked(most));
        asked.into_iter().map(owners::written).collect()
    }

    /// Learn the owners of connections.
    fn set_owners(
        &self,
        py: Python<'_>,
        owners: Vec<owners::OwnerFields>,
        connections: Vec<owners::Connection>,
    ) -> PyResult<()> {
        let learned = owners::connections(owners, connections)?;
        py.detach(|| {
            let mut wire = self.lock();
            for (one, other, time, owner) in learned {
                wire.owners().learn(one, other, time, owner);
            }
        });
        Ok(())
    }

    /// Replace the addresses of this host and the sockets that listen there.
    fn set_listeners(
        &self,
        py: Python<'_>,
        owners: Vec<owners::OwnerFields>,
        local: Vec<(String, u32)>,
        listeners: Vec<owners::ListenerFields>,
    ) -> PyResult<()> {
        let (local, listeners) = (owners::local(local)?, owners::listeners(owners, listeners)?);
        py.detach(|| self.lock().owners().listen(local, listeners));
        Ok(())
    }

    /// Number of records that wait to be taken.
    #[getter]
    fn waiting(&self, py: Python<'_>) -> usize {
        py.detach(|| self.lock().waiting())
    }

    /// Characters of the records that wait to be taken.
    #[getter]
    fn waiting_characters(&self, py: Python<'_>) -> usize {
        py.detach(|| self.lock().waiting_characters())
    }

    /// Number of buffered bytes.
    #[getter]
    fn held(&self, py: Python<'_>) -> usize {
        py.detach(|| self.lock().held())
    }

    /// Return a snapshot of the counters: a `traffic.health.Health`.
    #[getter]
    fn health<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let health = py.detach(|| self.lock().health().clone());
        written_health(py, &health)
    }

    /// Return faults of the core itself since the last call: message; time, link type and bytes of the frame.
    pub(crate) fn faults<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let faults = std::mem::take(&mut *self.faults.lock().unwrap_or_else(PoisonError::into_inner));
        let rows =
            faults.into_iter().map(|fault| (fault.text, fault.time, fault.link_type, PyBytes::new(py, &fault.frame)));
        PyList::new(py, rows.collect::<Vec<_>>())
    }
}

impl Decoder {
    pub(crate) fn lock(&self) -> MutexGuard<'_, WireDecoder> {
        self.wire.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn take_frame(&self, wire: &mut WireDecoder, time: f64, link_type: u32, frame: &[u8]) {
        if let Some(fault) = fault::feed(wire, time, link_type, frame) {
            let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
            if faults.len() < MOST_FAULTS {
                faults.push(fault);
            }
        }
    }
}

/// Call a Python function to find the IP packet in a frame; an exception means there is none.
fn finder(function: Py<PyAny>) -> InnerIp {
    Box::new(move |link_type, data| {
        Python::attach(|py| {
            let found = function.call1(py, (link_type, PyBytes::new(py, data))).ok()?;
            found.extract::<Option<Vec<u8>>>(py).ok()?
        })
    })
}

/// Convert a `traffic.limits.Limits`.
fn read_limits(limits: &Bound<'_, PyAny>) -> PyResult<Limits> {
    let count = |name: &str| limits.getattr(name)?.extract::<usize>();
    let seconds = |name: &str| limits.getattr(name)?.extract::<f64>();
    Ok(Limits {
        string_length: count("string_length")?,
        connections: count("connections")?,
        pending_requests: count("pending_requests")?,
        header_bytes: count("header_bytes")?,
        headers: count("headers")?,
        header_table: count("header_table")?,
        streams: count("streams")?,
        continuations: count("continuations")?,
        connection_buffer: count("connection_buffer")?,
        server_names: count("server_names")?,
        total_buffer: count("total_buffer")?,
        held_segments: count("held_segments")?,
        named_fields: limits.getattr("named_fields")?.extract()?,
        trusted_proxies: read_proxies(limits)?,
        gap_timeout: seconds("gap_timeout")?,
        connection_timeout: seconds("connection_timeout")?,
        closed_timeout: seconds("closed_timeout")?,
        fragment_timeout: seconds("fragment_timeout")?,
        pending_lookups: count("pending_lookups")?,
        dns_timeout: seconds("dns_timeout")?,
        owners: count("owners")?,
        secrets: count("secrets")?,
        undecrypted_buffer: count("undecrypted_buffer")?,
        key_wait: seconds("key_wait")?,
        waiting_records: count("waiting_records")?,
        waiting_characters: count("waiting_characters")?,
        inspected_body: count("inspected_body")?,
        waiting_content: count("waiting_content")?,
        features: limits.getattr("features")?.extract()?,
    })
}

/// Convert networks such as `10.0.0.0/8` and names of fields.
pub(crate) fn read_proxies(limits: &Bound<'_, PyAny>) -> PyResult<TrustedProxies> {
    let networks: Vec<String> = limits.getattr("trusted_proxies")?.extract()?;
    let names: Vec<Vec<u8>> = limits.getattr("client_fields")?.extract()?;
    let networks = networks.iter().map(|text| {
        network(text).ok_or_else(|| PyValueError::new_err(format!("{text:?} is not an address or a network")))
    });
    let fields = names.iter().map(|name| {
        let unknown = || PyValueError::new_err(format!("no field {:?} names clients", String::from_utf8_lossy(name)));
        ClientField::of(name).ok_or_else(unknown)
    });
    Ok(TrustedProxies::new(&networks.collect::<PyResult<Vec<_>>>()?, fields.collect::<PyResult<_>>()?))
}

fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = text.split_once('/').unwrap_or((text, ""));
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = if bits.is_empty() { most } else { bits.parse().ok()? };
    (bits <= most).then_some((address, bits))
}

/// Convert the set of optional classes of `traffic.records`.
fn read_wanted(kinds: Option<&Bound<'_, PyFrozenSet>>) -> PyResult<Wanted> {
    let mut wanted = Wanted::default();
    for kind in kinds.into_iter().flatten() {
        match kind.getattr("__name__")?.extract::<String>()?.as_str() {
            "TcpConnection" => wanted.connections = true,
            "TlsHello" => wanted.hellos = true,
            "TlsHandshake" => wanted.handshakes = true,
            "IpPacket" => wanted.packets = true,
            "DnsAnswer" => wanted.answers = true,
            "QuicConnection" => wanted.quic = true,
            "DnsLookup" => wanted.lookups = true,
            "Content" => wanted.content = true,
            "Strain" => wanted.strains = true,
            _ => {}
        }
    }
    Ok(wanted)
}

/// Convert a set of names out of `traffic.protocols.PROTOCOLS`.
fn read_protocols(names: Option<&Bound<'_, PyFrozenSet>>) -> PyResult<Protocols> {
    let mut protocols = Protocols::default();
    for name in names.into_iter().flatten() {
        let name = name.extract::<String>()?;
        if !protocols.add(&name) {
            return Err(PyValueError::new_err(format!("no protocol {name:?}")));
        }
    }
    Ok(protocols)
}

/// Build a `traffic.health.Health`.
pub(crate) fn written_health<'py>(py: Python<'py>, health: &Health) -> PyResult<Bound<'py, PyAny>> {
    let counter = attribute(py, "collections", "Counter")?;
    let fields = PyDict::new(py);
    fields.set_item("frames", health.frames)?;
    fields.set_item("segments", health.segments)?;
    fields.set_item("requests", health.requests)?;
    fields.set_item("exchanges", health.exchanges)?;
    fields.set_item("connections", health.connections)?;
    fields.set_item("gaps", health.gaps)?;
    fields.set_item("missing_bytes", health.missing_bytes)?;
    fields.set_item("unpaired_responses", health.unpaired_responses)?;
    fields.set_item("unanswered_requests", health.unanswered_requests)?;
    fields.set_item("unnamed_requests", health.unnamed_requests)?;
    fields.set_item("evicted", health.evicted)?;
    fields.set_item("lost", health.lost)?;
    fields.set_item("unknown_owners", health.unknown_owners)?;
    fields.set_item("forgotten_owners", health.forgotten_owners)?;
    fields.set_item("unasked_owners", health.unasked_owners)?;
    fields.set_item("unreadable", counter.call1((&health.unreadable,))?)?;
    fields.set_item("server_names", counter.call1((&health.server_names,))?)?;
    fields.set_item("oddities", counter.call1((&health.oddities,))?)?;
    fields.set_item("secrets", counter.call1((&health.secrets,))?)?;
    attribute(py, "traffic.health", "Health")?.call((), Some(&fields))
}
